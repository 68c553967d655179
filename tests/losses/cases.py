"""Targets and outputs for every registered loss."""

import numpy as np

from pellucid import losses
from pellucid.losses import FunctionLoss, KLDivergence, MeanSquaredLogarithmicError, Poisson

N, C = 6, 4
NAMED = [kind for kind in dict.fromkeys(losses.registry.known.values()) if kind is not FunctionLoss]
AMOUNTS = (Poisson, MeanSquaredLogarithmicError)  # losses on numbers from 0 up


def scores(rng, dtype="float64"):
    return rng.normal(size=(N, C)).astype(dtype)


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def example(kind, rng):
    """Targets and outputs that a loss takes as it stands."""
    z = scores(rng)
    if kind.targets == "numbers":
        y = rng.normal(size=(N, C))
        return (rng.poisson(2.0, (N, C)), np.exp(z)) if issubclass(kind, AMOUNTS) else (y, z)
    if kind.targets == "binary":
        return rng.integers(0, 2, size=(N, C)), z if kind.from_logits else sigmoid(z)
    p = z if kind.from_logits else softmax(z)
    if issubclass(kind, KLDivergence):
        return softmax(scores(rng)), p
    y = rng.integers(0, C, size=N)
    return (np.eye(C)[y] if kind.targets == "one-hot" else y), p
