"""What an index of NumPy's says, for PyTorch's arrays, which take no slices that go backwards."""

from typing import Any

import numpy as np
import torch

from pellucid.engines.engine import Shape


def parts_of(index: Any) -> tuple:
    """What an index says of each axis."""
    return index if isinstance(index, tuple) else (index,)


def counts_down(index: Any) -> bool:
    """Whether an index has a slice that goes backwards, which PyTorch's arrays do not take."""
    return any(isinstance(p, slice) and (p.step or 1) < 0 for p in parts_of(index))


def meets_each_place_once(index: Any) -> bool:
    """Whether an index is made of slices and numbers alone."""
    return not any(isinstance(p, torch.Tensor | np.ndarray | list) for p in parts_of(index))


def upwards(shape: Shape, index: Any) -> tuple[list[int], tuple]:
    """An index whose slices go forwards, and along which axes the array has to be flipped first."""
    axes: list[int] = []
    parts: list[Any] = []
    axis, given = 0, parts_of(index)
    for part in given:
        if isinstance(part, slice) and (part.step or 1) < 0:
            n = shape[axis]
            places = range(n)[part]
            axes.append(axis)
            part = slice(0, 0)
            if places:
                part = slice(n - 1 - places[0], n - places[-1], -places.step)
        parts.append(part)
        if part is Ellipsis:
            axis += len(shape) - sum(p is not None and p is not Ellipsis for p in given)
        else:
            axis += part is not None
    return axes, tuple(parts)
