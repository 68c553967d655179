"""The gradient of what was max-pooled, read block by block: no memory for all of it.

It is four times as large as the gradient that it is made of, and three quarters of it are zeros. A
convolution that comes next on the way back reads it once, by blocks of images: each is made in the
cache of the core that reads it. Its sum over images and places is that of what it is made of.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from pellucid.engines import halving
from pellucid.engines.waiting import Waiting, computed, read

Array = Any


class Unpooled(Waiting):
    """dx of images of `shape`, from `pooled`, dz of their 2 x 2 windows, and the winners there.

    `whole()` gives all of it, for any other reader. See `halving`.
    """

    def __init__(
        self,
        dz: Array,
        winner: tuple[Array, Array],
        shape: tuple[int, ...],
        whole: Callable[[], Array],
    ) -> None:
        self.shape, self.ndim, self.dtype = shape, len(shape), dz.dtype
        self._made_of, self._array = (dz, *winner), None
        self._whole, self.pooled = whole, dz

    def computed(self) -> Array:
        """All of it."""
        if self._made_of is not None:
            self._array, self._made_of = self._whole(), None
        return self._array

    def __getitem__(self, block: Any) -> Array:
        """The images of a block, a slice of all."""
        if self._made_of is None or not isinstance(block, slice):
            return self.computed()[block]
        dz, is_right, is_below = (part[block] for part in self._made_of)
        dx = np.empty((len(dz), *self.shape[1:]), self.dtype)
        halving.halve_dx(dz, is_right, is_below, dx)
        return dx

    def _joined(self, arrays: list[Array], vectors: list[Array]) -> Callable[[Any, Any], Any]:
        """The array, which is no formula."""
        return read(self.computed(), arrays)


def summed(x: Any) -> Array:
    """An array that has the sums of x over images and places, and may be smaller."""
    if isinstance(x, Unpooled) and x.waits:
        return x.pooled
    return computed(x)
