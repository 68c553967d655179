"""Layers that normalise: the data before training, or activations between layers."""

from typing import Any

from pellucid import nn
from pellucid.averages import move_average
from pellucid.engines import numpy_engine
from pellucid.errors import SettingError
from pellucid.gates import BatchNorm
from pellucid.graph import apply
from pellucid.layers.core import Elementwise
from pellucid.layers.layer import registry
from pellucid.layers.symbol import Shape


@registry.register
class BatchNormalization(Elementwise):
    """z_norm = (z - mu) / sqrt(var + epsilon), then gamma z_norm + beta, channel by channel.

    Training uses the batch's mean and variance, and keeps moving averages of both (weights
    `moving_mean`, `moving_variance`, which no gradient changes); inference, and a frozen layer, use
    the averages. Input (N, ..., C); the channels are the last axis. Ioffe and Szegedy 2015.
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
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.axis, self.momentum, self.epsilon = axis, momentum, epsilon
        self.center, self.scale = center, scale
        self.beta_initializer, self.gamma_initializer = beta_initializer, gamma_initializer
        self.moving_mean_initializer = moving_mean_initializer
        self.moving_variance_initializer = moving_variance_initializer

    def build(self, input_shape: Shape) -> None:
        """gamma and beta, and the two moving averages, of one number a channel."""
        if self.axis not in (-1, len(input_shape) - 1):
            raise SettingError(
                f"layer {self.label}",
                "axis=-1, the channels",
                f"axis={self.axis}",
                "Move the channels last.",
            )
        add, shape = self.add_weight, (int(input_shape[-1] or 0),)
        self.gamma = add(shape, self.gamma_initializer, name="gamma", trainable=self.scale)
        self.beta = add(shape, self.beta_initializer, name="beta", trainable=self.center)
        fixed: dict[str, Any] = {"trainable": False}
        self.moving_mean = add(shape, self.moving_mean_initializer, name="moving_mean", **fixed)
        self.moving_variance = add(
            shape, self.moving_variance_initializer, name="moving_variance", **fixed
        )

    def call(self, x: Any, training: bool = False) -> Any:
        """The normalised x; in training, the moving averages move too."""
        if not (training and self.trainable):
            mu, var = self.moving_mean, self.moving_variance
            return nn.fixed_batch_norm(x, self.gamma, self.beta, mu, var, self.epsilon)
        gate = BatchNorm(self.epsilon)
        z = apply(gate, x, self.gamma, self.beta)
        move_average(self.moving_mean.value, gate.mu, self.momentum)
        move_average(self.moving_variance.value, gate.var, self.momentum)
        return z


@registry.register
class LayerNormalization(Elementwise):
    """Each example normalised by itself over its last axes, then gamma x_hat + beta.

    `axis`: the last axis (-1), or the list of the last ones. Ba, Kiros, Hinton 2016.
    """

    def __init__(
        self,
        axis: int | list[int] = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.axis, self.epsilon, self.center, self.scale = axis, epsilon, center, scale
        self.beta_initializer, self.gamma_initializer = beta_initializer, gamma_initializer

    def build(self, input_shape: Shape) -> None:
        """gamma and beta of the shape that is normalised."""
        rank = len(input_shape)
        given = [self.axis] if isinstance(self.axis, int) else self.axis
        axes = sorted(axis % rank for axis in given)
        if axes != list(range(rank - len(axes), rank)) or axes[0] == 0:
            raise SettingError(
                f"layer {self.label}",
                "the last axes, without the batch",
                f"axis={self.axis}",
                "Move the axes to normalise last.",
            )
        shape = tuple(int(input_shape[axis] or 0) for axis in axes)
        self.gamma = self.add_weight(
            shape, self.gamma_initializer, name="gamma", trainable=self.scale
        )
        self.beta = self.add_weight(
            shape, self.beta_initializer, name="beta", trainable=self.center
        )

    def call(self, x: Any) -> Any:
        """The normalised x."""
        return nn.layer_norm(x, self.gamma, self.beta, self.epsilon)


@registry.register
class Normalization(Elementwise):
    """(x - mean) / sqrt(variance) with the training set's own statistics, kept with the model.

    `adapt(x_train)` measures them, feature by feature (`axis=-1`), or all together (`axis=None`);
    or give `mean` and `variance`. The test set, and every later input, is then prepared alike.
    A feature that never varies is only centred. (Dividing by the variance, as some notes say, would
    not give variance 1; dividing by its root does.)
    """

    def __init__(
        self,
        axis: int | None = -1,
        mean: Any = None,
        variance: Any = None,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.axis, self.mean, self.variance = axis, mean, variance
        if axis not in (-1, None):
            raise SettingError("Normalization", "axis -1 or None", repr(axis), "Choose one.")

    def build(self, input_shape: Shape) -> None:
        """Places for mean and variance: weights that training leaves alone."""
        shape = () if self.axis is None else (int(input_shape[-1] or 0),)
        fixed: dict[str, Any] = {"trainable": False}
        self.mu = self.add_weight(shape, "zeros", name="mean", **fixed)
        self.var = self.add_weight(shape, "ones", name="variance", **fixed)
        if self.mean is not None:
            self.mu.assign(self.mean)
            self.var.assign(self.variance)

    def adapt(self, data: Any) -> None:
        """Measure mean and variance of `data` (N, ..., D), in float64, some rows at a time."""
        data = numpy_engine.asarray(data)
        self.ensure_built((None, *data.shape[1:]))
        axes = None if self.axis is None else tuple(range(data.ndim - 1))
        n, blocks = data.size / self.mu.size, range(0, len(data), 4096)
        mean = sum(data[i : i + 4096].sum(axis=axes, dtype="float64") for i in blocks) / n
        squares = (((data[i : i + 4096] - mean) ** 2).sum(axis=axes) for i in blocks)
        self.mu.assign(mean)
        self.var.assign(sum(squares) / n)

    def call(self, x: Any) -> Any:
        """(x - mean) / std."""
        std = nn.sqrt(nn.where(self.var > 0, self.var, 1))
        return (x - self.mu) / std


@registry.register
class Rescaling(Elementwise):
    """scale x + offset: `Rescaling(1 / 255)` brings bytes to 0..1."""

    def __init__(self, scale: float, offset: float = 0.0, **settings: Any) -> None:
        super().__init__(**settings)
        self.scale, self.offset = scale, offset

    def call(self, x: Any) -> Any:
        """scale x + offset."""
        return x * self.scale + self.offset
