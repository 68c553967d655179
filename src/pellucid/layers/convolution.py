"""Convolution layers: each filter slides along its input and looks at one part of it at a time.

Their relatives are rooms of their own: depthwise.py, where every channel has filters of its own,
and transposed.py, where small inputs become large.

Letters: x (N, H, W, C) images or (N, L, C) sequences, U filters, b (U,) bias, g the activation.
"""

from typing import Any, ClassVar

from pellucid import activations, nn
from pellucid.errors import SettingError
from pellucid.layers.checking import (
    at_least_one,
    channels_last,
    features,
    of_each_axis,
    places,
)
from pellucid.layers.layer import Layer, registry
from pellucid.layers.parameter import Parameter
from pellucid.layers.recipe import by_recipe, keep_recipe
from pellucid.layers.symbol import Shape
from pellucid.settings import one_of

Lengths = int | tuple[int, ...]  # for each axis, or one number for all


class Convolution(Layer):
    """What all convolutions share: a window that slides along `axes` axes, the bias, g.

    Activity regularisers, which Keras has, are left out.
    """

    axes: ClassVar[int] = 2
    paddings: ClassVar[tuple[str, ...]] = ("valid", "same")

    def __init__(
        self,
        kernel_size: Lengths,
        strides: Lengths,
        padding: str,
        data_format: str | None,
        dilation_rate: Lengths,
        activation: Any,
        use_bias: bool,
        bias_initializer: Any,
        bias_regularizer: Any,
        bias_constraint: Any = None,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.kernel_size = of_each_axis(self, "kernel_size", kernel_size, self.axes)
        self.strides = of_each_axis(self, "strides", strides, self.axes)
        self.padding = one_of(self, "padding", padding, self.paddings)
        self.data_format = channels_last(self, data_format, self.axes)
        self.dilation_rate = of_each_axis(self, "dilation_rate", dilation_rate, self.axes)
        self.activation, self.use_bias = activations.get(activation), use_bias
        keep_recipe(self, "bias", bias_initializer, bias_regularizer, bias_constraint)

    def add_bias(self, U: int) -> Parameter | None:
        """b for U channels, or None where there is to be none."""
        return by_recipe(self, "bias", (U,)) if self.use_bias else None

    def activate(self, z: Any) -> Any:
        """g(z)."""
        return z if self.activation is nn.linear else self.activation(z)

    def places(self, input_shape: Shape) -> tuple[int | None, ...]:
        """How often the window fits along each axis."""
        kernel, dilation = self.kernel_size, self.dilation_rate
        return places(self, input_shape, kernel, self.strides, self.padding, dilation)

    def shape_of(self, input_shape: Shape, U: int) -> Shape:
        """The output's shape, with U channels before the activation."""
        return activations.shape_after(self.activation, (None, *self.places(input_shape), U))


class Conv(Convolution):
    """U filters, each over all C channels, or over those of its own group."""

    def set_filters(
        self,
        filters: int,
        groups: int,
        kernel_initializer: Any,
        kernel_regularizer: Any,
        kernel_constraint: Any,
    ) -> None:
        """Keep the settings that say how many filters there are, and how they start."""
        self.filters = at_least_one(self, "filters", filters)
        self.groups = at_least_one(self, "groups", groups)
        keep_recipe(self, "kernel", kernel_initializer, kernel_regularizer, kernel_constraint)

    def build(self, input_shape: Shape) -> None:
        """W and b for inputs of C channels."""
        self.compute_output_shape(input_shape)
        C = features(self, input_shape)
        if C % self.groups or self.filters % self.groups:
            raise SettingError(
                f"layer {self.label}",
                f"groups that divide {C} channels and {self.filters} filters",
                f"groups={self.groups}",
                "Choose a common divisor.",
            )
        shape = *self.kernel_size, C // self.groups, self.filters
        self.kernel = by_recipe(self, "kernel", shape)
        self.bias = self.add_bias(self.filters)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(N, P, filters) for sequences, (N, P, Q, filters) for images."""
        return self.shape_of(input_shape, self.filters)


@registry.register
class Conv1D(Conv):
    """a = g(x * W + b): each filter slides along the sequence and looks at a part of it at a time.

    Input (N, L, C), output (N, P, filters). `kernel` is W (k, C / groups, filters).
    `padding`: "valid" (none), "same" (P = L / stride, rounded up), or "causal" (as long, but all of
    the padding comes first, so that an output sees nothing that comes after it; van den Oord et al.
    2016). Strides and dilation may both be above 1, which Keras does not allow.
    Raises SettingError for a setting out of range, ShapeError for a sequence that is too short.
    """

    axes = 1
    paddings = ("valid", "same", "causal")

    def __init__(
        self,
        filters: int,
        kernel_size: Lengths,
        strides: Lengths = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Lengths = 1,
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
        window = kernel_size, strides, padding, data_format, dilation_rate
        bias = use_bias, bias_initializer, bias_regularizer, bias_constraint
        super().__init__(*window, activation, *bias, **settings)
        kernel = kernel_initializer, kernel_regularizer, kernel_constraint
        self.set_filters(filters, groups, *kernel)

    def call(self, x: Any) -> Any:
        """g(x * W + b)."""
        (k,), (stride,), (dilation,) = self.kernel_size, self.strides, self.dilation_rate
        padding = ((k - 1) * dilation, 0) if self.padding == "causal" else self.padding
        return self.activate(
            nn.conv1d(x, self.kernel, self.bias, stride, padding, dilation, self.groups)
        )


@registry.register
class Conv2D(Conv):
    """a = g(x * W + b): each filter slides over the image and looks at one part of it at a time.

    Input (N, H, W, C), output (N, P, Q, filters). `kernel` is W (kh, kw, C / groups, filters).
    `padding`: "valid" (none) or "same" (P = H / stride, rounded up). Strides and dilation may both
    be above 1, which Keras does not allow.
    Raises SettingError for a setting out of range, ShapeError for images smaller than the kernel.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: Lengths,
        strides: Lengths = (1, 1),
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Lengths = (1, 1),
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
        window = kernel_size, strides, padding, data_format, dilation_rate
        bias = use_bias, bias_initializer, bias_regularizer, bias_constraint
        super().__init__(*window, activation, *bias, **settings)
        kernel = kernel_initializer, kernel_regularizer, kernel_constraint
        self.set_filters(filters, groups, *kernel)

    def call(self, x: Any) -> Any:
        """g(x * W + b)."""
        window = self.strides, self.padding, self.dilation_rate, self.groups
        return self.activate(nn.conv2d(x, self.kernel, self.bias, *window))
