"""Is this data fit to train on? Asked once before a run, so that no run fails late or silently.

x are inputs, y targets, both with one row an example; n counts the rows.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.engines import engine_of
from pellucid.errors import DataError
from pellucid.settings import is_number

NUMBERS = "biuf"  # the kinds of real numbers: bool, int, unsigned int, float
FEW = 10_000  # numbers of which BLAS adds up the squares, without warnings, in one thread


def check(
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    *,
    where: str = "fit",
    finite: bool = True,
) -> None:
    """Refuse data that cannot be trained on.

    Each of x, y and sample_weight is an array (n, ...), or a list or tuple of such arrays for a
    model with several inputs or outputs; y and sample_weight may be None. Unless `finite`, their
    values are not looked at.

    Raises DataError, with `where` at its front, for: no rows; unequal lengths; anything but real
    numbers (text, objects, rows of unequal length); NaN or infinity, with their number and the
    first row.
    """
    if y is None and sample_weight is None and not finite and _is_sound(x):
        return
    arrays = _named("x", x) | _named("y", y) | _named("sample_weight", sample_weight)
    checked = {name: _numbers(name, value, where) for name, value in arrays.items()}
    first, n = next((name, len(a)) for name, a in checked.items())
    for name, array in checked.items():
        if len(array) != n:
            raise DataError(
                where,
                f"{first} and {name} of equal length",
                f"{n} rows in {first} and {len(array)} in {name}",
                f"Each row of {first} needs its own row of {name}.",
            )
    if finite:
        for name, array in checked.items():
            _finite(name, array, where)


def _is_sound(x: Any) -> bool:
    """Whether x is, at first sight, an array of numbers with rows: the way of a single answer."""
    return isinstance(x, np.ndarray) and x.dtype.kind in NUMBERS and x.ndim > 0 and len(x) > 0


def _named(name: str, value: Any) -> dict[str, Any]:
    """The arrays of an argument by the names that an error calls them."""
    is_several = isinstance(value, list | tuple) and len(value) > 0
    if is_several and all(getattr(item, "ndim", 0) > 0 for item in value):
        return {f"{name}[{i}]": item for i, item in enumerate(value)}
    return {} if value is None and name != "x" else {name: value}


def _numbers(name: str, value: Any, where: str) -> NDArray[Any]:
    """The value as an array of real numbers with at least one row."""
    if isinstance(value, dict):
        raise DataError(
            where,
            f"{name} as an array, or a list of arrays for several inputs",
            f"a dictionary of {', '.join(map(repr, value)) or 'nothing'}",
            f"List the arrays in the order of the model's inputs: [{name}['a'], {name}['b']].",
        )
    try:
        array = engine_of(value).to_numpy(value)
    except ValueError as error:
        raise DataError(
            where,
            f"{name} as an array of numbers",
            f"rows of unequal length ({error})",
            "Pad or cut the rows to one length.",
        ) from error
    if array.dtype.kind not in NUMBERS:
        raise DataError(
            where,
            f"{name} as an array of numbers",
            f"an array of type {array.dtype}{_first_oddity(array)}",
            "Turn names of classes into whole numbers from 0, and other text into numbers.",
        )
    if array.ndim == 0 or len(array) == 0:
        raise DataError(
            where,
            f"{name} with at least one row",
            f"{name} of shape {array.shape}",
            "Give one row an example; a single example is x[None].",
        )
    return array


def _first_oddity(array: NDArray[Any]) -> str:
    """Where the first thing stands that is no number, in an array of objects."""
    if array.dtype.kind == "O" and array.ndim > 0:
        for row, item in enumerate(array):
            odd = [each for each in np.ravel(item) if not is_number(each)]
            if odd:
                return f", with {odd[0]!r} in row {row}"
    return ""


def is_finite(array: NDArray[Any]) -> bool:
    """Whether an array has no NaN and no infinity."""
    if array.dtype.kind != "f":
        return True
    # One pass: NaN and infinity survive a sum. So does an overflow, hence the second look.
    if array.size <= FEW:
        total = np.vdot(array, array)
    else:
        with np.errstate(all="ignore"):
            total = array.sum()
    return math.isfinite(total) or bool(np.isfinite(array).all())


def _finite(name: str, array: NDArray[Any], where: str) -> None:
    if is_finite(array):
        return
    is_bad = ~np.isfinite(array).reshape(len(array), -1)
    row = int(is_bad.any(axis=1).argmax())
    raise DataError(
        where,
        f"{name} without NaN and infinity",
        f"{int(is_bad.sum()):,} of {array.size:,} values that are, the first in row {row}",
        f"Leave such rows out or fill them in; np.isfinite({name}) finds them.",
    )
