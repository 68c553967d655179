"""ONNX's operations on images, by Pellucid's gates: convolution, pooling, normalisation.

ONNX has channels first, (N, C, H, W): `last` and `first` go to Pellucid's order and back. Sequences
(N, C, L) are images one row high.
"""

import functools

from pellucid import apply, gates, nn
from pellucid.averages import move_average
from pellucid.engines import Window, same_padding

ONE = (1, 1)
NONE = (0, 0, 0, 0)


def last(x):
    """Channels from their place after the batch to the end."""
    return nn.transpose(x, (0, *range(2, x.ndim), 1))


def first(x):
    """Channels from the end to their place after the batch."""
    return nn.transpose(x, (0, x.ndim - 1, *range(1, x.ndim - 1)))


def for_sequences_too(function):
    """A function of images that takes sequences as images one row high."""

    @functools.wraps(function)
    def lifted(x, *weights, **settings):
        if x.ndim != 3:
            return function(x, *weights, **settings)
        if "kernel_shape" in settings:
            settings["kernel_shape"] = [1, *settings["kernel_shape"]]
        high = [v[:, :, None] if v.ndim == 3 else v for v in (x, *weights)]
        return function(*high, **settings)[:, :, 0]

    return lifted


# -- convolution ----------------------------------------------------------------------------------


def conv(x, W, b=None, strides=ONE, dilations=ONE, group=1, kernel_shape=None, **padding):
    around = padding_of(x.shape[2:], W.shape[2:], strides, dilations, **padding)
    W = nn.transpose(W, (2, 3, 1, 0))
    return first(nn.conv2d(last(x), W, b, strides, around, dilations, group))


@for_sequences_too
def conv_transpose(x, W, strides=ONE, dilations=ONE, auto_pad="", kernel_shape=None, **output):
    around, beyond = "same", (0, 0)
    if auto_pad != "SAME_UPPER":
        around, beyond = padding_of_output(x.shape[2:], W.shape[2:], strides, dilations, **output)
    W = nn.transpose(W, (2, 3, 1, 0))
    z = nn.conv2d_transpose(last(x), W, None, strides, around, dilations)
    return first(nn.pad(z, ((0, 0), (0, beyond[0]), (0, beyond[1]), (0, 0))))


def padding_of_output(
    size, kernel, strides, dilations, pads=NONE, output_padding=(0, 0), output_shape=None
):
    """What is cut off around a transposed convolution, and how many zeros are added behind it."""
    around, beyond = [], []
    for i, reach in enumerate(reach_of(kernel, dilations)):
        full = size[i] * strides[i] + max(reach - strides[i], 0)
        after = pads[2 + i] - output_padding[i]
        if output_shape:
            after = full - pads[i] - output_shape[i]
        around.append((pads[i], max(after, 0)))
        beyond.append(max(-after, 0))
    return around, beyond


def padding_of(size, kernel, strides, dilations, pads=None, auto_pad="", ceil_mode=0):
    """ONNX's padding as Pellucid takes it.

    Where the number of windows is rounded up, it grows by what the last one lacks, unless that one
    would start behind the image.
    """
    if auto_pad == "SAME_UPPER":
        return "same"
    if auto_pad == "SAME_LOWER":
        return tuple(pair[::-1] for pair in map(same_padding, size, kernel, strides, dilations))
    if pads is None and not ceil_mode:
        return "valid"
    around = []
    for i, reach in enumerate(reach_of(kernel, dilations)):
        before, after = (pads or NONE)[i], (pads or NONE)[2 + i]
        lacking = -(before + size[i] + after - reach) % strides[i] if ceil_mode else 0
        starts_behind = after + lacking >= reach
        around.append((before, after if starts_behind else after + lacking))
    return tuple(around)


def reach_of(kernel, dilations):
    return Window(tuple(kernel), dilation=tuple(dilations)).reach


# -- pooling --------------------------------------------------------------------------------------


@for_sequences_too
def max_pool(x, kernel_shape, strides=ONE, **padding):
    around = padding_of(x.shape[2:], kernel_shape, strides, ONE, **padding)
    return first(nn.max_pool2d(last(x), kernel_shape, strides, around))


@for_sequences_too
def average_pool(x, kernel_shape, strides=ONE, count_include_pad=0, **padding):
    around, x = padding_of(x.shape[2:], kernel_shape, strides, ONE, **padding), last(x)
    if count_include_pad:
        top, left, bottom, right = padding["pads"]
        x = nn.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)))
        around = (0, around[0][1] - bottom), (0, around[1][1] - right)
    return first(nn.average_pool2d(x, kernel_shape, strides, around))


def global_average_pool(x):
    return first(nn.average_pool2d(last(x), x.shape[2:]))


def global_max_pool(x):
    return first(nn.max_pool2d(last(x), x.shape[2:]))


# -- normalisation --------------------------------------------------------------------------------


def batch_normalization(x, gamma, beta, mu, var, epsilon=1e-5, momentum=0.9, training_mode=0):
    if not training_mode:
        return first(nn.fixed_batch_norm(last(x), gamma, beta, mu, var, epsilon))
    gate = gates.BatchNorm(epsilon)
    z = apply(gate, last(x), gamma, beta)
    move_average(mu.value, gate.mu, momentum)
    move_average(var.value, gate.var, momentum)
    return first(z), mu, var


def layer_normalization(x, gamma, beta, axis=-1, epsilon=1e-5):
    """The axes to normalise are those of gamma. ONNX also asks for mu and 1 / std."""
    axes = tuple(range(axis % x.ndim, x.ndim))
    mu = nn.mean(x, axes, keepdims=True)
    var = nn.mean((x - mu) ** 2, axes, keepdims=True)
    return nn.layer_norm(x, gamma, beta, epsilon), mu, 1 / nn.sqrt(var + epsilon)


def rms_normalization(x, gamma, axis=-1, epsilon=1e-5):
    return nn.rms_norm(x, gamma, epsilon)


def group_normalization(x, gamma, beta, num_groups, epsilon=1e-5):
    return first(nn.group_norm(last(x), gamma, beta, num_groups, epsilon))


def instance_normalization(x, gamma, beta, epsilon=1e-5):
    return group_normalization(x, gamma, beta, x.shape[1], epsilon)
