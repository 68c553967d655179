"""Targets and outputs for every registered loss."""

import numpy as np

from pellucid import losses
from pellucid.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    FunctionLoss,
    MultiClassHinge,
    SparseCategoricalCrossentropy,
)

N, C = 6, 4
NAMED = [kind for kind in dict.fromkeys(losses.registry.known.values()) if kind is not FunctionLoss]


def scores(rng, dtype="float64"):
    return rng.normal(size=(N, C)).astype(dtype)


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def example(kind, rng):
    """Targets and outputs that a loss takes."""
    z = scores(rng)
    if issubclass(kind, BinaryCrossentropy):
        return rng.integers(0, 2, size=(N, C)), 1 / (1 + np.exp(-z))
    if issubclass(kind, CategoricalCrossentropy):
        return np.eye(C)[rng.integers(0, C, size=N)], softmax(z)
    if issubclass(kind, SparseCategoricalCrossentropy):
        return rng.integers(0, C, size=N), softmax(z)
    if issubclass(kind, MultiClassHinge):
        return rng.integers(0, C, size=N), z
    return rng.normal(size=(N, C)), z
