"""What an engine does with images, in its plain form: convolution, pooling, sampling.

Letters: x (N, H, W, C) images, W (kh, kw, C / groups, U) filters, z (N, P, Q, U) output,
dz the gradient of the loss with respect to z, and so for x and W.
"""

import math
from collections.abc import Callable
from typing import Any

from pellucid.engines.sampling import Sampling
from pellucid.engines.window import Pair, Window

Array = Any  # whichever array type the engine computes on


class ImageKernels:
    """The part of an `Engine` that has to do with images, written with `xp` alone."""

    xp: Any
    scatter_add: Callable[..., Array]

    # -- places of images ---------------------------------------------------------------------

    def sample(self, x: Array, i: Array, j: Array, how: Sampling) -> Array:
        """y[n, p, q] = x[n] at row i[n, p, q] and column j[n, p, q]: its taps by their weights."""
        xp, pixels = self.xp, x.reshape(-1, x.shape[-1])
        taps = how.taps(x, i, j, xp)
        y = xp.zeros((*taps[0][0].shape, x.shape[-1]), dtype=x.dtype)
        for place, weight in taps:
            seen = xp.take(pixels, place.reshape(-1), axis=0).reshape(y.shape)
            seen *= weight
            y += seen
        if how.fill_mode == "constant" and how.fill_value:
            y += how.fill_value * (1 - sum(weight for _, weight in taps))
        return y

    def sample_dx(self, dy: Array, x: Array, i: Array, j: Array, how: Sampling) -> Array:
        """dx: each place hands dy back to its taps, by their weights."""
        pixels = (math.prod(x.shape[:3]), x.shape[3])
        dx = self.xp.zeros(pixels, dtype=dy.dtype)
        for place, weight in how.taps(x, i, j, self.xp):
            dx += self.scatter_add(pixels, place, dy * weight)
        return dx.reshape(x.shape)

    # -- windows over images ----------------------------------------------------------------

    def pad(self, x: Array, window: Window, fill: float = 0.0) -> Array:
        """The images with the window's padding around them, filled with `fill`."""
        if window.padding == ((0, 0), (0, 0)):
            return x
        N, H, W, C = x.shape
        padded = self.xp.full((N, *window.padded_size(H, W), C), fill, dtype=x.dtype)
        padded[window.inside(H, W)] = x
        return padded

    def as_filters(self, W: Array) -> Array:
        """W as it lies best in memory for several convolutions to share."""
        return W

    def conv2d(
        self, x: Array, W: Array, window: Window, groups: int = 1, b: Array | None = None
    ) -> Array:
        """z[n, p, q, u] = b[u] plus the sum over i, j, c of

        x[n, p sh + i dh, q sw + j dw, c] W[i, j, c, u].
        """
        if b is not None:
            return self.conv2d(x, W, window, groups) + b
        if groups > 1:
            return self._by_group(lambda x, W: self.conv2d(x, W, window), groups, x, W)
        xp, (height, width) = self.xp, x.shape[1:3]
        x = self.pad(x, window)
        P, Q = window.output_size(height, width)
        z = xp.zeros((x.shape[0], P, Q, W.shape[-1]), dtype=x.dtype)
        for tap, seen in window.taps(height, width):
            z += x[seen] @ W[tap]
        return z

    def conv2d_later(
        self, x: Array, W: Array, window: Window, groups: int = 1, b: Array | None = None
    ) -> Array:
        """As `conv2d`; but inside `joining` the result may wait (`Waiting`) for what follows it."""
        return self.conv2d(x, W, window, groups, b)

    def conv2d_dx(self, dz: Array, W: Array, size: Pair, window: Window, groups: int = 1) -> Array:
        """dx of images of `size` (H, W): each tap hands dz W[i, j]^T back to what it saw."""
        if groups > 1:
            return self._by_group(lambda dz, W: self.conv2d_dx(dz, W, size, window), groups, dz, W)
        padded = (dz.shape[0], *window.padded_size(*size), W.shape[2])
        dx = self.xp.zeros(padded, dtype=dz.dtype)
        for tap, seen in window.taps(*size):
            dx[seen] += dz @ W[tap].T
        return dx[window.inside(*size)]

    def conv2d_dW(self, x: Array, dz: Array, window: Window, groups: int = 1) -> Array:
        """dW[i, j] = (what tap i, j saw)^T dz, summed over images and positions."""
        if groups > 1:
            return self._by_group(lambda x, dz: self.conv2d_dW(x, dz, window), groups, x, dz)
        xp, (height, width) = self.xp, x.shape[1:3]
        x = self.pad(x, window)
        C, U = x.shape[-1], dz.shape[-1]
        dW = xp.zeros((*window.kernel, C, U), dtype=x.dtype)
        for tap, seen in window.taps(height, width):
            dW[tap] = xp.reshape(x[seen], (-1, C)).T @ xp.reshape(dz, (-1, U))
        return dW

    def conv2d_back(
        self, x: Array, dz: Array, W: Array, window: Window, groups: int = 1
    ) -> tuple[Array, Array]:
        """dx and dW together."""
        dx = self.conv2d_dx(dz, W, x.shape[1:3], window, groups)
        return dx, self.conv2d_dW(x, dz, window, groups)

    def max_pool(self, x: Array, window: Window, places: bool = True) -> tuple[Array, Any]:
        """The largest value in each window, and for `max_pool_dx` where the first of them lies.

        Here that is the number of the first tap that has it; an engine may choose another form.
        None where the `places` are not asked for.
        """
        xp, (height, width) = self.xp, x.shape[1:3]
        least = -xp.inf if xp.isdtype(x.dtype, "real floating") else xp.iinfo(x.dtype).min
        x = self.pad(x, window, fill=least)
        shape = (x.shape[0], *window.output_size(height, width), x.shape[-1])
        z = xp.full(shape, least, dtype=x.dtype)
        winner = None
        if places:
            winner = xp.zeros(shape, dtype=xp.uint8 if window.size <= 256 else xp.int32)
        for number, (_, seen) in enumerate(window.taps(height, width)):
            if winner is not None:
                winner = xp.where(x[seen] > z, xp.asarray(number, dtype=winner.dtype), winner)
            z = xp.maximum(z, x[seen])
        return z, winner

    def max_pool_dx(self, dz: Array, winner: Any, size: Pair, window: Window) -> Array:
        """dx of images of `size` (H, W): each window's gradient goes to its winner."""
        padded = (dz.shape[0], *window.padded_size(*size), dz.shape[-1])
        dx = self.xp.zeros(padded, dtype=dz.dtype)
        for number, (_, seen) in enumerate(window.taps(*size)):
            dx[seen] += dz * (winner == number)
        return dx[window.inside(*size)]

    def sum_pool(self, x: Array, window: Window) -> Array:
        """The sum of the values in each window."""
        xp, (height, width) = self.xp, x.shape[1:3]
        x = self.pad(x, window)
        z = xp.zeros((x.shape[0], *window.output_size(height, width), x.shape[-1]), dtype=x.dtype)
        for _, seen in window.taps(height, width):
            z += x[seen]
        return z

    def sum_pool_dx(self, dz: Array, size: Pair, window: Window) -> Array:
        """dx of images of `size` (H, W): each window hands its gradient to all that it saw."""
        padded = (dz.shape[0], *window.padded_size(*size), dz.shape[-1])
        dx = self.xp.zeros(padded, dtype=dz.dtype)
        for _, seen in window.taps(*size):
            dx[seen] += dz
        return dx[window.inside(*size)]

    def _by_group(
        self, kernel: Callable[[Array, Array], Array], groups: int, a: Array, b: Array
    ) -> Array:
        """`kernel` on each group of the last axes of a and b, its results side by side."""
        parts = zip(_split(a, groups), _split(b, groups), strict=True)
        return self.xp.concat([kernel(x, y) for x, y in parts], axis=-1)


def _split(array: Array, groups: int) -> list[Array]:
    """The parts of the last axis, one a group."""
    width = array.shape[-1] // groups
    return [array[..., g * width : (g + 1) * width] for g in range(groups)]
