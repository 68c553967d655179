"""A batch: (x, y, weight), and what is taken for something that hands out such batches.

x (N, ...), or a list of such arrays for a model with several inputs; targets y (N, ...) and one
weight an example (N,), or None for either.
"""

from collections.abc import Sequence
from typing import Any

from pellucid.errors import DataError

Batch = tuple[Any, Any, Any]


def gives_batches(x: Any) -> bool:
    """Whether x is something that hands out batches, and not an array or a list of numbers."""
    if hasattr(x, "__array__") or isinstance(x, dict | str | bytes | bytearray | memoryview):
        return False
    if isinstance(x, Sequence):
        return len(x) > 0 and isinstance(x[0], tuple) and _holds_arrays(x[0])
    is_sequence = hasattr(x, "__getitem__") and hasattr(x, "__len__")
    return is_sequence or hasattr(x, "__iter__")


def _holds_arrays(batch: tuple) -> bool:
    """Whether a tuple is a batch, and not a row of numbers."""
    first = batch[0] if batch else None
    parts = first if isinstance(first, list | tuple) and first else [first]
    return all(getattr(part, "ndim", 0) > 0 for part in parts)


def parts_of(given: Any) -> Batch:
    """x, y and the weights of a batch (x, y) or (x, y, weights). Raises DataError for another."""
    if not isinstance(given, list | tuple) or len(given) not in (2, 3):
        many = f" of {len(given)}" if isinstance(given, list | tuple) else ""
        raise DataError(
            "data",
            "a batch (x, y) or (x, y, sample_weight)",
            f"a {type(given).__name__}{many}",
            "Let each batch be a tuple of arrays; several inputs are a list inside it.",
        )
    return given[0], given[1], given[2] if len(given) == 3 else None


def inputs_of(given: Any) -> Any:
    """x of a batch, which may be x alone, (x,), (x, y) or (x, y, weights)."""
    return given[0] if isinstance(given, list | tuple) and given else given
