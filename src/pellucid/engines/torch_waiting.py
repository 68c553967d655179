"""Arrays of PyTorch's over which what comes next may be written: what waiting.py is for NumPy.

PyTorch's kernels are whole ones and are carried out at once, so no formula waits here. But a
normalisation or a convolution is often followed by an addition and a rectifier, and each of these
would ask for memory of its own. Inside `joining()` the first one's result is `Fresh`: as long as
nobody has read it, the next one writes over it. A rectifier waits until it is read, so that a
pooling may go before it. Operations and their order are the same, and so is every bit.

What convolutions in bfloat16 give is held in that type, at half of the memory to read and write.
It stands for the same numbers in float32, and who reads it has them so. Normalisations, rectifiers,
poolings and additions take it as it is held and pass it on so; so do their ways back. They compute
in float32 and round what they give; the next convolution would round that anyway, so only in
additions is there a rounding more.
"""

from collections.abc import Callable
from typing import Any

import torch

from pellucid.engines import waiting
from pellucid.engines.waiting import Waiting, computed

Array = torch.Tensor
SHORT, LONG = torch.bfloat16, torch.float32
LARGE = 1 << 20  # bytes from which memory of its own costs a result more than this does


class Held(Waiting):
    """What is, or will be, an array of the same shape, type and device as another.

    One that `is_short` is held in bfloat16, and read in float32.
    """

    def __init__(self, like: Any) -> None:
        self.shape, self.ndim, self.device = tuple(like.shape), like.ndim, like.device
        self.is_short = is_short(like)
        self.dtype = LONG if self.is_short else like.dtype
        self._array: Any = None
        self._read: Any = None

    def held(self) -> Array:
        """The array in the type that it is held in."""
        return self._array

    def computed(self) -> Array:
        """The array in its own type."""
        if not self.is_short:
            return self.held()
        if self._read is None:
            self._read = self.held().to(LONG)
        return self._read

    @property
    def waits(self) -> bool:
        """Whether it is not computed yet."""
        return False

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

    def held(self) -> Array:
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

    def held(self) -> Array:
        """The array."""
        if self._z is not None:
            array = self._z.taken()
            self._array = (
                torch.clamp(self._z.held(), min=0) if array is None else array.clamp_(min=0)
            )
            self._z = None
        return self._array


class Short(Held):
    """An array in bfloat16 that is there, and stays as it is but for what is added in place."""

    def __init__(self, array: Array) -> None:
        super().__init__(array)
        self._array = array

    def __iadd__(self, other: Any) -> Any:
        if not is_short(other):
            return self + other
        self._array += held(other)
        self._read = None
        return self


def held(value: Any) -> Any:
    """The array of what is held, in the type that it is held in; anything else as it is."""
    return value.held() if isinstance(value, Held) else value


def is_short(value: Any) -> bool:
    """Whether it is an array in bfloat16, or one that is held so."""
    return value.is_short if isinstance(value, Waiting) else value.dtype == SHORT


def as_held(array: Array) -> Any:
    """What stands for an array: one in bfloat16 for float32's numbers, any other for itself."""
    return Short(array) if array.dtype == SHORT else array


def may_be_held(array: Array) -> bool:
    """Whether to hold an array in bfloat16: where it is large, and where anything may wait."""
    return array.nbytes >= LARGE and waiting.may_wait()


def fresh(array: Array, again: Callable[[], Array], by: Array) -> Any:
    """The array, fresh where it is large and where that may be; `by`: weights that made it."""
    here = array.is_cpu or array.dtype == SHORT
    large = array.nbytes >= LARGE and array.is_contiguous()
    if here and large and not waiting.was_read_again(by) and waiting.may_wait():
        return Fresh(array, again, by)
    return as_held(array)


def _sum(a: Any, b: Any) -> Any:
    """a + b, written over one of them where that may be."""
    alike = _are_alike(a, b)
    for own, other in ((a, b), (b, a)):
        if alike and isinstance(own, Fresh):
            beside, array = held(other), own.taken()
            if array is not None:
                array += beside
                return Fresh(array, lambda: held(a) + held(b), own._by)
    return as_held(held(a) + held(b)) if alike else computed(a) + computed(b)


def _are_alike(a: Any, b: Any) -> bool:
    """Whether both have one shape, and are held in one type."""
    if not (hasattr(a, "shape") and hasattr(b, "shape")):
        return False
    return a.shape == b.shape and a.dtype == b.dtype and is_short(a) == is_short(b)
