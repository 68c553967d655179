"""What a setting that is a number must be; each check gives it back as a plain one.

Plain, because a number of NumPy's own would make float64 of a model's float32. `owner` is the thing
that is set, whose class the error names.
"""

import math
from numbers import Integral
from typing import Any

from pellucid.errors import SettingError


def above_zero(owner: Any, name: str, value: Any, mend: str = "") -> Any:
    """Raises SettingError unless the value is a finite number above 0."""
    if not 0 < value < math.inf:
        mend = mend or f"Give {name} a positive number."
        raise SettingError(type(owner).__name__, f"{name} above 0", repr(value), mend)
    return plain_number(value)


def from_zero(owner: Any, name: str, value: Any, mend: str = "") -> Any:
    """Raises SettingError unless the value is a finite number from 0."""
    if not 0 <= value < math.inf:
        mend = mend or f"Give {name} 0 or a positive number."
        raise SettingError(type(owner).__name__, f"{name} from 0", repr(value), mend)
    return plain_number(value)


def share(owner: Any, name: str, value: Any) -> Any:
    """The share of an average that is kept. Raises SettingError unless from 0 to below 1."""
    if not 0 <= value < 1:
        where = type(owner).__name__
        raise SettingError(where, f"{name} from 0 to below 1", repr(value), "Try 0.9.")
    return plain_number(value)


def whole_from(owner: Any, name: str, value: Any, least: int) -> int:
    """Raises SettingError unless the value is a whole number from `least`."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        where, expected = type(owner).__name__, f"{name} to be a whole number from {least}"
        raise SettingError(where, expected, repr(value), f"Try {least}.")
    return int(value)


def plain_number(value: Any) -> Any:
    """The number as one of Python's own."""
    return value.item() if hasattr(value, "item") else value
