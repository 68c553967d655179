"""Plain data and arrays as one row of bytes, and back: what processes tell each other.

The bytes are eight that give the length of a JSON text, the text, and behind it the arrays. There
is no pickle: what comes in can be data and nothing else.
"""

import json
import math
from typing import Any

import numpy as np

from pellucid.bundle import pull_arrays, put_arrays
from pellucid.engines import engine_of


def pack(data: Any) -> Any:
    """Numbers, texts, lists, dictionaries (keys are texts) and arrays as an array of bytes (n,)."""
    arrays: dict[str, Any] = {}
    plain = pull_arrays(data, "", arrays)
    hosted = {name: engine_of(array).to_numpy(array) for name, array in arrays.items()}
    forms = {name: [str(array.dtype), array.shape] for name, array in hosted.items()}
    text = json.dumps([plain, forms]).encode()
    parts = [len(text).to_bytes(8, "little"), text, *(a.tobytes() for a in hosted.values())]
    return np.frombuffer(bytearray(b"".join(parts)), np.uint8)


def unpack(packed: Any) -> Any:
    """The data that `pack` made bytes of; arrays are NumPy's."""
    raw = packed.tobytes()
    start = 8 + int.from_bytes(raw[:8], "little")
    plain, forms = json.loads(raw[8:start])
    arrays = {}
    for name, (dtype, shape) in forms.items():
        count = math.prod(shape)
        arrays[name] = np.frombuffer(raw, dtype, count, start).reshape(shape).copy()
        start += arrays[name].nbytes
    return put_arrays(plain, arrays)
