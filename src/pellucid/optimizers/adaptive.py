"""Steps divided by the size that each weight's gradients have had: large where those were small.

Letters: theta the weights, g their gradient, alpha the learning rate, s what is kept of g^2, d a
step, u the average of d^2.
"""

from typing import Any

from pellucid.averages import move_average
from pellucid.engines import engine_of
from pellucid.optimizers.base import Optimizer, registry
from pellucid.settings import kept_share, not_negative


@registry.register
class Adagrad(Optimizer):
    """s = s + g^2,   theta = theta - alpha g / sqrt(s + epsilon)   (Duchi, Hazan, Singer 2011).

    s starts at `initial_accumulator_value`. PyTorch adds epsilon to the root.
    """

    slots = ("s",)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **settings: Any,
    ) -> None:
        super().__init__(learning_rate, **settings)
        self.initial_accumulator_value = not_negative(
            self, "initial_accumulator_value", initial_accumulator_value
        )
        self.epsilon = not_negative(self, "epsilon", epsilon)

    def first(self, slot, theta):
        """s is not 0 at first."""
        zeros = super().first(slot, theta)
        return zeros + self.initial_accumulator_value if slot == "s" else zeros

    def update(self, theta, g, alpha, t, s):
        """One step, each weight by all its gradients' size."""
        s += g * g
        theta -= alpha * g / engine_of(g).xp.sqrt(s + self.epsilon)


@registry.register
class Adadelta(Optimizer):
    """s = rho s + (1 - rho) g^2,   d = g sqrt(u + epsilon) / sqrt(s + epsilon),

    u = rho u + (1 - rho) d^2,   theta = theta - alpha d   (Zeiler 2012).
    The paper has no alpha: with 1.0 it is the paper's; the default is Keras'.
    """

    slots = ("s", "u")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        **settings: Any,
    ) -> None:
        super().__init__(learning_rate, **settings)
        self.rho, self.epsilon = (
            kept_share(self, "rho", rho),
            not_negative(self, "epsilon", epsilon),
        )

    def update(self, theta, g, alpha, t, s, u):
        """One step as long as the steps before it were, in the weights' own units."""
        sqrt = engine_of(g).xp.sqrt
        move_average(s, g * g, self.rho)
        d = g * sqrt(u + self.epsilon) / sqrt(s + self.epsilon)
        move_average(u, d * d, self.rho)
        theta -= alpha * d


@registry.register
class RMSprop(Optimizer):
    """s = rho s + (1 - rho) g^2,   theta = theta - alpha g / sqrt(s + epsilon)   (Hinton 2012).

    With momentum: v = momentum v + alpha g / sqrt(s + epsilon), theta = theta - v. Centred
    (Graves 2013): s is the variance of g about its moving average, in the form that never falls
    below 0: with d = g - mean before the update, s = rho (s + (1 - rho) d^2)   (Finch 2009).
    PyTorch adds epsilon to the root, and its alpha is rho.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **settings: Any,
    ) -> None:
        super().__init__(learning_rate, **settings)
        self.rho, self.momentum = (
            kept_share(self, "rho", rho),
            kept_share(self, "momentum", momentum),
        )
        self.epsilon, self.centered = not_negative(self, "epsilon", epsilon), centered
        self.slots = ("s", *(("v",) if momentum else ()), *(("mean",) if centered else ()))

    def update(self, theta, g, alpha, t, s, v=None, mean=None):
        """One step, each weight by its own recent gradients' size."""
        if mean is None:
            move_average(s, g * g, self.rho)
        else:
            d = g - mean
            move_average(mean, g, self.rho)
            move_average(s, d * d, self.rho, gain=self.rho * (1 - self.rho))
        step = alpha * g / engine_of(g).xp.sqrt(s + self.epsilon)
        if v is not None:
            move_average(v, step, self.momentum, gain=1.0)
            step = v
        theta -= step
