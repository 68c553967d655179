"""Normalisation over the batch, or by example."""

from typing import Any

from pellucid import gates
from pellucid.engines import Array
from pellucid.graph.tensor import apply
from pellucid.nn.values import Axis, Value


def batch_norm(x: Value, gamma: Value, beta: Value, epsilon: float = 1e-3) -> Any:
    """Each channel at mean 0 and variance 1 over the batch, times gamma, plus beta."""
    return apply(gates.BatchNorm(epsilon), x, gamma, beta)


def fixed_batch_norm(
    x: Value, gamma: Value, beta: Value, mu: Array, var: Array, epsilon: float = 1e-3
) -> Any:
    """Each channel normalised with a given mean and variance, times gamma, plus beta."""
    return apply(gates.FixedBatchNorm(epsilon), x, gamma, beta, mu, var)


def layer_norm(x: Value, gamma: Value, beta: Value, epsilon: float = 1e-3) -> Any:
    """Each example at mean 0 and variance 1 over its last axes, times gamma, plus beta."""
    return apply(gates.LayerNorm(epsilon), x, gamma, beta)


def group_norm(x: Value, gamma: Value, beta: Value, groups: int, epsilon: float = 1e-3) -> Any:
    """Each group of channels of each example at mean 0 and variance 1, times gamma, plus beta."""
    return apply(gates.GroupNorm(groups, epsilon), x, gamma, beta)


def rms_norm(x: Value, gamma: Value, epsilon: float = 1e-6) -> Any:
    """Each example divided by its root mean square over its last axes, times gamma."""
    return apply(gates.RMSNorm(epsilon), x, gamma)


def unit_norm(x: Value, axis: Axis = -1, epsilon: float = 1e-12) -> Any:
    """x divided by its length along some axes, or by epsilon where it is shorter."""
    return apply(gates.UnitNorm(axis, epsilon), x)
