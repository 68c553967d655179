"""Layers that normalise: the data before training, or activations between layers."""

from typing import Any

from pellucid import distributed, nn
from pellucid.averages import move_average
from pellucid.engines import numpy_engine
from pellucid.errors import DataError, SettingError
from pellucid.gates import BatchNorm
from pellucid.gates.synchronized import GroupBatchNorm
from pellucid.graph import apply
from pellucid.layers.activation import Elementwise
from pellucid.layers.checking import channels, features, last_axes
from pellucid.layers.layer import registry
from pellucid.layers.parameter import Parameter
from pellucid.layers.recipe import by_recipe, keep_recipe
from pellucid.layers.symbol import Shape
from pellucid.settings import not_negative, share

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

    Where several processes share a batch, each takes the statistics of its own rows, and the moving
    averages become the mean of theirs. `synchronized=True`: they are those of the whole batch, on
    all processes, for one exchange more in each pass (in Keras, of the TensorFlow back end alone).
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
        synchronized: bool = False,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.axis, self.center, self.scale = axis, center, scale
        self.synchronized = synchronized
        self.momentum = share(self, "momentum", momentum, "Try 0.99.")
        self.epsilon = not_negative(self, "epsilon", epsilon)
        keep_recipe(self, "beta", beta_initializer, beta_regularizer, beta_constraint)
        keep_recipe(self, "gamma", gamma_initializer, gamma_regularizer, gamma_constraint)
        keep_recipe(self, "moving_mean", moving_mean_initializer)
        keep_recipe(self, "moving_variance", moving_variance_initializer)

    def build(self, input_shape: Shape) -> None:
        """gamma and beta, and the two moving averages, of one number a channel."""
        shape = (channels(self, self.axis, input_shape),)
        self.gamma, self.beta = gamma_and_beta(self, shape)
        self.moving_mean = by_recipe(self, "moving_mean", shape, trainable=False)
        self.moving_variance = by_recipe(self, "moving_variance", shape, trainable=False)

    def call(self, x: Any, training: bool = False) -> Any:
        """The normalised x; in training, the moving averages move too."""
        if not (training and self.trainable):
            mu, var = self.moving_mean, self.moving_variance
            return nn.fixed_batch_norm(x, self.gamma, self.beta, mu, var, self.epsilon)
        step, gate = distributed.step(), BatchNorm(self.epsilon)
        if step is not None and self.synchronized:
            gate = GroupBatchNorm(step.group, step.counts, self.epsilon)
        z = apply(gate, x, self.gamma, self.beta)
        if step is not None and not (self.synchronized or step.counts):
            return z  # of rows that stand for none, nothing is kept
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
        self.axis, self.center, self.scale = axis, center, scale
        self.epsilon = not_negative(self, "epsilon", epsilon)
        keep_recipe(self, "beta", beta_initializer, beta_regularizer, beta_constraint)
        keep_recipe(self, "gamma", gamma_initializer, gamma_regularizer, gamma_constraint)

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


def gamma_and_beta(layer: Any, shape: Any) -> tuple[Parameter, Parameter]:
    """The learned scale and shift that follow a normalisation."""
    gamma = by_recipe(layer, "gamma", shape, trainable=layer.scale)
    return gamma, by_recipe(layer, "beta", shape, trainable=layer.center)


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
        if data.dtype.kind not in "biuf":
            received, mend = f"an array of type {data.dtype}", "Turn text into numbers first."
            raise DataError("Normalization.adapt", "rows of numbers", received, mend)
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
