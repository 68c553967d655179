"""Gates that move numbers and change none: their gradients travel back to where they came from.

Letters: x input, y output.
"""

from typing import Any

from pellucid.gates.arithmetic import sum_to
from pellucid.gates.gate import Gate


class Reshape(Gate):
    """y = x in another shape with as many numbers,   dx = dy in the shape of x."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def forward(self, x):
        self.before = x.shape
        return x.reshape(self.shape)

    def dx(self, dy):
        return dy.reshape(self.before)


class BroadcastTo(Gate):
    """y = x repeated to a shape,   dx = dy summed over what x was repeated along."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def forward(self, x):
        self.before = x.shape
        return self.xp.asarray(self.xp.broadcast_to(x, self.shape), copy=True)

    def dx(self, dy):
        return sum_to(dy, self.before)


class Transpose(Gate):
    """y = x with its axes in another order (default: reversed),   dx = dy in the order before."""

    def __init__(self, axes: tuple[int, ...] | None = None) -> None:
        self.axes = axes

    def forward(self, x):
        axes = self.axes or tuple(reversed(range(x.ndim)))
        self.order = tuple(axis % x.ndim for axis in axes)
        return self.xp.permute_dims(x, self.order)

    def dx(self, dy):
        back = tuple(self.order.index(i) for i in range(len(self.order)))
        return self.xp.permute_dims(dy, back)


class Slice(Gate):
    """y = x[index],   dx = dy added up at index, 0 elsewhere.

    The index is anything that an array takes: numbers, slices, `...`, `None`, masks, index arrays.
    """

    def __init__(self, index: Any) -> None:
        self.index = index

    def forward(self, x):
        self.shape = x.shape
        return self.engine.at(x, self.index)

    def dx(self, dy):
        return self.engine.scatter_add(self.shape, self.index, dy)


class Concatenate(Gate):
    """y = the inputs side by side along an axis,   dx of each = its own part of dy."""

    def __init__(self, axis: int = -1) -> None:
        self.axis = axis

    def forward(self, *x):
        self.lengths = [part.shape[self.axis] for part in x]
        return self.xp.concat(x, axis=self.axis)

    def dx(self, dy, position):
        start = sum(self.lengths[:position])
        part = [slice(None)] * dy.ndim
        part[self.axis] = slice(start, start + self.lengths[position])
        return dy[tuple(part)]


class Pad(Gate):
    """y = x with `widths` ((before, after) for each axis) of a constant around it.

    dx = dy without its border.
    """

    def __init__(self, widths: tuple[tuple[int, int], ...], value: float = 0.0) -> None:
        self.widths, self.value = widths, value

    def forward(self, x):
        sizes = tuple(a + n + b for n, (a, b) in zip(x.shape, self.widths, strict=True))
        y = self.xp.full(sizes, self.value, dtype=x.dtype)
        pairs = zip(x.shape, self.widths, strict=True)
        self.inside = tuple(slice(a, a + n) for n, (a, _) in pairs)
        y[self.inside] = x
        return y

    def dx(self, dy):
        return dy[self.inside]


class Repeat(Gate):
    """y = each place of x along an axis, `repeats` times in a row,   dx = dy summed over them."""

    def __init__(self, repeats: int, axis: int) -> None:
        self.repeats, self.axis = repeats, axis

    def forward(self, x):
        self.shape = x.shape
        return self.xp.repeat(x, self.repeats, axis=self.axis)

    def dx(self, dy):
        axis = self.axis % len(self.shape)
        before, after = self.shape[: axis + 1], self.shape[axis + 1 :]
        return dy.reshape(*before, self.repeats, *after).sum(axis=axis + 1)
