"""The PyTorch engine with its products and convolutions in bfloat16, and all else in float32.

bfloat16 has float32's range and 8 of its 24 significant bits: rounded to it, a number is off by at
most u = 2^-8 of itself. Factors are rounded on their way into a product, their products are added
up in float32, and the result, rounded once more as kernels give it, comes back in float32. So what
is off is a product of matrices, by at most about 3 u |a| |b|; sums, means and losses never see the
short type. Numbers of another type than float32 are multiplied as they are. Where formulas may
wait, images that convolutions give stay in the short type (torch_waiting.py).

Where PyTorch has no kernels for the type (a processor without AVX-512, an old GPU), the rounded
numbers are multiplied in float32: the same results up to the order of additions, and no time saved.

Micikevicius et al. 2018, Mixed Precision Training; Kalamkar et al. 2019, A Study of BFLOAT16 for
Deep Learning Training (float32's range makes a scale for the loss needless).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch

from pellucid.engines import torch_windows
from pellucid.engines.engine import Array
from pellucid.engines.torch_engine import TorchEngine
from pellucid.engines.torch_waiting import LONG, SHORT, Held, as_held, held, is_short, may_be_held
from pellucid.engines.window import Pair, Window


class MixedTorchEngine(TorchEngine):
    """The engine of a device, which multiplies in bfloat16.

    `is_native`: whether PyTorch has kernels of that type for the device.
    """

    is_mixed = True

    def __init__(self, device: torch.device) -> None:
        super().__init__(device)
        self.is_native = has_kernels(device)

    def as_factor(self, x: Array) -> Array:
        """x rounded to bfloat16, if it is of float32."""
        x = held(x)
        return x.to(SHORT) if x.dtype == LONG else x

    def multiplied(self, kernel: Callable[..., Any], *factors: Array) -> Any:
        """kernel(*factors), made in bfloat16 and given in float32: one array, or several."""
        short = [self.as_factor(factor) for factor in factors]
        if any(factor.dtype != SHORT for factor in short):
            return kernel(*factors)
        if self.is_native:
            return _each(lambda z: z.to(LONG), kernel(*short))
        return _each(lambda z: z.to(SHORT).to(LONG), kernel(*[f.to(LONG) for f in short]))

    def matmul(self, a: Array, b: Array) -> Array:
        """The matrix product a b, of the last two axes."""
        if self.on_host:
            return self.multiplied(torch.matmul, a, b)
        with sums_in_float32():
            return self.multiplied(torch.matmul, a, b)

    def conv2d(
        self, x: Array, W: Array, window: Window, groups: int = 1, b: Array | None = None
    ) -> Array:
        """The convolution of x with W in bfloat16, plus b in float32."""
        z = self.multiplied(partial(_conv2d, window=window, groups=groups), x, W)
        return z if b is None else z.add_(b)

    def conv2d_later(
        self, x: Array, W: Array, window: Window, groups: int = 1, b: Array | None = None
    ) -> Array:
        """As `conv2d`; a large result is held in bfloat16, with b added to it there."""
        if not (self.is_native and is_short(x) and is_short(W)):
            return self.conv2d(x, W, window, groups, b)
        z = _conv2d(x, W, window, groups)
        holds = may_be_held(z)
        z = z if holds else z.to(LONG)
        return as_held(z if b is None else z.add_(b))

    def conv2d_dx(self, dz: Array, W: Array, size: Pair, window: Window, groups: int = 1) -> Array:
        """dx of images of `size` (H, W)."""

        def kernel(dz: Array, W: Array) -> Array:
            return torch_windows.conv2d_back(dz, None, W, size, window, groups)[0]

        if self._passes_on(dz, W):
            return as_held(kernel(held(dz), W))
        return self.multiplied(kernel, dz, W)

    def conv2d_dW(self, x: Array, dz: Array, window: Window, groups: int = 1) -> Array:
        """dW = (what the windows saw)^T dz, summed over images and positions."""

        def kernel(x: Array, dz: Array) -> Array:
            return torch_windows.conv2d_back(dz, x, None, x.shape[1:3], window, groups)[1]

        return self.multiplied(kernel, x, dz)

    def conv2d_back(
        self, x: Array, dz: Array, W: Array, window: Window, groups: int = 1
    ) -> tuple[Array, Array]:
        """dx and dW, by one call: dz is rounded once for both."""

        def kernel(x: Array, dz: Array, W: Array) -> tuple[Array, Array]:
            return torch_windows.conv2d_back(dz, x, W, x.shape[1:3], window, groups)

        if self._passes_on(dz, x, W):
            dx, dW = kernel(x, held(dz), W)
            return as_held(dx), dW.to(LONG)
        return self.multiplied(kernel, x, dz, W)

    def _passes_on(self, dz: Array, *others: Array) -> bool:
        """Whether a gradient is passed on as it came: held in bfloat16."""
        return self.is_native and isinstance(dz, Held) and all(map(is_short, (dz, *others)))


def _conv2d(x: Array, W: Array, window: Window, groups: int) -> Array:
    """The convolution of x with W, in their type."""
    return torch_windows.conv2d(x, W, window, groups, None)


def has_kernels(device: torch.device) -> bool:
    """Whether PyTorch multiplies in bfloat16 on a device: oneDNN's kernels, or Tensor Cores."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    return torch.backends.mkldnn.is_available() and bool(
        torch.ops.mkldnn._is_mkldnn_bf16_supported()
    )


@contextmanager
def sums_in_float32() -> Iterator[None]:
    """Inside, a product that a GPU makes in parts adds them up in float32.

    PyTorch has one setting for the whole program, which lets it take bfloat16 for that.
    """
    settings = torch.backends.cuda.matmul
    before = settings.allow_bf16_reduced_precision_reduction
    settings.allow_bf16_reduced_precision_reduction = False
    try:
        yield
    finally:
        settings.allow_bf16_reduced_precision_reduction = before


def _each(function: Callable[[Array], Array], found: Any) -> Any:
    """The function of an array, or of each of several."""
    return tuple(map(function, found)) if isinstance(found, tuple) else function(found)
