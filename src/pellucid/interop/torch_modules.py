"""What PyTorch has no module for, and the making of modules from their description."""

from typing import Any

import torch

from pellucid.interop.describing import OURS_ALONE
from pellucid.interop.parts import Module


class Scale(torch.nn.Module):
    """x scale + shift, number by number or channel by channel. x (N, C, ...)."""

    def __init__(self, scale: Any, shift: Any, axes: int = 0) -> None:
        super().__init__()
        for name, value in (("scale", scale), ("shift", shift)):
            value = torch.as_tensor(value)
            value = value.reshape(-1, *(1,) * axes) if value.ndim else value
            self.register_buffer(name, value, persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x scale + shift."""
        return x * self.get_buffer("scale") + self.get_buffer("shift")


class Reorder(torch.nn.Module):
    """The features of x (N, D) in another order."""

    def __init__(self, places: Any) -> None:
        super().__init__()
        self.register_buffer("places", torch.as_tensor(places), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x[:, places]."""
        return x[:, self.get_buffer("places")]


def made(described: list[Module], dtype: str) -> torch.nn.Sequential:
    """The modules with their weights, each weight trained where ours is; in inference mode."""
    modules = torch.nn.Sequential()
    for each in described:
        kind = globals()[each.kind] if each.kind in OURS_ALONE else getattr(torch.nn, each.kind)
        module = kind(*each.arguments, **each.settings).to(getattr(torch, dtype))
        state = module.state_dict()
        for name, weight in each.weights.items():
            state[name].copy_(torch.tensor(weight.there()))
            if name in dict(module.named_parameters()):
                module.get_parameter(name).requires_grad = weight.parameter.requires_grad
        modules.append(module)
    return modules.eval()
