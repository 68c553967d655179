"""Formulas that wait for what comes after them.

A batch normalisation is often followed by an addition and a rectifier. Each by itself reads large
arrays from memory and writes one; carried out as one formula they read once and write once. So
inside `joining()` a gate may leave its last formula waiting, as an array that is not computed yet:
a gate that goes on element by element adds its own operations to it, and every other reader has it
computed, once. Operations and their order are the same, and so is every bit of the results.
"""

import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from pellucid.engines import convolution, elementwise
from pellucid.engines.window import Window

Array = Any


class _ThisThread(threading.local):
    """Whether formulas may wait in this thread, and then whether any did."""

    joining: "Joining | None" = None


class Joining:
    """What `joining()` gives: whether anything was left waiting inside."""

    used = False


_this_thread = _ThisThread()
_read_again: Any = weakref.WeakValueDictionary()  # weights whose outputs were read twice, by `id`


@contextmanager
def joining() -> Iterator[Joining]:
    """Inside, formulas may wait: for work in which nobody changes an array before it is read."""
    before, _this_thread.joining = _this_thread.joining, Joining()
    try:
        yield _this_thread.joining
    finally:
        _this_thread.joining = before


def later(
    function: Callable, arrays: Sequence[Array], vectors: Sequence[Array], begins: bool
) -> Array:
    """function(*arrays, *vectors) as `elementwise.map_blocks` has it; waiting, if that pays."""
    waits = any(isinstance(array, Waiting) for array in arrays)
    if waits or (begins and elementwise.is_large(*arrays) and may_wait()):
        return Waiting(function, arrays, vectors)
    return elementwise.map_blocks(function, arrays, vectors)


def convolution_later(x: Array, W: Array, window: Window, groups: int, b: Array | None) -> Array:
    """The convolution of x with W, plus b; waiting, if that pays."""
    if was_read_again(W) or not elementwise.is_large(x) or not may_wait():
        return convolution.conv2d(x, W, window, groups, b)
    return Convolution(x, W, window, groups, b)


def may_wait() -> bool:
    """Whether what is large may wait here, which it then does."""
    joined = _this_thread.joining
    if joined is not None:
        joined.used = True
    return joined is not None


def read_again(weights: Any) -> None:
    """Note that what was made by these weights had to be made a second time."""
    _read_again[id(weights)] = weights


def was_read_again(weights: Any) -> bool:
    """Whether that was noted."""
    return id(weights) in _read_again


class Waiting:
    """An array that is computed when it is first read: function(*arrays, *vectors).

    The arrays have one shape, which is its own; some of them may wait themselves. `is_short`:
    whether it is held in a shorter type than it is read in.
    """

    is_short = False
    __array_ufunc__ = None  # so that `array + waiting` asks this one

    def __init__(
        self, function: Callable, arrays: Sequence[Any], vectors: Sequence[Array] = ()
    ) -> None:
        self.shape: tuple[int, ...] = arrays[0].shape
        self.ndim = len(self.shape)
        self.dtype = np.result_type(*(each.dtype for each in (*arrays, *vectors)))
        self._made_of: tuple | None = (function, arrays, vectors)
        self._array: Array = None

    @property
    def waits(self) -> bool:
        """Whether it is not computed yet."""
        return self._made_of is not None

    def computed(self) -> Array:
        """The array."""
        if self.waits:
            arrays: list[Array] = []
            vectors: list[Array] = []
            whole = self._joined(arrays, vectors)
            n = len(arrays)

            def function(*given: Any) -> Any:
                return whole(given[:n], given[n:])

            self._array = elementwise.map_blocks(function, arrays, vectors)
            self._made_of = None
        return self._array

    def _joined(self, arrays: list[Array], vectors: list[Array]) -> Callable[[Any, Any], Any]:
        """The formula over all that it is made of, which is added to `arrays` and `vectors`."""
        if self._made_of is None:
            return _read(self._array, arrays)
        function, own, along = self._made_of
        sources = [
            each._joined(arrays, vectors) if isinstance(each, Waiting) else _read(each, arrays)
            for each in own
        ]
        start = len(vectors)
        vectors += along
        end = len(vectors)
        return lambda given, along: function(
            *[source(given, along) for source in sources], *along[start:end]
        )

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.computed(), dtype=dtype, copy=copy)

    def __getitem__(self, index: Any) -> Array:
        return self.computed()[index]

    def __add__(self, other: Any) -> Any:
        return _sum(self, other)

    def __radd__(self, other: Any) -> Any:
        return _sum(other, self)


class Convolution(Waiting):
    """A convolution that waits: what only looks at its output once needs no memory for all of it.

    Where something else reads the output after all (a shortcut past a pooling), it is computed a
    second time, and from the next step on no convolution with these filters waits.
    """

    def __init__(self, x: Array, W: Array, window: Window, groups: int, b: Array | None) -> None:
        self.shape = (len(x), *window.output_size(*x.shape[1:3]), W.shape[-1])
        self.ndim, self.dtype = 4, x.dtype
        self._made_of = (x, W, window, groups, b)
        self._array, self._was_taken = None, False

    def computed(self) -> Array:
        """The output."""
        if self._made_of is not None:
            if self._was_taken:
                read_again(self._made_of[1])
            self._array = convolution.conv2d(*self._made_of)
            self._made_of = None
        return self._array

    def by_blocks(self, take: Callable[[slice, Array], None]) -> None:
        """Hand the images to `take`, each block with its slice, in the threads that compute them.

        Where the output is there already, it is one block.
        """
        if self._made_of is None:
            take(slice(0, self.shape[0]), self._array)
        else:
            self._was_taken = True
            convolution.conv2d_by_blocks(*self._made_of, z=None, take=take)

    def _joined(self, arrays: list[Array], vectors: list[Array]) -> Callable[[Any, Any], Any]:
        """The output, which is no formula."""
        return _read(self.computed(), arrays)


def computed(value: Any) -> Any:
    """The array of what may wait; anything else as it is."""
    return value.computed() if isinstance(value, Waiting) else value


def _sum(a: Any, b: Any) -> Any:
    """a + b, which waits too where both have one shape."""
    if getattr(a, "shape", None) == getattr(b, "shape", None):
        return Waiting(np.add, (a, b))
    return computed(a) + computed(b)


def _read(array: Array, arrays: list[Array]) -> Callable[[Any, Any], Any]:
    """What gives this array, which is added to `arrays` if it is not among them."""
    place = next((i for i, each in enumerate(arrays) if each is array), len(arrays))
    if place == len(arrays):
        arrays.append(array)
    return lambda given, _: given[place]
