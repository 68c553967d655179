"""Floor 1: where arrays live and kernels run.

Only the files of this folder know NumPy's or another library's own functions.
"""

from pellucid.engines.choosing import (
    engine_among,
    engine_of,
    find,
    in_use,
    numpy_engine,
    use,
    why_no_cuda,
)
from pellucid.engines.engine import Array, Engine
from pellucid.engines.numpy_engine import NumpyEngine
from pellucid.engines.sampling import Sampling
from pellucid.engines.waiting import Waiting
from pellucid.engines.window import Window, same_padding

__all__ = [
    "Array",
    "Engine",
    "NumpyEngine",
    "Sampling",
    "Waiting",
    "Window",
    "engine_among",
    "engine_of",
    "find",
    "in_use",
    "numpy_engine",
    "same_padding",
    "use",
    "why_no_cuda",
]
