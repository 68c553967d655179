"""F scores: precision and recall in one number.

Letters: y targets, p outputs; N examples, C classes of each; tp, fp, fn as in confusion.py, one
for each class.
"""

from typing import Any

from pellucid import nn
from pellucid.engines import Array, engine_of
from pellucid.errors import SettingError, ShapeError
from pellucid.metrics.metric import Metric, are_scores, ratio, registry, shown
from pellucid.settings import one_of, positive
from pellucid.targets import as_array, as_output, check_indicators, indicators, spread_over


@registry.register
class FBetaScore(Metric):
    """(1 + beta^2) tp / ((1 + beta^2) tp + beta^2 fn + fp) of each class, or their average.

    This is the weighted harmonic mean of precision and recall, in which recall counts beta^2 times
    as much; 0 where there is nothing to divide by. (Keras adds 1e-7 to each denominator.)

    y_true (N, C) rows of 0 and 1, or class numbers (N,) (Keras takes rows alone); y_pred (N, C).
    `threshold`: an output above it is positive; None: the largest of an example is, unless it is 0.
    `average`: None (one number a class), "macro" (their mean), "weighted" (their mean, weighted
    with how often each class is true) or "micro" (of the sums over the classes).
    """

    sums = ("tp", "fp", "fn")
    larger_is_better = True

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = "fbeta_score",
        from_logits: bool = False,
    ) -> None:
        super().__init__(name)
        self.average = one_of(self, "average", average, (None, "micro", "macro", "weighted"))
        self.beta = positive(self, "beta", beta, "Try 1.0.")
        if threshold is not None and not 0 < threshold <= 1:
            where, expected = type(self).__name__, "a threshold above 0, and at most 1"
            raise SettingError(where, expected, repr(threshold), "Try 0.5.")
        self.threshold, self.from_logits = threshold, from_logits

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in a batch; with `sample_weight` (N,), each example that many times."""
        p = as_output(as_array(y_pred))
        engine, C = engine_of(p), p.shape[-1] if p.ndim > 1 else 1
        y = engine.asarray(
            indicators(type(self).__name__, as_array(y_true, y_pred), p), dtype="float64"
        )
        y, taken = y.reshape(-1, C), self.taken(p.reshape(-1, C))
        weight = engine.xp.ones(p.shape)
        if sample_weight is not None:
            weight = spread_over(sample_weight, weight)
        weight = weight.reshape(-1, C)
        self.tp = self.tp + (weight * taken * y).sum(axis=0)
        self.fp = self.fp + (weight * taken * (1 - y)).sum(axis=0)
        self.fn = self.fn + (weight * ~taken * y).sum(axis=0)

    def taken(self, p: Array) -> Array:
        """Which outputs (N, C) are positive. Raises ShapeError for one output and no threshold."""
        if self.threshold is not None:
            return (nn.sigmoid(p) if self.from_logits else p) > self.threshold
        if p.shape[-1] == 1:
            raise ShapeError(
                f"outputs for {type(self).__name__}",
                "several, of which the largest is taken",
                "1",
                "Give a threshold: threshold=0.5.",
            )
        xp = engine_of(p).xp
        return (p >= xp.max(p, axis=-1, keepdims=True)) & (xp.abs(p) > 1e-9)

    def result(self) -> Any:
        """One number a class, an array (C,); or one for all."""
        xp = engine_of(self.tp).xp
        tp, fp, fn = (xp.asarray(count) for count in (self.tp, self.fp, self.fn))
        if self.average == "micro":
            tp, fp, fn = tp.sum(), fp.sum(), fn.sum()
        square = self.beta**2
        score = ratio((1 + square) * tp, (1 + square) * tp + square * fn + fp)
        if self.average == "weighted":
            return shown((score * ratio(tp + fn, (tp + fn).sum())).sum())
        return shown(score if self.average is None else score.mean())

    def check(self, y: Array, output_shape: tuple) -> None:
        """Targets for each output, or class numbers."""
        check_indicators(type(self).__name__, y, output_shape)

    def suit(self, loss: Any, output_shape: tuple) -> None:
        """Take each output by itself where the loss does, above or below a probability of 0.5."""
        if getattr(loss, "targets", None) == "binary":
            self.threshold, self.from_logits = 0.5, are_scores(self, loss, alone=True)


@registry.register
class F1Score(FBetaScore):
    """2 tp / (2 tp + fn + fp) of each class, or their average: see FBetaScore, with beta = 1."""

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str | None = "f1_score",
        from_logits: bool = False,
    ) -> None:
        super().__init__(average, 1.0, threshold, name, from_logits)
