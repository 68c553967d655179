"""Settings, looked over when a thing is made. Each check gives the value back, or raises.

Numbers come back as Python's own: one of NumPy's would make float64 of a model's float32. `thing`
is what the setting belongs to: the name of its class opens the error.
"""

import math
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

from pellucid.errors import SettingError


def one_of(thing: Any, name: str, value: Any, known: Sequence[Any]) -> Any:
    """A choice. Raises SettingError for what is not among the known ones."""
    if value not in known:
        expected = f"{name} to be one of {', '.join(map(repr, known))}"
        raise SettingError(type(thing).__name__, expected, repr(value), "Choose one of them.")
    return value


def share(thing: Any, name: str, value: Any, mend: str) -> float:
    """A number from 0 to 1. Raises SettingError for anything else."""
    if not 0 <= number(value) <= 1:
        raise SettingError(type(thing).__name__, f"{name} from 0 to 1", repr(value), mend)
    return float(value)


def kept_share(thing: Any, name: str, value: Any) -> Any:
    """The share of an average that is kept. Raises SettingError unless from 0 to below 1."""
    if not 0 <= number(value) < 1:
        where = type(thing).__name__
        raise SettingError(where, f"{name} from 0 to below 1", repr(value), "Try 0.9.")
    return plain_number(value)


def positive(thing: Any, name: str, value: Any, mend: str = "") -> Any:
    """A finite number above 0. Raises SettingError for anything else."""
    if not 0 < number(value) < math.inf:
        mend = mend or f"Give {name} a positive number."
        raise SettingError(type(thing).__name__, f"{name} above 0", repr(value), mend)
    return plain_number(value)


def not_negative(thing: Any, name: str, value: Any, mend: str = "") -> Any:
    """A finite number from 0. Raises SettingError for anything else."""
    if not 0 <= number(value) < math.inf:
        mend = mend or f"Give {name} 0 or a positive number."
        raise SettingError(type(thing).__name__, f"{name} from 0", repr(value), mend)
    return plain_number(value)


def whole(thing: Any, name: str, value: Any, least: int, mend: str = "") -> int:
    """A whole number from `least`. Raises SettingError for anything else."""
    if not is_whole(value, least):
        where, expected = type(thing).__name__, f"{name} to be a whole number from {least}"
        raise SettingError(where, expected, repr(value), mend or f"Try {least}.")
    return int(value)


def is_whole(value: Any, least: int) -> bool:
    """Whether this is a whole number from `least`."""
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= least


def number(value: Any) -> float:
    """A number as a float; for anything else NaN, which no range holds."""
    return float(value) if isinstance(value, Real) else math.nan


def plain_number(value: Any) -> Any:
    """The number as one of Python's own."""
    return value.item() if hasattr(value, "item") else value
