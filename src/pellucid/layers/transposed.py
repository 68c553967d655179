"""Transposed convolution: a convolution read backwards, from small images to large ones.

It is what hands a convolution's gradient back to its input, as a layer of its own (Zeiler et al.
2010, who call it deconvolution; Dumoulin and Visin 2016 draw it).

Letters: x (N, P, Q, C) images, a (N, H, W, U) output.
"""

from typing import Any

from pellucid import nn
from pellucid.errors import SettingError, ShapeError
from pellucid.gates.convolution import painted
from pellucid.layers.checking import at_least_one, expect_axes, features, of_each_axis
from pellucid.layers.convolution import Convolution, Lengths
from pellucid.layers.layer import registry
from pellucid.layers.recipe import by_recipe, keep_recipe
from pellucid.layers.symbol import Shape


@registry.register
class Conv2DTranspose(Convolution):
    """a = g(z + b): each place of x paints its filters onto z, `strides` apart, adding up.

    Input (N, P, Q, C), output (N, H, W, filters). `kernel` is W (kh, kw, filters, C).
    `padding`: "valid" (all that is painted, and at least P strides) or "same" (H = P strides).
    `output_padding` o says how many of the sizes that a convolution takes to P is meant:
    H = (P - 1) s + r + o for "valid", (P - 1) s + r mod 2 + o for "same", s the stride, r the reach
    of the kernel. Strides and dilation may both be above 1, which Keras does not allow.
    Raises SettingError for a setting out of range, ShapeError where nothing would be left.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: Lengths,
        strides: Lengths = (1, 1),
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Lengths = (1, 1),
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        *,
        output_padding: Lengths | None = None,
        **settings: Any,
    ) -> None:
        window = kernel_size, strides, padding, data_format, dilation_rate
        bias = use_bias, bias_initializer, bias_regularizer, bias_constraint
        super().__init__(*window, activation, *bias, **settings)
        self.filters = at_least_one(self, "filters", filters)
        keep_recipe(self, "kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self.output_padding: Any = output_padding
        if output_padding is not None:
            more = of_each_axis(self, "output_padding", output_padding, self.axes, least=0)
            if any(o >= s for o, s in zip(more, self.strides, strict=True)):
                raise SettingError(
                    "Conv2DTranspose",
                    f"output_padding below the strides {self.strides}",
                    repr(output_padding),
                    "Give less, or leave it out.",
                )
            self.output_padding = more

    def build(self, input_shape: Shape) -> None:
        """W and b for images of C channels."""
        self.compute_output_shape(input_shape)
        shape = *self.kernel_size, self.filters, features(self, input_shape)
        self.kernel = by_recipe(self, "kernel", shape)
        self.bias = self.add_bias(self.filters)

    def call(self, x: Any) -> Any:
        """g(z + b)."""
        window = self.strides, self.padding, self.dilation_rate, self.output_padding
        return self.activate(nn.conv2d_transpose(x, self.kernel, self.bias, *window))

    def places(self, input_shape: Shape) -> tuple[int | None, ...]:
        """H, W: how long the axes are onto which it paints."""
        expect_axes(self, input_shape, self.axes)
        reach = ((k - 1) * d + 1 for k, d in zip(self.kernel_size, self.dilation_rate, strict=True))
        more = self.output_padding or (None, None)
        axes = zip(input_shape[1:3], reach, self.strides, more, strict=True)
        HW = tuple(n and painted(n, r, s, self.padding, o)[0] for n, r, s, o in axes)
        if any(n is not None and n < 1 for n in HW):
            raise ShapeError(
                f"layer {self.label}",
                "an output of at least one row and one column",
                f"{HW} for an input of shape {input_shape}",
                "Leave output_padding out.",
            )
        return HW

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(N, H, W, filters)."""
        return self.shape_of(input_shape, self.filters)
