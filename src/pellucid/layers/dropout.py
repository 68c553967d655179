"""Dropout as a layer: in training it leaves units out at random, in inference it does nothing."""

from typing import Any

from pellucid import nn, random
from pellucid.engines import numpy_engine
from pellucid.errors import SettingError
from pellucid.layers.core import Elementwise
from pellucid.layers.layer import registry
from pellucid.layers.symbol import Shape


@registry.register
class Dropout(Elementwise):
    """Drops each value with probability `rate` = 1 - keep_prob, and divides the rest by 1 - rate.

    So the expected value stays, and inference needs no scaling (inverted dropout). `noise_shape`
    with a 1 in it drops along that axis together. Srivastava et al. 2014.
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
        seeded = self.seed is not None
        self.generator = (
            numpy_engine.generator(self.seed) if seeded else random.generator("dropout")
        )

    def call(self, x: Any, training: bool = False) -> Any:
        """x with some of it left out, in training."""
        if not training or self.rate == 0:
            return x
        return nn.dropout(x, self.rate, self.noise_shape, source=self.generator)
