"""Activations by name: what `activation="relu"` in a layer means. They are functions of `nn`."""

from typing import Any

from pellucid import nn
from pellucid.registry import Registry

registry = Registry("activation")
for _function in (
    nn.linear,
    nn.sigmoid,
    nn.tanh,
    nn.relu,
    nn.leaky_relu,
    nn.elu,
    nn.gelu,
    nn.silu,
    nn.softplus,
    nn.softmax,
    nn.log_softmax,
):
    registry.register(_function)
registry.register(nn.silu, "swish")

register = registry.register


def get(identifier: Any) -> Any:
    """The function that a name, a function, or None (linear) stands for."""
    return nn.linear if identifier is None else registry.get(identifier)
