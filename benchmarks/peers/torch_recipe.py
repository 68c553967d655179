"""The recipes that are compared, written for PyTorch by hand: the same networks, the same law of
the starting weights (Glorot's, biases 0), optimiser, schedule, batches, epochs and augmentation.

Images are (N, C, H, W) here.
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from benchmarks.peers import recipe_protocol
from benchmarks.peers.torch_worker import hinge
from benchmarks.recipes import Recipe

Tensor = torch.Tensor
Parts = tuple[Tensor, Tensor, Tensor, Tensor]


def read(file: Path) -> Parts:
    """x_train, y_train, x_test and y_test; the images centred, in -0.5 .. 0.5."""
    with np.load(file, allow_pickle=False) as stored:
        arrays = [
            torch.from_numpy(stored[f"{a}_{part}"]) for part in ("train", "test") for a in "xy"
        ]
    x, y, x_test, y_test = arrays
    images = [a.permute(0, 3, 1, 2).contiguous().float() / 255 - 0.5 for a in (x, x_test)]
    return images[0], y.long(), images[1], y_test.long()


def glorot(module: nn.Module) -> None:
    """Weights from U(-a, a), a = sqrt(6 / (fan in + fan out)), and no biases yet."""
    if isinstance(module, nn.Linear | nn.Conv2d):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def flip_and_move(x: Tensor, most: int = 4) -> Tensor:
    """Each image mirrored with probability 1/2, and moved by up to `most` pixels each way.

    A movement is uniform between -most and most, rounded; what comes in from outside is 0.
    """
    N, C, H, W = x.shape
    x = torch.where(torch.rand(N, 1, 1, 1) < 0.5, x.flip(3), x)
    down, right = ((torch.rand(N) * 2 - 1).mul(most).round().long() for _ in range(2))
    rows = torch.arange(H) + most - down[:, None]
    columns = torch.arange(W) + most - right[:, None]
    padded = F.pad(x, (most, most, most, most))
    n, c = torch.arange(N)[:, None, None, None], torch.arange(C)[None, :, None, None]
    return padded[n, c, rows[:, None, :, None], columns[:, None, None, :]]


def cifar_svm(data: Parts) -> tuple[list[float], nn.Module]:
    """The linear classifier with the hinge of all classes; L2 on its weights alone."""
    network = nn.Sequential(nn.Flatten(), nn.Linear(3072, 10)).apply(glorot)
    weight, bias = network.parameters()
    groups = [{"params": [weight], "weight_decay": 2 * 0.1}, {"params": [bias]}]
    optimizer = torch.optim.SGD(groups, 0.001, momentum=0.9)
    batch, epochs = 200, 60
    steps = epochs * math.ceil(len(data[0]) / batch)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    return fit(network, data, hinge, optimizer, schedule, batch, epochs), network


def cifar_conv(data: Parts) -> tuple[list[float], nn.Module]:
    """The convolutional network. PyTorch's momentum of batch norm is the share of the new."""
    layers: list[nn.Module] = []
    for channels, filters in ((3, 32), (32, 64), (64, 128)):
        for C in (channels, filters):
            layers.append(nn.Conv2d(C, filters, 3, padding=1, bias=False))
            layers += [nn.BatchNorm2d(filters, eps=1e-3, momentum=0.1), nn.ReLU(inplace=True)]
        layers.append(nn.MaxPool2d(2))
    network = nn.Sequential(*layers, nn.Flatten(), nn.Linear(2048, 10)).apply(glorot)
    optimizer = torch.optim.Adam(network.parameters(), eps=1e-7)
    batch, epochs = 50, 12
    steps = epochs * math.ceil(len(data[0]) / batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.003, steps, cycle_momentum=False)
    loss_of = F.cross_entropy
    return fit(network, data, loss_of, optimizer, schedule, batch, epochs, flip_and_move), network


def fit(
    network: nn.Module,
    data: Parts,
    loss_of: Callable[[Tensor, Tensor], Tensor],
    optimizer: torch.optim.Optimizer,
    schedule: Any,
    batch: int,
    epochs: int,
    augment: Callable[[Tensor], Tensor] = lambda x: x,
) -> list[float]:
    """The loop that PyTorch's users write; the accuracy on the test images after each epoch."""
    x, y, x_test, y_test = data
    found = []
    for _ in range(epochs):
        network.train()
        for rows in torch.randperm(len(x)).split(batch):
            optimizer.zero_grad()
            loss_of(network(augment(x[rows])), y[rows]).backward()
            optimizer.step()
            schedule.step()
        network.eval()
        with torch.inference_mode():
            scores = torch.cat([network(part) for part in x_test.split(256)])
        found.append((scores.argmax(1) == y_test).float().mean().item())
    return found


PROGRAMS = {"cifar_svm": cifar_svm, "cifar_conv": cifar_conv}


def train(recipe: Recipe, file: Path, seed: int) -> tuple[list[float], int]:
    """The accuracy after each epoch, and the number of parameters, moving averages included."""
    torch.manual_seed(seed)
    accuracy, network = PROGRAMS[recipe.program](read(file), **recipe.settings)
    numbers = [v.numel() for v in network.state_dict().values() if v.is_floating_point()]
    return accuracy, sum(numbers)


if __name__ == "__main__":
    recipe_protocol.main(train, {"torch": torch.__version__})
