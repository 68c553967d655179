"""Layers that look through a window: convolution and pooling over images (N, H, W, C)."""

from typing import Any

from pellucid import activations, nn
from pellucid.engines import Window
from pellucid.errors import SettingError
from pellucid.gates.convolution import pair, window_over
from pellucid.layers.core import at_least_one
from pellucid.layers.layer import Layer, registry
from pellucid.layers.symbol import Shape


@registry.register
class Conv2D(Layer):
    """a = g(x * W + b): each filter slides over the image and looks at one part of it at a time.

    Input (N, H, W, C), output (N, P, Q, filters). `kernel` is W (kh, kw, C / groups, filters).
    `padding`: "valid" (none) or "same" (P = H / stride, rounded up).
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
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.filters, self.groups = at_least_one(self, "filters", filters), groups
        self.kernel_size, self.strides = (
            positive_pair(self, kernel_size),
            positive_pair(self, strides),
        )
        self.padding = known_padding(self, padding)
        self.data_format = channels_last(self, data_format)
        self.dilation_rate = positive_pair(self, dilation_rate)
        self.activation, self.use_bias = activations.get(activation), use_bias
        self.kernel_initializer, self.bias_initializer = kernel_initializer, bias_initializer
        self.kernel_regularizer, self.bias_regularizer = kernel_regularizer, bias_regularizer

    def build(self, input_shape: Shape) -> None:
        """W and b for images of C channels."""
        self.expect_rank(input_shape, 4, "images (N, H, W, C)")
        C = int(input_shape[-1] or 0)
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
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                (self.filters,),
                self.bias_initializer,
                name="bias",
                regularizer=self.bias_regularizer,
            )

    def call(self, x: Any) -> Any:
        """g(x * W + b)."""
        z = nn.conv2d(
            x, self.kernel, self.bias, self.strides, self.padding, self.dilation_rate, self.groups
        )
        return z if self.activation is nn.linear else self.activation(z)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(N, P, Q, filters)."""
        window = _window(self, input_shape, self.kernel_size, self.dilation_rate)
        return (None, *_outputs(window, input_shape), self.filters)


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
        self.pool_size = positive_pair(self, pool_size)
        self.strides = positive_pair(self, self.pool_size if strides is None else strides)
        self.padding = known_padding(self, padding)
        self.data_format = channels_last(self, data_format)

    def build(self, input_shape: Shape) -> None:
        """No weights; only the check that these are images."""
        self.expect_rank(input_shape, 4, "images (N, H, W, C)")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(N, P, Q, C)."""
        window = _window(self, input_shape, self.pool_size, (1, 1))
        return (None, *_outputs(window, input_shape), input_shape[-1])


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
    """One number for each whole channel: (N, H, W, C) to (N, C)."""

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


def _window(layer: Any, input_shape: Shape, kernel: Any, dilation: Any) -> Window:
    """The window that the layer slides over images of this shape."""
    layer.expect_rank(input_shape, 4, "images (N, H, W, C)")
    return window_over(input_shape[1:3], kernel, layer.strides, layer.padding, dilation)  # type: ignore[arg-type]


def _outputs(window: Window, input_shape: Shape) -> tuple[int, int]:
    """P, Q for images of this shape."""
    return window.output_size(int(input_shape[1] or 0), int(input_shape[2] or 0))


def positive_pair(layer: Layer, value: Any) -> tuple[int, int]:
    """A setting for both directions. Raises SettingError unless both are whole numbers from 1."""
    first, second = pair(value)
    name = "a size or stride"
    return at_least_one(layer, name, first), at_least_one(layer, name, second)


def known_padding(layer: Layer, padding: str) -> str:
    """A padding by name. Raises SettingError for another."""
    if padding not in ("valid", "same"):
        raise SettingError(
            type(layer).__name__, "padding 'valid' or 'same'", repr(padding), "Choose one."
        )
    return padding


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
