"""From what `fit`, `evaluate` and `predict` are given to the batches that they go through."""

from typing import Any

from pellucid.errors import SettingError
from pellucid.layers.symbol import each_of
from pellucid.settings import is_whole
from pellucid.training.arrays import by_class, split, training_data
from pellucid.training.batch import Batch, gives_batches
from pellucid.training.feeding import Arrays, Batches, Feed

BATCH_SIZE = 32  # of fit, unless told
ROWS = 256  # how many rows predict and evaluate take at a time, unless told
FEWEST, AT_ONCE = 32, 1 << 22  # of large ones predict takes fewer: so many bytes, but some rows


def to_train(
    model: Any,
    data: Batch,
    *,
    batch_size: int | None,
    steps: int | None,
    order: int | None,
    class_weight: dict[int, float] | None,
    held_out: float,
) -> tuple[Feed, Batch | None]:
    """What `fit` trains on, and the share of the rows that it holds out for validation.

    Raises DataError or SettingError for what does not go together.
    """
    x, y, weight = data
    if gives_batches(x):
        _stands_alone("fit", y=y, sample_weight=weight, batch_size=batch_size)
        _stands_alone("fit", validation_split=held_out or None)
        where = "fit, epoch {epoch}, batch {batch}"
        feed = Batches(model, x, where, steps=steps, order=order, class_weight=class_weight)
        _can_start_again(feed, "fit", "steps_per_epoch")
        return feed, None
    data, rest = training_data(x, y, weight, where="fit"), None
    if held_out:
        data, rest = split(*data, held_out)
    model.prepare(*data[:2], where="fit")
    x, y, weight = data
    data = x, y, by_class(y, weight, class_weight)
    size = BATCH_SIZE if batch_size is None else batch_size
    return Arrays(model, data, size, steps, order, model.dtype), rest


def to_measure(
    model: Any,
    data: Batch,
    batch_size: int | None,
    steps: int | None,
    where: str,
    again: str | None = None,
) -> Feed:
    """What `evaluate` measures on, or `fit` after its epochs: then, again and again.

    `again` is the name of the argument that says how many batches each time. The model is got
    ready. Raises DataError, ShapeError or SettingError for what does not go together.
    """
    x, y, weight = data
    if gives_batches(x):
        _stands_alone(where, y=y, sample_weight=weight, batch_size=batch_size)
        feed = Batches(model, x, f"{where}, batch {{batch}}", steps=steps, anew=True)
        if again:
            _can_start_again(feed, where, again)
        feed.open()
        return feed
    x, y, weight = training_data(x, y, weight, where=where)
    model.prepare(x, y, where=where)
    return _first_batches(model, (x, y, weight), batch_size or ROWS, steps)


def to_predict(model: Any, x: Any, batch_size: int | None, steps: int | None) -> Feed:
    """What `predict` is asked about: arrays that were looked over, or what hands out batches."""
    if gives_batches(x):
        _stands_alone("predict", batch_size=batch_size)
        where = "predict, batch {batch}"
        return Batches(model, x, where, steps=steps, anew=True, targets=False)
    return _first_batches(model, (x, None, None), batch_size or _few_bytes(x), steps)


def _few_bytes(x: Any) -> int:
    """How many rows predict takes at a time: each thread holds their outputs in all layers."""
    rows, width = ROWS, sum(array[:1].nbytes for array in each_of(x))
    while rows > FEWEST and rows * width > AT_ONCE:
        rows //= 2
    return rows


def _first_batches(model: Any, data: Batch, batch_size: int, steps: int | None) -> Arrays:
    """The first so many batches of arrays, or all, in order."""
    feed = Arrays(model, data, batch_size, steps)
    feed.asked = None if steps is None else min(steps, feed.length or 0)
    return feed


def count(where: str, name: str, value: Any) -> int | None:
    """A number of steps, or None. Raises SettingError for anything but a whole number from 1."""
    if value is None or is_whole(value, 1):
        return None if value is None else int(value)
    expected = f"{name} to be a whole number from 1, or None"
    raise SettingError(where, expected, repr(value), "Leave it out to go through all data.")


def _stands_alone(where: str, **given: Any) -> None:
    """Raise SettingError where something was given beside data that come in batches."""
    for name, value in given.items():
        if value is not None:
            raise SettingError(
                where,
                f"no {name} beside data that come in batches",
                f"a {type(value).__name__}" if hasattr(value, "shape") else repr(value),
                "Leave it out: each batch (x, y, sample_weight) has its own.",
            )


def _can_start_again(feed: Batches, where: str, steps: str) -> None:
    """Raise SettingError for an iterator without a number of steps: it may have no end."""
    if feed.is_iterator and feed.asked is None:
        raise SettingError(
            where,
            f"{steps} beside a {type(feed.source).__name__}",
            "none",
            f"Nobody can tell where it ends, or go through it twice. Set {steps}; or give a list "
            "of batches, a sequence, or a class with __iter__.",
        )
