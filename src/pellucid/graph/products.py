"""The gates that are products, on an engine that makes products in a number type of its own.

Such an engine brings what it multiplies to that type by itself, wherever it is asked for a product.
These gates are given their factors in it from the start: each is then rounded once, for the gate's
result and for its derivatives, and the gate keeps the short form alone.
"""

from functools import partial
from typing import Any

from pellucid import gates
from pellucid.engines import Array
from pellucid.gates import Gate

# each multiplies its first two inputs with each other, and adds up what comes out
PRODUCTS = {
    gates.Dense,
    gates.MatMul,
    gates.Conv2D,
    gates.Conv1D,
    gates.DepthwiseConv2D,
    gates.Conv2DTranspose,
}


def forward_of(gate: Gate) -> Any:
    """The function that gives a gate's output on its engine."""
    if gate.engine.is_mixed and type(gate) in PRODUCTS:
        return partial(_of_factors, gate)
    return gate.forward


def _of_factors(gate: Gate, a: Array, b: Array, *others: Array) -> Array:
    """The output, from factors in the engine's type for them."""
    as_factor = gate.engine.as_factor
    return gate.forward(as_factor(a), as_factor(b), *others)
