"""The exponentially weighted average, of which momentum, RMSprop, Adam and smooth curves are made.

    V_t = beta V_(t-1) + (1 - beta) theta_t,   V_0 = 0

is about the mean of the last 1 / (1 - beta) values. It starts too small, because V_0 = 0; dividing
by 1 - beta^t, the sum of the weights so far, puts that right (Kingma and Ba 2015, section 3).
"""

from collections.abc import Iterable

from pellucid.engines import Array, engine_of
from pellucid.errors import SettingError


def move_average(V: Array, theta: Array, beta: float, gain: float | None = None) -> None:
    """V = beta V + gain theta, in place; gain is 1 - beta unless another is given.

    Momentum is this average with another gain: velocity = beta velocity - learning_rate gradient.
    """
    engine_of(V).blend(V, beta, theta, 1 - beta if gain is None else gain)


def bias_correction(beta: float, t: int) -> float:
    """1 - beta^t: how much of the weight of an average has come in after t values."""
    return 1 - beta**t


class ExponentialAverage:
    """The bias-corrected average of a stream of numbers. Raises SettingError unless 0 <= beta < 1.

    >>> average = ExponentialAverage(beta=0.9)
    >>> [round(average(theta), 4) for theta in (10.0, 10.0, 20.0)]
    [10.0, 10.0, 13.69]
    """

    def __init__(self, beta: float = 0.9) -> None:
        if not 0 <= beta < 1:
            raise SettingError("average", "a beta from 0 to below 1", repr(beta), "Try 0.9.")
        self.beta, self.V, self.t = beta, 0.0, 0

    def __call__(self, theta: float) -> float:
        """Take in one value and give the average so far."""
        self.t += 1
        self.V = self.beta * self.V + (1 - self.beta) * theta
        return self.V / bias_correction(self.beta, self.t)


def smooth(values: Iterable[float], beta: float = 0.9) -> list[float]:
    """The bias-corrected average after each value: a smoothed curve."""
    average = ExponentialAverage(beta)
    return [average(value) for value in values]
