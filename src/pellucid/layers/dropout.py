"""Dropout as a layer: in training it leaves units out at random, in inference it does nothing."""

from typing import Any

from pellucid import nn, random
from pellucid.errors import SettingError, ShapeError
from pellucid.layers.activation import Elementwise
from pellucid.layers.layer import registry
from pellucid.layers.symbol import Shape


@registry.register
class Dropout(Elementwise):
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
        super().__init__(**settings)
        if not 0 <= rate < 1:
            raise SettingError("Dropout", "a rate from 0 to below 1", repr(rate), "Try 0.5.")
        self.rate, self.noise_shape, self.seed = rate, noise_shape, seed

    def build(self, input_shape: Shape) -> None:
        """Its own stream of random numbers."""
        if self.noise_shape is not None and len(self.noise_shape) != len(input_shape):
            raise ShapeError(
                f"layer {self.label}",
                f"a noise_shape of {len(input_shape)} lengths, as its input {input_shape} has",
                f"{tuple(self.noise_shape)}",
                "Give one for each axis, the batch included; None is the input's own.",
            )
        self.generator = random.generator("dropout", self.seed)

    def call(self, x: Any, training: bool = False) -> Any:
        """x with some of it left out, in training."""
        if not training or self.rate == 0:
            return x
        return nn.dropout(x, self.rate, self.noise_shape, source=self.generator)
