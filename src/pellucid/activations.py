"""Activations by name: what `activation="relu"` in a layer means. They are functions of `nn`."""

from typing import Any

from pellucid.nn import (
    elu,
    gelu,
    leaky_relu,
    linear,
    log_softmax,
    relu,
    sigmoid,
    silu,
    softmax,
    softplus,
    tanh,
)
from pellucid.registry import Registry

registry = Registry("activation")
register = registry.register

for _function in (linear, sigmoid, tanh, relu, leaky_relu, elu, gelu, softplus, softmax):
    register(_function)
register(log_softmax)
register(silu, "swish")


def get(identifier: Any) -> Any:
    """The function that a name, a function, a layer, or None (linear) stands for."""
    if isinstance(identifier, dict):  # the settings of a layer that is used as an activation
        from pellucid.layers import registry as layers

        return layers.get(identifier)
    return linear if identifier is None else registry.get(identifier)
