"""Pellucid: deep learning you can see through.

Names are imported when they are first used, so that `import pellucid` costs almost nothing.
"""

import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pellucid import data, distributed, layers, losses, metrics, nn, optimizers
    from pellucid.config import floatx, set_floatx
    from pellucid.engines import use
    from pellucid.gates import Gate
    from pellucid.graph import Tensor, apply, no_graph
    from pellucid.graph.gradient_check import check_gate, gradient_check
    from pellucid.insight import circuit
    from pellucid.layers import Input, Layer
    from pellucid.models import Model, Sequential, clone_model
    from pellucid.random import set_random_seed
    from pellucid.storage import load

__version__ = "0.1.0"

_ROOMS = {
    "pellucid.config": ("floatx", "set_floatx"),
    "pellucid.engines": ("use",),
    "pellucid.gates": ("Gate",),
    "pellucid.graph": ("Tensor", "apply", "no_graph"),
    "pellucid.graph.gradient_check": ("check_gate", "gradient_check"),
    "pellucid.insight": ("circuit",),
    "pellucid.layers": ("Input", "Layer"),
    "pellucid.models": ("Model", "Sequential", "clone_model"),
    "pellucid.random": ("set_random_seed",),
    "pellucid.storage": ("load",),
}
_HOME = {name: room for room, names in _ROOMS.items() for name in names}
_SUBMODULES = [
    *["activations", "averages", "callbacks", "config", "constraints", "data", "distributed"],
    *["engines"],
    *["errors", "gates", "graph", "initializers", "insight", "layers", "losses", "metrics"],
    *["interop", "models", "nn", "optimizers", "random", "registry", "regularizers", "schedules"],
    *["storage", "targets", "training"],
]

__all__ = [
    "Gate",
    "Input",
    "Layer",
    "Model",
    "Sequential",
    "Tensor",
    "apply",
    "check_gate",
    "circuit",
    "clone_model",
    "data",
    "distributed",
    "floatx",
    "gradient_check",
    "layers",
    "load",
    "losses",
    "metrics",
    "nn",
    "no_graph",
    "optimizers",
    "set_floatx",
    "set_random_seed",
    "use",
]


def __getattr__(name: str) -> Any:
    """Import a public name, or a room of the library, when it is first asked for."""
    if name in _HOME:
        value = getattr(importlib.import_module(_HOME[name]), name)
    elif name in _SUBMODULES:
        value = importlib.import_module(f"pellucid.{name}")
    else:
        module = sys.modules[__name__]  # from which Python suggests the nearest name
        raise AttributeError(f"module 'pellucid' has no attribute {name!r}", name=name, obj=module)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME, *_SUBMODULES})
