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
    rows, columns = map(_sides, _of_each_axis(padding), size, kernel, strides, dilation)
    window = Window(kernel, strides, (rows, columns), dilation)
    if min(window.output_size(*size)) < 1:
        raise ShapeError(
            "a window over an image",
            f"an image of at least {window.reach}",
            f"one of {size}",
            "Use a smaller kernel, or padding='same'.",
        )
    return window


def painted(
    P: int, reach: int, stride: int, padding: str | Pair, more: int | None
) -> tuple[int, Pair]:
    """How long an axis is onto which P windows are painted, and what is cut off at its ends.

    They reach over (P - 1) stride + reach places. With "same", P stride of them are kept, or, where
    `more` is given, (P - 1) stride + reach mod 2 + more; the cut falls on both ends alike. Other
    paddings are cut off, and `more` places follow, max(stride - reach, 0) where none is given.
    """
    whole = (P - 1) * stride + reach
    if padding == "same":
        kept = P * stride if more is None else (P - 1) * stride + reach % 2 + more
        cut = max(whole - kept, 0)
        return kept, (cut // 2, cut - cut // 2)
    before, after = (0, 0) if isinstance(padding, str) else padding
    more = max(stride - reach, 0) if more is None else more
    return whole - before - after + more, (before, after)


class Conv2D(Gate):
    """z[n, p, q, u] = b[u] + sum over i, j, c of x[n, p sh + i dh, q sw + j dw, c] W[i, j, c, u]

    x (N, H, W, C), W (kh, kw, C / groups, U), b (U,) or none  ->  z (N, P, Q, U)

    dx: each window hands dz W^T back to the places that it saw.
    dW = (what the windows saw)^T dz,   db = sum of dz over images and places.
    """

    gives_new = takes_short = True
    found: tuple[Any, Any] = (None, None)  # a dz, and the dW that was found with its dx

    def __init__(
        self,
        strides: Pair = (1, 1),
        padding: Padding = "valid",
        dilation: Pair = (1, 1),
        groups: int = 1,
    ) -> None:
        self.strides, self.padding, self.dilation, self.groups = strides, padding, dilation, groups

    def forward(self, x, W, b=None):
        self.x, self.W, self.size = x, self.engine.as_filters(W), x.shape[1:3]
        self.window = window_over(self.size, W.shape[:2], self.strides, self.padding, self.dilation)
        return self.engine.conv2d_later(x, self.W, self.window, self.groups, b)

    def dx(self, dz):
        if not self.needs("W"):
            return self.engine.conv2d_dx(dz, self.W, self.size, self.window, self.groups)
        dx, dW = self.engine.conv2d_back(self.x, dz, self.W, self.window, self.groups)
        self.found = dz, dW  # both read the same windows over dz
        return dx

    def dW(self, dz):
        (of, dW), self.found = self.found, (None, None)
        return dW if of is dz else self.engine.conv2d_dW(self.x, dz, self.window, self.groups)

    def db(self, dz):
        return self.engine.sum_rows(dz)


class DepthwiseConv2D(Conv2D):
    """z[n, p, q, u] = b[u] + sum over i, j of x[n, p sh + i dh, q sw + j dw, c] W[i, j, c, k]

    u = c m + k: each channel has m filters of its own, which is a convolution in C groups.
    x (N, H, W, C), W (kh, kw, C, m), b (C m,) or none  ->  z (N, P, Q, C m)
    """

    takes_short = True

    def __init__(
        self, strides: Pair = (1, 1), padding: Padding = "valid", dilation: Pair = (1, 1)
    ) -> None:
        super().__init__(strides, padding, dilation)

    def forward(self, x, W, b=None):
        self.shape = kh, kw, C, m = W.shape
        self.groups = C
        return super().forward(x, W.reshape(kh, kw, 1, C * m), b)

    def dW(self, dz):
        return super().dW(dz).reshape(self.shape)


class Conv2DTranspose(Gate):
    """The convolution of z to x read backwards: each place of x paints its window onto z.

    x (N, P, Q, C), W (kh, kw, U, C), b (U,) or none  ->  z (N, H, W, U), with H = P sh for padding
    "same" and P sh + max(kh - sh, 0) for "valid" (with dilation: its reach in kh's place), less the
    rows of an explicit padding. `output_padding` sets H another way: see `painted`.

    dx = the convolution of dz with W,   dW = (what the windows saw of dz)^T x,   db = sum of dz.
    """

    def __init__(
        self,
        strides: Pair = (1, 1),
        padding: Padding = "valid",
        dilation: Pair = (1, 1),
        output_padding: Pair | None = None,
    ) -> None:
        self.strides, self.padding, self.dilation = strides, padding, dilation
        self.output_padding = output_padding

    def forward(self, x, W, b=None):
        self.x, self.W = x, W
        self.size, self.window = self.canvas(x.shape[1:3], W.shape[:2])
        z = self.engine.conv2d_dx(x, W, self.size, self.window)
        return z if b is None else z + b

    def canvas(self, size: Any, kernel: Any) -> tuple[Pair, Window]:
        """H, W of the output for an input of `size` (P, Q), and the window that paints it."""
        reach = Window(kernel, dilation=self.dilation).reach
        more = self.output_padding or (None, None)
        axes = map(painted, size, reach, self.strides, _of_each_axis(self.padding), more)
        (height, rows), (width, columns) = axes
        window = Window(kernel, self.strides, (rows, columns), self.dilation)
        if min(height, width) < 1 or window.output_size(height, width) != tuple(size):
            raise ShapeError(
                "a transposed convolution",
                f"an output_padding from 0 and below the strides {self.strides}, and an output "
                "of at least (1, 1)",
                f"output_padding {self.output_padding} and an output of {height, width}",
                "Leave output_padding out, or use less padding.",
            )
        return (height, width), window

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
        super().__init__((1, stride), along(padding), (1, dilation), groups)

    def forward(self, x, W, b=None):
        return super().forward(x[:, None], W[None], b)[:, 0]

    def dx(self, dz):
        return super().dx(dz[:, None])[:, 0]

    def dW(self, dz):
        return super().dW(dz[:, None])[0]


def along(padding: str | Pair) -> Padding:
    """The padding of a sequence as that of an image one row high."""
    return padding if isinstance(padding, str) else ((0, 0), padding)


def pair(value: int | tuple[int, ...] | list[int]) -> Pair:
    """A setting for both directions: one number stands for two equal ones."""
    first, second = (value, value) if isinstance(value, int) else value
    return first, second


def _of_each_axis(padding: Any) -> tuple[Any, Any]:
    """What a padding says of the rows and of the columns; a name says the same of both."""
    if padding in ("valid", "same"):
        return padding, padding
    if isinstance(padding, tuple | list):
        rows, columns = padding
        return rows, columns
    raise ShapeError(
        "padding",
        "'valid', 'same' or ((top, bottom), (left, right))",
        repr(padding),
        "Choose one of them.",
    )


def _sides(padding: Any, size: int, kernel: int, stride: int, dilation: int) -> Pair:
    """The (before, after) padding of one axis of an image."""
    if padding == "same":
        return same_padding(size, kernel, stride, dilation)
    return (0, 0) if padding == "valid" else tuple(padding)
