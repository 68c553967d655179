"""Validation in a run: what is measured after an epoch, and after which epochs."""

from collections.abc import Collection
from typing import Any

from pellucid.errors import DataError, SettingError
from pellucid.settings import is_whole
from pellucid.training.batch import Batch, gives_batches
from pellucid.training.feeding import Feed
from pellucid.training.sources import count, to_measure

WHERE = "validation_data of fit"


class Validation:
    """The batches that are measured after every `freq`-th epoch, or after those that it lists."""

    def __init__(self, feed: Feed, freq: int | Collection[int]) -> None:
        self.feed, self.freq = feed, freq

    def is_due(self, epoch: int) -> bool:
        """Whether it follows an epoch, counted from 0; `freq` counts from 1."""
        if isinstance(self.freq, Collection):
            return epoch + 1 in self.freq
        return (epoch + 1) % self.freq == 0


def validation(
    model: Any, given: Any, batch_size: int | None, steps: int | None, freq: Any
) -> Validation | None:
    """What `fit` measures after its epochs, or None where nothing is given.

    Raises DataError, ShapeError or SettingError for what does not fit the model or go together.
    """
    if not isinstance(freq, Collection) and not is_whole(freq, 1):
        expected = "validation_freq to be a whole number from 1, or a list of epochs"
        raise SettingError("fit", expected, repr(freq), "Try 1.")
    steps = count("fit", "validation_steps", steps)
    if given is None:
        return None
    data = _parts(given)
    return Validation(
        to_measure(model, data, batch_size, steps, WHERE, again="validation_steps"), freq
    )


def _parts(given: Any) -> Batch:
    """Arrays (x, y) or (x, y, weights), or what hands out batches in the place of x."""
    if gives_batches(given):
        return given, None, None
    if not isinstance(given, list | tuple) or len(given) not in (1, 2, 3):
        raise DataError(
            WHERE,
            "(x, y), (x, y, sample_weight), or something that hands out batches",
            f"a {type(given).__name__}",
            "Give validation_data=(x, y).",
        )
    x, y, weight = (*given, None, None)[:3]
    return x, y, weight
