"""Layers that make one out of several inputs. They are called on a list: `Add()([a, b])`."""

import functools
import math
from collections.abc import Sequence
from numbers import Integral
from typing import Any

from pellucid import nn
from pellucid.errors import SettingError, ShapeError
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

    def two(self, input_shape: Any) -> list[Shape]:
        """The shapes of two inputs. Raises ShapeError where there are more, or one."""
        if not isinstance(input_shape, list) or len(input_shape) != 2:
            raise self.misfit("a list of two inputs", input_shape)
        return input_shape

    def misfit(self, expected: str, input_shape: Any) -> ShapeError:
        """The error that says that the inputs do not go together."""
        mend = f"Call it as {type(self).__name__}()([a, b]), with a and b of shapes that fit."
        return ShapeError(f"layer {self.label}", expected, f"{input_shape}", mend)


class Merging(Joining):
    """Inputs of one shape, joined number by number; a length of 1 is repeated.

    Raises ShapeError where the inputs do not fit.
    """

    def call(self, inputs: Any) -> Any:
        """The first two joined, then that and the third, and so on."""
        return functools.reduce(self.join, inputs)

    def join(self, a: Any, b: Any) -> Any:
        """Two inputs as one."""
        raise TypeError(f"{type(self).__name__} needs a method join(self, a, b)")

    def compute_output_shape(self, input_shape: Any) -> Shape:
        """The shape that all inputs have, or are repeated to."""
        axes = [lengths - {1} or {1} for lengths in self.lengths(input_shape)]
        return self.agreed(axes, input_shape)


@registry.register
class Add(Merging):
    """The sum of several inputs: the shortcut of a residual network (He et al. 2016).

    Inputs of one shape; a length of 1 is repeated. Raises ShapeError where they do not fit.
    """

    def join(self, a: Any, b: Any) -> Any:
        """a + b."""
        return a + b


@registry.register
class Subtract(Merging):
    """The first of two inputs less the second. Inputs as for `Add`, but two.

    Raises ShapeError for more than two inputs, or one.
    """

    def join(self, a: Any, b: Any) -> Any:
        """a - b."""
        return a - b

    def compute_output_shape(self, input_shape: Any) -> Shape:
        """The shape that both inputs have, or are repeated to."""
        return super().compute_output_shape(self.two(input_shape))


@registry.register
class Multiply(Merging):
    """The product of several inputs, number by number: one opens and closes the other.

    Inputs as for `Add`.
    """

    def join(self, a: Any, b: Any) -> Any:
        """a b."""
        return a * b


@registry.register
class Average(Merging):
    """The mean of several inputs, number by number. Inputs as for `Add`."""

    join = Add.join

    def call(self, inputs: Any) -> Any:
        """(x1 + x2 + ...) / n."""
        return super().call(inputs) / len(inputs)


@registry.register
class Maximum(Merging):
    """The largest of several inputs, number by number; the first of equal ones gets the gradient.

    Inputs as for `Add`.
    """

    def join(self, a: Any, b: Any) -> Any:
        """max(a, b)."""
        return nn.maximum(a, b)


@registry.register
class Minimum(Merging):
    """The smallest of several inputs, number by number; the first of equal ones gets the gradient.

    Inputs as for `Add`.
    """

    def join(self, a: Any, b: Any) -> Any:
        """min(a, b)."""
        return nn.minimum(a, b)


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


@registry.register
class Dot(Joining):
    """The dot product of two inputs, example by example: the sum over one axis of each.

    `axes` is that axis, or a pair of them, one for each input; the batch is 0. What is left of the
    first input's shape comes first, then what is left of the second's: with axes=1, (N, D) and
    (N, D) give (N, 1), the dot product of vectors; with axes=(2, 1), (N, A, D) and (N, D, B) give
    (N, A, B), the product of matrices. `normalize=True` first brings what is summed to length 1:
    the cosine of the angle between vectors.

    Raises SettingError for axes that are no whole numbers, or the batch's; ShapeError for inputs
    that do not have them, or with unequal lengths along them.
    """

    def __init__(self, axes: int | Sequence[int], normalize: bool = False, **settings: Any) -> None:
        super().__init__(**settings)
        self.axes, self.normalize = axes, normalize
        pair: Any = axes if isinstance(axes, list | tuple) else (axes, axes)
        if len(pair) != 2 or any(not isinstance(axis, Integral) or axis == 0 for axis in pair):
            raise SettingError(
                "Dot",
                "axes to be one whole number or two, none of them 0, the batch",
                repr(axes),
                "Try axes=1 for vectors (N, D).",
            )
        self.pair = pair

    def summed(self, input_shape: Any) -> list[int]:
        """The axis of each input that is summed over, counted from the front."""
        shapes = self.two(input_shape)
        for axis, shape in zip(self.pair, shapes, strict=True):
            if not -len(shape) < axis < len(shape):
                raise self.misfit(f"inputs with axes {self.axes} besides the batch", input_shape)
        return [axis % len(shape) for axis, shape in zip(self.pair, shapes, strict=True)]

    def call(self, inputs: Any) -> Any:
        """The sum over the axes of a b."""
        a, b = inputs
        i, j = self.summed([a.shape, b.shape])
        if self.normalize:
            a, b = nn.unit_norm(a, i), nn.unit_norm(b, j)
        left, right = without(a.shape, i), without(b.shape, j)
        N, K, A, B = a.shape[0], a.shape[i], math.prod(left), math.prod(right)
        rows = nn.reshape(nn.transpose(a, (0, *without(range(a.ndim), i), i)), (N, A, K))
        columns = nn.reshape(nn.transpose(b, (0, j, *without(range(b.ndim), j))), (N, K, B))
        return nn.reshape(nn.matmul(rows, columns), (N, *(left + right or (1,))))

    def compute_output_shape(self, input_shape: Any) -> Shape:
        """The inputs' shapes without the axes that are summed over."""
        i, j = self.summed(input_shape)
        a, b = input_shape
        if a[i] != b[j] and None not in (a[i], b[j]):
            raise self.misfit(f"inputs of one length along axes {self.axes}", input_shape)
        return (None, *(without(a, i) + without(b, j) or (1,)))


def without(lengths: Sequence, axis: int) -> tuple:
    """What an example has along its other axes: the batch and one axis are left out."""
    return (*lengths[1:axis], *lengths[axis + 1 :])
