"""What a loss is: one number for each example of a batch, and how they become one for the batch.

`loss(y_true, y_pred)` is the mean over the examples of what `call` gives for each. With outputs
that are an array it is a number, with a tensor a tensor to call `backward` on; targets take no
gradient. Keras' `axis` is left out: classes and outputs lie along the last axis.

Letters: y targets, p outputs; N examples, U outputs or C classes of each.
"""

from collections.abc import Callable
from typing import Any, ClassVar

from pellucid import nn
from pellucid.registry import Configurable, Registry, snake_case
from pellucid.settings import one_of
from pellucid.targets import CHECKS, aligned, as_array, as_output, spread_over

registry = Registry("loss")

REDUCTIONS = ("sum_over_batch_size", "mean", "mean_with_sample_weight", "sum", "none", None)
EPSILON = 1e-7  # Keras' epsilon(): what keeps logarithms and quotients finite


class Loss(Configurable):
    """The base of all losses: `call(y_true, y_pred)` gives one number an example.

    `reduction`: "sum_over_batch_size" or "mean" (the mean over examples), "sum", or None (one an
    example). With `sample_weight`, each example's loss is multiplied by its weight first; the mean
    still divides by the number of examples, as in Keras. "mean_with_sample_weight" divides by the
    sum of the weights.

    `targets` says what y_true holds: "numbers", "binary" (0 or 1 an output), "one-hot" (a row a
    class), "classes" (a class number an example), or None where nothing is known. `from_logits`
    says whether y_pred holds scores of any size, not probabilities.
    """

    targets: ClassVar[str | None] = None
    from_logits: bool = False

    def __init__(
        self, name: str | None = None, reduction: str | None = "sum_over_batch_size"
    ) -> None:
        one_of(self, "reduction", reduction, REDUCTIONS)
        self.name = name or snake_case(type(self).__name__)
        self.reduction = None if reduction == "none" else reduction

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The loss of each example, made of gates."""
        raise TypeError(f"{type(self).__name__} needs a method call(self, y_true, y_pred)")

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The loss of a batch: a number for arrays, a tensor for tensors.

        Raises ShapeError where targets, outputs and weights do not go together.
        """
        losses = self.call(as_array(y_true, y_pred), as_output(y_pred))
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
            total = weight.sum()
            return nn.sum(losses) / (total + (total == 0))
        return nn.mean(losses)

    def divisor(self, n: int, y: Callable[[], Any], sample_weight: Callable[[], Any]) -> Any:
        """What the loss of a batch of n divides its sum by; None for a loss that is a sum.

        So the loss of a batch is put together from those of its parts: each counts by its divisor's
        share in the divisor of all. `y` and `sample_weight` give the targets and weights, if asked.
        """
        if self.reduction == "mean_with_sample_weight" and (weight := sample_weight()) is not None:
            return float(as_array(weight).sum())
        return None if self.reduction == "sum" else float(n)

    def check(self, y: Any, output_shape: tuple) -> None:
        """Raise a DataError or ShapeError where targets y do not fit outputs of this shape."""
        if self.targets is not None:
            CHECKS[self.targets](type(self).__name__, y, output_shape)


class OutputwiseLoss(Loss):
    """A loss of each output by itself, `each(y, p)`: the mean over an example's outputs.

    y_true and y_pred (N, U); (N,) goes with (N, 1).
    """

    def each(self, y: Any, p: Any) -> Any:
        """The loss of each output, made of gates, for y and p of one shape and type."""
        raise TypeError(f"{type(self).__name__} needs a method each(self, y, p)")

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """One number an example."""
        return nn.mean(self.each(*aligned(type(self).__name__, y_true, y_pred)), axis=-1)


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
