"""What a metric is: something that a person wants to know of a model, summed over batches.

The sums stay arrays and are read only when `result()` is shown.

Letters: y targets, p outputs; N examples, U outputs or C classes of each.
"""

import math
from collections.abc import Sequence
from typing import Any, ClassVar

from pellucid import losses
from pellucid.engines import Array, engine_of
from pellucid.errors import SettingError
from pellucid.registry import Configurable, Registry, snake_case
from pellucid.targets import as_array, spread_over

ACCURACY = ("accuracy", "acc")  # names for the accuracy that fits the loss
registry = Registry("metric", also=losses.registry, elsewhere=ACCURACY)


class Metric(Configurable):
    """The base of all metrics. As it stands, a mean: `values(y_true, y_pred)` gives its numbers.

    A metric that is no mean names in `sums` what it adds up, and writes `update_state` and
    `result`; the sums start at 0, to which arrays of any shape can be added. `larger_is_better`
    says which way a callback wants it to go.
    """

    sums: ClassVar[tuple[str, ...]] = ("total", "count")
    larger_is_better: ClassVar[bool] = False

    def __init__(self, name: str | None = None) -> None:
        self.name = name or snake_case(type(self).__name__)
        self.reset_state()

    def reset_state(self) -> None:
        """Forget all examples."""
        for name in self.sums:
            setattr(self, name, 0)

    def get_state(self) -> dict[str, Any]:
        """What the examples so far have added up to: numbers and arrays."""
        return {name: getattr(self, name) for name in self.sums}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from what `get_state` gave."""
        for name in self.sums:
            setattr(self, name, state[name])

    def joined(self, states: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """What the examples of several states (`get_state`) add up to: the sums of their sums."""
        first, *others = states
        return {name: sum((other[name] for other in others), first[name]) for name in self.sums}

    def values(self, y_true: Array, y_pred: Array) -> Array:
        """An array of one number for each example, or for each of its outputs."""
        raise TypeError(f"{type(self).__name__} needs a method values(self, y_true, y_pred)")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in a batch; with `sample_weight` (N,), each example that many times.

        Raises ShapeError where targets, outputs and weights do not go together.
        """
        values = self.values(as_array(y_true, y_pred), as_array(y_pred))
        if sample_weight is None:
            self.total = self.total + added_up(values)
            self.count = self.count + math.prod(values.shape)
        else:
            values = engine_of(values).asarray(values, dtype="float64")
            weight = spread_over(sample_weight, values)
            self.total = self.total + (values * weight).sum()
            self.count = self.count + weight.sum()

    def result(self) -> Any:
        """The metric of all examples so far, a number or an array; 0 before any example."""
        return float(self.total) / float(self.count) if self.count else 0.0

    def check(self, y: Array, output_shape: tuple) -> None:
        """Raise a DataError or ShapeError where targets y do not fit outputs of this shape."""

    def suit(self, loss: Any, output_shape: tuple) -> None:
        """Take the outputs as the loss does: as scores or probabilities, of one thing or several.

        This is asked of a metric that was named and no more. Raises SettingError where it cannot.
        """


@registry.register
class Mean(Metric):
    """The mean of numbers: `update_state(values)`, or `add(mean, weight)` for a mean of some."""

    def values(self, y_true: Array, y_pred: Array) -> Array:
        """The numbers as they are."""
        return y_pred

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Take in numbers; with `sample_weight`, each that many times."""
        super().update_state((), values, sample_weight)

    def add(self, value: Any, weight: float = 1.0) -> None:
        """Take in the mean of `weight` examples."""
        self.total = self.total + value * weight
        self.count = self.count + weight


@registry.register
class Sum(Mean):
    """The sum of numbers: `update_state(values)`; with `sample_weight`, each times its weight."""

    def result(self) -> float:
        """The sum so far."""
        return float(self.total)


@registry.register
class FunctionMetric(Metric):
    """A metric from a plain function (y_true, y_pred) that gives one number for each example."""

    def __init__(self, function: Any, name: str | None = None) -> None:
        self.function = registry.find(function) if isinstance(function, str) else function
        super().__init__(name or getattr(self.function, "__name__", None))

    def values(self, y_true: Array, y_pred: Array) -> Array:
        """What the function gives."""
        return as_array(self.function(y_true, y_pred))


def are_scores(metric: Metric, loss: Any, alone: bool) -> bool:
    """Whether outputs are scores for this loss. `alone`: the metric takes each output by itself.

    Raises SettingError where the loss takes scores together (softmax) and the metric alone, or the
    other way round: they would not be the model's probabilities.
    """
    if not getattr(loss, "from_logits", False):
        return False
    if (loss.targets == "binary") != alone:
        kind = "together, by softmax" if alone else "one by one, by sigmoid"
        raise SettingError(
            f"metric {metric.name!r}",
            "outputs that are probabilities",
            f"scores that {type(loss).__name__} takes {kind}",
            "Give the last layer an activation, and leave from_logits out.",
        )
    return True


def added_up(values: Array) -> Any:
    """The sum of an array; of one that says yes or no, how often it says yes.

    A number of Python's, which is the quickest to add to; of a device that is far an array, which
    nobody waits for.
    """
    engine = engine_of(values)
    says_yes = values.dtype == engine.xp.bool
    found = engine.xp.count_nonzero(values) if says_yes else values.sum()
    return found if engine.far else int(found) if says_yes else float(found)


def ratio(a: Any, b: Any) -> Any:
    """a / b, and 0 where b is 0."""
    xp, empty = engine_of(a).xp, b == 0
    return xp.where(empty, 0.0, a / xp.where(empty, 1.0, b))


def shown(value: Array) -> Any:
    """A result: a number where it is one, else an array of NumPy's."""
    value = engine_of(value).to_numpy(value)
    return float(value.reshape(())) if value.size == 1 else value
