"""Every error of Pellucid says four things: where, what was expected, what came, and the mend.

>>> raise DataError("data set 'mnits'", "one of digits, mnist", "'mnits'", "Did you mean 'mnist'?")
Traceback (most recent call last):
    ...
pellucid.errors.DataError: data set 'mnits': expected one of digits, mnist; got 'mnits'.
Did you mean 'mnist'?
"""

import difflib
from collections.abc import Iterable
from typing import Self


class PellucidError(ValueError):
    """The one form of an error: where it is, what was expected, what came, and the likely mend."""

    def __init__(self, where: str, expected: str, received: str, mend: str) -> None:
        super().__init__(f"{where}: expected {expected}; got {received}. {mend}".rstrip())
        self.where, self.expected, self.received, self.mend = where, expected, received, mend

    def within(self, where: str) -> Self:
        """The same error, with what it came up in at its front: "fit, epoch 1, batch 3"."""
        return type(self)(f"{where}, {self.where}", self.expected, self.received, self.mend)

    def __reduce__(self) -> tuple:
        """How the error travels to another process."""
        return type(self), (self.where, self.expected, self.received, self.mend)


class ShapeError(PellucidError):
    """An array's shape does not fit the gate or layer that it is given to."""


class DataError(PellucidError):
    """The data cannot be read, or cannot be used for what is asked."""


class NotFiniteError(PellucidError):
    """A loss in training is NaN or infinite. It is raised before the update."""


class SettingError(PellucidError):
    """A setting of a layer, loss, optimiser or run is unknown or out of range."""


class EngineError(PellucidError):
    """An engine or a device is not known, or is not there."""


class DistributedError(PellucidError):
    """Processes that train together cannot start together, do not agree, or have lost one."""


class ModelFileError(PellucidError):
    """A file is not a model that this version of Pellucid can read."""


class GraphError(PellucidError):
    """A gate or a graph is used in a way that has no derivative."""


def nearest(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """The sentence that suggests the known name nearest to `name`.

    Where none is near, `otherwise`, or a list of what there is.
    """
    names = sorted(known)
    by_lower = {each.lower(): each for each in names}
    close = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    if close:
        return f"Did you mean {by_lower[close[0]]!r}?"
    return otherwise or f"There is: {', '.join(names)}."
