"""What a layer's settings and input shapes must be; each check gives back what is sure."""

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

from pellucid.engines import Window
from pellucid.errors import SettingError, ShapeError
from pellucid.gates.convolution import Padding, window_over
from pellucid.layers.layer import Layer
from pellucid.layers.symbol import Shape

Pair = tuple[int, int]
UNKNOWN = 1 << 30  # stands for a length that is not known yet: no window is larger


def at_least_one(layer: Layer, name: str, value: Any) -> int:
    """A setting that counts something. Raises SettingError unless it is a whole number from 1."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
        raise SettingError(
            type(layer).__name__,
            f"{name} to be a whole number from 1",
            repr(value),
            f"Give {name} a positive whole number.",
        )
    return int(value)


def positive_pair(layer: Layer, name: str, value: Any) -> Pair:
    """A setting for height and width; one number stands for two. Raises SettingError otherwise."""
    both = value if isinstance(value, tuple | list) else (value, value)
    if len(both) != 2:
        raise SettingError(
            type(layer).__name__,
            f"{name} to be one whole number or two",
            repr(value),
            "Give one for the height and one for the width.",
        )
    return at_least_one(layer, name, both[0]), at_least_one(layer, name, both[1])


def known_padding(layer: Layer, padding: Any) -> str:
    """A padding by name, in any case. Raises SettingError for another."""
    if str(padding).lower() not in ("valid", "same"):
        raise SettingError(
            type(layer).__name__, "padding 'valid' or 'same'", repr(padding), "Choose one."
        )
    return padding.lower()


def interval(layer: Layer, name: str, value: Any, least: float, most: float) -> tuple[float, float]:
    """The ends of an interval inside least .. most, in order.

    One number f stands for -f .. f, or for least .. f where that begins later. Raises SettingError
    for what is neither.
    """
    given = value if isinstance(value, tuple | list) else (value,)
    if not (len(given) in (1, 2) and all(is_number(v) and least <= v <= most for v in given)):
        raise SettingError(
            type(layer).__name__,
            f"{name} to be a number from {least} to {most}, or two",
            repr(value),
            "Try 0.2, or (0.1, 0.2).",
        )
    if len(given) == 1:
        far = abs(given[0])
        return max(-far, least), far
    return min(given), max(given)


def range_of_values(layer: Layer, value_range: Any) -> tuple[float, float]:
    """The least and the largest value of images. Raises SettingError unless they are in order."""
    if (
        not isinstance(value_range, tuple | list)
        or len(value_range) != 2
        or not all(map(is_number, value_range))
        or not value_range[0] < value_range[1]
    ):
        raise SettingError(
            type(layer).__name__,
            "a value_range of two numbers, the smaller one first",
            repr(value_range),
            "Give (0, 255) for bytes, or (0, 1) behind Rescaling(1 / 255).",
        )
    return value_range[0], value_range[1]


def is_number(value: Any) -> bool:
    """Whether this is a real number, and not a truth value."""
    return isinstance(value, Real) and not isinstance(value, bool)


def known_seed(layer: Layer, seed: Any) -> int | None:
    """A seed, or None. Raises SettingError unless it is a whole number from 0."""
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, Integral) or seed < 0):
        raise SettingError(
            type(layer).__name__, "a seed that is a whole number from 0", repr(seed), "Try 0."
        )
    return None if seed is None else int(seed)


def channels_last(layer: Layer, data_format: str | None) -> str | None:
    """Keras' data_format: None or "channels_last". Raises SettingError for another."""
    if data_format not in (None, "channels_last"):
        raise SettingError(
            type(layer).__name__,
            "images (N, H, W, C)",
            f"data_format={data_format!r}",
            "Move the channels last: x.transpose(0, 2, 3, 1).",
        )
    return data_format


def features(layer: Layer, input_shape: Any) -> int:
    """How many features or channels an input (N, ..., D) has. Raises ShapeError if that is open."""
    D = input_shape[-1] if isinstance(input_shape, tuple) and len(input_shape) > 1 else None
    if D is None:
        raise ShapeError(
            f"layer {layer.label}",
            "one input (N, ..., D) whose D is known",
            f"shape {input_shape}",
            "Give each example its features, or channels, along the last axis.",
        )
    return D


def channels(layer: Layer, axis: int, input_shape: Any) -> int:
    """How many channels an input (N, ..., C) has.

    Raises ShapeError if that is open, and SettingError for an axis that is not the last.
    """
    C = features(layer, input_shape)
    if axis not in (-1, len(input_shape) - 1):
        raise SettingError(
            f"layer {layer.label}",
            "axis=-1, the channels",
            f"axis={axis}",
            "Move the channels last.",
        )
    return C


def last_axes(layer: Layer, axis: int | Sequence[int], input_shape: Any) -> tuple[int, ...]:
    """The lengths along the last axes of an input (N, ..., D), which are to be normalised.

    Raises SettingError unless these are the last ones, of known length, and not the batch.
    """
    features(layer, input_shape)
    rank = len(input_shape)
    given = [axis] if isinstance(axis, int) else axis
    axes = sorted(each + rank if each < 0 else each for each in given)
    known = tuple(n for n in input_shape[rank - len(axes) :] if n is not None)
    last = axes and axes[0] > 0 and axes == list(range(rank - len(axes), rank))
    if not last or len(known) < len(axes):
        raise SettingError(
            f"layer {layer.label}",
            "the last axes, of known length, without the batch",
            f"axis={axis} for inputs {input_shape}",
            "Move the axes to normalise last.",
        )
    return known


def places(
    layer: Layer,
    input_shape: Shape,
    kernel: Pair,
    strides: Pair,
    padding: Padding,
    dilation: Pair = (1, 1),
) -> tuple[int | None, int | None]:
    """P, Q: how often a window fits into images of this shape; None where that is not known yet.

    Raises ShapeError where these are no images (N, H, W, C), or smaller than the window.
    """
    layer.expect_rank(input_shape, 4, "images (N, H, W, C)")
    H, W = input_shape[1:3]
    size = (UNKNOWN if H is None else H, UNKNOWN if W is None else W)
    try:
        window: Window = window_over(size, kernel, strides, padding, dilation)
    except ShapeError as error:
        where = f"layer {layer.label}"
        raise ShapeError(where, error.expected, error.received, error.mend) from None
    P, Q = window.output_size(*size)
    return None if H is None else P, None if W is None else Q
