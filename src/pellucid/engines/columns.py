"""What every window over a block of images sees, one row each: a convolution as a matrix product.

In a channels-last image one row of a window is one contiguous run of kw C numbers, so the copy goes
run by run. One block after another goes into the same memory, which then stays in the cache of the
core that fills it; the padding around the images is written once.

Letters: x (n, H, W, C) a block of images, M = n P Q windows, K = kh kw C / groups, G groups.
"""

from typing import Any

import numpy as np

from pellucid.engines.window import Pair, Window
from pellucid.engines.workers import cut

Array = Any
GOOD_BYTES = 1.2e6  # of a block at a time: about what a core's second-level cache can hold


class Columns:
    """Called on blocks of up to `n` images of the shape of x: their columns (G, M, K).

    They are good until the next call.
    """

    def __init__(self, x: Array, window: Window, groups: int, n: int) -> None:
        _, H, width, C = x.shape
        self.window, self.groups, self.K = window, groups, window.size * C // groups
        self.inside, self.padded = window.inside(H, width), padding_around(x, window, n)
        self.outputs = window.output_size(H, width)
        shape = (n, *self.outputs, *window.kernel, C)
        self.columns = np.empty(shape, x.dtype) if groups == 1 else None

    def __call__(self, x: Array) -> Array:
        """The columns of this block."""
        n, C = len(x), x.shape[-1]
        if self.padded is None:
            x = np.ascontiguousarray(x)
        else:
            self.padded[:n][self.inside] = x
            x = self.padded[:n]
        seen = seen_by(x, self.window, self.outputs)
        if self.columns is not None:
            self.columns[:n] = seen
            return self.columns[:n].reshape(1, -1, self.K)
        seen = seen.reshape(-1, self.K * self.groups // C, self.groups, C // self.groups)
        return seen.transpose(2, 0, 1, 3).reshape(self.groups, -1, self.K)


def columns_at_once(x: Array, window: Window) -> Array:
    """The columns (M, K) of a few images.

    Where a window is narrower than the image, they are copied by taps: such runs are longer.
    """
    outputs = window.output_size(*x.shape[1:3])
    padded = padding_around(x, window, len(x))
    if padded is not None:
        padded[window.inside(*x.shape[1:3])] = x
        x = padded
    seen = seen_by(np.ascontiguousarray(x), window, outputs)
    Q, _, kw, C = seen.shape[2:]
    if kw * C < Q:
        return seen.transpose(3, 4, 5, 0, 1, 2).reshape(window.size * C, -1).T
    return seen.reshape(-1, window.size * C)


def padding_around(x: Array, window: Window, n: int) -> Array | None:
    """Zeros for n images of the shape of x and what is around them; None where that is nothing."""
    if window.padding == ((0, 0), (0, 0)):
        return None
    return np.zeros((n, *window.padded_size(*x.shape[1:3]), x.shape[3]), x.dtype)


def seen_by(x: Array, window: Window, outputs: Pair) -> Array:
    """What the P x Q windows over padded images see, as a view: (n, P, Q, kh, kw, C)."""
    n, H, width, C = x.shape
    _, (sh, sw), _, (dh, dw) = window
    bc = x.itemsize  # not x.strides: NumPy leaves those of axes of length 1 undefined
    bw = bc * C
    bh = bw * width
    steps = (bh * H, bh * sh, bw * sw, bh * dh, bw * dw, bc)
    return np.ndarray((n, *outputs, *window.kernel, C), x.dtype, x, strides=steps)


def good_blocks(x: Array, window: Window, U: int) -> list[slice]:
    """The images of a batch in blocks, whose columns and outputs (M, U) are of a good size."""
    step = max(1, round(GOOD_BYTES / max(_bytes_per_image(x, window, U), 1)))
    return cut(len(x), step)


def is_one_block(x: Array, window: Window, U: int) -> bool:
    """Whether all images together are no more than a block."""
    return len(x) * _bytes_per_image(x, window, U) <= GOOD_BYTES


def _bytes_per_image(x: Array, window: Window, U: int) -> int:
    """Of the larger of its columns and its outputs."""
    P, Q = window.output_size(*x.shape[1:3])
    return P * Q * max(window.size * x.shape[3], U) * x.itemsize
