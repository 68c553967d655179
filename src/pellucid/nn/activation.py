"""Activations: what stands between linear layers."""

from typing import Any

from pellucid import gates
from pellucid.graph.tensor import apply
from pellucid.nn.arithmetic import clip, minimum, subtract
from pellucid.nn.values import Value


def linear(z: Value) -> Any:
    """z itself."""
    return apply(gates.Linear(), z)


def sigmoid(z: Value) -> Any:
    """1 / (1 + e^-z)."""
    return apply(gates.Sigmoid(), z)


def tanh(z: Value) -> Any:
    """The hyperbolic tangent."""
    return apply(gates.Tanh(), z)


def relu(z: Value) -> Any:
    """max(0, z)."""
    return apply(gates.ReLU(), z)


def leaky_relu(z: Value, negative_slope: float = 0.2) -> Any:
    """z where positive, else negative_slope times z."""
    return apply(gates.LeakyReLU(negative_slope), z)


def relu6(z: Value) -> Any:
    """max(0, z), and of that at most 6."""
    return minimum(relu(z), 6.0)


def prelu(z: Value, alpha: Value) -> Any:
    """z where positive, else alpha z: z (N, ...), alpha of the shape of an example, or with 1s."""
    return apply(gates.PReLU(), z, alpha)


def elu(z: Value, alpha: float = 1.0) -> Any:
    """z where positive, else alpha (e^z - 1)."""
    return apply(gates.ELU(alpha), z)


def selu(z: Value) -> Any:
    """elu, scaled so that it keeps a mean of 0 and a variance of 1."""
    return apply(gates.SELU(), z)


def celu(z: Value, alpha: float = 1.0) -> Any:
    """z where positive, else alpha (e^(z / alpha) - 1)."""
    return apply(gates.CELU(alpha), z)


def gelu(z: Value, approximate: bool = False) -> Any:
    """z times the standard normal's distribution function at z."""
    return apply(gates.TanhGELU() if approximate else gates.GELU(), z)


def silu(z: Value) -> Any:
    """z times sigmoid(z)."""
    return apply(gates.SiLU(), z)


def mish(z: Value) -> Any:
    """z times tanh(softplus(z))."""
    return apply(gates.Mish(), z)


def glu(z: Value, axis: int = -1) -> Any:
    """The first half of z along an axis, times the sigmoid of the second."""
    return apply(gates.GLU(axis), z)


def softplus(z: Value) -> Any:
    """ln(1 + e^z)."""
    return apply(gates.Softplus(), z)


def squareplus(z: Value, b: float = 4.0) -> Any:
    """(z + sqrt(z^2 + b)) / 2: like softplus, without an exponential."""
    return apply(gates.Squareplus(b), z)


def softsign(z: Value) -> Any:
    """z / (1 + |z|)."""
    return apply(gates.Softsign(), z)


def log_sigmoid(z: Value) -> Any:
    """The logarithm of sigmoid, without ever forming sigmoid."""
    return apply(gates.LogSigmoid(), z)


def tanh_shrink(z: Value) -> Any:
    """z - tanh(z)."""
    return subtract(z, tanh(z))


def hard_tanh(z: Value) -> Any:
    """z, but at least -1 and at most 1."""
    return clip(z, -1.0, 1.0)


def hard_sigmoid(z: Value) -> Any:
    """z / 6 + 1/2, but at least 0 and at most 1."""
    return apply(gates.HardSigmoid(), z)


def hard_silu(z: Value) -> Any:
    """z times hard_sigmoid(z)."""
    return apply(gates.HardSiLU(), z)


def hard_shrink(z: Value, threshold: float = 0.5) -> Any:
    """z where |z| is above the threshold, else 0."""
    return apply(gates.HardShrink(threshold), z)


def soft_shrink(z: Value, threshold: float = 0.5) -> Any:
    """z moved towards 0 by the threshold, and no further than to 0."""
    return subtract(z, clip(z, -threshold, threshold))


def threshold(z: Value, threshold: float, default_value: float) -> Any:
    """z where it is above the threshold, else the default value."""
    return apply(gates.Threshold(threshold, default_value), z)


def sparse_plus(z: Value) -> Any:
    """0 up to -1, (z + 1)^2 / 4 from there to 1, z beyond."""
    return apply(gates.SparsePlus(), z)


def sparse_sigmoid(z: Value) -> Any:
    """z / 2 + 1/2, but at least 0 and at most 1."""
    return apply(gates.HardSigmoid(1 / 2), z)


def softmax(z: Value, axis: int = -1) -> Any:
    """Scores as probabilities that sum to one along an axis."""
    return apply(gates.Softmax(axis), z)


def log_softmax(z: Value, axis: int = -1) -> Any:
    """The logarithm of softmax, without ever forming softmax."""
    return apply(gates.LogSoftmax(axis), z)


def sparsemax(z: Value, axis: int = -1) -> Any:
    """Scores as probabilities that sum to one along an axis, many of them exactly 0."""
    return apply(gates.Sparsemax(axis), z)
