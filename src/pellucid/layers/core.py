"""The dense layer, and layers that give each example another shape."""

import math
from typing import Any

from pellucid import activations, nn
from pellucid.errors import SettingError, ShapeError
from pellucid.layers.checking import at_least_one, channels_last, features, lengths
from pellucid.layers.layer import Layer, registry
from pellucid.layers.recipe import by_recipe, keep_recipe
from pellucid.layers.symbol import Shape


@registry.register
class Dense(Layer):
    """a = g(x W + b): every unit sees every feature.

    Input (N, ..., D), output (N, ..., U). `kernel` is W (D, U), `bias` is b (U,).
    Raises SettingError for units below 1. Activity regularisers, which Keras has, are left out.
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
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.units = at_least_one(self, "units", units)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        keep_recipe(self, "kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        keep_recipe(self, "bias", bias_initializer, bias_regularizer, bias_constraint)

    def build(self, input_shape: Shape) -> None:
        """W and b for inputs of D features."""
        self.kernel = by_recipe(self, "kernel", (features(self, input_shape), self.units))
        self.bias = by_recipe(self, "bias", (self.units,)) if self.use_bias else None

    def call(self, x: Any) -> Any:
        """g(x W + b)."""
        z = nn.dense(x, self.kernel, self.bias)
        return z if self.activation is nn.linear else self.activation(z)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(N, ..., U)."""
        return activations.shape_after(self.activation, (*input_shape[:-1], self.units))


@registry.register
class Flatten(Layer):
    """Unrolls each example into one vector: (N, ...) to (N, D)."""

    def __init__(self, data_format: str | None = None, **settings: Any) -> None:
        super().__init__(**settings)
        self.data_format = channels_last(self, data_format)

    def call(self, x: Any) -> Any:
        """x as vectors."""
        return nn.reshape(x, (x.shape[0], math.prod(x.shape[1:])))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(N, D)."""
        return (None, count(input_shape[1:]))


@registry.register
class Reshape(Layer):
    """Gives each example another shape: (N, ...) to (N, *target_shape); one length may be -1.

    Raises SettingError for lengths below 1, and ShapeError where the numbers of an example do not
    fit.
    """

    def __init__(self, target_shape: tuple[int, ...], **settings: Any) -> None:
        super().__init__(**settings)
        self.target_shape = lengths(self, "target_shape", target_shape)
        if self.target_shape.count(-1) > 1 or any(n < 1 and n != -1 for n in self.target_shape):
            raise SettingError(
                "Reshape",
                "a target_shape of whole numbers from 1, with one -1 at most",
                f"{self.target_shape}",
                "Leave the batch axis out, and let -1 stand for what is left over.",
            )

    def build(self, input_shape: Shape) -> None:
        """Check that the numbers fit."""
        have, want = count(input_shape[1:]), abs(math.prod(self.target_shape))
        if have is not None and (have % want if -1 in self.target_shape else have != want):
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
        have, want = count(input_shape[1:]), abs(math.prod(self.target_shape))
        left_over = None if have is None else have // want
        return (None, *(left_over if n == -1 else n for n in self.target_shape))


@registry.register
class Permute(Layer):
    """Puts the axes of each example into another order: axis i of the output is axis dims[i].

    `dims` counts the axes from 1, as the batch is 0 and stays: (2, 1) turns (N, A, B) into
    (N, B, A). Raises SettingError unless each of 1, 2, ... is there once, and ShapeError for inputs
    with another number of axes.
    """

    def __init__(self, dims: tuple[int, ...], **settings: Any) -> None:
        super().__init__(**settings)
        self.dims = lengths(self, "dims", dims)
        if not self.dims or sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise SettingError(
                "Permute",
                "dims in which each of 1, 2, ... is there once",
                f"{self.dims}",
                "Leave the batch out: it is axis 0 and stays in front.",
            )

    def build(self, input_shape: Shape) -> None:
        """Check that there is one of dims for each axis."""
        what = f"examples with {len(self.dims)} axes, as many as dims has"
        self.expect_rank(input_shape, len(self.dims) + 1, what)

    def call(self, x: Any) -> Any:
        """x with its axes in the order of dims."""
        return nn.transpose(x, (0, *self.dims))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(N, ...) in the order of dims."""
        return (None, *(input_shape[axis] for axis in self.dims))


@registry.register
class RepeatVector(Layer):
    """Each example n times over: (N, D) to (N, n, D).

    Raises SettingError for n below 1, and ShapeError where examples are no vectors.
    """

    def __init__(self, n: int, **settings: Any) -> None:
        super().__init__(**settings)
        self.n = at_least_one(self, "n", n)

    def build(self, input_shape: Shape) -> None:
        """Check that the examples are vectors."""
        self.expect_rank(input_shape, 2, "vectors (N, D)")

    def call(self, x: Any) -> Any:
        """x, n times."""
        N, D = x.shape
        return nn.broadcast_to(nn.reshape(x, (N, 1, D)), (N, self.n, D))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(N, n, D)."""
        return (None, self.n, input_shape[1])


def count(lengths: Shape) -> int | None:
    """How many numbers axes of these lengths hold; None where one of them is not known."""
    known = [n for n in lengths if n is not None]
    return math.prod(known) if len(known) == len(lengths) else None
