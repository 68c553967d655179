"""Layers that normalise: the data before training, or activations between layers."""

from typing import Any

from pellucid import nn
from pellucid.averages import move_average
from pellucid.engines import numpy_engine
from pellucid.errors import DataError, SettingError
from pellucid.gates import BatchNorm
from pellucid.graph import apply
from pellucid.layers.activation import Elementwise
from pellucid.layers.checking import channels, features, last_axes
from pellucid.layers.layer import registry
from pellucid.layers.parameter import Parameter
from pellucid.layers.symbol import Shape

BLOCK = 1 << 20  # how many numbers `adapt` takes at a time


@registry.register
class BatchNormalization(Elementwise):
    """z_norm = (z - mu) / sqrt(var + epsilon), then gamma z_norm + beta, channel by channel.

    Training uses the batch's mean and variance, and keeps moving averages of both (weights
    `moving_mean`, `moving_variance`, which no gradient changes); inference, and a frozen layer, use
    the averages. Input (N, ..., C); the channels are the last axis. Ioffe and Szegedy 2015.

    As in Keras, `momentum` is the share of the old average that is kept, and the variance is that
    of the batch (divided by M); PyTorch's momentum is the share of the new, and it keeps the
    variance divided by M - 1. Without `scale` (`center`), gamma (beta) is kept as it began.
    """

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.axis, self.momentum, self.epsilon = axis, momentum, epsilon
        self.center, self.scale = center, scale
        self.beta_initializer, self.gamma_initializer = beta_initializer, gamma_initializer
        self.moving_mean_initializer = moving_mean_initializer
        self.moving_variance_initializer = moving_variance_initializer
        self.beta_regularizer, self.gamma_regularizer = beta_regularizer, gamma_regularizer
        self.beta_constraint, self.gamma_constraint = beta_constraint, gamma_constraint
        if not 0 <= momentum <= 1:
            where = type(self).__name__
            raise SettingError(where, "a momentum from 0 to 1", repr(momentum), "Try 0.99.")

    def build(self, input_shape: Shape) -> None:
        """gamma and beta, and the two moving averages, of one number a channel."""
        shape = (channels(self, self.axis, input_shape),)
        self.gamma, self.beta = gamma_and_beta(self, shape)
        mean, variance = self.moving_mean_initializer, self.moving_variance_initializer
        self.moving_mean = self.add_weight(shape, mean, name="moving_mean", trainable=False)
        self.moving_variance = self.add_weight(
            shape, variance, name="moving_variance", trainable=False
        )

    def call(self, x: Any, training: bool = False) -> Any:
        """The normalised x; in training, the moving averages move too."""
        if not (training and self.trainable):
            mu, var = self.moving_mean, self.moving_variance
            return nn.fixed_batch_norm(x, self.gamma, self.beta, mu, var, self.epsilon)
        gate = BatchNorm(self.epsilon)
        z = apply(gate, x, self.gamma, self.beta)
        copied, mean, variance = gate.xp.asarray, self.moving_mean, self.moving_variance
        gate.moved = (
            (mean, copied(mean.value, copy=True)),
            (variance, copied(variance.value, copy=True)),
        )
        move_average(self.moving_mean.value, gate.mu, self.momentum)
        move_average(self.moving_variance.value, gate.var, self.momentum)
        return z


@registry.register
class LayerNormalization(Elementwise):
    """Each example normalised by itself over its last axes, then gamma x_hat + beta.

    `axis`: the last axis (-1), or the list of the last ones (Keras takes any). Without `scale`
    (`center`), gamma (beta) is kept as it began. Ba, Kiros, Hinton 2016.
    """

    def __init__(
        self,
        axis: int | list[int] | tuple[int, ...] = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.axis, self.epsilon, self.center, self.scale = axis, epsilon, center, scale
        self.beta_initializer, self.gamma_initializer = beta_initializer, gamma_initializer
        self.beta_regularizer, self.gamma_regularizer = beta_regularizer, gamma_regularizer
        self.beta_constraint, self.gamma_constraint = beta_constraint, gamma_constraint

    def build(self, input_shape: Shape) -> None:
        """gamma and beta of the shape that is normalised."""
        shape = last_axes(self, self.axis, input_shape)
        self.gamma, self.beta = gamma_and_beta(self, shape)

    def call(self, x: Any) -> Any:
        """The normalised x."""
        return nn.layer_norm(x, self.gamma, self.beta, self.epsilon)

    def takes(self) -> Shape:
        """Inputs whose last lengths are those of gamma."""
        return (*(None for _ in self.input_shape[self.gamma.ndim :]), *self.gamma.shape)


def gamma_and_beta(layer: Any, shape: Shape) -> tuple[Parameter, Parameter]:
    """The learned scale and shift that follow a normalisation."""
    gamma = layer.add_weight(
        shape,
        layer.gamma_initializer,
        name="gamma",
        trainable=layer.scale,
        regularizer=layer.gamma_regularizer,
        constraint=layer.gamma_constraint,
    )
    beta = layer.add_weight(
        shape,
        layer.beta_initializer,
        name="beta",
        trainable=layer.center,
        regularizer=layer.beta_regularizer,
        constraint=layer.beta_constraint,
    )
    return gamma, beta


@registry.register
class Normalization(Elementwise):
    """(x - mean) / sqrt(variance) with the training set's own statistics, kept with the model.

    `adapt(x_train)` measures them, feature by feature (`axis=-1`), or all together (`axis=None`);
    or give `mean` and `variance`. The test set, and every later input, is then prepared alike.
    `invert=True` undoes it: mean + x sqrt(variance). Features lie along the last axis; Keras takes
    others. A feature that never varies is only centred. (Dividing by the variance, as some notes
    say, would not give variance 1; dividing by its root does.)
    """

    def __init__(
        self,
        axis: int | None = -1,
        mean: Any = None,
        variance: Any = None,
        invert: bool = False,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.axis, self.mean, self.variance, self.invert = axis, mean, variance, invert
        if axis not in (-1, None):
            raise SettingError("Normalization", "axis -1 or None", repr(axis), "Choose one.")
        if (mean is None) != (variance is None):
            given = f"mean={mean}, variance={variance}"
            raise SettingError(
                "Normalization", "mean and variance, or neither", given, "Give both, or adapt."
            )

    def build(self, input_shape: Shape) -> None:
        """Places for mean and variance: weights that training leaves alone."""
        shape = () if self.axis is None else (features(self, input_shape),)
        self.mu = self.add_weight(shape, "zeros", name="mean", trainable=False)
        self.var = self.add_weight(shape, "ones", name="variance", trainable=False)
        if self.mean is not None:
            self.mu.assign(self.mean)
            self.var.assign(self.variance)

    def adapt(self, data: Any) -> None:
        """Measure mean and variance of `data` (N, ..., D), in float64, some rows at a time.

        They are taken of what is left without the first row: a feature that never varies has
        variance 0 to the last bit. Raises DataError where there are no rows, NaN or infinity.
        """
        data = numpy_engine.asarray(data)
        self.ensure_built((None, *data.shape[1:]))
        rows = data.reshape(-1, *self.mu.shape)
        step, n = max(1, BLOCK // self.mu.size), len(rows)
        blocks = [rows[start : start + step] for start in range(0, n, step)]
        if n == 0 or not all(numpy_engine.xp.isfinite(block).all() for block in blocks):
            received = "NaN or infinity" if n else "none"
            mend = "Leave such rows out or fill them in."
            raise DataError("Normalization.adapt", "rows of numbers", received, mend)
        first = numpy_engine.asarray(rows[0], dtype="float64")
        shift = sum((block - first).sum(axis=0) for block in blocks) / n
        self.mu.assign(first + shift)
        self.var.assign(sum(((block - first - shift) ** 2).sum(axis=0) for block in blocks) / n)

    def call(self, x: Any) -> Any:
        """(x - mean) / std, or back."""
        std = nn.sqrt(nn.where(self.var > 0, self.var, 1))
        return self.mu + x * std if self.invert else (x - self.mu) / std


@registry.register
class Rescaling(Elementwise):
    """scale x + offset: `Rescaling(1 / 255)` brings bytes to 0..1."""

    def __init__(self, scale: float, offset: float = 0.0, **settings: Any) -> None:
        super().__init__(**settings)
        self.scale, self.offset = float(scale), float(offset)

    def call(self, x: Any) -> Any:
        """scale x + offset."""
        return x * self.scale + self.offset
