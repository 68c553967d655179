"""The same numbers in another shape, order or place."""

from collections.abc import Sequence
from typing import Any

from pellucid import gates
from pellucid.graph.tensor import apply
from pellucid.nn.values import Value


def reshape(x: Value, shape: Sequence[int]) -> Any:
    """The same numbers in another shape; one length may be -1."""
    return apply(gates.Reshape(tuple(shape)), x)


def broadcast_to(x: Value, shape: Sequence[int]) -> Any:
    """x repeated to a shape, as NumPy broadcasts it."""
    return apply(gates.BroadcastTo(tuple(shape)), x)


def transpose(x: Value, axes: Sequence[int] | None = None) -> Any:
    """The axes in another order; in reverse where none is given."""
    return apply(gates.Transpose(tuple(axes) if axes is not None else None), x)


def concatenate(x: Sequence[Value], axis: int = -1) -> Any:
    """The inputs side by side along an axis."""
    return apply(gates.Concatenate(axis), *x)


def pad(x: Value, widths: Sequence[tuple[int, int]], value: float = 0.0) -> Any:
    """x with (before, after) places of a constant around each axis."""
    return apply(gates.Pad(tuple((a, b) for a, b in widths), value), x)


def repeat(x: Value, repeats: int, axis: int) -> Any:
    """Each place of x along an axis, so many times in a row."""
    return apply(gates.Repeat(repeats, axis), x)
