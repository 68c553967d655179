"""One number for each window of a sequence or image."""

from typing import Any

from pellucid import gates
from pellucid.gates.convolution import Padding, pair
from pellucid.graph.tensor import apply
from pellucid.nn.values import Pairlike, Value


def max_pool2d(
    x: Value, pool: Pairlike = 2, strides: Pairlike | None = None, padding: Padding = "valid"
) -> Any:
    """The largest value in each window: (N, H, W, C) -> (N, P, Q, C)."""
    steps = pair(strides) if strides is not None else None
    return apply(gates.MaxPool2D(pair(pool), steps, padding), x)


def average_pool2d(
    x: Value, pool: Pairlike = 2, strides: Pairlike | None = None, padding: Padding = "valid"
) -> Any:
    """The mean of each window: (N, H, W, C) -> (N, P, Q, C)."""
    steps = pair(strides) if strides is not None else None
    return apply(gates.AveragePool2D(pair(pool), steps, padding), x)


def max_pool1d(
    x: Value, pool: int = 2, stride: int | None = None, padding: str | tuple[int, int] = "valid"
) -> Any:
    """The largest value in each window of a sequence: (N, L, C) -> (N, P, C)."""
    return apply(gates.MaxPool1D(pool, stride, padding), x)


def average_pool1d(
    x: Value, pool: int = 2, stride: int | None = None, padding: str | tuple[int, int] = "valid"
) -> Any:
    """The mean of each window of a sequence: (N, L, C) -> (N, P, C)."""
    return apply(gates.AveragePool1D(pool, stride, padding), x)
