"""Floor 1: where arrays live and kernels run.

Only the files of this folder know NumPy's or another library's own functions.
"""

from typing import Any

from pellucid.engines.engine import Array, Engine
from pellucid.engines.numpy_engine import NumpyEngine
from pellucid.engines.sampling import Sampling
from pellucid.engines.window import Window, same_padding

numpy_engine = NumpyEngine()


def engine_of(array: Any) -> Engine:
    """The engine that computes on arrays of this type."""
    return numpy_engine


__all__ = [
    "Array",
    "Engine",
    "NumpyEngine",
    "Sampling",
    "Window",
    "engine_of",
    "numpy_engine",
    "same_padding",
]
