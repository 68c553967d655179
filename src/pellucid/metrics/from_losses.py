"""Losses as metrics: the mean over all examples, whatever the loss's reduction.

Any loss is a metric by its name: `metrics=["huber"]`. Those that Keras has as classes of their own
are here under its names, with its settings. What each computes stands in `pellucid.losses`.
"""

import math
from typing import Any

from pellucid import losses
from pellucid.engines import Array, engine_of
from pellucid.metrics.metric import Metric, are_scores, registry
from pellucid.registry import arguments, plain
from pellucid.targets import as_output


@registry.register
class LossMetric(Metric):
    """The mean of a loss over examples: of any loss, by name, as settings, or as an object."""

    def __init__(self, loss: Any, name: str | None = None) -> None:
        self.loss = losses.get(loss)
        super().__init__(name or self.loss.name)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        """The loss of each example."""
        each = self.loss.call(y_true, as_output(y_pred))
        return engine_of(each).asarray(each, dtype="float64")

    def get_config(self) -> dict[str, Any]:
        """The settings: those of the loss, where the metric has them too."""
        own = {"loss": self.loss, "name": self.name}
        names = arguments(type(self))
        return {name: plain(own.get(name, getattr(self.loss, name, None))) for name in names}

    def check(self, y: Array, output_shape: tuple) -> None:
        """What the loss asks of targets."""
        self.loss.check(y, output_shape)

    def suit(self, loss: Any, output_shape: tuple) -> None:
        """Take outputs as scores where the model's loss does."""
        if "from_logits" in self.loss.get_config():
            alone = self.loss.targets == "binary"
            self.loss.from_logits = are_scores(self, loss, alone)


# -- of numbers -----------------------------------------------------------------------------------


@registry.register
class MeanSquaredError(LossMetric):
    """The mean of (p - y)^2. y_true and y_pred (N, U); (N,) goes with (N, 1)."""

    def __init__(self, name: str = "mean_squared_error") -> None:
        super().__init__(losses.MeanSquaredError(), name)


@registry.register
class RootMeanSquaredError(MeanSquaredError):
    """The root of the mean of (p - y)^2, in the unit of the targets."""

    def __init__(self, name: str = "root_mean_squared_error") -> None:
        super().__init__(name)

    def result(self) -> float:
        """The root, over all examples so far."""
        return math.sqrt(super().result())


@registry.register
class MeanAbsoluteError(LossMetric):
    """The mean of |p - y|. y_true and y_pred (N, U); (N,) goes with (N, 1)."""

    def __init__(self, name: str = "mean_absolute_error") -> None:
        super().__init__(losses.MeanAbsoluteError(), name)


@registry.register
class MeanAbsolutePercentageError(LossMetric):
    """The mean of 100 |p - y| / |y|."""

    def __init__(self, name: str = "mean_absolute_percentage_error") -> None:
        super().__init__(losses.MeanAbsolutePercentageError(), name)


@registry.register
class MeanSquaredLogarithmicError(LossMetric):
    """The mean of (ln(1 + p) - ln(1 + y))^2."""

    def __init__(self, name: str = "mean_squared_logarithmic_error") -> None:
        super().__init__(losses.MeanSquaredLogarithmicError(), name)


@registry.register
class LogCoshError(LossMetric):
    """The mean of ln cosh(p - y)."""

    def __init__(self, name: str = "logcosh") -> None:
        super().__init__(losses.LogCosh(), name)


@registry.register
class Poisson(LossMetric):
    """The mean of p - y ln p, for counts y."""

    def __init__(self, name: str = "poisson") -> None:
        super().__init__(losses.Poisson(), name)


@registry.register
class CosineSimilarity(LossMetric):
    """The mean of (y . p) / (|y| |p|): 1 where the two point the same way; the loss is -1 there."""

    larger_is_better = True

    def __init__(self, name: str = "cosine_similarity") -> None:
        super().__init__(losses.CosineSimilarity(), name)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        """The cosine of each example."""
        return -super().values(y_true, y_pred)


# -- of probabilities and scores ------------------------------------------------------------------


@registry.register
class BinaryCrossentropy(LossMetric):
    """The mean of -y ln p - (1 - y) ln(1 - p)."""

    def __init__(
        self,
        name: str = "binary_crossentropy",
        from_logits: bool = False,
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(losses.BinaryCrossentropy(from_logits, label_smoothing), name)


@registry.register
class CategoricalCrossentropy(LossMetric):
    """The mean of -sum of y ln p, for one-hot rows y."""

    def __init__(
        self,
        name: str = "categorical_crossentropy",
        from_logits: bool = False,
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(losses.CategoricalCrossentropy(from_logits, label_smoothing), name)


@registry.register
class SparseCategoricalCrossentropy(LossMetric):
    """The mean of -ln p[y], for class numbers y."""

    def __init__(
        self, name: str = "sparse_categorical_crossentropy", from_logits: bool = False
    ) -> None:
        super().__init__(losses.SparseCategoricalCrossentropy(from_logits), name)


@registry.register
class KLDivergence(LossMetric):
    """The mean of sum of y ln(y / p), for rows of probabilities."""

    def __init__(self, name: str = "kl_divergence") -> None:
        super().__init__(losses.KLDivergence(), name)


@registry.register
class Hinge(LossMetric):
    """The mean of max(0, 1 - y z), for targets -1 or 1 (or 0 or 1) and scores z."""

    def __init__(self, name: str = "hinge") -> None:
        super().__init__(losses.Hinge(), name)


@registry.register
class SquaredHinge(LossMetric):
    """The mean of max(0, 1 - y z)^2, for targets -1 or 1 (or 0 or 1) and scores z."""

    def __init__(self, name: str = "squared_hinge") -> None:
        super().__init__(losses.SquaredHinge(), name)


@registry.register
class CategoricalHinge(LossMetric):
    """The mean of max(0, 1 + largest wrong score - right score), for one-hot rows y."""

    def __init__(self, name: str = "categorical_hinge") -> None:
        super().__init__(losses.CategoricalHinge(), name)


registry.register(MeanSquaredError, "mse")
registry.register(MeanAbsoluteError, "mae")
registry.register(MeanAbsolutePercentageError, "mape")
registry.register(MeanSquaredLogarithmicError, "msle")
registry.register(LogCoshError, "logcosh")
registry.register(BinaryCrossentropy, "bce")
registry.register(KLDivergence, "kld")
