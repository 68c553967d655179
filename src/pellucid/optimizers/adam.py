"""Adam and its relatives: steps along the averaged gradient, divided by its averaged size.

Letters: theta the weights, g their gradient, alpha the learning rate, t the number of the update; m
the average of g, s that of g^2, u the largest |g|; x_hat the average x, bias-corrected.
"""

import functools
import itertools
import operator
from typing import Any

from pellucid.averages import bias_correction, move_average
from pellucid.engines import engine_of
from pellucid.errors import SettingError
from pellucid.optimizers.base import Optimizer, registry
from pellucid.settings import kept_share, not_negative


class Moments(Optimizer):
    """What Adam and its relatives are set by: the shares beta_1, beta_2 that m and s keep."""

    slots = ("m", "s")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **settings: Any,
    ) -> None:
        super().__init__(learning_rate, **settings)
        self.beta_1, self.beta_2 = (
            kept_share(self, "beta_1", beta_1),
            kept_share(self, "beta_2", beta_2),
        )
        self.epsilon = not_negative(self, "epsilon", epsilon)


@registry.register
class Adam(Moments):
    """m = beta_1 m + (1 - beta_1) g,   s = beta_2 s + (1 - beta_2) g^2,

    theta = theta - alpha m_hat / (sqrt(s_hat) + eps): both averages bias-corrected.
    As in Keras, epsilon is the paper's "epsilon hat" (Kingma and Ba 2015, section 2): the
    correction goes into alpha, so that eps = epsilon / sqrt(1 - beta_2^t). PyTorch's is eps itself.
    `amsgrad`: the largest s so far takes the place of s (Reddi, Kale, Kumar 2018).
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **settings: Any,
    ) -> None:
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **settings)
        self.amsgrad = amsgrad
        if amsgrad:
            self.slots = ("m", "s", "largest")

    def update(self, theta, g, alpha, t, m, s, largest=None):
        """One step along the averaged gradient, by its averaged size."""
        engine, root = engine_of(g), bias_correction(self.beta_2, t) ** 0.5
        settings = {"betas": (self.beta_1, self.beta_2), "epsilon": self.epsilon / root, "t": t}
        if largest is None and engine.adam(theta, g, m, s, alpha=alpha, **settings):
            return
        move_average(m, g, self.beta_1)
        move_average(s, g * g, self.beta_2)
        if largest is not None:
            largest[:] = s = engine.xp.maximum(largest, s)
        alpha *= root / bias_correction(self.beta_1, t)
        size = engine.xp.sqrt(s)
        size += self.epsilon
        engine.blend(theta, 1, m / size, -alpha)


@registry.register
class AdamW(Adam):
    """Adam with `weight_decay`: theta = theta - alpha weight_decay theta, then Adam's step.

    The decay stays outside of Adam's averages, where an L2 penalty would go into them and be
    divided away (Loshchilov and Hutter 2019). Raises SettingError for a weight_decay of None.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **settings: Any,
    ) -> None:
        settings["weight_decay"] = weight_decay
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, **settings)
        if weight_decay is None:
            raise SettingError("AdamW", "a weight_decay", "None", "Use Adam, or try 0.004.")


@registry.register
class Adamax(Moments):
    """m = beta_1 m + (1 - beta_1) g,   u = max(beta_2 u, |g|),

    theta = theta - alpha m_hat / (u + epsilon)   (Kingma and Ba 2015, section 7).
    """

    slots = ("m", "u")

    def update(self, theta, g, alpha, t, m, u):
        """One step along the averaged gradient, by the largest one of late."""
        xp = engine_of(g).xp
        move_average(m, g, self.beta_1)
        u[...] = xp.maximum(self.beta_2 * u, xp.abs(g))
        theta -= alpha / bias_correction(self.beta_1, t) * m / (u + self.epsilon)


@registry.register
class Nadam(Moments):
    """Adam with Nesterov's look ahead (Dozat 2016): m as it will be, and the gradient as it is.

    m and s as Adam's; b_t = beta_1 (1 - 0.96^t / 2) and B_t = b_1 b_2 ... b_t,
    m_hat = b_(t+1) m / (1 - B_(t+1)) + (1 - b_t) g / (1 - B_t),   s_hat = s / (1 - beta_2^t),
    theta = theta - alpha m_hat / (sqrt(s_hat) + epsilon).
    PyTorch's is the same with momentum_decay=1, and slower to begin with its default.
    """

    by_formula = False  # its products come from a table

    def update(self, theta, g, alpha, t, m, s):
        """One step along the average as it will be next, by the gradient's averaged size."""
        move_average(m, g, self.beta_1)
        move_average(s, g * g, self.beta_2)
        (b, B), (b_next, B_next) = self.warmed(t), self.warmed(t + 1)
        m_hat = b_next / (1 - B_next) * m + (1 - b) / (1 - B) * g
        s_hat = s / bias_correction(self.beta_2, t)
        theta -= alpha * m_hat / (engine_of(g).xp.sqrt(s_hat) + self.epsilon)

    def warmed(self, t: int) -> tuple[float, float]:
        """b_t, which rises from about beta_1 / 2 to beta_1, and the product B_t."""
        products = warm_up()
        return self.beta_1 * (1 - 0.96**t / 2), self.beta_1**t * products[min(t, len(products)) - 1]


@functools.cache
def warm_up() -> list[float]:
    """The products of 1 - 0.96^i / 2 for i up to t, for t from 1 to where they change no more."""
    factors = (1 - 0.96**i / 2 for i in range(1, 1001))
    return list(itertools.accumulate(factors, operator.mul))
