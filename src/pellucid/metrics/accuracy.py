"""Accuracies: how often a model is right.

Letters: y targets, p outputs; N examples, U outputs or C classes of each.
"""

from typing import Any

from pellucid.engines import Array, engine_of
from pellucid.metrics.metric import Metric, registry
from pellucid.settings import whole
from pellucid.targets import (
    aligned,
    check_class_numbers,
    check_one_hot,
    check_same_shape,
    class_numbers,
    one_hot_rows,
)


@registry.register
class BinaryAccuracy(Metric):
    """How often an output is on the target's side of the threshold. y (N,) or (N, U)."""

    larger_is_better = True

    def __init__(self, name: str = "binary_accuracy", threshold: float = 0.5) -> None:
        super().__init__(name)
        self.threshold = threshold

    def values(self, y_true: Array, y_pred: Array) -> Array:
        """Whether each output is right."""
        y, p = aligned(type(self).__name__, y_true, y_pred)
        return (p > self.threshold) == (y > 0.5)

    def check(self, y: Array, output_shape: tuple) -> None:
        """Targets of the outputs' shape."""
        check_same_shape(type(self).__name__, y, output_shape)

    def suit(self, loss: Any, output_shape: tuple) -> None:
        """Of scores, ask on which side of 0 they lie."""
        if getattr(loss, "from_logits", False):
            self.threshold = 0.0


@registry.register
class CategoricalAccuracy(Metric):
    """How often the largest output is the largest target. y_true and y_pred (N, C)."""

    larger_is_better = True

    def __init__(self, name: str = "categorical_accuracy") -> None:
        super().__init__(name)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        """Whether each example is right."""
        y = one_hot_rows(type(self).__name__, y_true, y_pred)
        return y_pred.argmax(axis=-1) == y.argmax(axis=-1)

    def check(self, y: Array, output_shape: tuple) -> None:
        """One-hot rows of the outputs' shape."""
        check_one_hot(type(self).__name__, y, output_shape)


@registry.register
class SparseCategoricalAccuracy(Metric):
    """How often the largest output is the target's class. y_true (N,) or (N, 1), y_pred (N, C)."""

    larger_is_better = True

    def __init__(self, name: str = "sparse_categorical_accuracy") -> None:
        super().__init__(name)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        """Whether each example is right."""
        return y_pred.argmax(axis=-1) == class_numbers(type(self).__name__, y_true, y_pred)

    def check(self, y: Array, output_shape: tuple) -> None:
        """Whole numbers from 0 to C - 1."""
        check_class_numbers(type(self).__name__, y, output_shape)


@registry.register
class SparseTopKCategoricalAccuracy(SparseCategoricalAccuracy):
    """How often the target's class is among the k largest outputs. y_true (N,), y_pred (N, C).

    Of outputs that are equal, all count as larger or none: a tie at the k-th place is right.
    """

    def __init__(self, k: int = 5, name: str = "sparse_top_k_categorical_accuracy") -> None:
        super().__init__(name)
        self.k = whole(self, "k", k, 1, "Try 5.")

    def values(self, y_true: Array, y_pred: Array) -> Array:
        """Whether each example is right."""
        return among_largest(class_numbers(type(self).__name__, y_true, y_pred), y_pred, self.k)


@registry.register
class TopKCategoricalAccuracy(CategoricalAccuracy):
    """How often the largest target is among the k largest outputs. y_true and y_pred (N, C).

    Of outputs that are equal, all count as larger or none: a tie at the k-th place is right.
    """

    def __init__(self, k: int = 5, name: str = "top_k_categorical_accuracy") -> None:
        super().__init__(name)
        self.k = whole(self, "k", k, 1, "Try 5.")

    def values(self, y_true: Array, y_pred: Array) -> Array:
        """Whether each example is right."""
        y = one_hot_rows(type(self).__name__, y_true, y_pred)
        return among_largest(y.argmax(axis=-1), y_pred, self.k)


def among_largest(y: Array, p: Array, k: int) -> Array:
    """Whether fewer than k outputs (..., C) are larger than that of class y (...). NaN is not."""
    xp = engine_of(p).xp
    at_y = xp.take_along_axis(p, y[..., None], axis=-1)
    return (~(p <= at_y)).sum(axis=-1) < k
