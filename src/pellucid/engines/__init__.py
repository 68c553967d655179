"""Floor 1: where arrays live and kernels run.

Only the files of this folder know NumPy's or another library's own functions.
"""

from pellucid.engines.choosing import (
    chooses,
    engine_among,
    engine_of,
    find,
    in_use,
    installed,
    is_auto,
    numpy_engine,
    use,
    using,
    why_no_cuda,
)
from pellucid.engines.engine import Array, Engine
from pellucid.engines.numpy_engine import NumpyEngine
from pellucid.engines.sampling import Sampling
from pellucid.engines.waiting import Waiting, computed
from pellucid.engines.window import Window, same_padding

__all__ = [
    "Array",
    "Engine",
    "NumpyEngine",
    "Sampling",
    "Waiting",
    "Window",
    "chooses",
    "computed",
    "engine_among",
    "engine_of",
    "find",
    "in_use",
    "installed",
    "is_auto",
    "numpy_engine",
    "same_padding",
    "use",
    "using",
    "why_no_cuda",
]
