"""Activations as layers of their own, and what they share with all that keeps its input's shape."""

from collections.abc import Sequence
from typing import Any

from pellucid import activations, nn
from pellucid.errors import SettingError, ShapeError
from pellucid.layers.layer import Layer, registry
from pellucid.layers.recipe import by_recipe, keep_recipe
from pellucid.layers.symbol import Shape


class Elementwise(Layer):
    """A layer whose output has its input's shape."""

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The input's."""
        return input_shape


@registry.register
class Activation(Elementwise):
    """An activation, by name or as a function, as a layer of its own."""

    def __init__(self, activation: Any, **settings: Any) -> None:
        super().__init__(**settings)
        self.activation = activations.get(activation)

    def call(self, x: Any) -> Any:
        """g(x)."""
        return self.activation(x)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The input's, or what glu leaves of it."""
        return activations.shape_after(self.activation, input_shape)


@registry.register
class ReLU(Elementwise):
    """max(0, x), and of that at most `max_value`.

    In general: x from `threshold` on, and negative_slope (x - threshold) below it.
    Raises SettingError for a negative `max_value`, `negative_slope` or `threshold`.
    """

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.max_value = max_value
        self.negative_slope, self.threshold = negative_slope, threshold
        for name in ("max_value", "negative_slope", "threshold"):
            value = getattr(self, name)
            if value is not None and not value >= 0:
                raise SettingError("ReLU", f"{name} from 0", repr(value), "Give a positive number.")

    def call(self, x: Any) -> Any:
        """max(0, x)."""
        slope, threshold = self.negative_slope, self.threshold
        if threshold:
            a = nn.where(x >= threshold, x, slope * (x - threshold))
        else:
            a = nn.leaky_relu(x, slope) if slope else nn.relu(x)
        return a if self.max_value is None else nn.minimum(a, self.max_value)


@registry.register
class LeakyReLU(Elementwise):
    """x where positive, else negative_slope x.

    The slope is 0.3 unless given, as in Keras; the function `nn.leaky_relu` has 0.2, as there.
    """

    def __init__(self, negative_slope: float = 0.3, **settings: Any) -> None:
        super().__init__(**settings)
        self.negative_slope = negative_slope

    def call(self, x: Any) -> Any:
        """x, or its small part where negative."""
        return nn.leaky_relu(x, self.negative_slope)


@registry.register
class PReLU(Elementwise):
    """x where positive, else alpha x, with a learned alpha for each number of an example.

    `alpha` has the shape of an example, with 1 along `shared_axes`: those of an image (H, W, C) are
    1, 2 and 3, so `shared_axes=[1, 2]` gives each channel one alpha. He, Zhang, Ren, Sun 2015.
    Raises SettingError for a shared axis that is not there, and ShapeError where a length of alpha
    is not known, or is not that of a later input.
    """

    def __init__(
        self,
        alpha_initializer: Any = "zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: int | Sequence[int] | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        keep_recipe(self, "alpha", alpha_initializer, alpha_regularizer, alpha_constraint)
        self.shared_axes = shared_axes

    def build(self, input_shape: Shape) -> None:
        """alpha."""
        axes = [self.shared_axes] if isinstance(self.shared_axes, int) else self.shared_axes or []
        known = range(1, len(input_shape))
        if any(axis not in known for axis in axes):
            raise SettingError(
                f"layer {self.label}",
                f"shared_axes from 1 to {len(known)}, as its input is {input_shape}",
                f"{self.shared_axes}",
                "Count the axes with the batch as 0.",
            )
        shape: Any = tuple(1 if axis in axes else input_shape[axis] for axis in known)
        if None in shape:
            raise ShapeError(
                f"layer {self.label}",
                "inputs of known lengths where no alpha is shared",
                f"shape {input_shape}",
                "Share alpha along the others: shared_axes=[1, 2] for images.",
            )
        self.alpha = by_recipe(self, "alpha", shape)

    def takes(self) -> Shape:
        """Inputs that have the lengths of alpha."""
        return (None, *(None if n == 1 else n for n in self.alpha.shape))

    def call(self, x: Any) -> Any:
        """x, or alpha x where negative."""
        return nn.prelu(x, self.alpha)


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
class GELU(Elementwise):
    """x times the standard normal's distribution function at x (Keras has only the function).

    `approximate=True` takes the approximation with tanh.
    """

    def __init__(self, approximate: bool = False, **settings: Any) -> None:
        super().__init__(**settings)
        self.approximate = approximate

    def call(self, x: Any) -> Any:
        """gelu(x)."""
        return nn.gelu(x, self.approximate)


@registry.register
class Softmax(Elementwise):
    """Scores as probabilities that sum to one along an axis (one; Keras also takes several)."""

    def __init__(self, axis: int = -1, **settings: Any) -> None:
        super().__init__(**settings)
        self.axis = axis

    def build(self, input_shape: Shape) -> None:
        """Check that the axis is there."""
        if not -len(input_shape) <= self.axis < len(input_shape):
            raise SettingError(
                f"layer {self.label}",
                f"an axis of its input {input_shape}",
                f"axis={self.axis}",
                "Try -1, the last one.",
            )

    def call(self, x: Any) -> Any:
        """softmax(x)."""
        return nn.softmax(x, self.axis)
