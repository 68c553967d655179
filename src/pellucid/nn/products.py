"""Products with matrices, and the rows of a table, which are a product with one-hot rows."""

from typing import Any

from pellucid import gates
from pellucid.graph.tensor import apply
from pellucid.nn.values import Value, whole


def matmul(a: Value, b: Value) -> Any:
    """The matrix product."""
    return apply(gates.MatMul(), a, b)


def dense(x: Value, W: Value, b: Value = None) -> Any:
    """x W + b: x (..., D), W (D, U), b (U,) -> (..., U)."""
    return apply(gates.Dense(), x, W, b)


def embedding(i: Value, W: Value) -> Any:
    """The rows i of the table W: i (...), W (V, U) -> (..., U)."""
    return apply(gates.Embedding(), whole(i), W)
