"""Losses: how wrong a model is on a batch, as one number.

`loss(y_true, y_pred)` is the mean over the examples of what `call` gives for each. Both may be
arrays, which gives a number, or tensors, which gives a tensor to call `backward` on. Softmax and
sigmoid outputs may be left to the loss (`from_logits=True`, with a linear last layer): the fused
gates are then exact for scores of any size, where a logarithm of probabilities is not.
"""

from typing import Any

from pellucid import nn
from pellucid.engines import engine_of
from pellucid.errors import DataError, SettingError, ShapeError
from pellucid.graph.tensor import Tensor
from pellucid.registry import Configurable, Registry

registry = Registry("loss")


class Loss(Configurable):
    """The base of all losses: `call(y_true, y_pred)` gives one number an example.

    `reduction`: "sum_over_batch_size" (the mean over examples), "sum", or None (one an example).
    With `sample_weight`, each example's loss is multiplied by its weight first; the mean still
    divides by the number of examples, as in Keras.
    """

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = None
    ) -> None:
        if reduction not in ("sum_over_batch_size", "sum", None):
            raise SettingError(
                type(self).__name__,
                "reduction 'sum_over_batch_size', 'sum' or None",
                repr(reduction),
                "Choose one of them.",
            )
        self.reduction, self.name = reduction, name

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of each example, made of gates."""
        raise TypeError(f"{type(self).__name__} needs a method call(self, y_true, y_pred)")

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The loss of a batch: a number for arrays, a tensor for tensors."""
        losses = self.call(
            as_array(y_true), y_pred if isinstance(y_pred, Tensor) else as_array(y_pred)
        )
        if sample_weight is not None:
            losses = losses * spread_over(sample_weight, losses)
        if self.reduction is None:
            return losses
        return nn.mean(losses) if self.reduction == "sum_over_batch_size" else nn.sum(losses)

    def check(self, y: Any, output_shape: tuple) -> None:
        """Raise a DataError or ShapeError where targets y do not fit outputs of this shape."""


@registry.register
class FunctionLoss(Loss):
    """A loss from a plain function (y_true, y_pred) made of gates: one number, or one an example."""

    def __init__(self, function: Any, **settings: Any) -> None:
        super().__init__(**settings)
        self.function = registry.find(function) if isinstance(function, str) else function
        self.name = self.name or self.function.__name__

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
        self.from_logits, self.label_smoothing = from_logits, label_smoothing

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """One number an example."""
        y = as_type_of(y_pred, same_rank(y_true, y_pred))
        if self.label_smoothing:
            y = y * (1 - self.label_smoothing) + self.label_smoothing / 2
        gate = nn.sigmoid_cross_entropy if self.from_logits else nn.binary_cross_entropy
        return nn.mean(gate(y_pred, y), axis=-1)

    def check(self, y: Any, output_shape: tuple) -> None:
        """Targets of the outputs' shape, from 0 to 1."""
        check_same_shape("BinaryCrossentropy", y, output_shape)
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
        self.from_logits, self.label_smoothing = from_logits, label_smoothing

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """One number an example."""
        y = as_type_of(y_pred, y_true)
        if self.label_smoothing:
            y = y * (1 - self.label_smoothing) + self.label_smoothing / y.shape[-1]
        if self.from_logits:
            return nn.softmax_cross_entropy(y_pred, y)
        return nn.cross_entropy(y_pred / nn.sum(y_pred, axis=-1, keepdims=True), y)

    def check(self, y: Any, output_shape: tuple) -> None:
        """One-hot rows of the outputs' shape."""
        if y.ndim == len(output_shape) - 1:
            raise ShapeError(
                "targets for CategoricalCrossentropy",
                f"one-hot rows {shown(output_shape)}",
                f"class numbers of shape {y.shape}",
                "Use SparseCategoricalCrossentropy for them.",
            )
        check_same_shape("CategoricalCrossentropy", y, output_shape)


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
        y = class_numbers(y_true, y_pred)
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
        return nn.multi_class_hinge(y_pred, class_numbers(y_true, y_pred))

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
        return nn.max_multi_class_hinge(y_pred, class_numbers(y_true, y_pred))


# -- losses on numbers ----------------------------------------------------------------------------


@registry.register
class MeanSquaredError(Loss):
    """(p - y)^2, the mean over an example's outputs. y_true and y_pred (N, U); (N,) goes with (N, 1)."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """One number an example."""
        y = as_type_of(y_pred, same_rank(y_true, y_pred))
        return nn.mean(nn.squared_error(y_pred, y), axis=-1)

    def check(self, y: Any, output_shape: tuple) -> None:
        """Targets of the outputs' shape."""
        check_same_shape(type(self).__name__, y, output_shape)


@registry.register
class MeanAbsoluteError(MeanSquaredError):
    """|p - y|, the mean over an example's outputs. y_true and y_pred (N, U); (N,) goes with (N, 1)."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """One number an example."""
        y = as_type_of(y_pred, same_rank(y_true, y_pred))
        return nn.mean(nn.abs(y_pred - y), axis=-1)


registry.register(MeanSquaredError, "mse")
registry.register(MeanAbsoluteError, "mae")


# -- targets --------------------------------------------------------------------------------------


def as_array(y: Any) -> Any:
    """Targets as an array."""
    return engine_of(y).asarray(y)


def as_type_of(y_pred: Any, y: Any) -> Any:
    """Targets in the number type of the outputs."""
    return y if y.dtype == y_pred.dtype else engine_of(y).xp.astype(y, y_pred.dtype)


def same_rank(y: Any, y_pred: Any) -> Any:
    """Targets (N,) as (N, 1) where the outputs are (N, 1), and the other way round."""
    xp = engine_of(y).xp
    if y.ndim + 1 == y_pred.ndim and y_pred.shape[-1] == 1:
        return xp.reshape(y, y_pred.shape)
    if y.ndim == y_pred.ndim + 1 and y.shape[-1] == 1:
        return xp.reshape(y, y_pred.shape)
    return y


def class_numbers(y: Any, y_pred: Any) -> Any:
    """Class numbers (...) as an integer array, for outputs (..., C)."""
    if y.dtype.kind == "f":
        y = engine_of(y).asarray(y, dtype="int64")
    return y if y.ndim == y_pred.ndim - 1 else engine_of(y).xp.reshape(y, y_pred.shape[:-1])


def spread_over(weight: Any, losses: Any) -> Any:
    """Weights (N,) in the type and rank of losses (N, ...)."""
    weight = engine_of(weight).asarray(weight)
    weight = engine_of(weight).xp.astype(weight, losses.dtype)
    return engine_of(weight).xp.reshape(weight, weight.shape + (1,) * (losses.ndim - weight.ndim))


def check_same_shape(loss: str, y: Any, output_shape: tuple) -> None:
    """Raise ShapeError unless targets have the outputs' shape; (N,) goes with (N, 1)."""
    given, wanted = tuple(y.shape[1:]), tuple(output_shape[1:])
    if given != wanted and {given, wanted} != {(), (1,)}:
        raise ShapeError(
            f"targets for {loss}",
            f"the shape of the outputs, {shown(output_shape)}",
            f"shape {tuple(y.shape)}",
            "Give the last layer as many units as each target has numbers.",
        )


def check_class_numbers(loss: str, y: Any, output_shape: tuple) -> None:
    """Raise unless y holds class numbers 0 .. C - 1, one for each output of C scores."""
    C = output_shape[-1]
    given, wanted = tuple(y.shape[1:]), tuple(output_shape[1:-1])
    if given not in (wanted, (*wanted, 1)):
        mend = (
            "Use CategoricalCrossentropy for one-hot rows."
            if given == (*wanted, C)
            else ("Give one class number for each output.")
        )
        raise ShapeError(
            f"targets for {loss}",
            f"class numbers {shown((None, *wanted))}",
            f"shape {tuple(y.shape)}",
            mend,
        )
    if y.dtype.kind == "f" and (y % 1 != 0).any():
        raise DataError(
            f"targets for {loss}",
            "whole class numbers",
            f"{y[y % 1 != 0][0]}",
            "Use MeanSquaredError for numbers.",
        )
    if y.size and not (y.min() >= 0 and y.max() < C):
        raise DataError(
            f"targets for {loss}",
            f"class numbers from 0 to {C - 1}, as the model has {C} outputs",
            f"{y.min()} to {y.max()}",
            f"Number the classes from 0, or give the last layer {int(y.max()) + 1} units.",
        )


def shown(shape: tuple) -> str:
    """A shape with N for the batch."""
    return f"({', '.join('N' if n is None else str(n) for n in shape)}{',' if len(shape) == 1 else ''})"
