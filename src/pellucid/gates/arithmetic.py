"""Arithmetic, element by element, and sums over axes.

Inputs of different shapes are broadcast as NumPy does it; what an input was repeated for, its
gradient is summed over. The derivative of each gate below is written as if nothing were broadcast.
Letters: a, b inputs, y output.
"""

import math

from pellucid.engines import Array, computed
from pellucid.gates.gate import Gate

Axis = int | tuple[int, ...] | None


def sum_to(gradient: Array, shape: tuple[int, ...]) -> Array:
    """Undo broadcasting: sum `gradient` over every axis along which `shape` was repeated."""
    if gradient.shape == shape:
        return gradient
    new = gradient.ndim - len(shape)
    repeated = [i + new for i, n in enumerate(shape) if n == 1 and gradient.shape[i + new] != 1]
    return computed(gradient).sum(axis=(*range(new), *repeated)).reshape(shape)


class Elementwise(Gate):
    """A gate whose inputs are broadcast: gradients are summed back to the inputs' shapes."""

    def gradient(self, position: int, dy: Array) -> Array:
        """The gradient with respect to one input, in that input's shape."""
        shape = getattr(self.inputs[position], "shape", ())
        return sum_to(super().gradient(position, dy), shape)


class Add(Elementwise):
    """y = a + b. An addition hands its gradient on to both: da = dy, db = dy."""

    takes_waiting = takes_short = True

    def forward(self, a, b):
        return a + b

    def da(self, dy):
        return dy

    def db(self, dy):
        return dy


class Subtract(Elementwise):
    """y = a - b,   da = dy,   db = -dy."""

    def forward(self, a, b):
        return a - b

    def da(self, dy):
        return dy

    def db(self, dy):
        return -dy


class Multiply(Elementwise):
    """y = a b. A multiplication swaps its inputs: da = dy b, db = dy a."""

    def forward(self, a, b):
        self.a, self.b = a, b
        return a * b

    def da(self, dy):
        return dy * self.b

    def db(self, dy):
        return dy * self.a


class Divide(Elementwise):
    """y = a / b,   da = dy / b,   db = -dy a / b^2."""

    def forward(self, a, b):
        self.a, self.b = a, b
        return a / b

    def da(self, dy):
        return dy / self.b

    def db(self, dy):
        return -dy * self.a / (self.b * self.b)


class Power(Elementwise):
    """y = a^b,   da = dy b a^(b-1),   db = dy y ln a.

    Where b = 0, y does not depend on a: da = 0, also at a = 0. Where a = 0, db = 0 likewise.
    """

    def forward(self, a, b):
        self.a, self.b = a, b
        self.y = a**b
        return self.y

    def da(self, dy):
        return dy * self.b * self.a ** (self.b - 1 + (self.b == 0))

    def db(self, dy):
        a = self.xp.asarray(self.a, dtype=dy.dtype)
        return dy * self.y * self.xp.log(self.xp.where(a == 0, 1, a))


class Maximum(Elementwise):
    """y = max(a, b). A maximum gives all of its gradient to the largest; where equal, to a."""

    def forward(self, a, b):
        self.first = a >= b
        return self.xp.maximum(a, b)

    def da(self, dy):
        return dy * self.first

    def db(self, dy):
        return dy * ~self.first


class Minimum(Elementwise):
    """y = min(a, b). A minimum gives all of its gradient to the smallest; where equal, to a."""

    def forward(self, a, b):
        self.first = a <= b
        return self.xp.minimum(a, b)

    def da(self, dy):
        return dy * self.first

    def db(self, dy):
        return dy * ~self.first


class Where(Elementwise):
    """y = a where the condition holds, else b: each gets the gradient of its own places."""

    def forward(self, condition, a, b):
        self.condition = condition
        return self.xp.where(condition, a, b)

    def da(self, dy):
        return self.xp.where(self.condition, dy, 0)

    def db(self, dy):
        return self.xp.where(self.condition, 0, dy)


class Exp(Gate):
    """y = e^x,   dx = dy y."""

    def forward(self, x):
        self.y = self.xp.exp(x)
        return self.y

    def dx(self, dy):
        return dy * self.y


class Log(Gate):
    """y = ln x,   dx = dy / x."""

    def forward(self, x):
        self.x = x
        return self.xp.log(x)

    def dx(self, dy):
        return dy / self.x


class Sqrt(Gate):
    """y = sqrt(x),   dx = dy / (2 y)."""

    def forward(self, x):
        self.y = self.xp.sqrt(x)
        return self.y

    def dx(self, dy):
        return dy / (2 * self.y)


class Abs(Gate):
    """y = |x|,   dx = dy sign(x)   (0 at 0)."""

    def forward(self, x):
        self.x = x
        return self.xp.abs(x)

    def dx(self, dy):
        return dy * self.xp.sign(self.x)


class Clip(Gate):
    """y = x, but at least low and at most high,   dx = dy where x was not clipped, else 0."""

    def __init__(self, low: float | None = None, high: float | None = None) -> None:
        self.low, self.high = low, high

    def forward(self, x):
        y = self.xp.clip(x, self.low, self.high)
        self.kept = y == x
        return y

    def dx(self, dy):
        return dy * self.kept


class Reduction(Gate):
    """A gate that takes some axes of x together: `axis` says which (None: all)."""

    shape: tuple[int, ...]

    def __init__(self, axis: Axis = None, keepdims: bool = False) -> None:
        self.axis, self.keepdims = axis, keepdims

    @property
    def axes(self) -> tuple[int, ...]:
        """The axes of x that are taken together, as numbers from 0."""
        if self.axis is None:
            return tuple(range(len(self.shape)))
        axes = self.axis if isinstance(self.axis, tuple) else (self.axis,)
        return tuple(axis % len(self.shape) for axis in axes)

    @property
    def n(self) -> int:
        """How many numbers are taken together."""
        return math.prod(self.shape[axis] for axis in self.axes)

    def total(self, x: Array) -> Array:
        """The sum of what is taken together; x itself where that is nothing."""
        return x if self.axis == () else x.sum(axis=self.axis, keepdims=self.keepdims)

    def spread(self, dy: Array) -> Array:
        """dy, once for each number that was taken together with others."""
        if self.axis is None:
            return self.xp.full(self.shape, dy, dtype=dy.dtype)
        if not self.keepdims:
            taken = self.axes
            dy = dy.reshape(tuple(1 if i in taken else n for i, n in enumerate(self.shape)))
        return self.xp.zeros(self.shape, dtype=dy.dtype) + dy


class Sum(Reduction):
    """y = sum of x over the axes,   dx = dy at each of its places."""

    slope_is_fixed = True

    def forward(self, x):
        self.shape = x.shape
        return self.total(x)

    def dx(self, dy):
        return self.spread(dy)


class Mean(Reduction):
    """y = mean of x over the axes, n numbers together,   dx = dy / n at each of its places."""

    slope_is_fixed = True

    def forward(self, x):
        self.shape, total = x.shape, self.total(x)
        self.together = math.prod(x.shape) // max(math.prod(total.shape), 1)
        return total / self.together

    def dx(self, dy):
        return self.spread(dy / self.together)


class Max(Reduction):
    """y = largest x over the axes,   dx = dy at the first place that is the largest, else 0."""

    def forward(self, x):
        self.shape, xp = x.shape, self.xp
        kept = tuple(axis for axis in range(x.ndim) if axis not in self.axes)
        self.order = kept + self.axes  # the axes taken together come last
        moved = xp.permute_dims(x, self.order)
        self.moved_shape = moved.shape
        self.winner = xp.argmax(moved.reshape(-1, self.n), axis=1)
        return xp.max(x, axis=self.axis, keepdims=self.keepdims)

    def dx(self, dy):
        xp = self.xp
        rows = dy.reshape(-1, 1) * (xp.arange(self.n) == self.winner[:, None])
        back = tuple(self.order.index(axis) for axis in range(len(self.order)))
        return xp.permute_dims(rows.reshape(self.moved_shape), back)
