"""Steps along the gradient or its average, of a length that does not depend on the gradient's past.

Letters: theta the weights, g their gradient, alpha the learning rate, v the velocity, m the average
gradient.
"""

from typing import Any

from pellucid.averages import move_average
from pellucid.engines import engine_of
from pellucid.optimizers.base import Optimizer, registry
from pellucid.settings import kept_share


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
        self.momentum, self.nesterov = kept_share(self, "momentum", momentum), nesterov
        if not momentum:
            self.slots = ()

    def update(self, theta, g, alpha, t, v=None):
        """One step against the gradient."""
        engine = engine_of(theta)
        if v is None:
            engine.blend(theta, 1, g, -alpha)
            return
        plain = not self.nesterov
        if plain and engine.momentum(theta, g, v, alpha=alpha, beta=self.momentum):
            return
        move_average(v, g, self.momentum, gain=-alpha)
        theta += self.momentum * v - alpha * g if self.nesterov else v


@registry.register
class Lion(Optimizer):
    """theta = theta - alpha sign(beta_1 m + (1 - beta_1) g),   m = beta_2 m + (1 - beta_2) g.

    Every step of a weight is as long as alpha, so alpha is chosen some times smaller than Adam's,
    and `weight_decay` as much larger (Chen et al. 2023).
    """

    slots = ("m",)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
        **settings: Any,
    ) -> None:
        super().__init__(learning_rate, **settings)
        self.beta_1, self.beta_2 = (
            kept_share(self, "beta_1", beta_1),
            kept_share(self, "beta_2", beta_2),
        )

    def update(self, theta, g, alpha, t, m):
        """One step of length alpha, in the direction of the averaged gradient's signs."""
        theta -= alpha * engine_of(g).xp.sign(self.beta_1 * m + (1 - self.beta_1) * g)
        move_average(m, g, self.beta_2)
