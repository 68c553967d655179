"""Images seen at other places than their pixels'."""

from typing import Any

from pellucid import gates
from pellucid.graph.tensor import apply
from pellucid.nn.values import Value


def sample2d(
    x: Value,
    i: Value,
    j: Value,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: float = 0.0,
) -> Any:
    """Images at rows i and columns j, also between pixels: (N, H, W, C) -> (N, P, Q, C)."""
    return apply(gates.Sample2D(interpolation, fill_mode, fill_value), x, i, j)
