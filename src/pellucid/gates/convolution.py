"""Convolutions: every unit looks at a window of the image, and all places share the same weights.

The gates say which window; the engine's kernels slide it. A transposed convolution is a convolution
read backwards: its forward pass is the other's dx, and its dx the other's forward pass.

Letters: x (N, H, W, C) images, W (kh, kw, C / groups, U) filters, b (U,) bias,
z (N, P, Q, U) pre-activation; strides (sh, sw), dilation (dh, dw).
"""

from typing import Any

from pellucid.engines import Window, same_padding
from pellucid.errors import ShapeError
from pellucid.gates.gate import Gate

Pair = tuple[int, int]
Padding = str | tuple[Pair, Pair]  # "valid", "same", or ((top, bottom), (left, right))


def window_over(
    size: Pair, kernel: Pair, strides: Pair, padding: Padding, dilation: Pair
) -> Window:
    """The window that slides over images of `size` (H, W)."""
    if padding == "valid":
        padding = ((0, 0), (0, 0))
    elif padding == "same":
        rows, columns = map(same_padding, size, kernel, strides, dilation)
        padding = (rows, columns)
    elif not isinstance(padding, tuple | list):
        raise ShapeError(
            "padding",
            "'valid', 'same' or ((top, bottom), (left, right))",
            repr(padding),
            "Choose one of them.",
        )
    window = Window(kernel, strides, padding, dilation)
    if min(window.output_size(*size)) < 1:
        raise ShapeError(
            "a window over an image",
            f"an image of at least {window.reach}",
            f"one of {size}",
            "Use a smaller kernel, or padding='same'.",
        )
    return window


class Conv2D(Gate):
    """z[n, p, q, u] = b[u] + sum over i, j, c of x[n, p sh + i dh, q sw + j dw, c] W[i, j, c, u]

    x (N, H, W, C), W (kh, kw, C / groups, U), b (U,) or none  ->  z (N, P, Q, U)

    dx: each window hands dz W^T back to the places that it saw.
    dW = (what the windows saw)^T dz,   db = sum of dz over images and places.
    """

    def __init__(
        self,
        strides: Pair = (1, 1),
        padding: Padding = "valid",
        dilation: Pair = (1, 1),
        groups: int = 1,
    ) -> None:
        self.strides, self.padding, self.dilation, self.groups = strides, padding, dilation, groups

    def forward(self, x, W, b=None):
        self.x, self.W, self.size = x, W, x.shape[1:3]
        self.window = window_over(self.size, W.shape[:2], self.strides, self.padding, self.dilation)
        return self.engine.conv2d(x, W, self.window, self.groups, b)

    def dx(self, dz):
        return self.engine.conv2d_dx(dz, self.W, self.size, self.window, self.groups)

    def dW(self, dz):
        return self.engine.conv2d_dW(self.x, dz, self.window, self.groups)

    def db(self, dz):
        return self.engine.sum_rows(dz)


class Conv2DTranspose(Gate):
    """The convolution of z to x read backwards: each place of x paints its window onto z.

    x (N, P, Q, C), W (kh, kw, U, C), b (U,) or none  ->  z (N, H, W, U), with H = P sh for padding
    "same" and P sh + max(kh - sh, 0) for "valid" (with dilation: its reach in kh's place), less the
    rows of an explicit padding.

    dx = the convolution of dz with W,   dW = (what the windows saw of dz)^T x,   db = sum of dz.
    """

    def __init__(
        self, strides: Pair = (1, 1), padding: Padding = "valid", dilation: Pair = (1, 1)
    ) -> None:
        self.strides, self.padding, self.dilation = strides, padding, dilation

    def forward(self, x, W, b=None):
        self.x, self.W = x, W
        kernel: Any = W.shape[:2]
        self.size = self.output_size(x.shape[1:3], kernel)
        self.window = window_over(self.size, kernel, self.strides, self.padding, self.dilation)
        z = self.engine.conv2d_dx(x, W, self.size, self.window)
        return z if b is None else z + b

    def output_size(self, size: Pair, kernel: Pair) -> Pair:
        """H, W of the output for an input of `size` (P, Q)."""
        P, Q = size
        sh, sw = self.strides
        if self.padding == "same":
            return P * sh, Q * sw
        rh, rw = Window(kernel, dilation=self.dilation).reach
        explicit = self.padding if isinstance(self.padding, tuple | list) else ((0, 0), (0, 0))
        rows, columns = explicit
        return P * sh + max(rh - sh, 0) - sum(rows), Q * sw + max(rw - sw, 0) - sum(columns)

    def dx(self, dz):
        return self.engine.conv2d(dz, self.W, self.window)

    def dW(self, dz):
        return self.engine.conv2d_dW(dz, self.x, self.window)

    def db(self, dz):
        return self.engine.sum_rows(dz)


class Conv1D(Conv2D):
    """z[n, p, u] = b[u] + sum over i, c of x[n, p s + i d, c] W[i, c, u]: images one row high.

    x (N, L, C), W (k, C / groups, U), b (U,) or none  ->  z (N, P, U)
    """

    def __init__(
        self, stride: int = 1, padding: str | Pair = "valid", dilation: int = 1, groups: int = 1
    ) -> None:
        along = padding if isinstance(padding, str) else ((0, 0), padding)
        super().__init__((1, stride), along, (1, dilation), groups)

    def forward(self, x, W, b=None):
        return super().forward(x[:, None], W[None], b)[:, 0]

    def dx(self, dz):
        return super().dx(dz[:, None])[:, 0]

    def dW(self, dz):
        return super().dW(dz[:, None])[0]


def pair(value: int | tuple[int, ...] | list[int]) -> Pair:
    """A setting for both directions: one number stands for two equal ones."""
    first, second = (value, value) if isinstance(value, int) else value
    return first, second
