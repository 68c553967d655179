"""Optimisers: how a gradient becomes a step. Letters: theta all weights of a model in one vector,
g their gradient, alpha the learning rate, t the number of this update, counted from 1.

Because all weights lie in one vector, an optimiser's rule is a few lines on whole vectors, and what
it remembers (its slots) are vectors of the same length.
"""

from typing import Any

from pellucid import schedules
from pellucid.averages import bias_correction, move_average
from pellucid.engines import Array, engine_of
from pellucid.errors import SettingError
from pellucid.registry import Configurable, Registry

registry = Registry("optimizer")
get = registry.get


class Optimizer(Configurable):
    """Steps down the gradient. Subclasses name their `slots` and write one rule, `update`.

    `learning_rate`: a number above 0, or a function of the update's number from 0 (a schedule).
    Keras' weight decay, clipping, gradient accumulation and averages of weights are left out.
    Raises SettingError for a learning rate that is not above 0.
    """

    slots: tuple[str, ...] = ()

    def __init__(self, learning_rate: Any = 0.001, name: str | None = None) -> None:
        if isinstance(learning_rate, dict | str):
            learning_rate = schedules.registry.get(learning_rate)
        if not callable(learning_rate) and not learning_rate > 0:
            raise SettingError(
                type(self).__name__, "a learning rate above 0", repr(learning_rate), "Try 0.001."
            )
        self.learning_rate: Any = learning_rate
        self.name = name or type(self).__name__.lower()
        self.iterations = 0
        self.state: dict[str, Array] = {}

    @property
    def current_learning_rate(self) -> float:
        """The learning rate of the next update."""
        rate = self.learning_rate
        alpha: Any = rate(self.iterations) if callable(rate) else rate
        return float(alpha)

    def apply(self, theta: Array, g: Array) -> None:
        """Change theta, in place, by one step against the gradient g."""
        if not self.state and self.slots:
            zeros = engine_of(theta).xp.zeros_like
            self.state = {slot: zeros(theta) for slot in self.slots}
        alpha = self.current_learning_rate
        self.iterations += 1
        self.update(theta, g, alpha, self.iterations, **self.state)

    def update(self, theta: Array, g: Array, alpha: float, t: int, **slots: Array) -> None:
        """The rule. `theta` and the slots are changed in place."""
        raise TypeError(f"{type(self).__name__} needs a method update(theta, g, alpha, t, ...)")


@registry.register
class SGD(Optimizer):
    """theta = theta - alpha g; with momentum beta:

    v = beta v - alpha g,   theta = theta + v            (Polyak 1964)
    with Nesterov's look ahead: theta = theta + beta v - alpha g   (Sutskever et al. 2013)
    """

    slots = ("v",)

    def __init__(
        self,
        learning_rate: Any = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        **settings: Any,
    ) -> None:
        super().__init__(learning_rate, **settings)
        self.momentum, self.nesterov = share(self, "momentum", momentum), nesterov
        if not momentum:
            self.slots = ()

    def update(self, theta, g, alpha, t, v=None):
        """One step against the gradient."""
        if v is None:
            theta -= alpha * g
            return
        move_average(v, g, self.momentum, gain=-alpha)
        theta += self.momentum * v - alpha * g if self.nesterov else v


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
        self.rho, self.momentum = share(self, "rho", rho), share(self, "momentum", momentum)
        self.epsilon, self.centered = epsilon, centered
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


@registry.register
class Adam(Optimizer):
    """m = beta_1 m + (1 - beta_1) g,   s = beta_2 s + (1 - beta_2) g^2,

    theta = theta - alpha m_hat / (sqrt(s_hat) + eps): both averages bias-corrected.
    As in Keras, epsilon is the paper's "epsilon hat" (Kingma and Ba 2015, section 2): the
    correction goes into alpha, so that eps = epsilon / sqrt(1 - beta_2^t). PyTorch's is eps itself.
    `amsgrad`: the largest s so far takes the place of s (Reddi, Kale, Kumar 2018).
    """

    slots = ("m", "s")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **settings: Any,
    ) -> None:
        super().__init__(learning_rate, **settings)
        self.beta_1, self.beta_2 = share(self, "beta_1", beta_1), share(self, "beta_2", beta_2)
        self.epsilon, self.amsgrad = epsilon, amsgrad
        if amsgrad:
            self.slots = ("m", "s", "largest")

    def update(self, theta, g, alpha, t, m, s, largest=None):
        """One step along the averaged gradient, by its averaged size."""
        xp = engine_of(g).xp
        move_average(m, g, self.beta_1)
        move_average(s, g * g, self.beta_2)
        if largest is not None:
            largest[:] = s = xp.maximum(largest, s)
        alpha *= bias_correction(self.beta_2, t) ** 0.5 / bias_correction(self.beta_1, t)
        theta -= alpha * m / (xp.sqrt(s) + self.epsilon)


def share(optimizer: Optimizer, name: str, value: float) -> float:
    """The share of an average that is kept. Raises SettingError unless from 0 to below 1."""
    if not 0 <= value < 1:
        where = type(optimizer).__name__
        raise SettingError(where, f"{name} from 0 to below 1", repr(value), "Try 0.9.")
    return value
