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

    def diagnose(self, x: Any, y: Any, validation_data: Any = None, **settings: Any) -> Any:
        """What is wrong with a training on (x, y), before it begins: findings, the worst first.

        See `pellucid.insight.diagnose`, which also takes `sample_weight`, `class_weight`,
        `batch_size`, `shuffle` and `rehearsal`.
        """
        return _insight().diagnose(self, x, y, validation_data, **settings)

    def lr_find(self, x: Any, y: Any, **settings: Any) -> Any:
        """The learning-rate range test on a copy: its curve, and a `suggestion`.

        See `pellucid.insight.lr_find`, which also takes `start`, `end`, `steps`, `batch_size`.
        """
        return _insight().lr_find(self, x, y, **settings)


def _insight() -> Any:
    """The room above."""
    return import_module("pellucid.insight")
