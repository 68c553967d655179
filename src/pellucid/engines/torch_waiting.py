"""Arrays of PyTorch's over which what comes next may be written: what waiting.py is for NumPy.

PyTorch's kernels are whole ones and are carried out at once, so no formula waits here. But a
normalisation or a convolution is often followed by an addition and a rectifier, and each of these
would ask for memory of its own. Inside `joining()` the first one's result is `Fresh`: as long as
nobody has read it, the next one writes over it. A rectifier waits until it is read, so that a
pooling may go before it. Operations and their order are the same, and so is every bit.
"""

from collections.abc import Callable
from typing import Any

import torch

from pellucid.engines import waiting
from pellucid.engines.waiting import Waiting, computed

Array = torch.Tensor
LARGE = 1 << 20  # bytes from which memory of its own costs a result more than this does


class Held(Waiting):
    """What is, or will be, an array of the same shape, type and device as another."""

    def __init__(self, like: Any) -> None:
        self.shape, self.ndim, self.dtype = tuple(like.shape), like.ndim, like.dtype
        self.device = like.device
        self._array: Any = None

    @classmethod
    def __torch_function__(
        cls, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """A function of PyTorch's that meets one beside its own arrays reads it."""
        if function in (torch.Tensor.add, torch.Tensor.__add__) and not kwargs:
            return _sum(*args)
        return function(*map(computed, args), **(kwargs or {}))

    def __add__(self, other: Any) -> Any:
        return _sum(self, other)

    def __radd__(self, other: Any) -> Any:
        return _sum(other, self)


class Fresh(Held):
    """An array that was just made, and that may be written over until somebody reads it.

    Who reads it after it was written over has it made `again`. That takes a second time, so from
    then on nothing that is made by the weights `by` is fresh.
    """

    def __init__(self, array: Array, again: Callable[[], Array], by: Array) -> None:
        super().__init__(array)
        self._array, self._again, self._by = array, again, by
        self._is_read = False

    @property
    def waits(self) -> bool:
        """It is there already."""
        return False

    def computed(self) -> Array:
        """The array, which stays as it is from now on."""
        self._is_read = True
        if self._array is None:
            waiting.read_again(self._by)
            self._array = self._again()
        return self._array

    def taken(self) -> Array | None:
        """The array to write over; None where somebody has read it."""
        if self._is_read:
            return None
        array, self._array = self._array, None
        return array


class Rectified(Held):
    """max(z, 0), computed when it is read."""

    def __init__(self, z: Fresh) -> None:
        super().__init__(z)
        self._z: Fresh | None = z

    @property
    def waits(self) -> bool:
        """Whether it is not computed yet."""
        return self._z is not None

    def computed(self) -> Array:
        """The array."""
        if self._z is not None:
            array = self._z.taken()
            self._array = (
                torch.clamp(self._z.computed(), min=0) if array is None else array.clamp_(min=0)
            )
            self._z = None
        return self._array


def fresh(array: Array, again: Callable[[], Array], by: Array) -> Any:
    """The array, fresh where it is large and where that may be; `by`: weights that made it."""
    large = array.nbytes >= LARGE and array.is_contiguous()
    if not large or waiting.was_read_again(by) or not waiting.may_wait():
        return array
    return Fresh(array, again, by)


def _sum(a: Any, b: Any) -> Any:
    """a + b, written over one of them where that may be."""
    for own, other in ((a, b), (b, a)):
        if isinstance(own, Fresh) and _are_alike(own, other):
            beside, array = computed(other), own.taken()
            if array is not None:
                array += beside
                return Fresh(array, lambda: computed(a) + computed(b), own._by)
    return computed(a) + computed(b)


def _are_alike(a: Any, b: Any) -> bool:
    """Whether both have one shape and one type."""
    return a.shape == getattr(b, "shape", None) and a.dtype == b.dtype
