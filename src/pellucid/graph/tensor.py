"""A tensor is a value, its gradient, and the gate that it came from.

`apply(gate, *inputs)` is the one way in which the graph grows. With a tensor among its inputs it
gives a tensor that remembers the gate; with arrays alone, or inside `no_graph()`, it gives the
plain array and remembers nothing. Python's operators on tensors apply the gates of arithmetic, so
a formula can be typed as it stands in the text:

>>> W, x, b = Tensor([[1.0, -2.0]]), Tensor([3.0, 1.0]), Tensor([0.5])
>>> y = (W @ x + b).sum()
>>> y.backward()
>>> y.value.item(), W.grad.tolist(), x.grad.tolist(), b.grad.tolist()
(1.5, [[3.0, 1.0]], [1.0, -2.0], [1.0])

The graph can be walked: a tensor knows its `gate`, a gate its `inputs`, and after `backward` every
tensor on the way its `value` and `grad`.

>>> z = y.gate.inputs[0]
>>> type(y.gate).__name__, type(z.gate).__name__, z.gate.input_names
('Sum', 'Add', ('a', 'b'))
>>> z.value.tolist(), z.grad.tolist(), [source is b for source in z.gate.inputs]
([1.5], [1.0], [False, True])
"""

import itertools
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pellucid import gates
from pellucid.config import floatx
from pellucid.engines import Array, Waiting, engine_among, engine_of
from pellucid.errors import GraphError
from pellucid.gates import Gate
from pellucid.graph.products import forward_of


class _Mode(threading.local):
    """How this thread's gates are applied: whether they make a graph, the tape that they are noted
    on, if any, and whether they multiply in bfloat16 where their engine can."""

    recording = True
    tape: Any = None
    mixed = False


mode = _Mode()
_numbers = itertools.count()


@contextmanager
def no_graph() -> Iterator[None]:
    """Inside, gates give plain arrays and no graph is kept: for inference."""
    before, mode.recording = mode.recording, False
    try:
        yield
    finally:
        mode.recording = before


@contextmanager
def mixed_precision() -> Iterator[None]:
    """Inside, gates make products and convolutions in bfloat16, where their engine can.

    A gate keeps to it: its derivatives do so too, wherever they are asked for.
    """
    before, mode.mixed = mode.mixed, True
    try:
        yield
    finally:
        mode.mixed = before


def apply(gate: Gate, *inputs: Any) -> Any:
    """The gate's output for `inputs`: a tensor where one of them is a tensor, else an array.

    Inputs are tensors, arrays, numbers, lists of numbers, or None for an input left out.
    A gate instance is one node of the graph: GraphError where it was applied to tensors before.
    """
    if gate.number >= 0:
        raise GraphError(
            f"gate {type(gate).__name__}",
            "a gate that is not yet a node of a graph",
            "one that was applied before",
            "Make a new gate for each use: it holds the values of its own forward pass.",
        )
    if gate.goes_before and type(inputs[0]) is Later and inputs[0].can_follow(gate):
        last: Any = inputs[0].gate
        return apply(type(last)(), apply(gate, *last.inputs))
    values, is_node, needs_gradient, has_lists = [], False, False, False
    for each in inputs:
        if isinstance(each, Tensor):
            ahead = gate.takes_waiting or (gate.takes_short and each.is_short)
            values.append(each.ahead if ahead else each.value)
            is_node = True
            needs_gradient = needs_gradient or each.requires_grad
        else:
            values.append(each)
            has_lists = has_lists or isinstance(each, (list, tuple))
    engine = engine_among(values, inputs)
    gate.engine = engine.mixed if mode.mixed else engine
    if has_lists:
        values = [_array(v, engine) if isinstance(v, (list, tuple)) else v for v in values]
    in_graph = is_node and mode.recording
    if in_graph:
        gate.inputs, gate.number = inputs, next(_numbers)
    output = (forward_of(gate) if mode.mixed else gate.forward)(*values)
    if isinstance(output, Waiting):
        if gate.gives_way:
            gate.inputs = inputs
        output = Later._of(output, gate, needs_gradient and in_graph)
    elif in_graph:
        output = Tensor._of(output, gate, needs_gradient)
    if mode.tape is not None:
        mode.tape.note(gate, inputs, output)
    return output


class Tensor:
    """A value in a graph of gates.

    `value`: the array. `grad`: the gradient of the last tensor that `backward` was called on, in
    the same shape, or None. `gate`: the gate that it came from, or None for a leaf.
    `requires_grad`: whether `backward` goes on to it; False for data.

    Numbers, lists and whole-number arrays become arrays of `floatx()`.
    """

    __slots__ = ("__weakref__", "gate", "grad", "name", "requires_grad", "value")
    __array_ufunc__ = None  # so that `array @ tensor` asks the tensor, and keeps the graph

    def __init__(self, value: Any, requires_grad: bool = True, name: str | None = None) -> None:
        self.value = _array(value) if requires_grad else engine_of(value).asarray(value)
        self.grad: Array | None = None
        self.gate: Gate | None = None
        self.requires_grad = requires_grad
        self.name = name

    @classmethod
    def _of(cls, value: Array, gate: Gate, requires_grad: bool) -> "Tensor":
        """The output of a gate."""
        tensor = cls.__new__(cls)
        tensor.value, tensor.gate, tensor.requires_grad = value, gate, requires_grad
        tensor.grad = tensor.name = None
        return tensor

    def backward(self, gradient: Any = None, *, leaves_only: bool = False) -> None:
        """Set `grad` of every tensor that this one was made from: d self / d tensor.

        For a tensor of one number. For others give `gradient`, of this tensor's shape: then each
        `grad` is that of sum(gradient * self). With `leaves_only` the tensors between keep none.

        A second call sets the same numbers again; it never adds to what is there. To add the
        gradients of two results, call `backward` on their sum.
        """
        from pellucid.graph.backprop import backpropagate

        backpropagate(self, gradient, leaves_only=leaves_only)

    def receive(self, gradient: Array) -> None:
        """Take the gradient that `backward` found."""
        self.grad = gradient

    # -- what an array has --------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        """The value's shape."""
        return tuple(self.value.shape)

    @property
    def ndim(self) -> int:
        """How many axes the value has."""
        return self.value.ndim

    @property
    def size(self) -> int:
        """How many numbers the value holds."""
        return math.prod(self.shape)

    @property
    def dtype(self) -> Any:
        """The value's number type."""
        return self.value.dtype

    @property
    def ahead(self) -> Any:
        """The value for a gate that takes one that waits."""
        return self.value

    @property
    def is_short(self) -> bool:
        """Whether the value is held in a shorter type than its own."""
        return False

    @property
    def T(self) -> Any:
        """The axes in reverse order."""
        return apply(gates.Transpose(), self)

    def sum(self, axis: Any = None, keepdims: bool = False) -> Any:
        """The sum over some axes, or over all."""
        return apply(gates.Sum(axis, keepdims), self)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Any:
        """The mean over some axes, or over all."""
        return apply(gates.Mean(axis, keepdims), self)

    def max(self, axis: Any = None, keepdims: bool = False) -> Any:
        """The largest over some axes, or over all."""
        return apply(gates.Max(axis, keepdims), self)

    def reshape(self, *shape: Any) -> Any:
        """The same numbers in another shape."""
        whole = shape[0] if len(shape) == 1 and isinstance(shape[0], tuple | list) else shape
        return apply(gates.Reshape(tuple(whole)), self)

    def transpose(self, *axes: Any) -> Any:
        """The axes in another order; in reverse where none is given."""
        whole = axes[0] if len(axes) == 1 and isinstance(axes[0], tuple | list) else axes
        return apply(gates.Transpose(tuple(whole) or None), self)

    def item(self) -> float:
        """The one number that the tensor holds."""
        return self.value.item()

    def __len__(self) -> int:
        return len(self.value)

    def __float__(self) -> float:
        return float(self.value)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        array = engine_of(self.value).to_numpy(self.value)
        return array.astype(dtype) if dtype is not None else array.copy() if copy else array

    def __dlpack__(self, **settings: Any) -> Any:
        """The value for another library, which sees the same memory: `torch.from_dlpack(t)`."""
        return self.value.__dlpack__(**settings)

    def __dlpack_device__(self) -> Any:
        """Where the value lives, as DLPack says it."""
        return self.value.__dlpack_device__()

    def __repr__(self) -> str:
        origin = f", from {type(self.gate).__name__}" if self.gate else ""
        name = f", name={self.name!r}" if self.name else ""
        return f"{type(self).__name__}({self.value!r}{origin}{name})"

    # -- operators ----------------------------------------------------------------------------

    def __add__(self, other: Any) -> Any:
        return apply(gates.Add(), self, other)

    def __radd__(self, other: Any) -> Any:
        return apply(gates.Add(), other, self)

    def __sub__(self, other: Any) -> Any:
        return apply(gates.Subtract(), self, other)

    def __rsub__(self, other: Any) -> Any:
        return apply(gates.Subtract(), other, self)

    def __mul__(self, other: Any) -> Any:
        return apply(gates.Multiply(), self, other)

    def __rmul__(self, other: Any) -> Any:
        return apply(gates.Multiply(), other, self)

    def __truediv__(self, other: Any) -> Any:
        return apply(gates.Divide(), self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return apply(gates.Divide(), other, self)

    def __pow__(self, other: Any) -> Any:
        return apply(gates.Power(), self, other)

    def __rpow__(self, other: Any) -> Any:
        return apply(gates.Power(), other, self)

    def __matmul__(self, other: Any) -> Any:
        return apply(gates.MatMul(), self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return apply(gates.MatMul(), other, self)

    def __neg__(self) -> Any:
        return apply(gates.Multiply(), self, -1.0)

    def __abs__(self) -> Any:
        return apply(gates.Abs(), self)

    def __getitem__(self, index: Any) -> Any:
        return apply(gates.Slice(index), self)

    def __lt__(self, other: Any) -> Array:
        return self.value < plain(other)

    def __le__(self, other: Any) -> Array:
        return self.value <= plain(other)

    def __gt__(self, other: Any) -> Array:
        return self.value > plain(other)

    def __ge__(self, other: Any) -> Array:
        return self.value >= plain(other)


class Later(Tensor):
    """The output of a gate whose last formula waits (`pellucid.engines.waiting`).

    Its `value` is computed when it is first read.
    """

    __slots__ = ("waiting",)

    @property
    def value(self) -> Array:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The array."""
        return self.waiting.computed()

    @value.setter
    def value(self, value: Waiting) -> None:
        self.waiting = value

    @property
    def ahead(self) -> Waiting:
        """The formula, whether it waits or not."""
        return self.waiting

    @property
    def is_short(self) -> bool:
        """Whether the value is held in a shorter type than its own."""
        return self.waiting.is_short

    @property
    def shape(self) -> tuple[int, ...]:
        """The value's shape."""
        return self.waiting.shape

    @property
    def ndim(self) -> int:
        """How many axes the value has."""
        return self.waiting.ndim

    @property
    def dtype(self) -> Any:
        """The value's number type."""
        return self.waiting.dtype

    def can_follow(self, gate: Gate) -> bool:
        """Whether the gate may be applied to what this one was made from, and this one's after."""
        return isinstance(self.gate, gate.goes_before) and self.waiting.waits


def plain(value: Any) -> Any:
    """The array of a tensor; anything else as it is."""
    return value.value if isinstance(value, Tensor) else value


def _array(value: Any, engine: Any = None) -> Array:
    """`value` as an array of floating-point numbers."""
    engine = engine or engine_of(value)
    given = getattr(value, "dtype", None)
    array = engine.asarray(value)
    if given is None or not engine.holds_floats(array):
        array = engine.asarray(array, dtype=floatx())
    return array
