"""What looks at a model, as methods of the model: each hands over to `pellucid.insight`.

This file is the one door that leads upwards, from a model to the room that reads it. The functions
behind it are imported when they are called, so that a model that nobody looks at does without them.
"""

from importlib import import_module
from typing import Any


class Seen:
    """The methods of a model by which it is looked at; none of them changes it."""

    def trace(self, x: Any, y: Any = None, sample_weight: Any = None, **settings: Any) -> Any:
        """One pass over x and, with targets y, back: Z, A, dZ, dA, dW, db of every layer.

        See `pellucid.insight.trace`, which also takes `training` and `columns`.
        """
        return _insight().trace(self, x, y, sample_weight, **settings)


def _insight() -> Any:
    """The room above."""
    return import_module("pellucid.insight")
