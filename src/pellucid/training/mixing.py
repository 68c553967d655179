"""Batches whose examples a layer mixed (`MixUp`): each output then has several targets, by shares.

A *part* of a mixed batch is (targets, shares): one target for each example, and how much of it is
in the example. Together the parts share out every example.
"""

from typing import Any

from pellucid.engines import engine_of
from pellucid.layers.augmentation_mixing import Mixing
from pellucid.layers.layer import Layer
from pellucid.targets import as_array, as_output, spread_over


class Mixture:
    """What the mixing layers among `layers` made of the last batch."""

    def __init__(self, layers: list[Layer]) -> None:
        self.layers = [layer for layer in layers if isinstance(layer, Mixing)]

    def loss(self, loss: Any, y: Any, output: Any, weight: Any = None) -> Any:
        """The loss of the batch: that of each part, by its shares."""
        if not self.is_mixed:
            return loss(y, output, weight)
        p = as_output(output)
        parts = [(loss.call(target, p), share) for target, share in self.parts(y, weight)]
        shares = [spread_over(share, losses) for losses, share in parts]
        weighed = [losses * share for (losses, _), share in zip(parts, shares, strict=True)]
        return loss.reduce(sum(weighed[1:], weighed[0]), sum(shares[1:], shares[0]))

    def main_targets(self, y: Any) -> Any:
        """The target of which most is in each example: what metrics compare with."""
        if not self.is_mixed:
            return y
        targets, shares = zip(*self.parts(y), strict=True)
        xp = engine_of(y).xp
        return xp.stack(targets)[xp.argmax(xp.stack(shares), axis=0), xp.arange(len(y))]

    @property
    def is_mixed(self) -> bool:
        """Whether any layer mixed the batch: in inference none does."""
        return bool(self.layers) and any(layer.mixing for layer in self.layers)

    def parts(self, y: Any, weight: Any = None) -> list[tuple[Any, Any]]:
        """The parts of the batch; each share times the weight of the example that it is of."""
        y = as_array(y)
        xp = engine_of(y).xp
        found = [(y, xp.ones(len(y)) if weight is None else as_array(weight))]
        for share, partner in (layer.mixing for layer in self.layers if layer.mixing):
            share = xp.reshape(share, (-1,) + (1,) * (found[0][1].ndim - 1))
            own = [(target, share * w) for target, w in found]
            found = own + [(target[partner], (1 - share) * w[partner]) for target, w in found]
        return found
