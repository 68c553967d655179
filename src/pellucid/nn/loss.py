"""Losses: one number an example. Outputs may be tensors; targets take no gradient."""

from typing import Any

from pellucid import gates
from pellucid.config import floatx
from pellucid.engines import engine_of
from pellucid.graph.tensor import Tensor, apply
from pellucid.nn.values import Value, whole


def softmax_cross_entropy(z: Value, y: Value) -> Any:
    """-sum of y ln softmax(z): scores z (..., C), probabilities y (..., C) -> (...)."""
    return apply(gates.SoftmaxCrossEntropy(), z, _like(z, y))


def sparse_softmax_cross_entropy(z: Value, y: Value) -> Any:
    """-ln softmax(z)[y]: scores z (..., C), class numbers y (...) -> (...)."""
    return apply(gates.SparseSoftmaxCrossEntropy(), z, whole(y))


def sigmoid_cross_entropy(z: Value, y: Value) -> Any:
    """-y ln sigmoid(z) - (1 - y) ln(1 - sigmoid(z)), element by element."""
    return apply(gates.SigmoidCrossEntropy(), z, _like(z, y))


def cross_entropy(p: Value, y: Value, epsilon: float = 1e-7) -> Any:
    """-sum of y ln p: probabilities p and y (..., C) -> (...)."""
    return apply(gates.CrossEntropy(epsilon), p, _like(p, y))


def sparse_cross_entropy(p: Value, y: Value, epsilon: float = 1e-7) -> Any:
    """-ln p[y]: probabilities p (..., C), class numbers y (...) -> (...)."""
    return apply(gates.SparseCrossEntropy(epsilon), p, whole(y))


def binary_cross_entropy(p: Value, y: Value, epsilon: float = 1e-7) -> Any:
    """-y ln p - (1 - y) ln(1 - p), element by element."""
    return apply(gates.BinaryCrossEntropy(epsilon), p, _like(p, y))


def sigmoid_focal_cross_entropy(z: Value, y: Value, gamma: float = 2.0) -> Any:
    """q^gamma times sigmoid_cross_entropy(z, y), q how far sigmoid(z) is from y."""
    return apply(gates.SigmoidFocalCrossEntropy(gamma), z, _like(z, y))


def softmax_focal_cross_entropy(z: Value, y: Value, gamma: float = 2.0) -> Any:
    """-sum of y (1 - p)^gamma ln p, p = softmax(z): z and y (..., C) -> (...)."""
    return apply(gates.SoftmaxFocalCrossEntropy(gamma), z, _like(z, y))


def squared_error(p: Value, y: Value) -> Any:
    """(p - y)^2, element by element."""
    return apply(gates.SquaredError(), p, _like(p, y))


def huber(p: Value, y: Value, delta: float = 1.0) -> Any:
    """d^2 / 2 up to |d| = delta, a straight line beyond, with d = p - y, element by element."""
    return apply(gates.Huber(delta), p, _like(p, y))


def log_cosh(p: Value, y: Value) -> Any:
    """ln cosh(p - y), element by element."""
    return apply(gates.LogCosh(), p, _like(p, y))


def multi_class_hinge(z: Value, y: Value) -> Any:
    """Sum over j != y of max(0, z_j - z_y + 1): scores z (N, C), class numbers y (N,) -> (N,)."""
    return apply(gates.MultiClassHinge(), z, whole(y))


def max_multi_class_hinge(z: Value, y: Value) -> Any:
    """max(0, 1 + max over j != y of z_j - z_y): scores z (N, C), class numbers y (N,) -> (N,)."""
    return apply(gates.MaxMultiClassHinge(), z, whole(y))


def _like(outputs: Value, y: Value) -> Any:
    """Targets in the number type of the outputs, so that a loss keeps that type."""
    if isinstance(y, Tensor):
        return y
    dtype = outputs.dtype if hasattr(outputs, "dtype") else floatx()
    return engine_of(y).asarray(y, dtype=dtype)
