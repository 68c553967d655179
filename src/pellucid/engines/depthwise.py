"""Depthwise convolution in NumPy, tap by tap: every channel has one filter of its own.

No sum over channels is left for a matrix product to do, so copying windows gains nothing: each tap
multiplies the slice of the images that it sees by one weight a channel, and adds. It goes by blocks
of images, small enough that they stay in the cache from tap to tap.

Letters: x (N, H, W, C) images, W (kh, kw, 1, C) filters, z (N, P, Q, C) output.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from pellucid.engines.engine import Array, Engine
from pellucid.engines.window import Pair, Window
from pellucid.engines.workers import in_turn, share

Blocks = Sequence[slice]


def conv2d(engine: Engine, x: Array, W: Array, window: Window, blocks: Blocks) -> Array:
    """z[n, p, q, c] = sum over i, j of x[n, p sh + i dh, q sw + j dw, c] W[i, j, 0, c]."""
    N, height, width, C = x.shape
    z = np.zeros((N, *window.output_size(height, width), C), x.dtype)

    def work(blocks: Iterable[slice]) -> None:
        for block in blocks:
            images, part = engine.pad(x[block], window), z[block]
            for tap, seen in window.taps(height, width):
                part += images[seen] * W[tap]

    in_turn(work, blocks)
    return z


def conv2d_dx(dz: Array, W: Array, size: Pair, window: Window, blocks: Blocks) -> Array:
    """dx of images of `size` (H, W): each tap hands dz W[i, j] back to what it saw."""
    N, C = len(dz), dz.shape[-1]
    dx = np.zeros((N, *window.padded_size(*size), C), dz.dtype)

    def work(blocks: Iterable[slice]) -> None:
        for block in blocks:
            part = dx[block]
            for tap, seen in window.taps(*size):
                part[seen] += dz[block] * W[tap]

    in_turn(work, blocks)
    return dx[window.inside(*size)]


def conv2d_dW(engine: Engine, x: Array, dz: Array, window: Window, blocks: Blocks) -> Array:
    """dW[i, j, 0] = what tap i, j saw times dz, summed over images and positions."""
    _, height, width, C = x.shape

    def work(blocks: Blocks) -> Array:
        dW = np.zeros((*window.kernel, 1, C), x.dtype)
        for block in blocks:
            images = engine.pad(x[block], window)
            for tap, seen in window.taps(height, width):
                dW[tap] += engine.sum_rows((images[seen] * dz[block]).reshape(-1, C))
        return dW

    return np.add.reduce(share(work, blocks))
