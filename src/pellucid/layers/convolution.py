"""Layers that look through a window: convolution and pooling over images (N, H, W, C)."""

from typing import Any

from pellucid import activations, nn
from pellucid.errors import SettingError
from pellucid.layers.checking import (
    at_least_one,
    channels_last,
    features,
    known_padding,
    places,
    positive_pair,
)
from pellucid.layers.layer import Layer, registry
from pellucid.layers.symbol import Shape


@registry.register
class Conv2D(Layer):
    """a = g(x * W + b): each filter slides over the image and looks at one part of it at a time.

    Input (N, H, W, C), output (N, P, Q, filters). `kernel` is W (kh, kw, C / groups, filters).
    `padding`: "valid" (none) or "same" (P = H / stride, rounded up). Strides and dilation may both
    be above 1, which Keras does not allow; its activity regularisers are left out.
    Raises SettingError for a setting out of range, ShapeError for images smaller than the kernel.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, int],
        strides: int | tuple[int, int] = (1, 1),
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: int | tuple[int, int] = (1, 1),
        groups: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.filters = at_least_one(self, "filters", filters)
        self.kernel_size = positive_pair(self, "kernel_size", kernel_size)
        self.strides = positive_pair(self, "strides", strides)
        self.padding = known_padding(self, padding)
        self.data_format = channels_last(self, data_format)
        self.dilation_rate = positive_pair(self, "dilation_rate", dilation_rate)
        self.groups = at_least_one(self, "groups", groups)
        self.activation, self.use_bias = activations.get(activation), use_bias
        self.kernel_initializer, self.bias_initializer = kernel_initializer, bias_initializer
        self.kernel_regularizer, self.bias_regularizer = kernel_regularizer, bias_regularizer
        self.kernel_constraint, self.bias_constraint = kernel_constraint, bias_constraint

    def build(self, input_shape: Shape) -> None:
        """W and b for images of C channels."""
        self.compute_output_shape(input_shape)
        C = features(self, input_shape)
        if C % self.groups or self.filters % self.groups:
            raise SettingError(
                f"layer {self.label}",
                f"groups that divide {C} channels and {self.filters} filters",
                f"groups={self.groups}",
                "Choose a common divisor.",
            )
        self.kernel = self.add_weight(
            (*self.kernel_size, C // self.groups, self.filters),
            self.kernel_initializer,
            name="kernel",
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                (self.filters,),
                self.bias_initializer,
                name="bias",
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )

    def call(self, x: Any) -> Any:
        """g(x * W + b)."""
        z = nn.conv2d(
            x, self.kernel, self.bias, self.strides, self.padding, self.dilation_rate, self.groups
        )
        return z if self.activation is nn.linear else self.activation(z)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(N, P, Q, filters)."""
        kernel, dilation = self.kernel_size, self.dilation_rate
        PQ = places(self, input_shape, kernel, self.strides, self.padding, dilation)
        return (None, *PQ, self.filters)


class Pooling2D(Layer):
    """One number for each window of `pool_size`, which moves by `strides` (default: its size)."""

    def __init__(
        self,
        pool_size: int | tuple[int, int] = (2, 2),
        strides: int | tuple[int, int] | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.pool_size = positive_pair(self, "pool_size", pool_size)
        self.strides = positive_pair(
            self, "strides", self.pool_size if strides is None else strides
        )
        self.padding = known_padding(self, padding)
        self.data_format = channels_last(self, data_format)

    def build(self, input_shape: Shape) -> None:
        """No weights; only the check that these are images, and not too small."""
        self.compute_output_shape(input_shape)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(N, P, Q, C)."""
        PQ = places(self, input_shape, self.pool_size, self.strides, self.padding)
        return (None, *PQ, input_shape[-1])


@registry.register
class MaxPooling2D(Pooling2D):
    """The largest value in each window: (N, H, W, C) to (N, P, Q, C)."""

    def call(self, x: Any) -> Any:
        """The largest of each window."""
        return nn.max_pool2d(x, self.pool_size, self.strides, self.padding)


@registry.register
class AveragePooling2D(Pooling2D):
    """The mean of each window, padding left out: (N, H, W, C) to (N, P, Q, C)."""

    def call(self, x: Any) -> Any:
        """The mean of each window."""
        return nn.average_pool2d(x, self.pool_size, self.strides, self.padding)


class GlobalPooling2D(Layer):
    """One number for each whole channel: (N, H, W, C) to (N, C); with `keepdims` (N, 1, 1, C)."""

    def __init__(
        self, data_format: str | None = None, keepdims: bool = False, **settings: Any
    ) -> None:
        super().__init__(**settings)
        self.data_format, self.keepdims = channels_last(self, data_format), keepdims

    def build(self, input_shape: Shape) -> None:
        """No weights; only the check that these are images."""
        self.expect_rank(input_shape, 4, "images (N, H, W, C)")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(N, C), or (N, 1, 1, C)."""
        return (None, 1, 1, input_shape[-1]) if self.keepdims else (None, input_shape[-1])


@registry.register
class GlobalAveragePooling2D(GlobalPooling2D):
    """The mean of each channel: (N, H, W, C) to (N, C)."""

    def call(self, x: Any) -> Any:
        """The mean over height and width."""
        return nn.mean(x, (1, 2), self.keepdims)


@registry.register
class GlobalMaxPooling2D(GlobalPooling2D):
    """The largest value of each channel: (N, H, W, C) to (N, C)."""

    def call(self, x: Any) -> Any:
        """The largest over height and width."""
        return nn.max(x, (1, 2), self.keepdims)
