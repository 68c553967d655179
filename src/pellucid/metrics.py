"""Metrics: what a person wants to know of a model, summed over the batches of an epoch.

The sums stay arrays and are read only when `result()` is shown.
"""

from typing import Any

from pellucid import losses
from pellucid.engines import Array, engine_of
from pellucid.errors import SettingError
from pellucid.registry import Configurable, Registry, snake_case

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
        """Take in a batch."""
        y_true, y_pred = losses.as_array(y_true), losses.as_array(y_pred)
        values = self.values(y_true, y_pred)
        xp = engine_of(values).xp
        if sample_weight is None:
            self.total = self.total + xp.sum(values)
            self.count = self.count + values.size
        else:
            weight = losses.as_array(sample_weight)
            self.total = self.total + xp.sum(values * weight)
            self.count = self.count + xp.sum(weight)

    def result(self) -> float:
        """The mean so far; 0 before any example."""
        return float(self.total) / float(self.count) if self.count else 0.0


@registry.register
class Mean(Metric):
    """The mean of a number that is given for each batch, weighted by the batch's size."""

    def add(self, value: Any, weight: float) -> None:
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
        y_true = losses.same_rank(y_true, y_pred)
        right = (y_pred > self.threshold) == (y_true > 0.5)
        return engine_of(right).xp.mean(right, axis=tuple(range(1, right.ndim)), dtype="float64")


@registry.register
class CategoricalAccuracy(Metric):
    """How often the largest output is the largest target. y_true and y_pred (N, C)."""

    def __init__(self, name: str = "categorical_accuracy") -> None:
        super().__init__(name)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        """1 where right, else 0."""
        xp = engine_of(y_pred).xp
        return xp.argmax(y_pred, axis=-1) == xp.argmax(y_true, axis=-1)


@registry.register
class SparseCategoricalAccuracy(Metric):
    """How often the largest output is the target's class. y_true (N,), y_pred (N, C)."""

    def __init__(self, name: str = "sparse_categorical_accuracy") -> None:
        super().__init__(name)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        """1 where right, else 0."""
        y = losses.class_numbers(y_true, y_pred)
        return engine_of(y_pred).xp.argmax(y_pred, axis=-1) == y


@registry.register
class FunctionMetric(Metric):
    """A metric from a plain function (y_true, y_pred) that gives one number for each example."""

    def __init__(self, function: Any, name: str | None = None) -> None:
        self.function = registry.find(function) if isinstance(function, str) else function
        super().__init__(name or self.function.__name__)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        """What the function gives."""
        return losses.as_array(self.function(y_true, y_pred))


def get(identifier: Any, loss: Any, output_shape: tuple) -> Metric:
    """The metric that a name, a function, settings or a metric stands for.

    "accuracy" is the one that fits the loss: on class numbers, one-hot rows, or 0 and 1. With scores
    (`from_logits=True`) the binary one asks on which side of 0 a score lies, not of 0.5.
    """
    if identifier in ("accuracy", "acc"):
        return accuracy_for(loss, output_shape, str(identifier))
    metric = registry.get(identifier)
    return metric if isinstance(metric, Metric) else FunctionMetric(metric)


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
