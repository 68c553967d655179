"""Settings, looked over when a thing is made. Each check gives the value back, or raises.

Numbers come back as Python's own: one of NumPy's would make float64 of a model's float32. `thing`
is what the setting belongs to; the name of its class opens the error, or a text as it is.
"""

import math
from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import Any

from pellucid.errors import SettingError, nearest


def one_of(thing: Any, name: str, value: Any, known: Sequence[Any]) -> Any:
    """A choice; texts in any case. Raises SettingError for what is not among the known ones."""
    for each in known:
        if value is each or (isinstance(each, str) and str(value).lower() == each.lower()):
            return each
    *first, last = map(repr, known)
    choices = f"{', '.join(first)} or {last}" if first else last
    mend = nearest(str(value), map(str, known), "Choose one.")
    raise SettingError(_owner(thing), f"{name} {choices}", repr(value), mend)


def known_settings(thing: Any, name: str, value: Any, get: Callable[[Any], Any]) -> Any:
    """What `get` can make something of. Raises SettingError otherwise."""
    try:
        get(value)
    except SettingError as error:
        where = f"{_owner(thing)}, {name}"
        raise SettingError(where, error.expected, error.received, error.mend) from error
    return value


def share(thing: Any, name: str, value: Any, mend: str) -> float:
    """A number from 0 to 1. Raises SettingError for anything else."""
    if not 0 <= number(value) <= 1:
        raise SettingError(_owner(thing), f"{name} from 0 to 1", repr(value), mend)
    return float(value)


def kept_share(thing: Any, name: str, value: Any, mend: str = "Try 0.9.") -> Any:
    """A share that is not all, as of an average. Raises SettingError unless from 0 to below 1."""
    if not 0 <= number(value) < 1:
        raise SettingError(_owner(thing), f"{name} from 0 to below 1", repr(value), mend)
    return plain_number(value)


def positive(thing: Any, name: str, value: Any, mend: str = "") -> Any:
    """A finite number above 0. Raises SettingError for anything else."""
    if not 0 < number(value) < math.inf:
        mend = mend or f"Give {name} a positive number."
        raise SettingError(_owner(thing), f"{name} above 0", repr(value), mend)
    return plain_number(value)


def not_negative(thing: Any, name: str, value: Any, mend: str = "") -> Any:
    """A finite number from 0. Raises SettingError for anything else."""
    if not 0 <= number(value) < math.inf:
        mend = mend or f"Give {name} 0 or a positive number."
        raise SettingError(_owner(thing), f"{name} from 0", repr(value), mend)
    return plain_number(value)


def whole(thing: Any, name: str, value: Any, least: int, mend: str = "") -> int:
    """A whole number from `least`. Raises SettingError for anything else."""
    if not is_whole(value, least):
        where, expected = _owner(thing), f"{name} to be a whole number from {least}"
        raise SettingError(where, expected, repr(value), mend or f"Try {least}.")
    return int(value)


def known_seed(thing: Any, seed: Any) -> int | None:
    """A seed, or None. Raises SettingError unless it is a whole number from 0."""
    return None if seed is None else whole(thing, "seed", seed, 0)


def is_number(value: Any) -> bool:
    """Whether this is a real number, and not a truth value."""
    return isinstance(value, Real) and not isinstance(value, bool)


def is_whole(value: Any, least: int) -> bool:
    """Whether this is a whole number from `least`."""
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= least


def number(value: Any) -> float:
    """A number as a float; for anything else NaN, which no range holds."""
    return float(value) if is_number(value) else math.nan


def plain_number(value: Any) -> Any:
    """The number as one of Python's own."""
    return value.item() if hasattr(value, "item") else value


def _owner(thing: Any) -> str:
    """What an error calls the thing that a setting belongs to."""
    return thing if isinstance(thing, str) else type(thing).__name__
