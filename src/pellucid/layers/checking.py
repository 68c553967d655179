"""What a layer's settings and input shapes must be; each check gives back what is sure.

Several layers exist for sequences (N, L, C), which a window moves along by one axis, and for images
(N, H, W, C), along two: `axes` says for which.
"""

from collections.abc import Sequence
from numbers import Integral
from typing import Any

from pellucid.errors import SettingError, ShapeError
from pellucid.layers.layer import Layer
from pellucid.layers.symbol import Shape
from pellucid.settings import is_number, whole

Pair = tuple[int, int]
INPUTS = {1: "sequences (N, L, C)", 2: "images (N, H, W, C)"}


def at_least_one(layer: Layer, name: str, value: Any) -> int:
    """A setting that counts something. Raises SettingError unless it is a whole number from 1."""
    return _whole(layer, name, value, 1)


def of_each_axis(layer: Layer, name: str, value: Any, axes: int, least: int = 1) -> Any:
    """A tuple of one whole number an axis, from one for all or from a tuple.

    Raises SettingError for anything else.
    """
    each = value if isinstance(value, tuple | list) else (value,) * axes
    if len(each) != axes:
        raise SettingError(
            type(layer).__name__,
            f"{name} to be one whole number" + " or two" * (axes == 2),
            repr(value),
            "Give one for the height and one for the width."
            if axes == 2
            else "A window over a sequence has one length.",
        )
    return tuple(_whole(layer, name, n, least) for n in each)


def both_ends(layer: Layer, name: str, value: Any) -> Pair:
    """What is added or taken at the start and at the end of an axis, from 0; one number for both.

    Raises SettingError otherwise.
    """
    ends = value if isinstance(value, tuple | list) else (value, value)
    if len(ends) != 2:
        raise SettingError(
            type(layer).__name__,
            f"{name} to be one whole number, or two for each axis",
            repr(value),
            "Give one for the start and one for the end of the axis.",
        )
    return _whole(layer, name, ends[0], 0), _whole(layer, name, ends[1], 0)


def lengths(layer: Layer, name: str, value: Any) -> tuple[int, ...]:
    """Whole numbers in brackets. Raises SettingError for anything else."""
    if not isinstance(value, tuple | list) or not all(isinstance(n, Integral) for n in value):
        where, expected = type(layer).__name__, f"{name} to be whole numbers in brackets"
        raise SettingError(where, expected, repr(value), "Try (2, 3).")
    return tuple(int(n) for n in value)


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


def channels_last(layer: Layer, data_format: str | None, axes: int = 2) -> str | None:
    """Keras' data_format: None or "channels_last". Raises SettingError for another."""
    if data_format not in (None, "channels_last"):
        order = (0, *range(2, axes + 2), 1)
        raise SettingError(
            type(layer).__name__,
            INPUTS[axes],
            f"data_format={data_format!r}",
            f"Move the channels last: x.transpose{order}.",
        )
    return data_format


def expect_axes(layer: Layer, input_shape: Shape, axes: int) -> None:
    """Raise ShapeError unless the inputs are sequences (one axis) or images (two)."""
    layer.expect_rank(input_shape, axes + 2, INPUTS[axes])


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
    kernel: tuple[int, ...],
    strides: tuple[int, ...],
    padding: str,
    dilation: tuple[int, ...],
) -> tuple[int | None, ...]:
    """How often a window fits along each axis of such inputs; None where that is not known yet.

    Raises ShapeError where these are not such inputs, or smaller than the window.
    """
    expect_axes(layer, input_shape, len(kernel))
    sizes = input_shape[1:-1]
    reach = tuple((k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True))

    def fits(n: int | None, r: int, s: int) -> int | None:
        return n and ((n - r) // s + 1 if padding == "valid" else -(-n // s))

    found = tuple(map(fits, sizes, reach, strides))
    if any(n is not None and n < 1 for n in found):
        what, one = ("a sequence", 0) if len(kernel) == 1 else ("an image", slice(None))
        raise ShapeError(
            f"layer {layer.label}",
            f"{what} of at least {reach[one]}",
            f"one of {sizes[one]}",
            "Use a smaller kernel, or padding='same'.",
        )
    return found


def _whole(layer: Layer, name: str, value: Any, least: int) -> int:
    """A whole number that is large enough. Raises SettingError otherwise."""
    zero = "0 or " if least == 0 else ""
    return whole(layer, name, value, least, f"Give {name} {zero}a positive whole number.")
