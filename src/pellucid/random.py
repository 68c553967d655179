"""Chance is explicit: one seed, and from it a generator for each purpose.

Initial weights, dropout and the order of examples each draw from generators of their own, so that
drawing more of one changes nothing of the others. The n-th generator asked for one purpose depends
on the seed, the purpose and n alone: the same program with the same seed draws the same numbers.
"""

import random
import secrets
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from numbers import Integral
from typing import Any

from pellucid.engines import numpy_engine
from pellucid.errors import SettingError

_given: Counter[str] = Counter()
_state: dict[str, int | None] = {"seed": None}


def set_random_seed(seed: int) -> None:
    """Make what follows repeatable: models built and trained after this call draw from `seed`.

    Raises SettingError unless it is a whole number from 0.
    """
    if not isinstance(seed, Integral) or seed < 0:
        raise SettingError("set_random_seed", "a whole number from 0", repr(seed), "Try 0.")
    _state["seed"] = int(seed)
    _given.clear()


def random_seed() -> int:
    """The seed in force; where none was set, one drawn from the operating system, once."""
    seed = _state["seed"]
    if seed is None:
        seed = _state["seed"] = secrets.randbits(32)
    return seed


def generator(purpose: str, seed: int | None = None) -> Any:
    """The next generator for this purpose: "weights", "dropout", "noise", "order", or your own.

    With a `seed` of its own, the generator of that seed alone.
    """
    if seed is not None:
        return numpy_engine.generator(seed)
    _given[purpose] += 1
    return numpy_engine.generator(random_seed(), zlib.crc32(purpose.encode()), _given[purpose])


@contextmanager
def kept() -> Iterator[None]:
    """Inside, generators that are asked for, and Python's own source of chance, leave no trace."""
    given, state, own = _given.copy(), dict(_state), random.getstate()
    try:
        yield
    finally:
        _given.clear()
        _given.update(given)
        _state.update(state)
        random.setstate(own)
