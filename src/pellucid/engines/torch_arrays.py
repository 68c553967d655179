"""PyTorch's functions under the names of the array API standard, for arrays on one device.

It has what the gates, layers and metrics ask for, and hands each call to PyTorch's own function
with nothing between. Where a number stands beside an array it stays a number: it is not copied to
the device first.
"""

from collections.abc import Sequence
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

Array = torch.Tensor
Axis = int | tuple[int, ...] | None

WIDER = {"uint16": "int64", "uint32": "int64", "uint64": "int64", "longdouble": "float64"}
NUMBER: tuple[Any, ...] = (int, float, bool, np.number, np.bool_)


def as_dtype(dtype: Any) -> Any:
    """A number type by its name, as NumPy's, or as PyTorch's own; None stays None."""
    return dtype if dtype is None or isinstance(dtype, torch.dtype) else _of_numpys(dtype)


@cache
def _of_numpys(dtype: Any) -> torch.dtype:
    """A number type by its name or as NumPy's."""
    return getattr(torch, np.dtype(dtype).name if dtype != "bfloat16" else dtype)


def from_numpy(array: Any) -> Array:
    """A NumPy array, or what NumPy makes one of, as a tensor: the same memory where that can be.

    It cannot where the array may not be written to, or PyTorch does not know its number type or
    its order in memory.
    """
    array = np.asarray(array)
    native = array.dtype.newbyteorder("=").name
    array = np.asarray(array, dtype=WIDER.get(native, native))
    if not array.flags.writeable or any(stride < 0 for stride in array.strides):
        array = array.copy()
    return torch.from_numpy(array)


class TorchArrays:
    """The array module of a device."""

    inf, nan = float("inf"), float("nan")
    uint8, int32, int64 = torch.uint8, torch.int32, torch.int64
    float32, float64 = torch.float32, torch.float64

    exp, expm1 = staticmethod(torch.exp), staticmethod(torch.expm1)
    log, log1p = staticmethod(torch.log), staticmethod(torch.log1p)
    sqrt, tanh = staticmethod(torch.sqrt), staticmethod(torch.tanh)
    sin, cos = staticmethod(torch.sin), staticmethod(torch.cos)
    abs, sign, floor = staticmethod(torch.abs), staticmethod(torch.sign), staticmethod(torch.floor)
    isfinite, isnan = staticmethod(torch.isfinite), staticmethod(torch.isnan)
    reshape, broadcast_to = staticmethod(torch.reshape), staticmethod(torch.broadcast_to)
    permute_dims = staticmethod(torch.permute)
    ones_like, zeros_like = staticmethod(torch.ones_like), staticmethod(torch.zeros_like)
    unique_values, count_nonzero = staticmethod(torch.unique), staticmethod(torch.count_nonzero)

    def __init__(self, device: torch.device) -> None:
        self.device, self.bool = device, torch.bool
        self.brought = 0  # how many arrays were made of others than PyTorch's
        self.linalg = SimpleNamespace(vector_norm=vector_norm)

    # -- new arrays ---------------------------------------------------------------------------

    def asarray(self, value: Any, dtype: Any = None, copy: bool | None = None) -> Array:
        """`value` as an array on the device, copied where it must be, or where `copy` says so."""
        if not isinstance(value, torch.Tensor):
            value = getattr(value, "value", value)  # a tensor of a graph has its array there
        dtype = as_dtype(dtype)
        given = value
        tensor = value if isinstance(value, torch.Tensor) else from_numpy(value)
        if tensor.requires_grad:
            tensor = tensor.detach()
        if value is not tensor:
            self.brought += 1
        if tensor.device != self.device or (dtype is not None and tensor.dtype != dtype):
            tensor = tensor.to(self.device, dtype, non_blocking=True)
        return tensor.clone() if copy and shares_memory(tensor, given) else tensor

    def zeros(self, shape: Any, dtype: Any = torch.float64) -> Array:
        """Zeros."""
        return torch.zeros(shape, dtype=as_dtype(dtype), device=self.device)

    def ones(self, shape: Any, dtype: Any = torch.float64) -> Array:
        """Ones."""
        return torch.ones(shape, dtype=as_dtype(dtype), device=self.device)

    def full(self, shape: Any, value: Any, dtype: Any = torch.float64) -> Array:
        """`value` everywhere; of an array of one number without asking the device for it."""
        if isinstance(value, torch.Tensor):
            return (
                value.to(as_dtype(dtype)).expand(shape).clone(memory_format=torch.contiguous_format)
            )
        return torch.full(shape, value, dtype=as_dtype(dtype), device=self.device)

    def empty(self, shape: Any, dtype: Any = torch.float64) -> Array:
        """Whatever the memory holds."""
        return torch.empty(shape, dtype=as_dtype(dtype), device=self.device)

    def arange(self, *ends: Any, dtype: Any = None) -> Array:
        """Evenly spaced numbers."""
        return torch.arange(*ends, dtype=as_dtype(dtype), device=self.device)

    # -- element by element -------------------------------------------------------------------

    @staticmethod
    def astype(x: Array, dtype: Any) -> Array:
        """x in another number type."""
        return x.to(as_dtype(dtype))

    @staticmethod
    def maximum(a: Any, b: Any) -> Array:
        """The larger of two; one of them may be a number."""
        array, number = (b, a) if isinstance(a, NUMBER) else (a, b)
        is_array = isinstance(number, torch.Tensor)
        return torch.maximum(array, number) if is_array else torch.clamp(array, min=number)

    @staticmethod
    def minimum(a: Any, b: Any) -> Array:
        """The smaller of two; one of them may be a number."""
        array, number = (b, a) if isinstance(a, NUMBER) else (a, b)
        is_array = isinstance(number, torch.Tensor)
        return torch.minimum(array, number) if is_array else torch.clamp(array, max=number)

    @staticmethod
    def clip(x: Array, low: Any = None, high: Any = None) -> Array:
        """x, but at least low and at most high; None is no limit."""
        return x if low is None and high is None else torch.clamp(x, low, high)

    @staticmethod
    def where(condition: Array, a: Any, b: Any) -> Array:
        """a where the condition holds, else b."""
        if isinstance(condition, NUMBER):
            return a if condition else b
        return torch.where(condition if condition.dtype == torch.bool else condition != 0, a, b)

    # -- over axes ----------------------------------------------------------------------------

    @staticmethod
    def max(x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
        """The largest along axes."""
        return torch.amax(x, dim=() if axis is None else axis, keepdim=keepdims)

    @staticmethod
    def sum(x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
        """The sum along axes; along none, x as it is."""
        return x if axis == () else torch.sum(x, dim=axis, keepdim=keepdims)

    @staticmethod
    def argmax(x: Array, axis: int | None = None) -> Array:
        """Where the first largest lies."""
        return torch.argmax(x, dim=axis)

    @staticmethod
    def sort(x: Array, axis: int = -1) -> Array:
        """The smallest first."""
        return torch.sort(x, dim=axis).values

    @staticmethod
    def argsort(x: Array, axis: int = -1, stable: bool = True) -> Array:
        """Which stands where in the sorted array."""
        return torch.argsort(x, dim=axis, stable=stable)

    @staticmethod
    def cumulative_sum(x: Array, axis: int = -1) -> Array:
        """The sums up to each place."""
        return torch.cumsum(x, dim=axis)

    @staticmethod
    def flip(x: Array, axis: Axis = None) -> Array:
        """The other way round."""
        every = tuple(range(x.ndim)) if axis is None else axis
        return torch.flip(x, every if isinstance(every, tuple) else (every,))

    # -- places -------------------------------------------------------------------------------

    @staticmethod
    def matrix_transpose(x: Array) -> Array:
        """The last two axes changed about."""
        return x.mT

    @staticmethod
    def concat(parts: Sequence[Array], axis: int = 0) -> Array:
        """Arrays one behind the other along an axis."""
        return torch.cat(tuple(parts), dim=axis)

    @staticmethod
    def stack(parts: Sequence[Array], axis: int = 0) -> Array:
        """Arrays along a new axis."""
        return torch.stack(tuple(parts), dim=axis)

    @staticmethod
    def repeat(x: Array, repeats: int, axis: int) -> Array:
        """Each place along an axis, several times in a row."""
        return torch.repeat_interleave(x, repeats, dim=axis)

    @staticmethod
    def take(x: Array, places: Array, axis: int) -> Array:
        """These places along an axis."""
        return torch.index_select(x, axis, places)

    @staticmethod
    def take_along_axis(x: Array, places: Array, axis: int = -1) -> Array:
        """The values at places that are given for each row."""
        return torch.take_along_dim(x, places, dim=axis)

    @staticmethod
    def searchsorted(limits: Array, values: Array) -> Array:
        """How many limits lie below each value."""
        return torch.searchsorted(limits, values.contiguous())

    # -- number types -------------------------------------------------------------------------

    @staticmethod
    def isdtype(dtype: torch.dtype, kind: str) -> bool:
        """Whether a type is "real floating", "integral" or "bool"."""
        if kind == "real floating":
            return dtype.is_floating_point
        is_bool = dtype == torch.bool
        return is_bool if kind == "bool" else not (is_bool or dtype.is_floating_point)

    @staticmethod
    def finfo(dtype: Any) -> torch.finfo:
        """The limits of a floating-point type."""
        return torch.finfo(as_dtype(dtype))

    @staticmethod
    def iinfo(dtype: Any) -> torch.iinfo:
        """The limits of a type of whole numbers."""
        return torch.iinfo(as_dtype(dtype))


def vector_norm(x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    """The root of the sum of squares along axes."""
    return torch.linalg.vector_norm(x, dim=axis, keepdim=keepdims)


def shares_memory(tensor: Array, given: Any) -> bool:
    """Whether a tensor lies in the memory of what it was made of."""
    if isinstance(given, torch.Tensor):
        return tensor.data_ptr() == given.data_ptr()
    return isinstance(given, np.ndarray) and tensor.data_ptr() == given.ctypes.data
