"""Depthwise convolution, where every channel has filters of its own, and separable convolution.

A full convolution looks at places and mixes channels at once. These do one after the other, with
far fewer weights (Chollet 2017, "Xception"; Howard et al. 2017, "MobileNets").

Letters: x (N, H, W, C) images, m = depth_multiplier filters for each of the C channels.
"""

from typing import Any

from pellucid import nn
from pellucid.layers.checking import at_least_one, features
from pellucid.layers.convolution import Convolution, Lengths
from pellucid.layers.layer import registry
from pellucid.layers.recipe import by_recipe, keep_recipe
from pellucid.layers.symbol import Shape


@registry.register
class DepthwiseConv2D(Convolution):
    """a = g(z + b), z[..., c m + k] = channel c convolved with its filter k; channels do not mix.

    Input (N, H, W, C), output (N, P, Q, C m). `kernel` is W (kh, kw, C, m).
    Strides may differ between the axes, and be above 1 together with dilation, which Keras does not
    allow. Raises SettingError for a setting out of range, ShapeError for images smaller than the
    kernel.
    """

    def __init__(
        self,
        kernel_size: Lengths,
        strides: Lengths = (1, 1),
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: Lengths = (1, 1),
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        depthwise_constraint: Any = None,
        bias_constraint: Any = None,
        **settings: Any,
    ) -> None:
        window = kernel_size, strides, padding, data_format, dilation_rate
        bias = use_bias, bias_initializer, bias_regularizer, bias_constraint
        super().__init__(*window, activation, *bias, **settings)
        self.depth_multiplier = at_least_one(self, "depth_multiplier", depth_multiplier)
        recipe = depthwise_initializer, depthwise_regularizer, depthwise_constraint
        keep_recipe(self, "depthwise", *recipe)

    def build(self, input_shape: Shape) -> None:
        """W and b for images of C channels."""
        self.compute_output_shape(input_shape)
        C, m = features(self, input_shape), self.depth_multiplier
        self.kernel = by_recipe(self, "depthwise", (*self.kernel_size, C, m), name="kernel")
        self.bias = self.add_bias(C * m)

    def call(self, x: Any) -> Any:
        """g(z + b)."""
        window = self.strides, self.padding, self.dilation_rate
        return self.activate(nn.depthwise_conv2d(x, self.kernel, self.bias, *window))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(N, P, Q, C m)."""
        return self.shape_of(input_shape, features(self, input_shape) * self.depth_multiplier)


@registry.register
class SeparableConv2D(Convolution):
    """A depthwise convolution, then one of 1 x 1 that mixes the channels, then b and g.

    Input (N, H, W, C), output (N, P, Q, filters). `depthwise_kernel` (kh, kw, C, m),
    `pointwise_kernel` (1, 1, C m, filters). Strides may differ between the axes, and be above 1
    together with dilation, which Keras does not allow. Raises SettingError for a setting out of
    range, ShapeError for images smaller than the kernel.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: Lengths,
        strides: Lengths = (1, 1),
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Lengths = (1, 1),
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        **settings: Any,
    ) -> None:
        window = kernel_size, strides, padding, data_format, dilation_rate
        bias = use_bias, bias_initializer, bias_regularizer, bias_constraint
        super().__init__(*window, activation, *bias, **settings)
        self.filters = at_least_one(self, "filters", filters)
        self.depth_multiplier = at_least_one(self, "depth_multiplier", depth_multiplier)
        recipe = depthwise_initializer, depthwise_regularizer, depthwise_constraint
        keep_recipe(self, "depthwise", *recipe)
        recipe = pointwise_initializer, pointwise_regularizer, pointwise_constraint
        keep_recipe(self, "pointwise", *recipe)

    def build(self, input_shape: Shape) -> None:
        """Both kernels and b for images of C channels."""
        self.compute_output_shape(input_shape)
        C, m = features(self, input_shape), self.depth_multiplier
        depthwise, pointwise = (*self.kernel_size, C, m), (1, 1, C * m, self.filters)
        self.depthwise_kernel = by_recipe(self, "depthwise", depthwise, name="depthwise_kernel")
        self.pointwise_kernel = by_recipe(self, "pointwise", pointwise, name="pointwise_kernel")
        self.bias = self.add_bias(self.filters)

    def call(self, x: Any) -> Any:
        """Each channel for itself, then all channels of each place."""
        window = self.strides, self.padding, self.dilation_rate
        each = nn.depthwise_conv2d(x, self.depthwise_kernel, None, *window)
        return self.activate(nn.conv2d(each, self.pointwise_kernel, self.bias))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(N, P, Q, filters)."""
        return self.shape_of(input_shape, self.filters)
