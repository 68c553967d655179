"""Activations as layers of their own, and what they share with all that keeps its input's shape."""

from typing import Any

from pellucid import activations, nn
from pellucid.errors import SettingError
from pellucid.layers.layer import Layer, registry
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
    """Scores as probabilities that sum to one along an axis (one; Keras also takes several)."""

    def __init__(self, axis: int = -1, **settings: Any) -> None:
        super().__init__(**settings)
        self.axis = axis

    def call(self, x: Any) -> Any:
        """softmax(x)."""
        return nn.softmax(x, self.axis)
