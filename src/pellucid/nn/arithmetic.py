"""Numbers joined element by element, and sums, means and maxima over axes."""

from typing import Any

from pellucid import gates
from pellucid.graph.tensor import apply
from pellucid.nn.values import Axis, Value


def add(a: Value, b: Value) -> Any:
    """a + b."""
    return apply(gates.Add(), a, b)


def subtract(a: Value, b: Value) -> Any:
    """a - b."""
    return apply(gates.Subtract(), a, b)


def multiply(a: Value, b: Value) -> Any:
    """a times b, element by element."""
    return apply(gates.Multiply(), a, b)


def divide(a: Value, b: Value) -> Any:
    """a / b."""
    return apply(gates.Divide(), a, b)


def power(a: Value, b: Value) -> Any:
    """a to the power of b."""
    return apply(gates.Power(), a, b)


def maximum(a: Value, b: Value) -> Any:
    """The larger of a and b, element by element."""
    return apply(gates.Maximum(), a, b)


def minimum(a: Value, b: Value) -> Any:
    """The smaller of a and b, element by element."""
    return apply(gates.Minimum(), a, b)


def where(condition: Value, a: Value, b: Value) -> Any:
    """a where the condition holds, b elsewhere."""
    return apply(gates.Where(), condition, a, b)


def exp(x: Value) -> Any:
    """e to the power of x."""
    return apply(gates.Exp(), x)


def log(x: Value) -> Any:
    """The natural logarithm of x."""
    return apply(gates.Log(), x)


def sqrt(x: Value) -> Any:
    """The square root of x."""
    return apply(gates.Sqrt(), x)


def abs(x: Value) -> Any:
    """The absolute value of x."""
    return apply(gates.Abs(), x)


def clip(x: Value, low: float | None = None, high: float | None = None) -> Any:
    """x, but at least low and at most high."""
    return apply(gates.Clip(low, high), x)


def sum(x: Value, axis: Axis = None, keepdims: bool = False) -> Any:
    """The sum over some axes, or over all."""
    return apply(gates.Sum(axis, keepdims), x)


def mean(x: Value, axis: Axis = None, keepdims: bool = False) -> Any:
    """The mean over some axes, or over all."""
    return apply(gates.Mean(axis, keepdims), x)


def max(x: Value, axis: Axis = None, keepdims: bool = False) -> Any:
    """The largest over some axes, or over all."""
    return apply(gates.Max(axis, keepdims), x)
