"""Initial weights. All units of a layer must start different, or they stay alike for ever.

Letters: fan_in, fan_out = how many inputs a unit sums and how many units an input feeds; for
filters both are times the places of the window. Keeping the variance of z through depth asks for
weights of variance about 1 / fan_in: smaller ones vanish and larger ones explode, exponentially in
the number of layers.

Numbers are drawn in float64 and rounded, so that a seed gives the same weights in every type.
"""

import math
from typing import Any

from pellucid import random
from pellucid.config import floatx
from pellucid.engines import Array, numpy_engine
from pellucid.errors import ShapeError
from pellucid.registry import Configurable, Registry
from pellucid.settings import known_seed, not_negative, one_of, positive

registry = Registry("initializer")
get = registry.get

MODES = ("fan_in", "fan_out", "fan_avg")
DISTRIBUTIONS = ("truncated_normal", "untruncated_normal", "uniform")


class Initializer(Configurable):
    """Gives the first value of a weight. With a `seed`, always the same; else from the stream.

    So without a seed each call gives new numbers (in Keras, an initialiser repeats its first ones).
    """

    seed: int | None = None

    def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> Array:
        """An array of `shape`."""
        values = self.draw(tuple(shape), self.generator())
        return numpy_engine.asarray(values, dtype=dtype or floatx())

    def generator(self) -> Any:
        """Where the random numbers come from."""
        return random.generator("weights", self.seed)

    def draw(self, shape: tuple[int, ...], generator: Any) -> Array:
        """The numbers; each initialiser has its own."""
        raise TypeError(f"{type(self).__name__} needs a method draw(self, shape, generator)")


@registry.register
class Zeros(Initializer):
    """All 0: for biases. For weights it would keep all units of a layer alike."""

    def draw(self, shape, generator):
        """Zeros."""
        return numpy_engine.xp.zeros(shape)


@registry.register
class Ones(Initializer):
    """All 1: for scales."""

    def draw(self, shape, generator):
        """Ones."""
        return numpy_engine.xp.ones(shape)


@registry.register
class Constant(Initializer):
    """All `value`."""

    def __init__(self, value: float = 0.0) -> None:
        self.value = value

    def draw(self, shape, generator):
        """The value, everywhere."""
        return numpy_engine.xp.full(shape, self.value, dtype="float64")


@registry.register
class RandomNormal(Initializer):
    """Normal with mean and standard deviation. `RandomNormal(stddev=0.01)` is the classic start."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        self.mean, self.seed = mean, known_seed(self, seed)
        self.stddev = not_negative(self, "stddev", stddev)

    def draw(self, shape, generator):
        """Normal numbers."""
        return generator.normal(self.mean, self.stddev, shape)


registry.register(RandomNormal, "normal")


@registry.register
class RandomUniform(Initializer):
    """Uniform between minval and maxval."""

    def __init__(
        self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None
    ) -> None:
        self.minval, self.maxval, self.seed = minval, maxval, known_seed(self, seed)

    def draw(self, shape, generator):
        """Uniform numbers."""
        return generator.uniform(self.minval, self.maxval, shape)


registry.register(RandomUniform, "uniform")


@registry.register
class TruncatedNormal(Initializer):
    """Normal, with what lies beyond two standard deviations drawn again."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        self.mean, self.seed = mean, known_seed(self, seed)
        self.stddev = not_negative(self, "stddev", stddev)

    def draw(self, shape, generator):
        """Truncated normal numbers."""
        return self.mean + self.stddev * truncated_normal(shape, generator)


@registry.register
class VarianceScaling(Initializer):
    """Weights of variance scale / n, where n is fan_in, fan_out, or their mean (`mode`).

    `distribution`: "truncated_normal", "untruncated_normal", or "uniform" (between +-sqrt(3 scale /
    n)). The named families are cases of it: Glorot (scale 1, fan_avg; Glorot and Bengio 2010), He
    (scale 2, fan_in: sqrt(2 / n) for relu; He et al. 2015), LeCun (scale 1, fan_in: sqrt(1 / n) for
    tanh; LeCun et al. 1998). Raises SettingError for a scale of 0 or below, or a name not known.
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
    ) -> None:
        self.scale = positive(self, "scale", scale, "Try 1.0 or 2.0.")
        self.mode = one_of(self, "mode", mode, MODES)
        self.distribution = one_of(self, "distribution", distribution, DISTRIBUTIONS)
        self.seed = known_seed(self, seed)

    def draw(self, shape, generator):
        """Numbers of variance scale / n."""
        fan_in, fan_out = fans(shape)
        n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        stddev = math.sqrt(self.scale / max(n, 1))
        if self.distribution == "uniform":
            return generator.uniform(-math.sqrt(3) * stddev, math.sqrt(3) * stddev, shape)
        if self.distribution == "untruncated_normal":
            return generator.normal(0.0, stddev, shape)
        return stddev / TRUNCATED_STDDEV * truncated_normal(shape, generator)


@registry.register
class Orthogonal(Initializer):
    """gain Q, whose columns are orthonormal; its rows, where it has fewer of those than columns.

    So x W is as long as x (times gain), however many layers there are (Saxe, McClelland, Ganguli
    2014). Filters (kh, kw, C, U) are taken as a matrix (kh kw C, U). Q is the orthogonal factor of
    a matrix of normal numbers, signs chosen so that every Q is as likely. Raises ShapeError for a
    shape with fewer than two axes.
    """

    def __init__(self, gain: float = 1.0, seed: int | None = None) -> None:
        self.gain, self.seed = gain, seed

    def draw(self, shape, generator):
        """An orthogonal matrix, or a part of one."""
        if len(shape) < 2:
            received, mend = f"shape {shape}", "Use it for kernels, and zeros for biases."
            raise ShapeError("Orthogonal", "weights with two axes or more", received, mend)
        xp, rows, columns = numpy_engine.xp, math.prod(shape[:-1]), shape[-1]
        normal = generator.standard_normal((max(rows, columns), min(rows, columns)))
        Q, R = xp.linalg.qr(normal)
        Q = Q * xp.where(xp.linalg.diagonal(R) < 0, -1, 1)
        return self.gain * xp.reshape(Q if rows >= columns else Q.T, shape)


@registry.register
class Identity(Initializer):
    """gain on the diagonal of a matrix, 0 elsewhere: x W begins as gain x.

    Raises ShapeError for what is not a matrix.
    """

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def draw(self, shape, generator):
        """The identity, times gain."""
        if len(shape) != 2:
            mend = "Use it for kernels (D, U)."
            raise ShapeError("Identity", "weights with two axes", f"shape {shape}", mend)
        return self.gain * numpy_engine.xp.eye(*shape)


def _family(name: str, scale: float, mode: str, distribution: str, formula: str) -> type:
    """A named case of VarianceScaling, whose one argument is the seed."""

    def __init__(self: Any, seed: int | None = None) -> None:
        VarianceScaling.__init__(self, scale, mode, distribution, seed)

    members = {"__init__": __init__, "__doc__": formula, "__module__": __name__}
    return registry.register(type(name, (VarianceScaling,), members))


GlorotUniform = _family(
    "GlorotUniform", 1.0, "fan_avg", "uniform", "Uniform between +-sqrt(6 / (fan_in + fan_out))."
)
GlorotNormal = _family(
    "GlorotNormal", 1.0, "fan_avg", "truncated_normal", "Normal, variance 2 / (fan_in + fan_out)."
)
HeUniform = _family("HeUniform", 2.0, "fan_in", "uniform", "Uniform between +-sqrt(6 / fan_in).")
HeNormal = _family("HeNormal", 2.0, "fan_in", "truncated_normal", "Normal, variance 2 / fan_in.")
LecunUniform = _family(
    "LecunUniform", 1.0, "fan_in", "uniform", "Uniform between +-sqrt(3 / fan_in)."
)
LecunNormal = _family(
    "LecunNormal", 1.0, "fan_in", "truncated_normal", "Normal, variance 1 / fan_in."
)

# The standard deviation of a standard normal cut off at +-2: sqrt(1 - 4 phi(2) / (2 Phi(2) - 1)).
TRUNCATED_STDDEV = math.sqrt(1 - 4 * math.exp(-2) / math.sqrt(2 * math.pi) / math.erf(math.sqrt(2)))


def truncated_normal(shape: tuple[int, ...], generator: Any) -> Array:
    """Standard normal numbers, those beyond +-2 drawn again."""
    values = numpy_engine.asarray(generator.standard_normal(shape))
    while (outside := abs(values) > 2).any():
        values[outside] = generator.standard_normal(int(outside.sum()))
    return values


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """(fan_in, fan_out) of weights (D, U) or filters (kh, kw, C, U); of a vector, its length."""
    if len(shape) < 2:
        return (shape[0], shape[0]) if shape else (1, 1)
    places = math.prod(shape[:-2])
    return places * shape[-2], places * shape[-1]
