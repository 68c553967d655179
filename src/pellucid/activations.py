"""Activations by name: what `activation="relu"` in a layer means. They are functions of `nn`."""

from typing import Any

from pellucid.nn import (
    celu,
    elu,
    gelu,
    glu,
    hard_shrink,
    hard_sigmoid,
    hard_silu,
    hard_tanh,
    leaky_relu,
    linear,
    log_sigmoid,
    log_softmax,
    mish,
    relu,
    relu6,
    selu,
    sigmoid,
    silu,
    soft_shrink,
    softmax,
    softplus,
    softsign,
    sparse_plus,
    sparse_sigmoid,
    sparsemax,
    squareplus,
    tanh,
    tanh_shrink,
)
from pellucid.nn import exp as exponential
from pellucid.registry import Registry

registry = Registry("activation")
register = registry.register

for _function in (
    *(linear, sigmoid, tanh, softmax, log_softmax, log_sigmoid, gelu, mish, glu),
    *(softplus, squareplus, softsign, relu, relu6, leaky_relu, elu, selu, celu),
    *(hard_sigmoid, hard_tanh, hard_shrink, soft_shrink, tanh_shrink),
    *(sparse_plus, sparse_sigmoid, sparsemax),
):
    register(_function)
register(silu, "swish")
register(hard_silu, "hard_swish")
register(exponential, "exponential")


def get(identifier: Any) -> Any:
    """The function that a name, a function, a layer, or None (linear) stands for."""
    if isinstance(identifier, dict):  # the settings of a layer that is used as an activation
        from pellucid.layers import registry as layers

        return layers.get(identifier)
    return linear if identifier is None else registry.get(identifier)


def shape_after(activation: Any, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
    """The shape that an activation gives for this one: the same, but for glu, which halves."""
    if activation is not glu or shape[-1] is None:
        return shape
    return (*shape[:-1], shape[-1] // 2)
