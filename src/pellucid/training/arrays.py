"""Arrays of examples: one, or a list of them for a model with several inputs.

x (N, ...), or such a list; targets y (N,) or (N, ...); one weight an example (N,).
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from pellucid.data import batches, check
from pellucid.engines import engine_of
from pellucid.errors import DataError, SettingError
from pellucid.graph import Tensor
from pellucid.layers.symbol import is_several


def each(function: Callable[[Any], Any], x: Any) -> Any:
    """The function of x, or of each where x is a list of arrays."""
    if is_several(x):
        return [function(array) for array in x]
    return function(x)


def as_data(x: Any) -> Any:
    """Arrays as tensors that need no gradient: with them, a forward pass keeps its graph."""
    return each(lambda array: Tensor(array, requires_grad=False), x)


def as_array(value: Any) -> Any:
    """A list, an array or a tensor as an array."""
    return engine_of(value).asarray(value)


def as_host(value: Any) -> Any:
    """The same numbers as an array of NumPy's, for what looks at their values."""
    return engine_of(value).to_numpy(value)


def reader(x: Any) -> Callable[[Any], Any]:
    """A function that gives rows of x, or of each of several arrays; None of None."""
    if x is None:
        return lambda rows: None
    if is_several(x):
        readers = [reader(array) for array in x]
        return lambda rows: [read(rows) for read in readers]
    return partial(engine_of(x).rows, x)


def shapes(x: Any) -> Any:
    """The shape of x, or of each of several; the batch is None."""
    return each(lambda array: (None, *as_array(array).shape[1:]), x)


def length(x: Any) -> int:
    """How many examples there are."""
    return len(x[0]) if isinstance(x, list) else len(x)


def batches_in(y: Any, batch_size: int) -> int:
    """How many batches an epoch has."""
    return sum(1 for _ in batches(len(y), batch_size))


def joined(parts: list[Any]) -> Any:
    """The outputs of all batches as one array of NumPy's."""
    return as_host(parts[0] if len(parts) == 1 else engine_of(parts[0]).xp.concat(parts, axis=0))


def training_data(x: Any, y: Any = None, sample_weight: Any = None, *, where: str) -> tuple:
    """x, y and one weight an example (or None), checked, as arrays."""
    check(x, y, sample_weight, where=where)
    if y is None:
        raise DataError(where, "targets y", "none", "Give x and y.")
    if isinstance(y, list | tuple) and any(getattr(part, "ndim", 0) > 0 for part in y):
        received = f"a {type(y).__name__} of {len(y)} arrays"
        raise DataError(where, "targets y as one array", received, "Stack the rows with np.stack.")
    weight = None if sample_weight is None else as_array(sample_weight)
    return each(as_array, x), as_array(y), weight


def by_class(y: Any, weight: Any, class_weight: dict[int, float] | None) -> Any:
    """The weight of each example times that of its class, which is 1 where none is given."""
    if class_weight is None:
        return weight
    is_one_hot = y.ndim > 1 and y.shape[1] > 1
    classes = y.reshape(len(y), -1).argmax(1) if is_one_hot else y.reshape(-1)
    weights = [class_weight.get(int(c), 1.0) for c in classes.tolist()]
    of_classes = engine_of(y).asarray(weights)
    return of_classes if weight is None else weight * of_classes


def split(x: Any, y: Any, weight: Any, share: float) -> tuple[tuple, tuple]:
    """(x, y, weight) to train on, and the last share of the rows to validate on."""
    n = int(len(y) * (1 - share))
    if not (0 < share < 1 and 0 < n < len(y)):
        raise SettingError(
            "fit",
            "a validation_split above 0 and below 1 that leaves rows on both sides",
            f"{share} of {len(y)} rows",
            "Try 0.2.",
        )
    parts = [
        (reader(x)(rows), y[rows], None if weight is None else weight[rows])
        for rows in (slice(None, n), slice(n, None))
    ]
    return parts[0], parts[1]
