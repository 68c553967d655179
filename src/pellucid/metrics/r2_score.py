"""How much of the targets' variance a model explains.

Letters: y targets, p outputs; N examples, U outputs of each; mu mean, w weights.
"""

from collections.abc import Sequence
from typing import Any

from pellucid.engines import Array, engine_of
from pellucid.metrics.metric import Metric, ratio, registry, shown
from pellucid.settings import one_of, whole
from pellucid.targets import aligned, as_array, as_output, check_same_shape, spread_over

AGGREGATIONS = (None, "uniform_average", "variance_weighted_average")


@registry.register
class R2Score(Metric):
    """1 - sum of (y - p)^2 / sum of (y - mu)^2: 1 is perfect, 0 no better than the mean mu of y.

    y_true and y_pred (N, U); (N,) goes with (N, 1). `class_aggregation`: None (one number an
    output), "uniform_average", or "variance_weighted_average". With `num_regressors` q the score
    is adjusted for a model of q numbers an example, 1 - (1 - R^2) (N - 1) / (N - q - 1), where N is
    above q + 1. Targets that are all alike give 1 where they are met, else 0.

    Batches are joined by their means and squared deviations (Chan, Golub, LeVeque 1979), so that
    nothing is lost where the targets lie far from 0. (Keras subtracts sums of squares, and takes
    N U for N.)
    """

    sums = ("rows", "weight", "mu", "spread", "missed")
    larger_is_better = True
    rows: Any
    weight: Any
    mu: Any
    spread: Any
    missed: Any

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str | None = "r2_score",
    ) -> None:
        super().__init__(name)
        one_of(self, "class_aggregation", class_aggregation, AGGREGATIONS)
        self.class_aggregation = class_aggregation
        self.num_regressors = whole(self, "num_regressors", num_regressors, 0, "Try 0.")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in a batch; with `sample_weight` (N,), each example that many times."""
        p = as_output(as_array(y_pred))
        engine, p = engine_of(p), engine_of(p).asarray(p, dtype="float64")
        y, p = aligned(type(self).__name__, as_array(y_true, y_pred), p)
        w = engine.xp.ones(p.shape)
        if sample_weight is not None:
            w = spread_over(sample_weight, w)
        weight = w.sum(axis=0)
        mu = ratio((w * y).sum(axis=0), weight)
        spread, missed = (w * (y - mu) ** 2).sum(axis=0), (w * (y - p) ** 2).sum(axis=0)
        batch = dict(zip(self.sums, (len(p), weight, mu, spread, missed), strict=True))
        self.set_state(self.joined([self.get_state(), batch]))

    def joined(self, states: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Several states as one: means and squared deviations by the formula above."""
        whole, *others = states
        for other in others:
            total = super().joined([whole, other])
            apart, both = other["mu"] - whole["mu"], total["weight"]
            between = apart * apart * ratio(whole["weight"] * other["weight"], both)
            mu = whole["mu"] + apart * ratio(other["weight"], both)
            whole = total | {"mu": mu, "spread": total["spread"] + between}
        return whole

    def result(self) -> Any:
        """One number, or one an output (U,)."""
        xp = engine_of(self.spread).xp
        spread, missed = xp.asarray(self.spread), xp.asarray(self.missed)
        met = (missed == 0) & (self.weight > 0)
        score = xp.where(spread > 0, 1 - ratio(missed, spread), met * 1.0)
        if self.class_aggregation == "uniform_average":
            score = score.mean()
        elif self.class_aggregation == "variance_weighted_average":
            score = (spread * score).sum() / spread.sum() if spread.sum() > 0 else score.mean()
        left = self.rows - self.num_regressors - 1
        if self.num_regressors and left > 0:
            score = 1 - (1 - score) * (self.rows - 1) / left
        return shown(score)

    def check(self, y: Array, output_shape: tuple) -> None:
        """Targets of the outputs' shape."""
        check_same_shape(type(self).__name__, y, output_shape)
