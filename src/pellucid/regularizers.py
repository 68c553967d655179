"""Regularisers: what is added to the loss for large weights. Letters: W weights, m examples.

What lambda means differs, and is said in each: `L2(l)` adds l sum W^2, so dW gains 2 l W, as in
Keras; `Frobenius(l)` adds l / (2 m) sum W^2, so dW gains (l / m) W, as in the text-book form.
A regulariser is any callable (W, m) -> number, made of gates.
"""

from typing import Any

from pellucid import nn
from pellucid.registry import Configurable, Registry

registry = Registry("regularizer")
get = registry.get


@registry.register
class L1(Configurable):
    """l1 sum of |W|: drives weights to zero."""

    def __init__(self, l1: float = 0.01) -> None:
        self.l1 = l1

    def __call__(self, W: Any, m: int) -> Any:
        """The penalty; m plays no part."""
        return self.l1 * nn.sum(nn.abs(W))


@registry.register
class L2(Configurable):
    """l2 sum of W^2: keeps weights small."""

    def __init__(self, l2: float = 0.01) -> None:
        self.l2 = l2

    def __call__(self, W: Any, m: int) -> Any:
        """The penalty; m plays no part."""
        return self.l2 * nn.sum(W * W)


@registry.register
class L1L2(Configurable):
    """l1 sum of |W| + l2 sum of W^2."""

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1, self.l2 = l1, l2

    def __call__(self, W: Any, m: int) -> Any:
        """The penalty; m plays no part."""
        return self.l1 * nn.sum(nn.abs(W)) + self.l2 * nn.sum(W * W)


@registry.register
class Frobenius(Configurable):
    """lambda / (2 m) sum of W^2, with m the examples that the loss is the mean of: the batch.

    In the backward pass dW gains (lambda / m) W. With batches of m it equals L2(lambda / (2 m)).
    """

    def __init__(self, lam: float = 0.01) -> None:
        self.lam = lam

    def __call__(self, W: Any, m: int) -> Any:
        """The penalty for a batch of m examples."""
        return self.lam / (2 * m) * nn.sum(W * W)
