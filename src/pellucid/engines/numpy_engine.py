"""The NumPy engine: nothing to install, and convolutions as matrix products on blocks of images.

A convolution copies what each window sees into one row of a matrix ("columns") and multiplies that
by the filters (Chellapilla, Puri, Simard 2006). In a channels-last image one row of a window is one
contiguous run of kw C numbers, so the copy goes run by run; and it goes by blocks of images, small
enough that the columns are still in the cache when the product reads them.

Letters: M = images in a block times P Q, K = kh kw C / groups, G groups, U filters.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from pellucid.engines import depthwise, elementwise, halving, memory, products
from pellucid.engines.engine import Array, Engine, Shape
from pellucid.engines.sampling import Sampling
from pellucid.engines.window import Pair, Window
from pellucid.engines.workers import at_work, share

BLOCK_BYTES = 1 << 20  # of columns at a time: about a core's second-level cache
BYTES_PER_PLACE = 48  # of a sampled image: four taps, each a number and a weight
DEPTHWISE_FROM = 16  # channels with a filter each: fewer are quicker as columns than tap by tap


class NumpyEngine(Engine):
    """Arrays are `numpy.ndarray`; products go to the BLAS that NumPy was built with."""

    name = "numpy"
    xp = np

    def asarray(self, value: Any, dtype: str | None = None) -> Array:
        """`value` as an ndarray, copied only where it must be."""
        return np.asarray(value, dtype=dtype)

    def to_numpy(self, array: Array) -> Any:
        """The array itself."""
        return np.asarray(array)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Inside, memory stays with the process, and no BLAS thread gets in the way of ours."""
        with memory.kept(), at_work():
            yield

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

    def for_each(self, function: Callable[[Any], None], items: Sequence[Any]) -> None:
        """function(item) for each, in several threads where they are free."""

        def work(items: Sequence[Any]) -> None:
            for item in items:
                function(item)

        share(work, items, hold=False)

    def map(
        self, function: Callable[..., Array], *arrays: Array, along: Sequence[Array] = ()
    ) -> Array:
        """function(*arrays, *along), by blocks."""
        return elementwise.map_blocks(function, arrays, along)

    def sum_map(
        self, function: Callable[..., Array], *arrays: Array, along: Sequence[Array] = ()
    ) -> Array:
        """The sum of `map` over all axes but the last, by blocks."""
        return elementwise.sum_blocks(function, arrays, along)

    def moments(self, x: Array) -> tuple[Array, Array]:
        """The mean and the variance of x (..., C) by channel, by blocks."""
        return elementwise.moments(x) if elementwise.is_large(x) else super().moments(x)

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
        """The convolution of x with W, plus b.

        The bias is added while a block's outputs are still in the cache.
        """
        N, H, width, C = x.shape
        if groups == C == W.shape[-1] >= DEPTHWISE_FROM:
            z = depthwise.conv2d(self, x, W, window, _cut(N, x[:1].nbytes))
            return z if b is None else z + b
        filters = _filters(W, groups)
        z = np.empty((N, *window.output_size(H, width), W.shape[-1]), x.dtype)

        def work(blocks: Sequence[slice]) -> None:
            for block in blocks:
                columns = self._columns(x[block], window, groups)
                _put_groups(z[block], columns, filters)
                if b is not None:
                    z[block] += b

        share(work, _blocks(x, window))
        return z

    def conv2d_dx(self, dz: Array, W: Array, size: Pair, window: Window, groups: int = 1) -> Array:
        """dx: dz times the filters gives what every tap hands back, which is then added up.

        With strides of 1 the same sum is a convolution of dz with the filters turned round, which
        adds up inside the product.
        """
        (top, bottom), (left, right) = window.padding
        up, side = (reach - 1 for reach in window.reach)
        if window.strides == (1, 1) and max(top, bottom) <= up and max(left, right) <= side:
            around = ((up - top, up - bottom), (side - left, side - right))
            back = window._replace(padding=around)
            return self.conv2d(dz, _turned(W, groups), back, groups)
        if W.shape[2] == 1 and groups == W.shape[-1] >= DEPTHWISE_FROM:
            return depthwise.conv2d_dx(dz, W, size, window, _cut(len(dz), dz[:1].nbytes))
        filters = _filters(W, groups).swapaxes(1, 2)
        N, P, Q, _ = dz.shape
        C = W.shape[2] * groups
        dx = np.zeros((N, *window.padded_size(*size), C), dz.dtype)

        def work(blocks: Sequence[slice]) -> None:
            for block in blocks:
                columns = _groups(dz[block], groups) @ filters  # (G, M, K)
                n = columns.shape[1] // (P * Q)
                columns = columns.reshape(groups, n, P, Q, *window.kernel, W.shape[2])
                columns = columns.transpose(4, 5, 1, 2, 3, 0, 6)
                for tap, seen in window.taps(*size):
                    part = dx[block][seen]
                    part += columns[tap].reshape(part.shape)

        share(work, _cut(N, P * Q * window.size * C * dz.itemsize))
        return dx[window.inside(*size)]

    def conv2d_dW(self, x: Array, dz: Array, window: Window, groups: int = 1) -> Array:
        """dW = columns^T dz, summed over the blocks."""
        kh, kw = window.kernel
        C, U = x.shape[-1] // groups, dz.shape[-1]
        if C == 1 and groups == U >= DEPTHWISE_FROM:
            return depthwise.conv2d_dW(self, x, dz, window, _cut(len(x), x[:1].nbytes))

        def work(blocks: Sequence[slice]) -> Array:
            dW = np.zeros((groups, kh * kw * C, U // groups), x.dtype)
            for block in blocks:
                columns = self._columns(x[block], window, groups)
                dW += columns.swapaxes(1, 2) @ _groups(dz[block], groups)
            return dW

        dW = np.add.reduce(share(work, _blocks(x, window)))
        return dW.transpose(1, 0, 2).reshape(kh, kw, C, U)

    def max_pool(self, x: Array, window: Window) -> tuple[Array, Any]:
        """The largest value in each window, and where it lies, by blocks of images."""
        N, H, width, C = x.shape
        P, Q = window.output_size(H, width)
        z = np.empty((N, P, Q, C), x.dtype)
        if window == halving.WINDOW:
            winner = np.empty((N, 2 * P, Q, C), np.bool_), np.empty(z.shape, np.bool_)
        else:
            winner = np.empty(z.shape, np.uint8 if window.size <= 256 else np.int32)

        def work(blocks: Sequence[slice]) -> None:
            for block in blocks:
                if isinstance(winner, tuple):
                    is_right, is_below = (w[block] for w in winner)
                    halving.halve(x[block], z[block], is_right, is_below)
                else:
                    z[block], winner[block] = Engine.max_pool(self, x[block], window)

        share(work, _cut(N, x[:1].nbytes))
        return z, winner

    def max_pool_dx(self, dz: Array, winner: Any, size: Pair, window: Window) -> Array:
        """dx of images of `size` (H, W), by blocks of images."""
        N, C = len(dz), dz.shape[-1]
        dx = np.empty((N, *size, C), dz.dtype)

        def work(blocks: Sequence[slice]) -> None:
            for block in blocks:
                if isinstance(winner, tuple):
                    is_right, is_below = (w[block] for w in winner)
                    halving.halve_dx(dz[block], is_right, is_below, dx[block])
                else:
                    dx[block] = Engine.max_pool_dx(self, dz[block], winner[block], size, window)

        share(work, _cut(N, dx[:1].nbytes))
        return dx

    def sample(self, x: Array, i: Array, j: Array, how: Sampling) -> Array:
        """y[n, p, q] = x[n] at row i[n, p, q] and column j[n, p, q], by blocks of images."""
        i, j = (np.broadcast_to(a, (len(x), *a.shape[1:])) for a in (i, j))
        P, Q = np.broadcast_shapes(i.shape[1:], j.shape[1:])
        y = np.empty((len(x), P, Q, x.shape[-1]), x.dtype)

        def work(blocks: Sequence[slice]) -> None:
            for block in blocks:
                y[block] = Engine.sample(self, x[block], i[block], j[block], how)

        share(work, _cut(len(x), P * Q * BYTES_PER_PLACE))
        return y

    def _columns(self, x: Array, window: Window, groups: int) -> Array:
        """What every window of a block of images sees, one row each: (G, M, K)."""
        n, H, width, C = x.shape
        P, Q = window.output_size(H, width)
        (kh, kw), (sh, sw), (dh, dw) = window.kernel, window.strides, window.dilation
        x = np.ascontiguousarray(self.pad(x, window))
        bc = x.itemsize  # not x.strides: NumPy leaves those of axes of length 1 undefined
        bw = bc * C
        bh = bw * x.shape[2]
        bn = bh * x.shape[1]
        if dw == 1 and groups == 1:  # run by run
            shape, steps = (n, P, Q, kh, kw * C), (bn, bh * sh, bw * sw, bh * dh, bc)
        else:
            shape = (n, P, Q, kh, kw, C)
            steps = (bn, bh * sh, bw * sw, bh * dh, bw * dw, bc)
        seen = as_strided(x, shape, steps, writeable=False)
        if groups == 1:
            return seen.reshape(1, n * P * Q, kh * kw * C)
        seen = seen.reshape(n * P * Q, kh * kw, groups, C // groups).transpose(2, 0, 1, 3)
        return seen.reshape(groups, n * P * Q, kh * kw * C // groups)


def _filters(W: Array, groups: int) -> Array:
    """The filters as one matrix a group: (kh, kw, C / groups, U) -> (G, K, U / groups)."""
    return W.reshape(-1, groups, W.shape[-1] // groups).transpose(1, 0, 2)


def _turned(W: Array, groups: int) -> Array:
    """The filters upside down, their inputs and outputs swapped: (kh, kw, U / groups, C)."""
    kh, kw, C, U = W.shape
    turned = W[::-1, ::-1].reshape(kh, kw, C, groups, U // groups).transpose(0, 1, 4, 3, 2)
    return turned.reshape(kh, kw, U // groups, groups * C)


def _groups(z: Array, groups: int) -> Array:
    """A block of outputs as one matrix a group: (n, P, Q, U) -> (G, M, U / groups)."""
    return z.reshape(-1, groups, z.shape[-1] // groups).transpose(1, 0, 2)


def _put_groups(z: Array, columns: Array, filters: Array) -> None:
    """Write columns times filters, (G, M, U / groups), into a block of outputs (n, P, Q, U)."""
    rows = z.reshape(columns.shape[1], len(columns), -1).transpose(1, 0, 2)
    np.matmul(columns, filters, out=rows)


def _blocks(x: Array, window: Window) -> list[slice]:
    """The images of a batch in blocks, whose columns are of a good size."""
    N, H, width, C = x.shape
    P, Q = window.output_size(H, width)
    return _cut(N, P * Q * window.size * C * x.itemsize)


def _cut(N: int, bytes_per_image: int) -> list[slice]:
    """N images in blocks of about BLOCK_BYTES."""
    step = max(1, BLOCK_BYTES // max(bytes_per_image, 1))
    return [slice(start, min(start + step, N)) for start in range(0, N, step)]


def _parts(index: Any) -> tuple:
    """What an index says of each axis."""
    return index if isinstance(index, tuple) else (index,)
