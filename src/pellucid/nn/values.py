"""What the functions take: values, axes, lengths in both directions."""

from typing import Any

from pellucid.engines import Array, engine_of
from pellucid.graph.tensor import Tensor

Value = Any  # a tensor, an array, a number, or a list of numbers
Axis = int | tuple[int, ...] | None
Pairlike = int | tuple[int, int] | list[int]


def whole(y: Value) -> Array:
    """Class numbers, or rows of a table, as whole numbers."""
    y = y.value if isinstance(y, Tensor) else y
    return engine_of(y).asarray(y, dtype="int64")
