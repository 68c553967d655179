"""Layers that need no further words: dense, shape, activation, joining several inputs."""

import math
from typing import Any

from pellucid import activations, nn
from pellucid.errors import SettingError, ShapeError
from pellucid.layers.layer import Layer, registry
from pellucid.layers.symbol import Shape


@registry.register
class Dense(Layer):
    """a = g(x W + b): every unit sees every feature.

    Input (N, ..., D), output (N, ..., U). `kernel` is W (D, U), `bias` is b (U,).
    Raises SettingError for units below 1.
    """

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.units = at_least_one(self, "units", units)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer, self.bias_initializer = kernel_initializer, bias_initializer
        self.kernel_regularizer, self.bias_regularizer = kernel_regularizer, bias_regularizer

    def build(self, input_shape: Shape) -> None:
        """W and b for inputs of D features."""
        if len(input_shape) < 2 or input_shape[-1] is None:
            raise ShapeError(
                f"layer {self.label}",
                "inputs (N, D)",
                f"shape {input_shape}",
                "Give each example its features along the last axis.",
            )
        add, D = self.add_weight, input_shape[-1]
        self.kernel = add(
            (D, self.units),
            self.kernel_initializer,
            name="kernel",
            regularizer=self.kernel_regularizer,
        )
        self.bias = None
        if self.use_bias:
            self.bias = add(
                (self.units,), self.bias_initializer, name="bias", regularizer=self.bias_regularizer
            )

    def call(self, x: Any) -> Any:
        """g(x W + b)."""
        z = nn.dense(x, self.kernel, self.bias)
        return z if self.activation is nn.linear else self.activation(z)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(N, ..., U)."""
        return (*input_shape[:-1], self.units)


@registry.register
class Flatten(Layer):
    """Unrolls each example into one vector: (N, ...) to (N, D)."""

    def call(self, x: Any) -> Any:
        """x as vectors."""
        return nn.reshape(x, (x.shape[0], math.prod(x.shape[1:])))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(N, D)."""
        return (None, math.prod(n or 1 for n in input_shape[1:]))


@registry.register
class Reshape(Layer):
    """Gives each example another shape: (N, ...) to (N, *target_shape); one length may be -1."""

    def __init__(self, target_shape: tuple[int, ...], **settings: Any) -> None:
        super().__init__(**settings)
        self.target_shape = tuple(target_shape)

    def build(self, input_shape: Shape) -> None:
        """Check that the numbers fit."""
        have, want = math.prod(n or 1 for n in input_shape[1:]), math.prod(self.target_shape)
        if want != have if want > 0 else have % -want:
            raise ShapeError(
                f"layer {self.label}",
                f"{have} numbers an example, as its input {input_shape} has",
                f"target_shape {self.target_shape}",
                "Make the product of target_shape equal, or let one length be -1.",
            )

    def call(self, x: Any) -> Any:
        """x in the target shape."""
        return nn.reshape(x, (x.shape[0], *self.target_shape))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(N, *target_shape)."""
        have, want = math.prod(n or 1 for n in input_shape[1:]), math.prod(self.target_shape)
        return (None, *(have // -want if n == -1 else n for n in self.target_shape))


@registry.register
class Activation(Layer):
    """An activation, by name or as a function, as a layer of its own."""

    def __init__(self, activation: Any, **settings: Any) -> None:
        super().__init__(**settings)
        self.activation = activations.get(activation)

    def call(self, x: Any) -> Any:
        """g(x)."""
        return self.activation(x)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The input's."""
        return input_shape


class Elementwise(Layer):
    """A layer without weights whose output has its input's shape."""

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The input's."""
        return input_shape


@registry.register
class ReLU(Elementwise):
    """max(0, x); with `negative_slope` for x < 0, and at most `max_value`."""

    def __init__(
        self, max_value: float | None = None, negative_slope: float = 0.0, **settings: Any
    ) -> None:
        super().__init__(**settings)
        self.max_value, self.negative_slope = max_value, negative_slope

    def call(self, x: Any) -> Any:
        """max(0, x)."""
        a = nn.leaky_relu(x, self.negative_slope) if self.negative_slope else nn.relu(x)
        return a if self.max_value is None else nn.minimum(a, self.max_value)


@registry.register
class LeakyReLU(Elementwise):
    """x where positive, else negative_slope x."""

    def __init__(self, negative_slope: float = 0.3, **settings: Any) -> None:
        super().__init__(**settings)
        self.negative_slope = negative_slope

    def call(self, x: Any) -> Any:
        """x, or its small part where negative."""
        return nn.leaky_relu(x, self.negative_slope)


@registry.register
class ELU(Elementwise):
    """x where positive, else alpha (e^x - 1)."""

    def __init__(self, alpha: float = 1.0, **settings: Any) -> None:
        super().__init__(**settings)
        self.alpha = alpha

    def call(self, x: Any) -> Any:
        """x, or its exponential part where negative."""
        return nn.elu(x, self.alpha)


@registry.register
class Softmax(Elementwise):
    """Scores as probabilities that sum to one along an axis."""

    def __init__(self, axis: int = -1, **settings: Any) -> None:
        super().__init__(**settings)
        self.axis = axis

    def call(self, x: Any) -> Any:
        """softmax(x)."""
        return nn.softmax(x, self.axis)


@registry.register
class Add(Layer):
    """The sum of several inputs of one shape: the shortcut of a residual network."""

    def call(self, inputs: Any) -> Any:
        """x1 + x2 + ..."""
        total = inputs[0]
        for x in inputs[1:]:
            total = total + x
        return total


@registry.register
class Concatenate(Layer):
    """Several inputs side by side along an axis (default: the last)."""

    def __init__(self, axis: int = -1, **settings: Any) -> None:
        super().__init__(**settings)
        self.axis = axis

    def call(self, inputs: Any) -> Any:
        """[x1, x2, ...] as one."""
        return nn.concatenate(inputs, self.axis)


def at_least_one(layer: Layer, name: str, value: Any) -> int:
    """A setting that counts something. Raises SettingError unless it is a whole number from 1."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise SettingError(
            type(layer).__name__,
            f"{name} to be a whole number from 1",
            repr(value),
            f"Give {name} a positive whole number.",
        )
    return value
