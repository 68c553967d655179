"""Losses on numbers: how far an output lies from what it should be.

Letters: y targets, p outputs, d = p - y; N examples, U outputs of each.
"""

from typing import Any

from pellucid import nn
from pellucid.losses.loss import EPSILON, Loss, OutputwiseLoss, registry
from pellucid.settings import positive
from pellucid.targets import aligned, check_range


class RegressionLoss(OutputwiseLoss):
    """The base of the losses on numbers."""

    targets = "numbers"


@registry.register
class MeanSquaredError(RegressionLoss):
    """(p - y)^2, the mean over an example's outputs."""

    def each(self, y: Any, p: Any) -> Any:
        """d^2."""
        return nn.squared_error(p, y)


@registry.register
class MeanAbsoluteError(RegressionLoss):
    """|p - y|, the mean over an example's outputs."""

    def each(self, y: Any, p: Any) -> Any:
        """|d|."""
        return nn.abs(p - y)


@registry.register
class MeanAbsolutePercentageError(RegressionLoss):
    """100 |p - y| / |y|, the mean over an example's outputs.

    |y| counts as 1e-7 where it is smaller: a target of 0 makes any error enormous.
    """

    def each(self, y: Any, p: Any) -> Any:
        """100 |d| / |y|."""
        return 100 * nn.abs(p - y) / nn.maximum(nn.abs(y), EPSILON)


@registry.register
class MeanSquaredLogarithmicError(RegressionLoss):
    """(ln(1 + p) - ln(1 + y))^2, the mean over an example's outputs: for amounts from 0 up.

    Outputs and targets count as 1e-7 where they are smaller.
    """

    def each(self, y: Any, p: Any) -> Any:
        """The squared distance of the logarithms."""
        return nn.squared_error(
            nn.log(1 + nn.maximum(p, EPSILON)), nn.log(1 + nn.maximum(y, EPSILON))
        )

    def check(self, y: Any, output_shape: tuple) -> None:
        """Targets of the outputs' shape, from 0."""
        super().check(y, output_shape)
        check_range(type(self).__name__, y, 0, None, "Use MeanSquaredError for other numbers.")


@registry.register
class Huber(RegressionLoss):
    """d^2 / 2 where |d| <= delta, and delta |d| - delta^2 / 2 beyond, with d = p - y.

    The mean over an example's outputs. A few targets far off weigh less than in a squared error
    (Huber 1964).
    """

    def __init__(self, delta: float = 1.0, name: str = "huber_loss", **settings: Any) -> None:
        super().__init__(name, **settings)
        self.delta = positive(self, "delta", delta, "Try 1.0.")

    def each(self, y: Any, p: Any) -> Any:
        """A parabola that goes on as straight lines."""
        return nn.huber(p, y, self.delta)


@registry.register
class LogCosh(RegressionLoss):
    """ln cosh(p - y), the mean over an example's outputs.

    About d^2 / 2 for small errors d and |d| - ln 2 for large ones; exact for errors of any size.
    """

    def each(self, y: Any, p: Any) -> Any:
        """ln cosh d."""
        return nn.log_cosh(p, y)


@registry.register
class Poisson(RegressionLoss):
    """p - y ln p, the mean over an example's outputs: for counts y, and p their expected number.

    This is -ln of Poisson's distribution, but for what does not depend on p. Outputs must not be
    below 0 (a last layer with "softplus" or "relu"); 1e-7 is added inside the logarithm.
    """

    def each(self, y: Any, p: Any) -> Any:
        """p - y ln p."""
        return p - y * nn.log(p + EPSILON)

    def check(self, y: Any, output_shape: tuple) -> None:
        """Targets of the outputs' shape, from 0."""
        super().check(y, output_shape)
        check_range(type(self).__name__, y, 0, None, "Use MeanSquaredError for other numbers.")


@registry.register
class CosineSimilarity(Loss):
    """-(y . p) / (|y| |p|): -1 where the two point the same way, 0 where they are at right angles.

    y_true and y_pred (N, U); a length counts as 1e-7 where it is smaller, so that the loss of a
    row of zeros is 0.
    """

    targets = "numbers"

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """One number an example."""
        y, p = aligned(type(self).__name__, y_true, y_pred)
        return -nn.sum(unit(y) * unit(p), axis=-1)


def unit(v: Any) -> Any:
    """v / |v| along the last axis, |v| at least 1e-7."""
    squares = nn.sum(v * v, axis=-1, keepdims=True)
    return v / nn.sqrt(nn.maximum(squares, EPSILON**2))


registry.register(MeanSquaredError, "mse")
registry.register(MeanAbsoluteError, "mae")
registry.register(MeanAbsolutePercentageError, "mape")
registry.register(MeanSquaredLogarithmicError, "msle")
