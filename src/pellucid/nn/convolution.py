"""Convolutions of sequences and images, and the transposed one."""

from typing import Any

from pellucid import gates
from pellucid.gates.convolution import Padding, pair
from pellucid.graph.tensor import apply
from pellucid.nn.values import Pairlike, Value


def conv2d(
    x: Value,
    W: Value,
    b: Value = None,
    strides: Pairlike = 1,
    padding: Padding = "valid",
    dilation: Pairlike = 1,
    groups: int = 1,
) -> Any:
    """The convolution of images: x (N, H, W, C), W (kh, kw, C / groups, U) -> (N, P, Q, U)."""
    return apply(gates.Conv2D(pair(strides), padding, pair(dilation), groups), x, W, b)


def conv1d(
    x: Value,
    W: Value,
    b: Value = None,
    stride: int = 1,
    padding: str | tuple[int, int] = "valid",
    dilation: int = 1,
    groups: int = 1,
) -> Any:
    """The convolution of sequences: x (N, L, C), W (k, C / groups, U) -> (N, P, U)."""
    return apply(gates.Conv1D(stride, padding, dilation, groups), x, W, b)


def depthwise_conv2d(
    x: Value,
    W: Value,
    b: Value = None,
    strides: Pairlike = 1,
    padding: Padding = "valid",
    dilation: Pairlike = 1,
) -> Any:
    """m filters for each channel: x (N, H, W, C), W (kh, kw, C, m) -> (N, P, Q, C m)."""
    return apply(gates.DepthwiseConv2D(pair(strides), padding, pair(dilation)), x, W, b)


def conv2d_transpose(
    x: Value,
    W: Value,
    b: Value = None,
    strides: Pairlike = 1,
    padding: Padding = "valid",
    dilation: Pairlike = 1,
    output_padding: Pairlike | None = None,
) -> Any:
    """The transposed convolution: x (N, P, Q, C), W (kh, kw, U, C) -> (N, H, W, U)."""
    more = None if output_padding is None else pair(output_padding)
    return apply(gates.Conv2DTranspose(pair(strides), padding, pair(dilation), more), x, W, b)
