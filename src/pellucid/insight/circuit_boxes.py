"""A graph of gates as boxes and wires, before anything is placed: what is drawn and what it says.

A box is a gate with the wire that leaves it: the value stands above that wire, the gradient below.
A box without a gate is a leaf (an input, a weight), and a folded box stands for several gates.
Constants are written into the sign of their gate: "+1", "×−1", "1/x".
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from pellucid.gates import Gate
from pellucid.graph import Tensor
from pellucid.insight.measuring import as_numpy, short, statistics
from pellucid.layers.parameter import Parameter
from pellucid.registry import snake_case

SIGNS = {
    **{"Add": "+", "Subtract": "−", "Multiply": "×", "Divide": "÷", "MatMul": "@", "Power": "a^b"},
    **{"Maximum": "max", "Minimum": "min", "Exp": "exp", "Log": "ln", "Sqrt": "√", "Abs": "|x|"},
    **{"Sum": "Σ", "Mean": "mean", "Max": "max", "Sigmoid": "σ", "Tanh": "tanh", "ReLU": "relu"},
    **{"Transpose": "T", "SquaredError": "(p−y)²", "Dense": "x W + b", "Where": "where"},
    "SparseSoftmaxCrossEntropy": "softmax cross-entropy",
    "SoftmaxCrossEntropy": "softmax cross-entropy",
    "SigmoidCrossEntropy": "sigmoid cross-entropy",
}
WITH_CONSTANT = {  # the sign where the first or the second input is a number c
    "Add": ("+{c}", "+{c}"),
    "Subtract": ("{c}−", "−{c}"),
    "Multiply": ("×{c}", "×{c}"),
    "Divide": ("{c}/x", "÷{c}"),
    "Power": ("{c}^x", "x^{c}"),
    "Maximum": ("max({c}, x)", "max(x, {c})"),
    "Minimum": ("min({c}, x)", "min(x, {c})"),
}
EITHER_WAY = {"Add", "Multiply", "Maximum", "Minimum"}  # inputs may be swapped
SMALL = 4  # arrays of so many numbers show them all
LONGEST = 26  # characters of a name


class Wire(NamedTuple):
    """From the box `source` to an input: its letter, and which part of the gradient returns here.

    The letter is left out where inputs may be swapped, the part where it is the whole.
    """

    source: int
    letter: str = ""
    part: str = ""


@dataclass
class Box:
    """What is drawn at one place. `kind`: gate, leaf, data or fold.

    Data are what needs no gradient, and what another drawing makes.

    `value` are the lines above the wire, `gradient` the one below.
    """

    kind: str
    title: str
    value: list[str] = field(default_factory=list)
    gradient: str = ""
    wires: list[Wire] = field(default_factory=list)
    note: str = ""
    opens: int | None = None


Gradient = Callable[[Tensor], Any]
Name = Callable[[Tensor], str]
Owner = Mapping[Tensor, Any]  # what a tensor's gate is folded into


class Boxes:
    """The boxes of a part of a graph, in the order of the gates; a fold is where its first is.

    `drawn` are the tensors whose gates are shown; what feeds them from elsewhere is a leaf.
    `folds` are tensors whose gates stand in a box with others, with the key of that box; `title`
    gives the title and note of a key, `name` the name of a leaf, `called` of a gate's output, if
    it has one beside its own.
    """

    def __init__(
        self,
        drawn: Iterable[Tensor],
        gradient: Gradient,
        name: Name,
        folds: Owner | None = None,
        title: Callable[[Any], tuple[str, str]] | None = None,
        called: Callable[[Tensor], str | None] = lambda tensor: None,
    ) -> None:
        self.boxes: list[Box] = []
        self.gradient, self.name, self.title, self.called = gradient, name, title, called
        self.folds = folds or {}
        self.place: dict[Any, int] = {}  # the box of a tensor, of an array, of a fold
        self.keys: dict[int, Any] = {}  # of the folds, by their boxes
        self.drawn = [tensor for tensor in drawn if tensor.gate]
        self.uses = self._count_uses()
        for tensor in self.drawn:
            self._add(tensor)

    def _count_uses(self) -> dict[Tensor, int]:
        """How many inputs of drawn gates each tensor feeds."""
        uses: dict[Tensor, int] = {}
        for tensor in self.drawn:
            for source in tensor.gate.inputs if tensor.gate else ():
                if isinstance(source, Tensor):
                    uses[source] = uses.get(source, 0) + 1
        return uses

    def _add(self, tensor: Tensor) -> None:
        """The gate of a tensor: a box of its own, or part of a fold."""
        gate = tensor.gate
        assert gate is not None
        key = self.folds.get(tensor)
        if key is None:
            sign, shown = sign_of(gate)
            wires = [self._wire(gate, i, tensor, len(shown)) for i in shown]
            self._put(tensor, Box("gate", sign, wires=wires), tensor)
            return
        if key not in self.place:
            assert self.title is not None
            title, note = self.title(key)
            self.keys[len(self.boxes)] = key
            self._put(key, Box("fold", clipped(title), note=note, opens=len(self.keys) - 1), None)
        box = self.boxes[self.place[key]]
        for source in gate.inputs:
            if isinstance(source, Tensor) and self._feeds_from_outside(source, key):
                wire = Wire(self._source(source))
                if wire not in box.wires:
                    box.wires.append(wire)
        self.place[tensor] = self.place[key]
        box.value, box.gradient = self._labels(tensor)  # of the last: what leaves the fold

    def _feeds_from_outside(self, source: Tensor, key: Any) -> bool:
        """Whether a wire leads into a fold from a gate, or from data, outside it."""
        if source.gate is None:
            return not isinstance(source, Parameter)  # weights stay inside
        return self.folds.get(source) is not key

    def _put(self, key: Any, box: Box, tensor: Tensor | None) -> int:
        """A new box; with a tensor, what stands at its wire."""
        if tensor is not None:
            box.value, box.gradient = self._labels(tensor)
        self.place[key] = len(self.boxes)
        self.boxes.append(box)
        return self.place[key]

    def _labels(self, tensor: Tensor) -> tuple[list[str], str]:
        """Value and gradient of a tensor as texts."""
        gradient = self.gradient(tensor)
        name = (self.called(tensor) or tensor.name) if tensor.gate else ""
        value = figure(tensor.value)
        if name:
            value[0] = f"{name} = {value[0]}"
        return value, "" if gradient is None else figure(gradient)[-1]

    def _wire(self, gate: Gate, position: int, output: Tensor, count: int) -> Wire:
        """The wire to an input of a gate that is shown by itself."""
        source = gate.inputs[position]
        is_swapped = type(gate).__name__ in EITHER_WAY or gate.any_number or count == 1
        letter = "" if is_swapped else gate.name_of(position)
        if not isinstance(source, Tensor):
            return Wire(self._array(source, gate.name_of(position)), letter)
        part, dy = "", self.gradient(output)
        if self.uses.get(source, 0) > 1 and source.requires_grad and dy is not None:
            part = figure(gate.gradient(position, dy))[-1]
        return Wire(self._source(source), letter, part)

    def _source(self, tensor: Tensor) -> int:
        """The box that a tensor comes from, made where it is a leaf."""
        if tensor in self.place:
            return self.place[tensor]
        kind = "leaf" if tensor.requires_grad and tensor.gate is None else "data"
        return self._put(tensor, Box(kind, clipped(self.name(tensor))), tensor)

    def _array(self, array: Any, letter: str) -> int:
        """The box of a plain array, or of a number that no sign has taken in."""
        key = ("array", id(array), letter)
        if key not in self.place:
            self._put(key, Box("data", letter, figure(array)), None)
        return self.place[key]


def sign_of(gate: Gate) -> tuple[str, list[int]]:
    """What is written on a gate, and which of its inputs are shown as wires."""
    kind = type(gate).__name__
    positions = [i for i, each in enumerate(gate.inputs) if each is not None]
    if kind in WITH_CONSTANT:
        for i, each in enumerate(gate.inputs):
            if not isinstance(each, Tensor) and np.ndim(each) == 0:
                constant = short(float(each))
                sign = WITH_CONSTANT[kind][i].format(c=constant)
                return sign.replace("x^2", "x²"), [1 - i]
    if kind == "Dense" and len(positions) == 2:
        return "x W", positions
    return SIGNS.get(kind) or snake_case(kind).replace("_", " "), positions


def figure(value: Any) -> list[str]:
    """A value on a wire: a number; a few numbers; or an array's shape, then mean ± deviation.

    >>> figure(2.0), figure([1.0, 2.5]), figure(np.zeros((2, 3)))
    (['2'], ['[1 2.5]'], ['(2, 3)', '0 ± 0'])
    """
    array = as_numpy(value)
    if array.ndim == 0:
        return [short(float(array))]
    if 0 < array.size <= SMALL and array.ndim <= 2:
        rows = [" ".join(short(float(v)) for v in row) for row in np.atleast_2d(array)]
        return [f"[{'; '.join(rows)}]"]
    s = statistics(array)
    return [str(s.shape), f"{short(s.centre, 2)} ± {short(s.deviation, 2)}"]


def clipped(name: str) -> str:
    """A name with its middle left out where it is long."""
    if len(name) <= LONGEST:
        return name
    half = (LONGEST - 1) // 2
    return f"{name[:half]}…{name[-half:]}"
