"""Layers that make one out of several inputs. They are called on a list: `Add()([a, b])`."""

from typing import Any

from pellucid import nn
from pellucid.errors import ShapeError
from pellucid.layers.layer import Layer, registry
from pellucid.layers.symbol import Shape


class Joining(Layer):
    """A layer that is called on a list of inputs with equally many axes."""

    def build(self, input_shape: Any) -> None:
        """No weights; only the check that the inputs go together."""
        self.compute_output_shape(input_shape)

    def lengths(self, input_shape: Any) -> list[set[int | None]]:
        """The lengths that the inputs have along each axis. Raises ShapeError for a single one."""
        several = isinstance(input_shape, list) and len(input_shape) > 0
        if not several or len({len(shape) for shape in input_shape}) > 1:
            raise self.misfit("a list of inputs with equally many axes", input_shape)
        return [set(lengths) for lengths in zip(*input_shape, strict=True)]

    def agreed(self, axes: list[set[int | None]], input_shape: Any) -> Shape:
        """One length for each axis. Raises ShapeError where two known ones differ."""
        if any(len(lengths - {None}) > 1 for lengths in axes):
            raise self.misfit("inputs whose shapes fit together", input_shape)
        return tuple(max(lengths, key=lambda n: n or 0) for lengths in axes)

    def misfit(self, expected: str, input_shape: Any) -> ShapeError:
        """The error that says that the inputs do not go together."""
        mend = f"Call it as {type(self).__name__}()([a, b]), with a and b of shapes that fit."
        return ShapeError(f"layer {self.label}", expected, f"{input_shape}", mend)


@registry.register
class Add(Joining):
    """The sum of several inputs: the shortcut of a residual network (He et al. 2016).

    Inputs of one shape; a length of 1 is repeated. Raises ShapeError where they do not fit.
    """

    def call(self, inputs: Any) -> Any:
        """x1 + x2 + ..."""
        total = inputs[0]
        for x in inputs[1:]:
            total = total + x
        return total

    def compute_output_shape(self, input_shape: Any) -> Shape:
        """The shape that all inputs have, or are repeated to."""
        axes = [lengths - {1} or {1} for lengths in self.lengths(input_shape)]
        return self.agreed(axes, input_shape)


@registry.register
class Concatenate(Joining):
    """Several inputs side by side along an axis (default: the last).

    Raises ShapeError where the inputs differ along another axis.
    """

    def __init__(self, axis: int = -1, **settings: Any) -> None:
        super().__init__(**settings)
        self.axis = axis

    def call(self, inputs: Any) -> Any:
        """[x1, x2, ...] as one."""
        return nn.concatenate(inputs, self.axis)

    def compute_output_shape(self, input_shape: Any) -> Shape:
        """The inputs' shape; along the axis, the sum of their lengths."""
        axes = self.lengths(input_shape)
        if not -len(axes) <= self.axis < len(axes):
            raise self.misfit(f"inputs that have an axis {self.axis}", input_shape)
        along = [shape[self.axis] for shape in input_shape]
        axes[self.axis] = {None if None in along else sum(along)}
        return self.agreed(axes, input_shape)
