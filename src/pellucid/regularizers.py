"""Regularisers: what is added to the loss for large weights. Letters: W weights, m examples.

What lambda means differs, and is said in each: `L2(l)` adds l sum W^2, so dW gains 2 l W, as in
Keras; `Frobenius(l)` adds l / (2 m) sum W^2, so dW gains (l / m) W, as in the text-book form.
A regulariser may also be a plain function, (W, m) -> number or (W) -> number, made of gates.
"""

import inspect
from typing import Any

from pellucid import nn
from pellucid.registry import Configurable, Registry
from pellucid.settings import not_negative

registry = Registry("regularizer")


def get(identifier: Any) -> Any:
    """The callable (W, m) that a name, settings, a regulariser or a plain function stands for."""
    found = registry.get(identifier)
    if found is None or isinstance(found, Regularizer):
        return found
    takes_m = len(inspect.signature(found).parameters) > 1
    return found if takes_m else lambda W, m: found(W)


class Regularizer(Configurable):
    """A penalty for weights W. Subclasses write `__call__(W, m)`; m is the batch's examples."""

    def __call__(self, W: Any, m: int = 1) -> Any:
        """The penalty, one number made of gates."""
        raise TypeError(f"{type(self).__name__} needs a method __call__(self, W, m)")


@registry.register
class L1(Regularizer):
    """l1 sum of |W|, so that dW gains l1 sign(W): drives weights to zero."""

    def __init__(self, l1: float = 0.01) -> None:
        self.l1 = factor(self, "l1", l1)

    def __call__(self, W: Any, m: int = 1) -> Any:
        """The penalty; m plays no part."""
        return self.l1 * nn.sum(nn.abs(W))


@registry.register
class L2(Regularizer):
    """l2 sum of W^2, so that dW gains 2 l2 W: keeps weights small."""

    def __init__(self, l2: float = 0.01) -> None:
        self.l2 = factor(self, "l2", l2)

    def __call__(self, W: Any, m: int = 1) -> Any:
        """The penalty; m plays no part."""
        return self.l2 * nn.sum(W * W)


@registry.register
class L1L2(Regularizer):
    """l1 sum of |W| + l2 sum of W^2, so that dW gains l1 sign(W) + 2 l2 W."""

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1, self.l2 = factor(self, "l1", l1), factor(self, "l2", l2)

    def __call__(self, W: Any, m: int = 1) -> Any:
        """The penalty; m plays no part."""
        return self.l1 * nn.sum(nn.abs(W)) + self.l2 * nn.sum(W * W)


@registry.register
class Frobenius(Regularizer):
    """lambda / (2 m) sum of W^2, with m the examples that the loss is the mean of: the batch.

    In the backward pass dW gains (lambda / m) W. With batches of m it equals L2(lambda / (2 m)).
    """

    def __init__(self, lam: float = 0.01) -> None:
        self.lam = factor(self, "lam", lam)

    def __call__(self, W: Any, m: int = 1) -> Any:
        """The penalty for a batch of m examples."""
        return self.lam / (2 * m) * nn.sum(W * W)


def factor(regularizer: Regularizer, name: str, value: float) -> float:
    """A factor of a penalty. Raises SettingError unless it is a finite number from 0."""
    return float(not_negative(regularizer, name, value, "Try 0.01."))
