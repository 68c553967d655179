"""The NumPy engine: nothing to install, and convolutions as matrix products on blocks of images.

A convolution copies what each window sees into one row of a matrix ("columns") and multiplies that
by the filters (Chellapilla, Puri, Simard 2006). In a channels-last image one row of a window is one
contiguous run of kw C numbers, so the copy goes run by run; and it goes by blocks of images, small
enough that the columns are still in the cache when the product reads them.

Letters: M = images in a block times P Q, K = kh kw C / groups, G groups, U filters.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from pellucid.engines.engine import Array, Engine, Shape
from pellucid.engines.window import Pair, Window

BLOCK_BYTES = 1 << 20  # of columns at a time: about a core's second-level cache


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

    def generator(self, *key: int) -> np.random.Generator:
        """NumPy's default generator (PCG64), seeded with all integers of `key` together."""
        return np.random.default_rng(key)

    def uniform(self, generator: np.random.Generator, shape: Shape, dtype: Any) -> Array:
        """Random numbers, uniform in [0, 1)."""
        return generator.random(shape, dtype=dtype)

    def erf(self, x: Array) -> Array:
        """The error function, exact to about 1e-15, in the dtype of x."""
        from pellucid.engines.error_function import erf

        return erf(x)

    def sum_rows(self, x: Array) -> Array:
        """The sum of the rows of a matrix, as a product with a row of ones.

        BLAS adds in several partial sums, which is some times faster than NumPy's row by row, and
        loses fewer digits over many rows.
        """
        return np.ones(len(x), x.dtype) @ x

    def scatter_add(self, shape: Shape, index: Any, values: Array) -> Array:
        """Zeros of `shape` with `values` added at `index`, repeated places adding up."""
        result = np.zeros(shape, dtype=values.dtype)
        if any(isinstance(part, np.ndarray | list) for part in _parts(index)):
            np.add.at(result, index, values)
        else:  # slices and numbers meet each place once
            result[index] += values
        return result

    def conv2d(self, x: Array, W: Array, window: Window, groups: int = 1) -> Array:
        """z[n, p, q, u] = sum over i, j, c of x[n, p sh + i dh, q sw + j dw, c] W[i, j, c, u]."""
        N, H, width, _ = x.shape
        filters = _filters(W, groups)
        z = np.empty((N, *window.output_size(H, width), W.shape[-1]), x.dtype)
        for block in _blocks(x, window):
            columns = self._columns(x[block], window, groups)
            _put_groups(z[block], columns @ filters)
        return z

    def conv2d_dx(self, dz: Array, W: Array, size: Pair, window: Window, groups: int = 1) -> Array:
        """dx: dz times the filters gives what every tap hands back, which is then added up."""
        filters = _filters(W, groups).swapaxes(1, 2)
        N, P, Q, _ = dz.shape
        C = W.shape[2] * groups
        dx = np.zeros((N, *window.padded_size(*size), C), dz.dtype)
        step = _block_length(P * Q * math.prod(W.shape[:2]) * C * dz.itemsize)
        for start in range(0, N, step):
            block = slice(start, start + step)
            columns = _groups(dz[block], groups) @ filters  # (G, M, K)
            n = columns.shape[1] // (P * Q)
            columns = columns.reshape(groups, n, P, Q, *window.kernel, W.shape[2])
            columns = columns.transpose(4, 5, 1, 2, 3, 0, 6)
            for tap, seen in window.taps(*size):
                part = dx[block][seen]
                part += columns[tap].reshape(part.shape)
        return dx[window.inside(*size)]

    def conv2d_dW(self, x: Array, dz: Array, window: Window, groups: int = 1) -> Array:
        """dW = columns^T dz, summed over the blocks."""
        kh, kw = window.kernel
        C, U = x.shape[-1] // groups, dz.shape[-1]
        dW = np.zeros((groups, kh * kw * C, U // groups), x.dtype)
        for block in _blocks(x, window):
            columns = self._columns(x[block], window, groups)
            dW += columns.swapaxes(1, 2) @ _groups(dz[block], groups)
        return dW.transpose(1, 0, 2).reshape(kh, kw, C, U)

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


def _groups(z: Array, groups: int) -> Array:
    """A block of outputs as one matrix a group: (n, P, Q, U) -> (G, M, U / groups)."""
    return z.reshape(-1, groups, z.shape[-1] // groups).transpose(1, 0, 2)


def _put_groups(z: Array, product: Array) -> None:
    """Write (G, M, U / groups) into a block of outputs (n, P, Q, U)."""
    z.reshape(product.shape[1], product.shape[0], -1)[...] = product.transpose(1, 0, 2)


def _block_length(bytes_per_image: int) -> int:
    """How many images make a block."""
    return max(1, BLOCK_BYTES // max(bytes_per_image, 1))


def _blocks(x: Array, window: Window) -> Iterator[slice]:
    """The images of a batch, a block at a time."""
    N, H, width, C = x.shape
    P, Q = window.output_size(H, width)
    step = _block_length(P * Q * math.prod(window.kernel) * C * x.itemsize)
    for start in range(0, N, step):
        yield slice(start, start + step)


def _parts(index: Any) -> tuple:
    """What an index says of each axis."""
    return index if isinstance(index, tuple) else (index,)
