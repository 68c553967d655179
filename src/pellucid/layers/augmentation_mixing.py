"""Examples mixed with one another in training: their inputs here, their targets by `fit`.

Letters: x (N, ...) inputs, y their targets; lambda_i the share of example i in what takes its
place, j(i) its partner, which has the rest.
"""

from typing import Any

from pellucid.engines import Array, engine_of
from pellucid.layers.augmentation import Augmentation
from pellucid.layers.layer import registry
from pellucid.layers.noise import Random
from pellucid.layers.symbol import Shape
from pellucid.settings import positive
from pellucid.targets import of_type


class Mixing(Augmentation):
    """The base of layers that mix examples: `mixing` says how the last call did.

    It is (shares (N,), partners (N,)), or None where nothing was mixed, as in inference. `fit`
    reads it after each forward pass: the loss of example i is then

        lambda_i L(y_i) + (1 - lambda_i) L(y_j(i))

    with the weights of both examples, and metrics compare with the target of the larger share. For
    losses that are linear in the target (the cross-entropies) this is the loss of the mixed target
    lambda_i y_i + (1 - lambda_i) y_j(i), and for squared error it is up to a constant. So
    targets may be class numbers, one-hot rows or numbers, and any loss will do. (In Keras, such a
    layer mixes one-hot rows, before `fit`.)

    The layer may stand anywhere in a model, once: what it mixes are its own inputs.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.mixing: tuple[Array, Array] | None = None

    def call(self, x: Any, training: bool = False) -> Any:
        """x, mixed in training."""
        self.mixing = None
        return super().call(x, training)


@registry.register
class MixUp(Mixing):
    """lambda x_i + (1 - lambda) x_j: each example mixed with another one of its batch.

    lambda is drawn for each from Beta(alpha, alpha), the partners are a permutation of the batch.
    A small `alpha` leaves most examples nearly as they are, 1 makes every share as likely, a large
    one mixes half and half. Inputs are of any shape (N, ...); in Keras, images. How the targets are
    mixed, `Mixing` says. Zhang, Cisse, Dauphin, Lopez-Paz 2018. Raises SettingError unless alpha is
    above 0.
    """

    def __init__(self, alpha: float = 0.2, **settings: Any) -> None:
        super().__init__(**settings)
        self.alpha = positive(self, "alpha", alpha, "Try 0.2.")

    def build(self, input_shape: Shape) -> None:
        """Its own stream of random numbers."""
        Random.build(self, input_shape)  # inputs of any rank will do

    def augment(self, x: Any) -> Any:
        """lambda x_i + (1 - lambda) x_j."""
        N = x.shape[0]
        share = self.generator.beta(self.alpha, self.alpha, N)
        partner = self.generator.permutation(N)
        engine = engine_of(x)
        self.mixing = share, partner = engine.asarray(share), engine.asarray(partner)
        xp = engine.xp
        share = of_type(x, xp.reshape(share, (N,) + (1,) * (x.ndim - 1)))
        return share * x + (1 - share) * x[partner]
