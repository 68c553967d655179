"""The NumPy engine: nothing to install, and every kernel by blocks that fit the cache.

The kernels lie in files beside this one; here it is chosen which of them takes what.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import numpy as np

from pellucid.engines import (
    blas,
    convolution,
    depthwise,
    elementwise,
    halving,
    memory,
    products,
    program,
    waiting,
)
from pellucid.engines.engine import Array, Engine, Shape
from pellucid.engines.landing import landing
from pellucid.engines.sampling import Sampling
from pellucid.engines.window import Pair, Window
from pellucid.engines.workers import at_work, cut, in_turn

BLOCK_BYTES = 1 << 20  # of an array at a time: about a core's second-level cache
LONG = 4096  # numbers of a vector from which one pass saves more than it costs to call BLAS
BYTES_PER_PLACE = 48  # of a sampled image: four taps, each a number and a weight
DEPTHWISE_FROM = 16  # channels with a filter each: fewer are quicker as columns than tap by tap


class NumpyEngine(Engine):
    """Arrays are `numpy.ndarray`; products go to the BLAS that NumPy was built with."""

    name = label = "numpy"
    xp = np
    at_once = 1 << 17  # so many that a rule's vectors fit into the cache together

    def asarray(self, value: Any, dtype: str | None = None) -> Array:
        """`value` as an ndarray, copied only where it must be."""
        return np.asarray(value, dtype=dtype)

    def from_dlpack(self, array: Any) -> Array:
        """Another library's array in the same memory."""
        return np.from_dlpack(array)

    def to_numpy(self, array: Array) -> Any:
        """The array itself."""
        return np.asarray(array)

    def rows(self, array: Array, chosen: Any) -> Array:
        """These rows of an array. `take` is quicker at it than an index is."""
        return array[chosen] if isinstance(chosen, slice) else array.take(chosen, axis=0)

    def holds_floats(self, array: Array) -> bool:
        """Whether an array holds floating-point numbers."""
        return array.dtype.kind == "f"

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Inside, memory stays with the process, and no BLAS thread gets in the way of ours."""
        with memory.kept(), at_work():
            yield

    @contextmanager
    def chance_kept(self) -> Iterator[None]:
        """Inside, draws of `np.random`'s own functions leave no trace."""
        before = np.random.get_state()  # noqa: NPY002
        try:
            yield
        finally:
            np.random.set_state(before)  # noqa: NPY002

    def generator(self, *key: int) -> np.random.Generator:
        """NumPy's default generator (PCG64), seeded with all integers of `key` together."""
        return np.random.default_rng(key)

    def uniform(self, generator: np.random.Generator, shape: Shape, dtype: Any) -> Array:
        """Random numbers, uniform in [0, 1)."""
        return generator.random(shape, dtype=dtype)

    def normal(self, generator: np.random.Generator, shape: Shape, dtype: Any) -> Array:
        """Random numbers, normal with mean 0 and variance 1."""
        return generator.standard_normal(shape, dtype=dtype)

    def erf(self, x: Array) -> Array:
        """The error function, exact to about 1e-15, in the dtype of x."""
        from pellucid.engines.error_function import erf

        return erf(x)

    def matmul(self, a: Array, b: Array) -> Array:
        """The matrix product a b; a large one shared among threads."""
        return products.matmul(a, b)

    def landing(self, place: Array, derivative: Callable[[Array], Array], dy: Array) -> Array:
        """derivative(dy), its product written into `place` where it is one."""
        return landing(place, derivative, dy)

    def blend(self, y: Array, b: float, x: Array, a: float) -> None:
        """y = b y + a x, in place; that of long vectors in one pass, by BLAS."""
        if y.size < LONG or not blas.axpby(a, x, b, y):
            super().blend(y, b, x, a)

    def recorded(
        self,
        step: Callable[..., Sequence[Array]],
        given: Sequence[Array],
        lasting: Sequence[Array],
    ) -> Callable[..., Sequence[Array]] | None:
        """The calls of NumPy that a small step consists of."""
        return program.record(step, given, lasting)

    def for_each(
        self, function: Callable[[Any], None], items: Sequence[Any], *, hold: bool = False
    ) -> None:
        """function(item) for each, in several threads where they are free."""

        def work(items: Iterable[Any]) -> None:
            for item in items:
                function(item)

        in_turn(work, items, hold=hold)

    def map(
        self, function: Callable[..., Array], *arrays: Array, along: Sequence[Array] = ()
    ) -> Array:
        """function(*arrays, *along), by blocks."""
        arrays = tuple(map(waiting.computed, arrays))
        return elementwise.map_blocks(function, arrays, along)

    def map_later(
        self,
        function: Callable[..., Array],
        *arrays: Array,
        along: Sequence[Array] = (),
        begins: bool = False,
    ) -> Array:
        """As `map`, but a large result may wait."""
        return waiting.later(function, arrays, along, begins)

    def joining(self) -> AbstractContextManager[waiting.Joining]:
        """Inside, large results of `map_later` wait."""
        return waiting.joining()

    def sum_map(
        self, function: Callable[..., Array], *arrays: Array, along: Sequence[Array] = ()
    ) -> Array:
        """The sum of `map` over all axes but the last, by blocks."""
        return elementwise.sum_blocks(function, arrays, along)

    def sums_around(self, dz: Array, x: Array, mu: Array) -> tuple[Array, Array]:
        """The sums of dz (x - mu) and of dz by channel, by blocks."""
        large = elementwise.is_large(dz, x)
        return elementwise.sums_around(dz, x, mu) if large else super().sums_around(dz, x, mu)

    def moments(self, x: Array) -> tuple[Array, Array]:
        """The mean and the variance of x (..., C) by channel, by blocks."""
        return elementwise.moments(x) if elementwise.is_large(x) else super().moments(x)

    def softmax_cross_entropy(self, z: Array, y: Array) -> tuple[Array, Array]:
        """-ln softmax(z)[y] and its slope, in one array by flat places: few calls, and quick ones.

        `argmax` is one of them, and `max` is not.
        """
        N, C = z.shape
        rows = elementwise.counted(N) * C
        z = np.subtract(z, z.take(rows + z.argmax(axis=1))[:, None], order="C")
        at_y = rows + y
        right = z.take(at_y)
        slope = np.exp(z, out=z)
        total = slope.dot(elementwise.ones(C, z.dtype))
        slope /= total[:, None]
        slope.reshape(-1)[at_y] -= 1
        return np.log(total) - right, slope

    def scatter_add(self, shape: Shape, index: Any, values: Array) -> Array:
        """Zeros of `shape` with `values` added at `index`, repeated places adding up."""
        result = np.zeros(shape, dtype=values.dtype)
        if any(isinstance(part, np.ndarray | list) for part in _parts(index)):
            np.add.at(result, index, values)
        else:  # slices and numbers meet each place once
            result[index] += values
        return result

    def conv2d(
        self, x: Array, W: Array, window: Window, groups: int = 1, b: Array | None = None
    ) -> Array:
        """The convolution of x with W, plus b."""
        if groups == x.shape[-1] == W.shape[-1] >= DEPTHWISE_FROM:
            z = depthwise.conv2d(self, x, W, window, _cut(len(x), x[:1].nbytes))
            return z if b is None else z + b
        return convolution.conv2d(x, W, window, groups, b)

    def conv2d_later(
        self, x: Array, W: Array, window: Window, groups: int = 1, b: Array | None = None
    ) -> Array:
        """As `conv2d`, but a large result may wait."""
        if groups > 1:
            return self.conv2d(x, W, window, groups, b)
        return waiting.convolution_later(x, W, window, groups, b)

    def conv2d_dx(self, dz: Array, W: Array, size: Pair, window: Window, groups: int = 1) -> Array:
        """dx of images of `size` (H, W)."""
        back = convolution.turned_window(window)
        if back is not None:
            return self.conv2d(dz, convolution.turned(W, groups), back, groups)
        if W.shape[2] == 1 and groups == W.shape[-1] >= DEPTHWISE_FROM:
            return depthwise.conv2d_dx(dz, W, size, window, _cut(len(dz), dz[:1].nbytes))
        return convolution.conv2d_dx(dz, W, size, window, groups)

    def conv2d_dW(self, x: Array, dz: Array, window: Window, groups: int = 1) -> Array:
        """dW = (what the windows saw)^T dz, summed over images and positions."""
        if groups == x.shape[-1] == dz.shape[-1] >= DEPTHWISE_FROM:
            return depthwise.conv2d_dW(self, x, dz, window, _cut(len(x), x[:1].nbytes))
        return convolution.conv2d_dW(x, dz, window, groups)

    def conv2d_back(
        self, x: Array, dz: Array, W: Array, window: Window, groups: int = 1
    ) -> tuple[Array, Array]:
        """dx and dW, from one look at dz where that is possible."""
        back = convolution.turned_window(window)
        if back is None or groups > 1 or x.shape[1:3] != dz.shape[1:3]:
            return super().conv2d_back(x, dz, W, window, groups)
        return convolution.conv2d_back(x, dz, W, back)

    def max_pool(self, x: Array, window: Window, places: bool = True) -> tuple[Array, Any]:
        """The largest value in each window, and where it lies, by blocks of images."""
        N, H, width, C = x.shape
        P, Q = window.output_size(H, width)
        z, by_halves = np.empty((N, P, Q, C), x.dtype), window == halving.WINDOW
        winner: Any = None
        if places and by_halves:
            winner = np.empty((N, 2 * P, Q, C), np.bool_), np.empty(z.shape, np.bool_)
        elif places:
            winner = np.empty(z.shape, np.uint8 if window.size <= 256 else np.int32)

        def take(block: slice, x: Array) -> None:
            if by_halves:
                halving.halve(x, z[block], winner and [w[block] for w in winner])
                return
            z[block], found = Engine.max_pool(self, x, window, places)
            if winner is not None:
                winner[block] = found

        def work(blocks: Iterable[slice]) -> None:
            for block in blocks:
                take(block, x[block])

        if isinstance(x, waiting.Convolution):
            x.by_blocks(take)
        else:
            x = waiting.computed(x)
            in_turn(work, _cut(N, x[:1].nbytes))
        return z, winner

    def max_pool_dx(self, dz: Array, winner: Any, size: Pair, window: Window) -> Array:
        """dx of images of `size` (H, W), by blocks of images."""
        N, C = len(dz), dz.shape[-1]
        dx = np.empty((N, *size, C), dz.dtype)

        def work(blocks: Iterable[slice]) -> None:
            for block in blocks:
                if isinstance(winner, tuple):
                    is_right, is_below = (w[block] for w in winner)
                    halving.halve_dx(dz[block], is_right, is_below, dx[block])
                else:
                    dx[block] = Engine.max_pool_dx(self, dz[block], winner[block], size, window)

        in_turn(work, _cut(N, dx[:1].nbytes))
        return dx

    def sample(self, x: Array, i: Array, j: Array, how: Sampling) -> Array:
        """y[n, p, q] = x[n] at row i[n, p, q] and column j[n, p, q], by blocks of images."""
        i, j = (np.broadcast_to(a, (len(x), *a.shape[1:])) for a in (i, j))
        P, Q = np.broadcast_shapes(i.shape[1:], j.shape[1:])
        y = np.empty((len(x), P, Q, x.shape[-1]), x.dtype)

        def work(blocks: Iterable[slice]) -> None:
            for block in blocks:
                y[block] = Engine.sample(self, x[block], i[block], j[block], how)

        in_turn(work, _cut(len(x), P * Q * BYTES_PER_PLACE))
        return y


def _cut(N: int, bytes_per_image: int) -> list[slice]:
    """N images in blocks of about BLOCK_BYTES."""
    step = max(1, BLOCK_BYTES // max(bytes_per_image, 1))
    return cut(N, step)


def _parts(index: Any) -> tuple:
    """What an index says of each axis."""
    return index if isinstance(index, tuple) else (index,)
