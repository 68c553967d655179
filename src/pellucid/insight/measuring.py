"""An array in a few numbers, and numbers in a few characters."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pellucid.engines import engine_of
from pellucid.graph import Tensor

DIGITS = 3  # significant ones
ROUNDING = 1e-6


class Statistics(NamedTuple):
    """What an array is like. All are taken in float64, so that long float32 sums stay exact.

    `deviation` is the root of the mean squared distance from the mean, `zeros` the share of numbers
    that are exactly 0, `norm` the root of the sum of squares.
    """

    shape: tuple[int, ...]
    mean: float
    deviation: float
    smallest: float
    largest: float
    zeros: float
    norm: float

    @property
    def centre(self) -> float:
        """The mean to show: 0 where it is rounding, below a millionth of the deviation."""
        return 0.0 if abs(self.mean) < ROUNDING * self.deviation else self.mean


def statistics(array: Any) -> Statistics:
    """The statistics of an array or a tensor. With NaN in it, what NaN spoils is NaN.

    >>> s = statistics([[0.0, 3.0], [0.0, 4.0]])
    >>> s.shape, s.mean, s.zeros, s.norm
    ((2, 2), 1.75, 0.5, 5.0)
    """
    found = as_numpy(array)
    x = found.astype(np.float64).reshape(-1)
    if x.size == 0:
        return Statistics(found.shape, *[float("nan")] * 6)
    with np.errstate(all="ignore"):
        return Statistics(
            found.shape,
            float(x.mean()),
            float(x.std()),
            float(x.min()),
            float(x.max()),
            float((x == 0).mean()),
            float(np.sqrt(x @ x)),
        )


def as_numpy(value: Any) -> NDArray[Any]:
    """The array of a tensor, or anything that is an array, as NumPy's."""
    value = value.value if isinstance(value, Tensor) else value
    return np.asarray(engine_of(value).to_numpy(value))


def digits(number: float, significant: int = DIGITS) -> str:
    """A number in a few significant digits, the last zeros too, with a proper minus.

    >>> digits(0.1), digits(-1234567.0), digits(3), digits(0.0), digits(2.5e-7)
    ('0.100', '−1.23e+06', '3.00', '0', '2.50e-07')
    """
    if number == 0:
        return "0"
    if 10**significant <= abs(number) < 100_000:
        text = f"{number:.0f}"
    else:
        text = f"{number:#.{significant}g}".rstrip(".")
    return with_minus(text)


def short(number: float, significant: int = DIGITS) -> str:
    """A number in at most so many significant digits, without zeros that say nothing.

    >>> short(3.0), short(-0.5), short(1 / 3), short(1200.0)
    ('3', '−0.5', '0.333', '1200')
    """
    is_long = 10**significant <= abs(number) < 100_000
    return with_minus(f"{number:.0f}" if is_long else f"{number:.{significant}g}")


def with_minus(number: str) -> str:
    """A number's text with a proper minus before it."""
    return f"−{number[1:]}" if number.startswith("-") else number
