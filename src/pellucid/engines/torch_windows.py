"""Convolution and pooling by PyTorch's own kernels: oneDNN on processors, cuDNN on GPUs.

Images here are (N, H, W, C), PyTorch's are (N, C, H, W). Seen with its axes permuted, a contiguous
array of the former is what PyTorch calls channels-last, which its kernels take as it is; so nothing
is copied on the way there or back. Filters (kh, kw, C, U) are turned into PyTorch's order, which is
a copy of a small array, unless they lie in memory so.

PyTorch pads both sides of an axis alike. Where a window wants more on one side, the images are
padded first.

Letters: as in engine.py; `nchw` is an array of images in PyTorch's order.
"""

from typing import Any

import torch
from torch.nn import functional as F

from pellucid.engines.window import Pair, Window

Array = torch.Tensor
aten = torch.ops.aten


def nchw(x: Array) -> Array:
    """Images (N, H, W, C) as PyTorch sees them: a view."""
    return x.permute(0, 3, 1, 2)


def nhwc(x: Array) -> Array:
    """PyTorch's images as ours: a view."""
    return x.permute(0, 2, 3, 1)


def filters(W: Array) -> Array:
    """Filters (kh, kw, C, U) in PyTorch's order (U, C, kh, kw), channels-last in memory."""
    return W.permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last)


def like(x: Array, N: int, C: int, size: Pair) -> Array:
    """Images of this shape in PyTorch's order, channels-last, in which nothing stands yet."""
    return torch.empty(
        (N, C, *size), dtype=x.dtype, device=x.device, memory_format=torch.channels_last
    )


class Fitted:
    """A window over images of `size` (H, W) as PyTorch is told of it.

    `padding` is what PyTorch pads by itself, `before` what has to be padded first: (left, right,
    top, bottom). `widest`: by how much, of its reach, PyTorch's kernel pads at most.
    """

    def __init__(self, window: Window, size: Any, half_at_most: bool = False) -> None:
        (top, bottom), (left, right) = window.padding
        even = top == bottom and left == right
        if half_at_most:
            kh, kw = window.kernel
            even = even and 2 * top <= kh and 2 * left <= kw
        self.padding = (top, left) if even else (0, 0)
        self.before = None if even else (left, right, top, bottom)
        self.size = size if even else window.padded_size(*size)
        self.window, self.given = window, size

    def padded(self, x: Array, fill: float = 0.0) -> Array:
        """The images with what has to be padded first."""
        if self.before is None:
            return x
        (N, C, H, W), (left, _, top, _) = x.shape, self.before
        y = like(x, N, C, self.size)
        for border in (y[:, :, :top], y[:, :, top + H :], y[..., :left], y[..., left + W :]):
            border.fill_(fill)
        y[:, :, top : top + H, left : left + W] = x
        return y

    def inside(self, x: Array) -> Array:
        """Without what was padded first."""
        if self.before is None:
            return x
        (top, _), (left, _) = self.window.padding
        H, W = self.given
        return x[:, :, top : top + H, left : left + W]


def conv2d(x: Array, W: Array, window: Window, groups: int, b: Array | None) -> Array:
    """The convolution of x with W, plus b."""
    fitted = Fitted(window, x.shape[1:3])
    z = torch.conv2d(
        fitted.padded(nchw(x)),
        filters(W),
        b,
        window.strides,
        fitted.padding,
        window.dilation,
        groups,
    )
    return nhwc(z)


def conv2d_back(
    dz: Array, x: Array | None, W: Array | None, size: Pair, window: Window, groups: int
) -> tuple[Any, Any]:
    """dx, dW, or both: dW where x is given, dx where W is. What is not given has no gradient."""
    fitted, (kh, kw) = Fitted(window, size), window.kernel
    N, U = dz.shape[0], dz.shape[-1]
    wanted = [W is not None, x is not None, False]
    if x is None:
        assert W is not None
        seen = like(dz, N, W.shape[2] * groups, fitted.size)
    else:
        seen = fitted.padded(nchw(x))
    weights = like(dz, U, seen.shape[1] // groups, (kh, kw)) if W is None else filters(W)
    dx, dW, _ = aten.convolution_backward(
        nchw(dz),
        seen,
        weights,
        None,
        window.strides,
        fitted.padding,
        window.dilation,
        False,
        (0, 0),
        groups,
        wanted,
    )
    return (
        None if W is None else nhwc(fitted.inside(dx)),
        None if x is None else dW.permute(2, 3, 1, 0),
    )


def max_pool(x: Array, window: Window, places: bool) -> tuple[Array, Array | None]:
    """The largest value in each window; with `places` where it lies among the (padded) pixels."""
    fitted = Fitted(window, x.shape[1:3], half_at_most=True)
    images = fitted.padded(nchw(x), -torch.inf)
    settings = window.kernel, window.strides, fitted.padding, window.dilation
    if not places:
        return nhwc(torch.max_pool2d(images, *settings)), None
    z, found = aten.max_pool2d_with_indices(images, *settings)
    return nhwc(z), found


def max_pool_dx(dz: Array, places: Array, size: Pair, window: Window) -> Array:
    """dx of images of `size`."""
    fitted = Fitted(window, size, half_at_most=True)
    dx = aten.max_pool2d_with_indices_backward(
        nchw(dz),
        like(dz, dz.shape[0], dz.shape[-1], fitted.size),
        window.kernel,
        window.strides,
        fitted.padding,
        window.dilation,
        False,
        places,
    )
    return nhwc(fitted.inside(dx))


def sum_pool(x: Array, window: Window) -> Array:
    """The sum of the values in each window, which has no dilation."""
    fitted = Fitted(window, x.shape[1:3], half_at_most=True)
    return nhwc(
        F.avg_pool2d(
            fitted.padded(nchw(x)),
            window.kernel,
            window.strides,
            fitted.padding,
            divisor_override=1,
        )
    )


def sum_pool_dx(dz: Array, size: Pair, window: Window) -> Array:
    """dx of images of `size`, of a window without dilation."""
    fitted = Fitted(window, size, half_at_most=True)
    dx = aten.avg_pool2d_backward(
        nchw(dz),
        like(dz, dz.shape[0], dz.shape[-1], fitted.size),
        window.kernel,
        window.strides,
        fitted.padding,
        False,
        True,
        1,
    )
    return nhwc(fitted.inside(dx))
