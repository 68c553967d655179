"""Noise as a layer, and what all layers share that draw random numbers in training."""

from typing import Any, ClassVar

from pellucid import random
from pellucid.engines import engine_of
from pellucid.layers.activation import Elementwise
from pellucid.layers.layer import registry
from pellucid.layers.symbol import Shape
from pellucid.settings import known_seed, not_negative


class Random(Elementwise):
    """A layer with a stream of random numbers of its own, which is saved with the model.

    It starts from `seed`, or else from the next generator for the layer's `purpose`.
    """

    purpose: ClassVar[str] = "noise"

    def __init__(self, seed: int | None = None, **settings: Any) -> None:
        super().__init__(**settings)
        self.seed = known_seed(self, seed)

    def build(self, input_shape: Shape) -> None:
        """The stream of random numbers."""
        self.generator = random.generator(self.purpose, self.seed)

    def normal(self, x: Any) -> Any:
        """Normal random numbers, of mean 0 and variance 1, in the shape and type of x."""
        return engine_of(x).normal(self.generator, x.shape, x.dtype)


@registry.register
class GaussianNoise(Random):
    """x + noise, which is normal with mean 0 and the given standard deviation: less overfitting.

    Raises SettingError for a negative `stddev`.
    """

    def __init__(self, stddev: float, seed: int | None = None, **settings: Any) -> None:
        super().__init__(seed=seed, **settings)
        self.stddev = not_negative(self, "stddev", stddev, "Try 0.1.")

    def call(self, x: Any, training: bool = False) -> Any:
        """x with noise, in training."""
        if not training or self.stddev == 0:
            return x
        return x + self.stddev * self.normal(x)
