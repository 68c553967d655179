"""PyTorch eager on the processor: a loop written by hand, over tensors in memory.

The option `layout` may be "channels-last": the same network with PyTorch's channels-last memory
format for images and filters. A job in bfloat16 has its forward pass inside `torch.autocast`. The
data are on the `device` as the network is.
"""

import math
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from benchmarks import jobs, material
from benchmarks.jobs import Job
from benchmarks.peers import protocol

PREDICT_ROWS = 256  # at a time


class Residual(nn.Module):
    """relu(main(x) + shortcut(x))."""

    def __init__(self, main: nn.Module, shortcut: nn.Module) -> None:
        super().__init__()
        self.main, self.shortcut = main, shortcut

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The block's output."""
        return F.relu(self.main(x) + self.shortcut(x), inplace=True)


def modules(layers: tuple, shape: tuple) -> list[nn.Module]:
    """The layers as PyTorch's modules; `shape` is (H, W, C) or (D,)."""
    found: list[nn.Module] = []
    for layer in layers:
        match layer:
            case jobs.Dense(units):
                found.append(nn.Linear(math.prod(shape), units))
            case jobs.Conv(filters, k, padding, stride, bias):
                pad = k // 2 if padding == "same" else 0
                found.append(nn.Conv2d(shape[-1], filters, k, stride, pad, bias=bias))
            case jobs.BatchNorm():
                found.append(nn.BatchNorm2d(shape[-1], eps=1e-3, momentum=0.01))
            case jobs.Pool(size):
                found.append(nn.MaxPool2d(size))
            case jobs.Mean():
                found += [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
            case jobs.Flatten():
                found.append(nn.Flatten())
            case jobs.Dropout(rate):
                found.append(nn.Dropout(rate))
            case jobs.Block():
                parts = [modules(part, shape) for part in jobs.block_parts(layer, shape)]
                found.append(Residual(*(nn.Sequential(*part) for part in parts)))
        if isinstance(layer, jobs.Relu) or getattr(layer, "relu", False):
            found.append(nn.ReLU(inplace=True))
        shape = jobs.output_shape(layer, shape)
    return found


@torch.no_grad()
def give_weights(job: Job, network: nn.Module) -> None:
    """Put the job's starting weights into the network: channels first, outputs first."""
    kinds = (nn.Linear, nn.Conv2d, nn.BatchNorm2d)
    own = [module for module in network.modules() if isinstance(module, kinds)]
    before: tuple = ()  # the image that a dense layer's vector was, if it was one
    specs = jobs.walk(job.layers, jobs.SHAPES[job.data])
    shapes = iter([s for layer, s in specs if isinstance(layer, jobs.Flatten)])
    for module, values in zip(own, material.weights(job), strict=True):
        W = torch.from_numpy(values.get("kernel", values.get("gamma")))
        if isinstance(module, nn.Linear):
            before = next(shapes, ())
            if before:
                W = W.reshape(*before, -1).permute(2, 0, 1, 3).reshape(len(W), -1)
            W = W.T
        elif isinstance(module, nn.Conv2d):
            W = W.permute(3, 2, 0, 1)
        module.weight.copy_(W)
        if module.bias is not None:
            module.bias.copy_(torch.from_numpy(values.get("bias", values.get("beta"))))


def hinge(scores: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The sum over the wrong classes; PyTorch's is the mean over all."""
    return F.multi_margin_loss(scores, y) * scores.shape[1]


class Torch:
    """The network of a job in PyTorch."""

    def __init__(self, job: Job, layout: str = "default", device: str = "cpu") -> None:
        self.job, self.layout, self.threads = job, layout, torch.get_num_threads()
        self.device = torch.device(device)
        self.images = jobs.is_image(job)
        network = nn.Sequential(*modules(job.layers, jobs.SHAPES[job.data]))
        give_weights(job, network)
        if layout == "channels-last":
            network = network.to(memory_format=torch.channels_last)
        self.network: Any = network.to(self.device)
        decayed = [p for p in network.parameters() if p.ndim > 1]
        others = [p for p in network.parameters() if p.ndim <= 1]
        groups = [{"params": decayed, "weight_decay": 2 * job.l2}, {"params": others}]
        all_weights = groups if job.l2 else network.parameters()
        if job.optimizer == "adam":
            self.optimizer: Any = torch.optim.Adam(all_weights, job.rate, eps=1e-7)
        else:
            self.optimizer = torch.optim.SGD(all_weights, job.rate, momentum=job.momentum)
        self.loss = hinge if job.loss == "hinge" else F.cross_entropy
        in_bfloat16 = partial(torch.autocast, self.device.type, torch.bfloat16)
        self.precision: Any = in_bfloat16 if job.precision else nullcontext

    def tensor(self, x: Any) -> torch.Tensor:
        """Rows as a tensor; images with their channels in front, in memory too unless told."""
        x = torch.from_numpy(x).to(self.device)
        if self.images and self.layout == "default":
            return x.permute(0, 3, 1, 2).contiguous()
        return x

    def batch(self, x: torch.Tensor) -> torch.Tensor:
        """A batch as the network takes it."""
        last = self.images and self.layout == "channels-last"
        return x.permute(0, 3, 1, 2) if last else x

    def fit(self, x: Any, y: Any, epochs: int, after_epoch: Callable[[], None]) -> None:
        """The loop that PyTorch's users write."""
        x, y = self.tensor(x), torch.from_numpy(y).to(self.device)
        self.network.train()
        for _ in range(epochs):
            for rows in torch.randperm(len(x), device=self.device).split(self.job.batch):
                self.step(x[rows], y[rows])
            after_epoch()

    def step(self, x: torch.Tensor, y: torch.Tensor) -> None:
        """Forward, backward, update."""
        self.optimizer.zero_grad()
        with self.precision():
            loss = self.loss(self.network(self.batch(x)), y)
        loss.backward()
        self.optimizer.step()

    @torch.inference_mode()
    def predict(self, x: Any) -> Any:
        """The scores; many rows go through in parts, which is quicker than all at once."""
        if self.network.training:
            self.network.eval()
        x = self.tensor(x)
        if len(x) <= PREDICT_ROWS:
            return self.network(self.batch(x)).numpy()
        return torch.cat([self.network(self.batch(p)) for p in x.split(PREDICT_ROWS)]).numpy()


if __name__ == "__main__":
    protocol.main(Torch, {"torch": torch.__version__})
