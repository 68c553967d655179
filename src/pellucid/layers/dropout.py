"""Dropout as layers: in training they disturb values at random, in inference they do nothing."""

import math
from typing import Any, ClassVar

from pellucid import nn
from pellucid.errors import ShapeError
from pellucid.layers.checking import channels_last
from pellucid.layers.layer import registry
from pellucid.layers.noise import Random
from pellucid.layers.symbol import Shape
from pellucid.settings import kept_share


class Dropping(Random):
    """A layer that disturbs values in training, the more the larger its `rate`.

    Raises SettingError for a rate of 1, which Keras allows: nothing would be left to scale.
    """

    purpose: ClassVar[str] = "dropout"
    noise_shape: tuple[int | None, ...] | None = None

    def __init__(self, rate: float, seed: int | None = None, **settings: Any) -> None:
        super().__init__(seed=seed, **settings)
        self.rate = kept_share(self, "rate", rate, "Try 0.5.")

    def call(self, x: Any, training: bool = False) -> Any:
        """x, disturbed in training."""
        return self.drop(x) if training and self.rate > 0 else x

    def drop(self, x: Any) -> Any:
        """x with some of it left out, and the rest divided by 1 - rate."""
        return nn.dropout(x, self.rate, self.noise_shape, source=self.generator)


@registry.register
class Dropout(Dropping):
    """Drops each value with probability `rate` = 1 - keep_prob, and divides the rest by 1 - rate.

    So the expected value stays, and inference needs no scaling (inverted dropout). `noise_shape`
    (one length an axis of the input, the batch included; None is the input's own) with a 1 in it
    drops along that axis together. Srivastava et al. 2014. Raises SettingError for a rate of 1,
    which Keras allows: nothing would be left to scale.
    """

    def __init__(
        self,
        rate: float,
        noise_shape: tuple[int | None, ...] | None = None,
        seed: int | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(rate, seed, **settings)
        self.noise_shape = noise_shape

    def build(self, input_shape: Shape) -> None:
        """Its own stream of random numbers."""
        if self.noise_shape is not None and len(self.noise_shape) != len(input_shape):
            raise ShapeError(
                f"layer {self.label}",
                f"a noise_shape of {len(input_shape)} lengths, as its input {input_shape} has",
                f"{tuple(self.noise_shape)}",
                "Give one for each axis, the batch included; None is the input's own.",
            )
        super().build(input_shape)


@registry.register
class AlphaDropout(Dropout):
    """Dropout for networks of selu: it keeps the mean of 0 and the variance of 1 that they have.

    A dropped value becomes selu's lower end, -1.7581; then all are scaled and moved. The settings
    are those of `Dropout`. Klambauer, Unterthiner, Mayr, Hochreiter 2017.
    """

    def drop(self, x: Any) -> Any:
        """x with some of it at selu's lower end, scaled and moved."""
        return nn.alpha_dropout(x, self.rate, self.noise_shape, source=self.generator)


class SpatialDropout(Dropping):
    """Drops whole channels of an example: its neighbours would tell what a dropped value was."""

    what: ClassVar[str]

    def build(self, input_shape: Shape) -> None:
        """Its own stream of random numbers, for inputs with the right number of axes."""
        self.expect_rank(input_shape, len(self.noise_shape or ()), self.what)
        super().build(input_shape)


@registry.register
class SpatialDropout1D(SpatialDropout):
    """Drops whole channels of sequences (N, L, C); else as `Dropout`. Tompson et al. 2015."""

    noise_shape = (None, 1, None)
    what = "sequences (N, L, C)"


@registry.register
class SpatialDropout2D(SpatialDropout):
    """Drops whole channels of images (N, H, W, C); else as `Dropout`. Tompson et al. 2015."""

    noise_shape = (None, 1, 1, None)
    what = "images (N, H, W, C)"

    def __init__(
        self, rate: float, data_format: str | None = None, seed: int | None = None, **settings: Any
    ) -> None:
        super().__init__(rate, seed, **settings)
        self.data_format = channels_last(self, data_format)


@registry.register
class GaussianDropout(Dropping):
    """x times noise, normal with mean 1 and variance rate / (1 - rate): that of dropout's factor.

    Nothing is left out, so there is nothing to scale. Srivastava et al. 2014.
    """

    def drop(self, x: Any) -> Any:
        """x times the noise."""
        return x * (1 + math.sqrt(self.rate / (1 - self.rate)) * self.normal(x))
