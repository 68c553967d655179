"""Arrays of NumPy's brought to an engine, and back."""

import numpy as np

from pellucid import Tensor
from pellucid.engines import engine_of


def brought(engine, value):
    """NumPy's arrays, also those in a list, as the engine's; anything else as it is."""
    if isinstance(value, list | tuple):
        return type(value)(brought(engine, each) for each in value)
    return engine.asarray(value) if isinstance(value, np.ndarray | np.generic) else value


def as_numpy(value):
    """An engine's array, or a tensor's, as NumPy's."""
    array = value.value if isinstance(value, Tensor) else value
    return engine_of(array).to_numpy(array)


def type_of(value):
    """The name of an array's number type."""
    return str(value.dtype).removeprefix("torch.")
