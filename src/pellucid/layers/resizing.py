"""Layers that change the length of sequences and images: zeros around, edges cut, places repeated.

They have no weights, and work along the axes between the batch and the channels.

Letters: x (N, L, C) sequences or (N, H, W, C) images.
"""

import math
from typing import Any

from pellucid import nn
from pellucid.engines import Array, engine_of, numpy_engine
from pellucid.errors import SettingError, ShapeError
from pellucid.layers.checking import (
    Pair,
    at_least_one,
    both_ends,
    channels_last,
    expect_axes,
    of_each_axis,
)
from pellucid.layers.layer import Layer, registry
from pellucid.layers.symbol import Shape, shapes_of
from pellucid.settings import one_of

Ends = int | Pair  # at the start and at the end of an axis, or one number for both


class Resizing(Layer):
    """A layer whose only build is a look at its shape rule."""

    def build(self, input_shape: Shape) -> None:
        """No weights; only the check that the inputs have the right axes, and are long enough."""
        self.compute_output_shape(input_shape)


@registry.register
class ZeroPadding1D(Resizing):
    """Zeros at both ends of a sequence: (N, L, C) to (N, start + L + end, C).

    `padding`: one number for both ends, or (start, end). Raises SettingError for other values.
    """

    def __init__(self, padding: Ends = 1, data_format: str | None = None, **settings: Any) -> None:
        super().__init__(**settings)
        self.padding = both_ends(self, "padding", padding)
        self.data_format = channels_last(self, data_format, axes=1)

    def call(self, x: Any) -> Any:
        """x between zeros."""
        return nn.pad(x, ((0, 0), self.padding, (0, 0)))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(N, start + L + end, C)."""
        return _longer(self, input_shape, [sum(self.padding)])


@registry.register
class ZeroPadding2D(Resizing):
    """Zeros around an image: (N, H, W, C) to (N, top + H + bottom, left + W + right, C).

    `padding`: one number for all sides, or (height, width), or ((top, bottom), (left, right)).
    Raises SettingError for other values.
    """

    def __init__(
        self,
        padding: int | tuple[Ends, Ends] = (1, 1),
        data_format: str | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.padding = _all_sides(self, "padding", padding)
        self.data_format = channels_last(self, data_format)

    def call(self, x: Any) -> Any:
        """x among zeros."""
        return nn.pad(x, ((0, 0), *self.padding, (0, 0)))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(N, top + H + bottom, left + W + right, C)."""
        return _longer(self, input_shape, [sum(ends) for ends in self.padding])


@registry.register
class Cropping1D(Resizing):
    """A sequence without its ends: (N, L, C) to (N, L - start - end, C).

    `cropping`: one number for both ends, or (start, end). Raises SettingError for other values,
    ShapeError where nothing would be left.
    """

    def __init__(self, cropping: Ends = (1, 1), **settings: Any) -> None:
        super().__init__(**settings)
        self.cropping = both_ends(self, "cropping", cropping)

    def call(self, x: Any) -> Any:
        """What is left of x."""
        return _inner(self, x, [self.cropping])

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(N, L - start - end, C)."""
        return _shorter(self, input_shape, [self.cropping])


@registry.register
class Cropping2D(Resizing):
    """An image without its edges: (N, H, W, C) to (N, H - top - bottom, W - left - right, C).

    `cropping`: one number for all sides, or (height, width), or ((top, bottom), (left, right)).
    Raises SettingError for other values, ShapeError where nothing would be left.
    """

    def __init__(
        self,
        cropping: int | tuple[Ends, Ends] = ((0, 0), (0, 0)),
        data_format: str | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.cropping = _all_sides(self, "cropping", cropping)
        self.data_format = channels_last(self, data_format)

    def call(self, x: Any) -> Any:
        """What is left of x."""
        return _inner(self, x, self.cropping)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(N, H - top - bottom, W - left - right, C)."""
        return _shorter(self, input_shape, self.cropping)


@registry.register
class UpSampling1D(Resizing):
    """Each place of a sequence `size` times in a row: (N, L, C) to (N, L size, C)."""

    def __init__(self, size: int = 2, **settings: Any) -> None:
        super().__init__(**settings)
        self.size = at_least_one(self, "size", size)

    def call(self, x: Any) -> Any:
        """x, place by place repeated."""
        return nn.repeat(x, self.size, axis=1)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(N, L size, C)."""
        return _times(self, input_shape, [self.size])


@registry.register
class UpSampling2D(Resizing):
    """sh times as many rows and sw times as many columns: (N, H, W, C) to (N, sh H, sw W, C).

    `size` is (sh, sw), or one number. `interpolation`: "nearest" repeats rows and columns;
    "bilinear" takes weighted means of the nearest places, as `interpolation` below says. Keras'
    other ones are left out. Raises SettingError for sizes below 1 or another interpolation.
    """

    def __init__(
        self,
        size: int | Pair = (2, 2),
        data_format: str | None = None,
        interpolation: str = "nearest",
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.size = of_each_axis(self, "size", size, axes=2)
        self.data_format = channels_last(self, data_format)
        known = "nearest", "bilinear"
        self.interpolation = one_of(self, "interpolation", interpolation, known)

    def call(self, x: Any) -> Any:
        """First more rows, then more columns."""
        stretch = nn.repeat if self.interpolation == "nearest" else _interpolated
        return stretch(stretch(x, self.size[0], 1), self.size[1], 2)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(N, sh H, sw W, C)."""
        return _times(self, input_shape, self.size)


def _all_sides(layer: Layer, name: str, value: Any) -> tuple[Pair, Pair]:
    """((top, bottom), (left, right)) from one number, two, or two pairs. SettingError otherwise."""
    axes = value if isinstance(value, tuple | list) else (value, value)
    if len(axes) != 2:
        raise SettingError(
            type(layer).__name__,
            f"{name} to be one whole number, (height, width) or ((top, bottom), (left, right))",
            repr(value),
            "Give one for the height and one for the width.",
        )
    return both_ends(layer, name, axes[0]), both_ends(layer, name, axes[1])


def _longer(layer: Layer, input_shape: Shape, more: list[int]) -> Shape:
    """The shape with so many more places along each axis."""
    expect_axes(layer, input_shape, len(more))
    pairs = zip(input_shape[1:-1], more, strict=True)
    return (None, *(None if n is None else n + m for n, m in pairs), input_shape[-1])


def _times(layer: Layer, input_shape: Shape, size: Any) -> Shape:
    """The shape with so many times as many places along each axis."""
    expect_axes(layer, input_shape, len(size))
    pairs = zip(input_shape[1:-1], size, strict=True)
    return (None, *(None if n is None else n * s for n, s in pairs), input_shape[-1])


def _shorter(layer: Cropping1D | Cropping2D, input_shape: Shape, cropping: Any) -> Shape:
    """The shape without what is cropped. Raises ShapeError where nothing would be left."""
    shape = _longer(layer, input_shape, [-sum(ends) for ends in cropping])
    if any(n is not None and n < 1 for n in shape[1:-1]):
        raise ShapeError(
            f"layer {layer.label}",
            "an input that is longer along each axis than what is cropped",
            f"shape {input_shape} and cropping {layer.cropping}",
            "Crop less.",
        )
    return shape


def _inner(layer: Cropping1D | Cropping2D, x: Any, cropping: Any) -> Any:
    """x without what is cropped at the ends of each axis."""
    _shorter(layer, shapes_of(x), cropping)
    ends = zip(x.shape[1:], cropping, strict=False)
    return x[(slice(None), *(slice(a, n - b) for n, (a, b) in ends))]


def _interpolated(x: Any, times: int, axis: int) -> Any:
    """x with `times` as many places along an axis, between those that there are: A x."""
    before, L, after = x.shape[:axis], x.shape[axis], x.shape[axis + 1 :]
    A = interpolation(L, times, x.dtype, engine_of(x).xp)
    rows = nn.matmul(A, nn.reshape(x, (*before, L, math.prod(after))))
    return nn.reshape(rows, (*before, L * times, *after))


def interpolation(L: int, times: int, dtype: Any, xp: Any = numpy_engine.xp) -> Array:
    """The weights A (L times, L) of linear interpolation: A[i, j] = max(0, 1 - |p_i - j|).

    p_i = (i + 1/2) / times - 1/2, no less than 0 and no more than L - 1, is where output i lies.
    """
    p = (xp.arange(L * times, dtype=xp.float64) + 0.5) / times - 0.5
    distance = xp.abs(xp.clip(p, 0, L - 1)[:, None] - xp.arange(L, dtype=xp.float64))
    return xp.astype(xp.clip(1 - distance, 0, 1), dtype)
