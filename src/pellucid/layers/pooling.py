"""Pooling layers: one number for what a window sees, channel by channel.

A local pool shrinks sequences (N, L, C) or images (N, H, W, C); a global one looks at all places at
once and leaves one number a channel (Lin, Chen, Yan 2014). They have no weights.
"""

from typing import Any, ClassVar

from pellucid import nn
from pellucid.layers.checking import channels_last, expect_axes, of_each_axis, places
from pellucid.layers.convolution import Lengths
from pellucid.layers.layer import Layer, registry
from pellucid.layers.symbol import Shape
from pellucid.settings import one_of


class Pooling(Layer):
    """One number for each window of `pool_size`, which moves by `strides` (default: its size).

    Raises SettingError for sizes below 1, ShapeError for inputs smaller than the window.
    """

    axes: ClassVar[int]

    def __init__(
        self,
        pool_size: Lengths = 2,
        strides: Lengths | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.pool_size = of_each_axis(self, "pool_size", pool_size, self.axes)
        steps = self.pool_size if strides is None else strides
        self.strides = of_each_axis(self, "strides", steps, self.axes)
        self.padding = one_of(self, "padding", padding, ("valid", "same"))
        self.data_format = channels_last(self, data_format, self.axes)

    def build(self, input_shape: Shape) -> None:
        """No weights; only the check that the inputs have the right axes, and are not too small."""
        self.compute_output_shape(input_shape)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(N, P, C) for sequences, (N, P, Q, C) for images."""
        near = (1,) * self.axes
        found = places(self, input_shape, self.pool_size, self.strides, self.padding, near)
        return (None, *found, input_shape[-1])


@registry.register
class MaxPooling1D(Pooling):
    """The largest value in each window: (N, L, C) to (N, P, C)."""

    axes = 1

    def call(self, x: Any) -> Any:
        """The largest of each window."""
        (pool,), (stride,) = self.pool_size, self.strides
        return nn.max_pool1d(x, pool, stride, self.padding)


@registry.register
class MaxPooling2D(Pooling):
    """The largest value in each window: (N, H, W, C) to (N, P, Q, C)."""

    axes = 2

    def call(self, x: Any) -> Any:
        """The largest of each window."""
        return nn.max_pool2d(x, self.pool_size, self.strides, self.padding)


@registry.register
class AveragePooling1D(Pooling):
    """The mean of each window, padding left out: (N, L, C) to (N, P, C)."""

    axes = 1

    def call(self, x: Any) -> Any:
        """The mean of each window."""
        (pool,), (stride,) = self.pool_size, self.strides
        return nn.average_pool1d(x, pool, stride, self.padding)


@registry.register
class AveragePooling2D(Pooling):
    """The mean of each window, padding left out: (N, H, W, C) to (N, P, Q, C)."""

    axes = 2

    def call(self, x: Any) -> Any:
        """The mean of each window."""
        return nn.average_pool2d(x, self.pool_size, self.strides, self.padding)


class GlobalPooling(Layer):
    """One number for each whole channel; with `keepdims` the axes of places stay, of length 1."""

    axes: ClassVar[int]

    def __init__(
        self, data_format: str | None = None, keepdims: bool = False, **settings: Any
    ) -> None:
        super().__init__(**settings)
        self.data_format = channels_last(self, data_format, self.axes)
        self.keepdims = keepdims

    def build(self, input_shape: Shape) -> None:
        """No weights; only the check that the inputs have the right axes."""
        expect_axes(self, input_shape, self.axes)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(N, C); with `keepdims` (N, 1, C) or (N, 1, 1, C)."""
        ones = (1,) * self.axes if self.keepdims else ()
        return (None, *ones, input_shape[-1])


@registry.register
class GlobalAveragePooling1D(GlobalPooling):
    """The mean of each channel: (N, L, C) to (N, C). It takes no mask, unlike Keras'."""

    axes = 1

    def call(self, x: Any) -> Any:
        """The mean over the length."""
        return nn.mean(x, 1, self.keepdims)


@registry.register
class GlobalAveragePooling2D(GlobalPooling):
    """The mean of each channel: (N, H, W, C) to (N, C)."""

    axes = 2

    def call(self, x: Any) -> Any:
        """The mean over height and width."""
        return nn.mean(x, (1, 2), self.keepdims)


@registry.register
class GlobalMaxPooling1D(GlobalPooling):
    """The largest value of each channel: (N, L, C) to (N, C)."""

    axes = 1

    def call(self, x: Any) -> Any:
        """The largest over the length."""
        return nn.max(x, 1, self.keepdims)


@registry.register
class GlobalMaxPooling2D(GlobalPooling):
    """The largest value of each channel: (N, H, W, C) to (N, C)."""

    axes = 2

    def call(self, x: Any) -> Any:
        """The largest over height and width."""
        return nn.max(x, (1, 2), self.keepdims)
