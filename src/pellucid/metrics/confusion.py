"""Which class is taken for which: true and false positives and negatives, and what is made of them.

tp, fp: targets 1 and 0 whose output is above a threshold; fn, tn: targets 1 and 0 whose output is
not. An output is counted in the gap between thresholds in which it lies, so that any number of
thresholds costs one look.

Letters: y targets, p outputs; N examples, C classes or L labels of each; T thresholds.
"""

import math
from numbers import Real
from typing import Any

from pellucid import nn
from pellucid.engines import Array, engine_of
from pellucid.errors import ShapeError
from pellucid.metrics.metric import Metric, are_scores, ratio, registry, shown
from pellucid.settings import share, whole
from pellucid.targets import (
    as_array,
    as_output,
    check_indicators,
    class_numbers,
    indicators,
    spread_over,
)


class ThresholdMetric(Metric):
    """The base of what is made of tp, fp, tn, fn: `formula(tp, fp, tn, fn)` is the result.

    y_true: 0 or 1 for each output, or class numbers (N,) for outputs (N, C); all outputs are
    counted together. `thresholds`: a number from 0 to 1, or several; 0.5 if left out. With one the
    result is a number, with several an array (T,). `from_logits`: outputs are scores, of which the
    sigmoid is taken first (Keras has this in AUC alone).
    """

    sums = ("gaps",)

    def __init__(
        self, thresholds: Any = None, name: str | None = None, from_logits: bool = False
    ) -> None:
        super().__init__(name)
        self.thresholds, self.from_logits = thresholds, from_logits
        given: Any = 0.5 if thresholds is None else thresholds
        given = [given] if isinstance(given, Real | str) else list(given)
        self.limits = [share(self, "thresholds", t, "Try 0.5.") for t in given]

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in a batch; with `sample_weight` (N,), each example that many times."""
        y, p = self.pairs(as_array(y_true, y_pred), as_output(as_array(y_pred)))
        self.gaps = self.gaps + in_gaps(y, p, sample_weight, sorted(self.limits))

    def pairs(self, y: Array, p: Array) -> tuple[Array, Array]:
        """Targets, 0 or 1, and what to compare with the thresholds, of one shape."""
        return indicators(type(self).__name__, y, p), nn.sigmoid(p) if self.from_logits else p

    def result(self) -> Any:
        """The formula's number, or one for each threshold."""
        order = sorted(self.limits)
        places = [order.index(limit) for limit in self.limits]
        return shown(self.formula(*(each[places] for each in confusion(self.gaps, len(order)))))

    def formula(self, tp: Array, fp: Array, tn: Array, fn: Array) -> Array:
        """What is made of the counts, (T,) each."""
        raise TypeError(f"{type(self).__name__} needs a method formula(self, tp, fp, tn, fn)")

    def check(self, y: Array, output_shape: tuple) -> None:
        """Targets for each output, or class numbers."""
        check_indicators(type(self).__name__, y, output_shape)

    def suit(self, loss: Any, output_shape: tuple) -> None:
        """Take outputs as scores where the loss does."""
        self.from_logits = are_scores(self, loss, alone=True)


def in_gaps(y: Array, p: Array, weight: Any, limits: list[float], by_label: bool = False) -> Array:
    """The weight of targets 0 and 1 whose outputs lie above none, one, .. all T sorted limits.

    (2, T + 1); for y and p (N, L) `by_label`, (2, T + 1, L).
    """
    engine, places = engine_of(p), len(limits) + 1
    xp = engine.xp
    ones = xp.ones(p.shape)
    weight = ones if weight is None else spread_over(weight, ones)
    above = xp.searchsorted(xp.asarray(limits, dtype=p.dtype), p.reshape(-1)).reshape(p.shape)
    place, shape = above + (y > 0.5) * places, (2, places)
    if by_label:
        L = p.shape[-1]
        place, shape = place * L + xp.arange(L), (2, places, L)
    total = engine.scatter_add((math.prod(shape),), place.reshape(-1), weight.reshape(-1))
    return total.reshape(shape)


def confusion(gaps: Any, T: int) -> tuple[Array, Array, Array, Array]:
    """tp, fp, tn, fn for each of T thresholds, from what `in_gaps` gave; 0 from nothing."""
    xp = engine_of(gaps).xp
    gaps = xp.zeros((2, T + 1)) if isinstance(gaps, int) else gaps
    below = xp.cumulative_sum(gaps, axis=1)[:, :-1]
    above = xp.flip(xp.cumulative_sum(xp.flip(gaps, axis=1), axis=1), axis=1)[:, 1:]
    return above[1], above[0], below[0], below[1]


# -- the counts -----------------------------------------------------------------------------------


@registry.register
class TruePositives(ThresholdMetric):
    """How many targets 1 have an output above the threshold."""

    larger_is_better = True

    def formula(self, tp: Array, fp: Array, tn: Array, fn: Array) -> Array:
        """tp."""
        return tp


@registry.register
class FalsePositives(ThresholdMetric):
    """How many targets 0 have an output above the threshold."""

    def formula(self, tp: Array, fp: Array, tn: Array, fn: Array) -> Array:
        """fp."""
        return fp


@registry.register
class TrueNegatives(ThresholdMetric):
    """How many targets 0 have an output that is not above the threshold."""

    larger_is_better = True

    def formula(self, tp: Array, fp: Array, tn: Array, fn: Array) -> Array:
        """tn."""
        return tn


@registry.register
class FalseNegatives(ThresholdMetric):
    """How many targets 1 have an output that is not above the threshold."""

    def formula(self, tp: Array, fp: Array, tn: Array, fn: Array) -> Array:
        """fn."""
        return fn


# -- of the counts --------------------------------------------------------------------------------


class TopKMetric(ThresholdMetric):
    """A metric that may look at an example's `top_k` largest outputs alone, or at one class.

    With `top_k` the others are not positive, whatever their size; of equal outputs the first are
    taken. Without `thresholds` all of the k are positive. With `class_id` only that output counts.
    """

    larger_is_better = True

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        from_logits: bool = False,
    ) -> None:
        super().__init__(thresholds, name, from_logits)
        self.top_k, self.class_id = top_k, class_id
        if top_k is not None:
            whole(self, "top_k", top_k, 1, "Try 5.")
            self.limits = [-math.inf] if thresholds is None else self.limits
        if class_id is not None:
            whole(self, "class_id", class_id, 0, "Classes are numbered from 0.")

    def pairs(self, y: Array, p: Array) -> tuple[Array, Array]:
        """Targets and outputs, of the class that was asked for; -inf what is not in the top k."""
        y, p = super().pairs(y, p)
        if self.top_k is not None:
            p = only_largest(p, self.top_k)
        if self.class_id is None:
            return y, p
        if self.class_id >= p.shape[-1]:
            raise ShapeError(
                f"outputs for {type(self).__name__}",
                f"at least {self.class_id + 1}, as class_id is {self.class_id}",
                f"{p.shape[-1]}",
                "Classes are numbered from 0.",
            )
        return y[..., self.class_id], p[..., self.class_id]


def only_largest(p: Array, k: int) -> Array:
    """The k largest of the last axis as they are, the first where equal, and -inf for the rest."""
    xp = engine_of(p).xp
    rank = xp.argsort(xp.argsort(-p, axis=-1, stable=True), axis=-1)
    return xp.where(rank < k, p, -math.inf)


@registry.register
class Precision(TopKMetric):
    """tp / (tp + fp): how many of those that are taken for 1 are 1. 0 where there are none."""

    def formula(self, tp: Array, fp: Array, tn: Array, fn: Array) -> Array:
        """tp / (tp + fp)."""
        return ratio(tp, tp + fp)


@registry.register
class Recall(TopKMetric):
    """tp / (tp + fn): how many of those that are 1 are taken for it. 0 where there are none."""

    def formula(self, tp: Array, fp: Array, tn: Array, fn: Array) -> Array:
        """tp / (tp + fn)."""
        return ratio(tp, tp + fn)


@registry.register
class ConfusionMatrix(Metric):
    """An array (C, C): in row i and column j, how many of class i are taken for class j.

    y_true: class numbers (N,), or one-hot rows (N, C) for outputs (N, C), of which the largest is
    the class. One output (N, 1) stands for two classes: 1 where it is above `threshold`. With
    `sample_weight` the entries are sums of weights. Keras has no such metric.
    """

    sums = ("counts",)

    def __init__(self, name: str = "confusion_matrix", threshold: float = 0.5) -> None:
        super().__init__(name)
        self.threshold = threshold

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in a batch; with `sample_weight` (N,), each example that many times."""
        y, p = as_array(y_true, y_pred), as_array(y_pred)
        engine, C = engine_of(p), max(p.shape[-1], 2) if p.ndim > 1 else 2
        truth, taken = self.classes(y, p)
        ones = engine.xp.ones(truth.shape, dtype="int64")
        weight = ones if sample_weight is None else spread_over(sample_weight, ones * 1.0)
        place = (truth * C + taken).reshape(-1)
        self.counts = self.counts + engine.scatter_add((C * C,), place, weight.reshape(-1))

    def classes(self, y: Array, p: Array) -> tuple[Array, Array]:
        """The class numbers of targets and outputs."""
        if p.ndim < 2 or p.shape[-1] == 1:
            y = indicators(type(self).__name__, y, p)
            return (y > 0.5).reshape(-1) * 1, (p > self.threshold).reshape(-1)
        is_one_hot = y.shape == p.shape
        truth = y.argmax(axis=-1) if is_one_hot else class_numbers(type(self).__name__, y, p)
        return truth, p.argmax(axis=-1)

    def result(self) -> Any:
        """The counts so far; an empty array before any example."""
        engine = engine_of(self.counts)
        if isinstance(self.counts, int):
            return engine.to_numpy(engine.xp.zeros((0, 0), dtype="int64"))
        C = math.isqrt(math.prod(self.counts.shape))
        return engine.to_numpy(self.counts).reshape(C, C)

    def check(self, y: Array, output_shape: tuple) -> None:
        """Targets for each output, or class numbers."""
        check_indicators(type(self).__name__, y, output_shape)

    def suit(self, loss: Any, output_shape: tuple) -> None:
        """Of scores, ask on which side of 0 they lie."""
        if getattr(loss, "from_logits", False):
            self.threshold = 0.0
