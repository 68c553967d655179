"""Losses: how wrong a model is on a batch, as one number.

`loss(y_true, y_pred)` is the mean over the examples of what `call` gives for each. With outputs
that are an array it is a number, with a tensor a tensor to call `backward` on; targets take no
gradient. Softmax and sigmoid outputs may be left to the loss (`from_logits=True`, with a linear
last layer): the fused gates are then exact for scores of any size, where a logarithm of
probabilities is not.

Classes and outputs lie along the last axis: Keras' `axis` is left out, and so is `ignore_class`
(give such places the sample weight 0).
"""

from typing import Any

from pellucid import nn
from pellucid.errors import DataError, SettingError
from pellucid.registry import Configurable, Registry, snake_case
from pellucid.targets import (
    aligned,
    as_array,
    as_output,
    check_class_numbers,
    check_one_hot,
    check_same_shape,
    class_numbers,
    one_hot_rows,
    spread_over,
)

registry = Registry("loss")

REDUCTIONS = ("sum_over_batch_size", "mean", "mean_with_sample_weight", "sum", "none", None)


class Loss(Configurable):
    """The base of all losses: `call(y_true, y_pred)` gives one number an example.

    `reduction`: "sum_over_batch_size" or "mean" (the mean over examples), "sum", or None (one an
    example). With `sample_weight`, each example's loss is multiplied by its weight first; the mean
    still divides by the number of examples, as in Keras. "mean_with_sample_weight" divides by the
    sum of the weights.
    """

    def __init__(
        self, name: str | None = None, reduction: str | None = "sum_over_batch_size"
    ) -> None:
        if reduction not in REDUCTIONS:
            expected = f"reduction to be one of {', '.join(map(repr, REDUCTIONS))}"
            where = type(self).__name__
            raise SettingError(where, expected, repr(reduction), "Choose one of them.")
        self.name = name or snake_case(type(self).__name__)
        self.reduction = None if reduction == "none" else reduction

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of each example, made of gates."""
        raise TypeError(f"{type(self).__name__} needs a method call(self, y_true, y_pred)")

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The loss of a batch: a number for arrays, a tensor for tensors.

        Raises ShapeError where targets, outputs and weights do not go together.
        """
        losses = self.call(as_array(y_true), as_output(y_pred))
        if sample_weight is None:
            return self.reduce(losses)
        weight = spread_over(sample_weight, losses)
        return self.reduce(losses * weight, weight)

    def reduce(self, losses: Any, weight: Any = None) -> Any:
        """The losses of examples, multiplied by their weights already, as `reduction` says."""
        if self.reduction is None:
            return losses
        if self.reduction == "sum":
            return nn.sum(losses)
        if self.reduction == "mean_with_sample_weight" and weight is not None:
            return nn.sum(losses) / weight.sum()
        return nn.mean(losses)

    def check(self, y: Any, output_shape: tuple) -> None:
        """Raise a DataError or ShapeError where targets y do not fit outputs of this shape."""


@registry.register
class FunctionLoss(Loss):
    """A loss from a plain function (y_true, y_pred) of gates: one number, or one an example."""

    def __init__(self, function: Any, name: str | None = None, **settings: Any) -> None:
        self.function = registry.find(function) if isinstance(function, str) else function
        super().__init__(name or getattr(self.function, "__name__", None), **settings)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """What the function gives."""
        return self.function(y_true, y_pred)


def get(identifier: Any) -> Any:
    """The loss that a name, a dictionary of settings, a function or a loss stands for."""
    loss = registry.get(identifier)
    return loss if isinstance(loss, Loss) or loss is None else FunctionLoss(loss)


# -- losses on class numbers and probabilities ----------------------------------------------------


@registry.register
class BinaryCrossentropy(Loss):
    """-y ln p - (1 - y) ln(1 - p) for targets 0 or 1, the mean over an example's outputs.

    y_true (N,) or (N, U), y_pred (N, 1) or (N, U). `from_logits`: y_pred are scores, not
    probabilities. `label_smoothing` s moves targets to y (1 - s) + s / 2.
    """

    def __init__(
        self, from_logits: bool = False, label_smoothing: float = 0.0, **settings: Any
    ) -> None:
        super().__init__(**settings)
        self.from_logits, self.label_smoothing = from_logits, smoothing(self, label_smoothing)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """One number an example."""
        y, p = aligned(type(self).__name__, y_true, y_pred)
        if self.label_smoothing:
            y = y * (1 - self.label_smoothing) + self.label_smoothing / 2
        gate = nn.sigmoid_cross_entropy if self.from_logits else nn.binary_cross_entropy
        return nn.mean(gate(p, y), axis=-1)

    def check(self, y: Any, output_shape: tuple) -> None:
        """Targets of the outputs' shape, from 0 to 1."""
        check_same_shape(type(self).__name__, y, output_shape)
        if y.size and not (y.min() >= 0 and y.max() <= 1):
            raise DataError(
                "targets for BinaryCrossentropy",
                "values from 0 to 1",
                f"{y.min()} to {y.max()}",
                "Use SparseCategoricalCrossentropy for class numbers, or scale the targets.",
            )


@registry.register
class CategoricalCrossentropy(Loss):
    """-sum of y ln p for one-hot (or soft) targets.

    y_true and y_pred (N, C). `from_logits`: y_pred are scores, not probabilities; probabilities
    are divided by their sum first. `label_smoothing` s moves targets to y (1 - s) + s / C.
    """

    def __init__(
        self, from_logits: bool = False, label_smoothing: float = 0.0, **settings: Any
    ) -> None:
        super().__init__(**settings)
        self.from_logits, self.label_smoothing = from_logits, smoothing(self, label_smoothing)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """One number an example."""
        y = one_hot_rows(type(self).__name__, y_true, y_pred)
        if self.label_smoothing:
            y = y * (1 - self.label_smoothing) + self.label_smoothing / y.shape[-1]
        if self.from_logits:
            return nn.softmax_cross_entropy(y_pred, y)
        return nn.cross_entropy(y_pred / nn.sum(y_pred, axis=-1, keepdims=True), y)

    def check(self, y: Any, output_shape: tuple) -> None:
        """One-hot rows of the outputs' shape."""
        check_one_hot(type(self).__name__, y, output_shape)


@registry.register
class SparseCategoricalCrossentropy(Loss):
    """-ln p[y] for targets that are class numbers 0 .. C - 1.

    y_true (N,) or (N, 1) whole numbers, y_pred (N, C). `from_logits`: y_pred are scores, not
    probabilities; probabilities are divided by their sum first.
    """

    def __init__(self, from_logits: bool = False, **settings: Any) -> None:
        super().__init__(**settings)
        self.from_logits = from_logits

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """One number an example."""
        y = class_numbers(type(self).__name__, y_true, y_pred)
        if self.from_logits:
            return nn.sparse_softmax_cross_entropy(y_pred, y)
        return nn.sparse_cross_entropy(y_pred / nn.sum(y_pred, axis=-1, keepdims=True), y)

    def check(self, y: Any, output_shape: tuple) -> None:
        """Whole numbers from 0 to C - 1."""
        check_class_numbers(type(self).__name__, y, output_shape)


@registry.register
class MultiClassHinge(Loss):
    """Sum over j != y of max(0, s_j - s_y + 1), for class numbers y and scores s.

    The sum form (Weston and Watkins 1999). y_true (N,), y_pred (N, C). With all scores alike it is
    C - 1.
    """

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """One number an example."""
        y = class_numbers(type(self).__name__, y_true, y_pred)
        return nn.multi_class_hinge(y_pred, y)

    def check(self, y: Any, output_shape: tuple) -> None:
        """Whole numbers from 0 to C - 1."""
        check_class_numbers(type(self).__name__, y, output_shape)


@registry.register
class MaxMultiClassHinge(MultiClassHinge):
    """max(0, 1 + max over j != y of s_j - s_y), for class numbers y and scores s.

    The maximum form (Crammer and Singer 2001). y_true (N,), y_pred (N, C).
    """

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """One number an example."""
        y = class_numbers(type(self).__name__, y_true, y_pred)
        return nn.max_multi_class_hinge(y_pred, y)


def smoothing(loss: Loss, value: float) -> float:
    """How much labels are smoothed. Raises SettingError unless it is from 0 to 1."""
    if not 0 <= value <= 1:
        where = type(loss).__name__
        raise SettingError(where, "label_smoothing from 0 to 1", repr(value), "Try 0.1.")
    return value


# -- losses on numbers ----------------------------------------------------------------------------


@registry.register
class MeanSquaredError(Loss):
    """(p - y)^2, the mean over an example's outputs.

    y_true and y_pred (N, U); (N,) goes with (N, 1).
    """

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """One number an example."""
        y, p = aligned(type(self).__name__, y_true, y_pred)
        return nn.mean(nn.squared_error(p, y), axis=-1)

    def check(self, y: Any, output_shape: tuple) -> None:
        """Targets of the outputs' shape."""
        check_same_shape(type(self).__name__, y, output_shape)


@registry.register
class MeanAbsoluteError(MeanSquaredError):
    """|p - y|, the mean over an example's outputs.

    y_true and y_pred (N, U); (N,) goes with (N, 1).
    """

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """One number an example."""
        y, p = aligned(type(self).__name__, y_true, y_pred)
        return nn.mean(nn.abs(p - y), axis=-1)


registry.register(BinaryCrossentropy, "bce")
registry.register(MeanSquaredError, "mse")
registry.register(MeanAbsoluteError, "mae")
