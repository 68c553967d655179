"""What every window over a block of images sees, one row each: a convolution as a matrix product.

In a channels-last image one row of a window is one contiguous run of kw C numbers, so the copy goes
run by run. One block after another goes into the same memory, which then stays in the cache of the
core that fills it; the padding around the images is written once.

Letters: x (n, H, W, C) a block of images, M = n P Q windows, K = kh kw C / groups, G groups.
"""

from typing import Any

import numpy as np

from pellucid.engines.window import Window
from pellucid.engines.workers import cut

Array = Any
GOOD_BYTES = 1.2e6  # of a block at a time: about what a core's second-level cache can hold


class Columns:
    """Called on blocks of up to `n` images of the shape of x: their columns (G, M, K).

    They are good until the next call.
    """

    def __init__(self, x: Array, window: Window, groups: int, n: int) -> None:
        _, H, width, C = x.shape
        P, Q = window.output_size(H, width)
        (kh, kw), (_, dw) = window.kernel, window.dilation
        self.window, self.groups, self.K = window, groups, kh * kw * C // groups
        self.inside = window.inside(H, width)
        self.padded = None
        if window.padding != ((0, 0), (0, 0)):
            self.padded = np.zeros((n, *window.padded_size(H, width), C), x.dtype)
        run = (kw * C,) if dw == 1 else (kw, C)
        self.windows = (P, Q, kh, *run)
        self.columns = np.empty((n, *self.windows), x.dtype) if groups == 1 else None

    def __call__(self, x: Array) -> Array:
        """The columns of this block."""
        n, C = len(x), x.shape[-1]
        if self.padded is None:
            x = np.ascontiguousarray(x)
        else:
            self.padded[:n][self.inside] = x
            x = self.padded[:n]
        seen = self._seen(x)
        if self.columns is not None:
            self.columns[:n] = seen
            return self.columns[:n].reshape(1, -1, self.K)
        seen = seen.reshape(-1, self.K * self.groups // C, self.groups, C // self.groups)
        return seen.transpose(2, 0, 1, 3).reshape(self.groups, -1, self.K)

    def _seen(self, x: Array) -> Array:
        """The windows over x as a view: (n, P, Q, kh, kw C), or (..., kh, kw, C)."""
        bc = x.itemsize  # not x.strides: NumPy leaves those of axes of length 1 undefined
        bw = bc * x.shape[3]
        bh = bw * x.shape[2]
        (sh, sw), (dh, dw) = self.window.strides, self.window.dilation
        steps = [bh * x.shape[1], bh * sh, bw * sw, bh * dh, bw * dw, bc]
        if dw == 1:
            del steps[4]
        return np.ndarray((len(x), *self.windows), x.dtype, x, strides=steps)


def good_blocks(x: Array, window: Window, U: int) -> list[slice]:
    """The images of a batch in blocks, whose columns and outputs (M, U) are of a good size."""
    N, H, width, C = x.shape
    P, Q = window.output_size(H, width)
    bytes_per_image = P * Q * max(window.size * C, U) * x.itemsize
    step = max(1, round(GOOD_BYTES / max(bytes_per_image, 1)))
    return cut(N, step)
