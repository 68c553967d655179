"""How theta is cut into the pieces that an optimiser treats alike: parameters, or runs of them."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pellucid.engines import Array, engine_of

WHOLE = slice(None)


class Piece(NamedTuple):
    """A part of theta that the rule is given at a time, and what alpha is multiplied by there."""

    part: slice = WHOLE
    factor: float = 1.0
    shape: tuple[int, ...] | None = None

    def of(self, vector: Array) -> Array:
        """This part of theta, of g or of a slot, in its shape: a view."""
        part = vector if self.part == WHOLE else vector[self.part]
        return part if self.shape is None else engine_of(part).xp.reshape(part, self.shape)


def runs(parts: Iterable[tuple[slice, float]]) -> list[tuple[slice, float]]:
    """Neighbouring parts that have the same number, as one.

    >>> runs([(slice(0, 2), 1.0), (slice(2, 3), 1.0), (slice(3, 9), 0.1)])
    [(slice(0, 3, None), 1.0), (slice(3, 9, None), 0.1)]
    """
    found: list[tuple[slice, float]] = []
    for part, number in parts:
        if found and found[-1][1] == number:
            found[-1] = (slice(found[-1][0].start, part.stop), number)
        else:
            found.append((part, number))
    return found


def cut(run: tuple[slice, float], at_once: int | None) -> list[Piece]:
    """A long run as several pieces of `at_once` numbers, or as one.

    >>> [piece.part for piece in cut((slice(0, 5), 1.0), at_once=4)]
    [slice(0, 4, None), slice(4, 5, None)]
    """
    part, factor = run
    step = at_once or max(part.stop - part.start, 1)
    starts = range(part.start, part.stop, step)
    return [Piece(slice(i, min(i + step, part.stop)), factor) for i in starts]


def found_in(patterns: Sequence[str], path: str) -> bool:
    """Whether one of these regular expressions is found in a parameter's path."""
    return any(re.search(pattern, path) for pattern in patterns)


def listed(names: str | Sequence[str] | None) -> list[str]:
    """Names as a list; one may come alone."""
    return [names] if isinstance(names, str) else list(names or ())
