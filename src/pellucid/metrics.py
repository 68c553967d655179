"""Metrics: what a person wants to know of a model, summed over the batches of an epoch.

The sums stay arrays and are read only when `result()` is shown.
"""

from typing import Any

from pellucid import losses
from pellucid.engines import Array, engine_of
from pellucid.errors import SettingError
from pellucid.registry import Configurable, Registry, snake_case
from pellucid.targets import aligned, as_array, class_numbers, spread_over

registry = Registry("metric")


class Metric(Configurable):
    """A mean over examples: `values(y_true, y_pred)` gives one number for each."""

    def __init__(self, name: str | None = None) -> None:
        self.name = name or snake_case(type(self).__name__)
        self.reset_state()

    def reset_state(self) -> None:
        """Forget all examples."""
        self.total: Any = 0.0
        self.count: Any = 0.0

    def values(self, y_true: Array, y_pred: Array) -> Array:
        """One number for each example."""
        raise TypeError(f"{type(self).__name__} needs a method values(self, y_true, y_pred)")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in a batch; with `sample_weight` (N,), the weighted mean."""
        values = as_array(self.values(as_array(y_true), as_array(y_pred)))
        if sample_weight is None:
            self.total = self.total + values.sum()
            self.count = self.count + values.size
        else:
            values = engine_of(values).asarray(values, dtype="float64")
            weight = spread_over(sample_weight, values)
            self.total = self.total + (values * weight).sum()
            self.count = self.count + weight.sum()

    def result(self) -> float:
        """The mean so far; 0 before any example."""
        return float(self.total) / float(self.count) if self.count else 0.0


@registry.register
class Mean(Metric):
    """The mean of a number that is given for each batch, weighted by the batch's size.

    It is given by `add`, where Keras' `Mean` has another `update_state` than other metrics.
    """

    def add(self, value: Any, weight: float = 1.0) -> None:
        """Take in the mean of `weight` examples."""
        self.total = self.total + value * weight
        self.count = self.count + weight


@registry.register
class BinaryAccuracy(Metric):
    """How often an output is on the target's side of the threshold. y (N,) or (N, U)."""

    def __init__(self, name: str = "binary_accuracy", threshold: float = 0.5) -> None:
        super().__init__(name)
        self.threshold = threshold

    def values(self, y_true: Array, y_pred: Array) -> Array:
        """1 where right, else 0; the mean over an example's outputs."""
        y, p = aligned(type(self).__name__, y_true, y_pred)
        right = (p > self.threshold) == (y > 0.5)
        return engine_of(p).asarray(right, dtype="float64").mean(axis=tuple(range(1, p.ndim)))


@registry.register
class CategoricalAccuracy(Metric):
    """How often the largest output is the largest target. y_true and y_pred (N, C)."""

    def __init__(self, name: str = "categorical_accuracy") -> None:
        super().__init__(name)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        """1 where right, else 0."""
        return y_pred.argmax(axis=-1) == y_true.argmax(axis=-1)


@registry.register
class SparseCategoricalAccuracy(Metric):
    """How often the largest output is the target's class. y_true (N,) or (N, 1), y_pred (N, C)."""

    def __init__(self, name: str = "sparse_categorical_accuracy") -> None:
        super().__init__(name)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        """1 where right, else 0."""
        return y_pred.argmax(axis=-1) == class_numbers(type(self).__name__, y_true, y_pred)


@registry.register
class MeanSquaredError(Metric):
    """The mean of (p - y)^2. y_true and y_pred (N, U); (N,) goes with (N, 1)."""

    def __init__(self, name: str = "mean_squared_error") -> None:
        super().__init__(name)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        """The mean over an example's outputs."""
        return losses.MeanSquaredError().call(y_true, y_pred)


@registry.register
class MeanAbsoluteError(Metric):
    """The mean of |p - y|. y_true and y_pred (N, U); (N,) goes with (N, 1)."""

    def __init__(self, name: str = "mean_absolute_error") -> None:
        super().__init__(name)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        """The mean over an example's outputs."""
        return losses.MeanAbsoluteError().call(y_true, y_pred)


registry.register(MeanSquaredError, "mse")
registry.register(MeanAbsoluteError, "mae")


@registry.register
class FunctionMetric(Metric):
    """A metric from a plain function (y_true, y_pred) that gives one number for each example."""

    def __init__(self, function: Any, name: str | None = None) -> None:
        self.function = registry.find(function) if isinstance(function, str) else function
        super().__init__(name or getattr(self.function, "__name__", None))

    def values(self, y_true: Array, y_pred: Array) -> Array:
        """What the function gives."""
        return self.function(y_true, y_pred)


def get(identifier: Any, loss: Any, output_shape: tuple) -> Metric:
    """The metric that a name, a function, settings or a metric stands for.

    "accuracy" is the one that fits the loss: on class numbers, one-hot rows, or 0 and 1. With
    scores (`from_logits=True`) the binary one asks on which side of 0 a score lies, not of 0.5.
    """
    if isinstance(identifier, str) and identifier in ("accuracy", "acc"):
        return accuracy_for(loss, output_shape, identifier)
    return make(identifier)


def make(identifier: Any) -> Metric:
    """A metric that does not depend on the loss. Asked for by a name, it goes by that name."""
    found = registry.get(identifier)
    metric = found if isinstance(found, Metric) else FunctionMetric(found)
    if isinstance(identifier, str):
        metric.name = identifier
    return metric


def accuracy_for(loss: Any, output_shape: tuple, name: str = "accuracy") -> Metric:
    """The accuracy that fits a loss. Raises SettingError where none does."""
    from_logits = getattr(loss, "from_logits", False)
    if isinstance(loss, losses.BinaryCrossentropy):
        return BinaryAccuracy(name, threshold=0.0 if from_logits else 0.5)
    if isinstance(loss, losses.CategoricalCrossentropy):
        return CategoricalAccuracy(name)
    if isinstance(loss, losses.SparseCategoricalCrossentropy | losses.MultiClassHinge):
        return SparseCategoricalAccuracy(name)
    if isinstance(loss, losses.FunctionLoss):
        return SparseCategoricalAccuracy(name) if output_shape[-1] > 1 else BinaryAccuracy(name)
    raise SettingError(
        "metric 'accuracy'",
        "a loss on classes",
        type(loss).__name__,
        "Use the metric 'mae' for numbers, or name an accuracy: 'binary_accuracy'.",
    )
