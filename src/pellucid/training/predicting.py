"""Predicting: the outputs of a model for data. `predict` is a method of models."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from pellucid.data import check, is_finite
from pellucid.layers.symbol import each_of
from pellucid.training import sources
from pellucid.training.answering import answer, answers_of, side_by_side
from pellucid.training.arguments import check_batch_size
from pellucid.training.arrays import as_array, as_host, each, joined, length, shapes
from pellucid.training.batch import gives_batches
from pellucid.training.callbacks import Callback
from pellucid.training.calling import Callbacks, listed
from pellucid.training.feeding import Arrays, Feed
from pellucid.training.measuring import look_back

FEW_ROWS = 16  # that predict answers without getting ready for long work


def predict(
    self: Any,
    x: Any,
    batch_size: int | None = None,
    verbose: str | int = 0,
    steps: int | None = None,
    callbacks: Sequence[Callback] | Callback | None = None,
) -> Any:
    """The outputs for x, in inference mode, as an array (N, ...).

    x may hand out batches: x alone, (x,), or (x, y), whose y is left out; a generator is read to
    its end. `batch_size` (256, fewer of large examples) changes how much memory it takes; `steps`:
    the first so many batches alone. `verbose` is there for those who come from Keras; prediction
    prints nothing.
    """
    check_batch_size("predict", batch_size)
    steps = sources.count("predict", "steps", steps)
    of_arrays = not gives_batches(x)
    if of_arrays:
        check(x, where="predict", finite=self.engine.far)
        x = each(as_array, x)
        if length(x) <= min(FEW_ROWS, batch_size or FEW_ROWS) and not callbacks:
            _refuse_unless_finite(self, x, x)
            return each(as_host, answer(self, x))
        self.ensure_built(shapes(x))
    feed = sources.to_predict(self, x, batch_size, steps)
    calls = Callbacks(self, listed("predict", callbacks))
    calls.on_predict_begin()
    with self.engine.at_work():
        if isinstance(feed, Arrays) and not callbacks and not self.engine.far:
            found = side_by_side(self, feed.in_order(), partial(_looked_over, self, feed))
        else:
            found = _one_after_another(self, feed, calls)
    look_back(self, "predict")
    calls.on_predict_end()
    if isinstance(found[0], list):
        return [joined(list(parts)) for parts in zip(*found, strict=True)]
    return joined(found)


def _one_after_another(self: Any, feed: Feed, calls: Callbacks) -> list[Any]:
    """The outputs for each batch, of which callbacks are told."""
    answers, found = None, []
    for batch, (x, _, _) in enumerate(feed.epoch()):
        calls.on_predict_batch_begin(batch)
        if isinstance(feed, Arrays):
            _refuse_unless_finite(self, x, feed.given[0])
        if answers is None or calls.callbacks:  # which may change the model
            answers = answers_of(self)
        found.append(answers.of(self, x))
        calls.on_predict_batch_end(batch, found[-1])
    return found


def _looked_over(self: Any, feed: Arrays, rows: Any) -> Any:
    """These rows of the data, as the model takes them."""
    part = feed.inputs(rows)
    _refuse_unless_finite(self, part, feed.given[0])
    return part


def _refuse_unless_finite(self: Any, part: Any, x: Any) -> None:
    """Raise DataError where a part of x, that is about to be answered, has a NaN or an infinity.

    That takes no time where the part is read next. What a device would have to be asked about was
    looked at before.
    """
    if not self.engine.far and not all(is_finite(as_host(array)) for array in each_of(part)):
        check(x, where="predict")
