"""Convolutions in NumPy: matrix products on blocks of images.

A convolution copies what each window sees into one row of a matrix ("columns") and multiplies that
by the filters (Chellapilla, Puri, Simard 2006). It goes by blocks of images, small enough that the
columns are still in the cache when the product reads them.

With strides of 1, dx is a convolution of dz with the filters turned round, which adds up inside the
product. Its columns, what windows turned round see of dz, also give dW: x[p] meets dz[p + t] in dx
by the same weight whose gradient is x[p] dz[p + t].

Where windows are narrow, r neighbouring ones in a row are taken as one: filters that are r - 1
columns wider, once for each of the r places, give all of their outputs side by side. That computes
some products with zeros, and has r times fewer and longer rows to copy and to multiply.

A few images, one that is asked about for example, go at once: without blocks, and what prepares
them, which would take longer than the arithmetic.

Letters: x (N, H, W, C) images, W (kh, kw, C / groups, U) filters, z (N, P, Q, U) output;
M = images in a block times P Q, K = kh kw C / groups, G groups.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from pellucid.engines.columns import Columns, columns_at_once, good_blocks, is_one_block
from pellucid.engines.window import Pair, Window
from pellucid.engines.workers import in_turn, longest, share

Array = Any
NARROW = 16  # channels of inputs up to which windows are taken together
FEW = 4096  # windows for which neither blocks nor wider filters pay
WIDEST = 64  # outputs of them all, side by side: so many a product does not do better with more


def conv2d(x: Array, W: Array, window: Window, groups: int = 1, b: Array | None = None) -> Array:
    """The convolution of x with W, plus b."""
    (P, Q), U = window.output_size(*x.shape[1:3]), W.shape[-1]
    if groups == 1 and len(x) * P * Q < FEW and is_one_block(x, window, U):
        z = columns_at_once(x, window).dot(W.reshape(-1, U))
        if b is not None:
            z += b
        return z.reshape(len(x), P, Q, U)
    z = np.empty((len(x), P, Q, U), x.dtype)
    conv2d_by_blocks(x, W, window, groups, b, z)
    return z


def conv2d_by_blocks(
    x: Array,
    W: Array,
    window: Window,
    groups: int,
    b: Array | None,
    z: Array | None,
    take: Callable[[slice, Array], None] | None = None,
) -> None:
    """Write z; or, without one, hand each block of it to `take`, which must not keep the memory.

    The bias is added, and a block taken, while it is in the cache.
    """
    P, Q = window.output_size(*x.shape[1:3])
    U = W.shape[-1]
    if (r := together(window, x, U, groups)) > 1:
        W, window = _widened(W, r), _wide(window, r)
    filters, blocks = _filters(W, groups), good_blocks(x, window, W.shape[-1])
    bias = np.tile(b, P * Q) if b is not None and len(x) > 1 else b  # of an image, as one row

    def work(turns: Iterable[slice]) -> None:
        n = longest(blocks)
        columns = Columns(x, window, groups, n)
        scratch = np.empty((n, P, Q, U), x.dtype) if z is None else z
        for block in turns:
            part = scratch[: block.stop - block.start] if z is None else z[block]
            rows = part.reshape(-1, r * U)
            np.matmul(columns(x[block]), filters, out=_groups(rows, groups))
            if bias is not None:
                images = part.reshape(-1, len(bias))
                images += bias
            if take is not None:
                take(block, part)

    in_turn(work, blocks)


def conv2d_dx(dz: Array, W: Array, size: Pair, window: Window, groups: int = 1) -> Array:
    """dx of images of `size` (H, W): dz W^T is what every tap hands back; then that is added up."""
    filters = _filters(W, groups).swapaxes(1, 2)
    N, P, Q, _ = dz.shape
    C = W.shape[2] * groups
    dx = np.zeros((N, *window.padded_size(*size), C), dz.dtype)

    def work(blocks: Iterable[slice]) -> None:
        for block in blocks:
            columns = _groups(dz[block], groups) @ filters  # (G, M, K)
            n = columns.shape[1] // (P * Q)
            columns = columns.reshape(groups, n, P, Q, *window.kernel, W.shape[2])
            columns = columns.transpose(4, 5, 1, 2, 3, 0, 6)
            for tap, seen in window.taps(*size):
                part = dx[block][seen]
                part += columns[tap].reshape(part.shape)

    in_turn(work, good_blocks(dx[window.inside(*size)], window, W.shape[-1]))
    return dx[window.inside(*size)]


def conv2d_dW(x: Array, dz: Array, window: Window, groups: int = 1) -> Array:
    """dW = columns^T dz, summed over the blocks."""
    C, U = x.shape[-1] // groups, dz.shape[-1]
    if (r := together(window, x, U, groups)) > 1:
        return _narrowed(conv2d_dW(x, _side_by_side(dz, r), _wide(window, r)), r)

    def work(blocks: Sequence[slice]) -> Array:
        columns = Columns(x, window, groups, longest(blocks))
        dW = np.zeros((groups, window.size * C, U // groups), x.dtype)
        part = np.empty_like(dW)
        for block in blocks:
            seen = columns(x[block]).swapaxes(1, 2)
            dW += np.matmul(seen, _groups(dz[block], groups), out=part)
        return dW

    dW = np.add.reduce(share(work, good_blocks(x, window, U)))
    return dW.transpose(1, 0, 2).reshape(*window.kernel, C, U)


def conv2d_back(x: Array, dz: Array, W: Array, back: Window) -> tuple[Array, Array]:
    """dx and dW from the same columns of dz, for x and dz of one size; `back` is turned round."""
    r = together(back, dz, W.shape[2])
    filters = _widened(turned(W, 1), r)
    dx, dW = _both(_side_by_side(x, r), dz, filters, _wide(back, r))
    return dx.reshape(x.shape), np.ascontiguousarray(_narrowed(dW, r)[::-1, ::-1].swapaxes(2, 3))


def _both(x: Array, dz: Array, W: Array, window: Window) -> tuple[Array, Array]:
    """The convolution of dz with W in the shape of x, and the sum of columns^T x."""
    U, C = W.shape[2:]
    filters, dx = _filters(W, 1)[0], np.empty(x.shape, dz.dtype)

    def work(blocks: Sequence[slice]) -> Array:
        columns = Columns(dz, window, 1, longest(blocks))
        dW = np.zeros((C, window.size * U), x.dtype)
        part = np.empty_like(dW)
        for block in blocks:
            seen = columns(dz[block])[0]
            np.matmul(seen, filters, out=dx[block].reshape(-1, C))
            dW += np.matmul(x[block].reshape(-1, C).T, seen, out=part)
        return dW

    dW = np.add.reduce(share(work, good_blocks(dz, window, C)))
    return dx, dW.T.reshape(*window.kernel, U, C)


def together(window: Window, x: Array, U: int, groups: int = 1) -> int:
    """How many neighbouring windows over x are taken as one."""
    C, (P, Q) = x.shape[-1], window.output_size(*x.shape[1:3])
    is_plain = groups == window.strides[1] == window.dilation[1] == 1
    if C > NARROW or not is_plain or len(x) * P * Q < FEW:
        return 1
    most = min(window.kernel[1] - 1, WIDEST // U)
    return max((r for r in range(2, most + 1) if Q % r == 0), default=1)


def _wide(window: Window, r: int) -> Window:
    """r neighbouring windows in a row as one."""
    kh, kw = window.kernel
    return window._replace(kernel=(kh, kw + r - 1), strides=(window.strides[0], r))


def _widened(W: Array, r: int) -> Array:
    """(kh, kw, C, U) -> (kh, kw + r - 1, C, r U): the filters at each of r places, 0 elsewhere."""
    kh, kw, C, U = W.shape
    wide = np.zeros((kh, kw + r - 1, C, r, U), W.dtype)
    for i in range(r):
        wide[:, i : i + kw, :, i] = W
    return wide.reshape(kh, kw + r - 1, C, r * U)


def _narrowed(dW: Array, r: int) -> Array:
    """The gradient of W from that of the filters at r places: `_widened` read backwards."""
    kh, wide, C, all_units = dW.shape
    parts, kw = dW.reshape(kh, wide, C, r, all_units // r), wide - r + 1
    return sum(parts[:, i : i + kw, :, i] for i in range(r))


def _side_by_side(z: Array, r: int) -> Array:
    """(N, P, Q, U) -> (N, P, Q / r, r U), a view."""
    N, P, Q, U = z.shape
    return z.reshape(N, P, Q // r, r * U)


def turned_window(window: Window) -> Window | None:
    """The window over dz that gives dx; None where dx is no convolution of dz."""
    (top, bottom), (left, right) = window.padding
    up, side = (reach - 1 for reach in window.reach)
    if window.strides != (1, 1) or max(top, bottom) > up or max(left, right) > side:
        return None
    return window._replace(padding=((up - top, up - bottom), (side - left, side - right)))


def turned(W: Array, groups: int) -> Array:
    """The filters upside down, their inputs and outputs swapped: (kh, kw, U / groups, C)."""
    kh, kw, C, U = W.shape
    turned = W[::-1, ::-1].reshape(kh, kw, C, groups, U // groups).transpose(0, 1, 4, 3, 2)
    return turned.reshape(kh, kw, U // groups, groups * C)


def _filters(W: Array, groups: int) -> Array:
    """The filters as one matrix a group: (kh, kw, C / groups, U) -> (G, K, U / groups)."""
    return W.reshape(-1, groups, W.shape[-1] // groups).transpose(1, 0, 2)


def _groups(z: Array, groups: int) -> Array:
    """A block of outputs as one matrix a group, a view: (n, P, Q, U) -> (G, M, U / groups)."""
    return z.reshape(-1, groups, z.shape[-1] // groups).transpose(1, 0, 2)
