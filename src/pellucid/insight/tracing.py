"""`model.trace(x, y)`: what one pass makes in each layer, forwards and back, in the text's letters.

Z is what a layer's activation takes and A what it gives (without activation, or with a linear one,
they are the same), W b gamma beta its weights; dv is the gradient of the loss with respect to v,
in v's shape. N examples are rows, (N, U); `as_columns()` turns them, as (n, m).

>>> from pellucid import Sequential, set_random_seed
>>> from pellucid.layers import Dense, Input
>>> set_random_seed(0)
>>> model = Sequential([Input((2,)), Dense(3, activation="relu"), Dense(1)])
>>> model.compile(loss="mse")
>>> trace = model.trace([[1.0, 2.0], [0.0, 1.0]], [1.0, 0.0])
>>> trace["dense"].dW.shape, trace["dense_1"].Z is trace["dense_1"].A
((2, 3), True)
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import SettingError, nearest
from pellucid.insight.loss_steps import steps_of
from pellucid.insight.measuring import as_numpy, digits, statistics
from pellucid.insight.steps import ScoreToLoss
from pellucid.insight.tables import aligned, as_html
from pellucid.insight.watching import Call, Watched, activation_of, watch

Arrays = dict[str, NDArray[Any]]
LETTERS = {"kernel": "W", "bias": "b", "embeddings": "W"}  # as the gates call them
HEAD = ("array", "shape", "mean", "deviation", "zeros", "norm")
NONE = "–"


class LayerTrace:
    """One call of a layer: its arrays by their letters, as attributes.

    `name`, `kind` (its class), `activation` (its name, or ""), and `arrays`: X, Z, A and the
    weights with, where the reverse pass made them, dZ, dA and the weights' gradients; moving
    averages are as the pass leaves them. X is a list of arrays where a layer takes several. What is
    left out of `arrays` nobody needed: there is no gradient before the first weights that are
    trained, and none of frozen weights.
    """

    def __init__(self, name: str, kind: str, activation: str, arrays: dict[str, Any]) -> None:
        self.name, self.kind, self.activation, self.arrays = name, kind, activation, arrays

    def __getattr__(self, letter: str) -> Any:
        arrays = self.__dict__.get("arrays", {})
        if letter in arrays:
            return arrays[letter]
        if letter.startswith("_"):
            raise AttributeError(letter)
        raise AttributeError(
            f"layer {self.name} has {', '.join(arrays)} in this trace; no {letter}"
        )

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.arrays})

    @property
    def label(self) -> str:
        """Name, class and activation in one line."""
        return f"{self.name} ({', '.join(filter(None, (self.kind, self.activation)))})"

    @property
    def is_linear(self) -> bool:
        """Whether Z and A are the same array."""
        return self.arrays["Z"] is self.arrays["A"]

    def rows(self, letters: Sequence[str] | None = None) -> list[tuple[str, ...]]:
        """One row of figures an array: letter, shape, mean, deviation, share of zeros, norm.

        `letters`: which; without it all but inputs and weights themselves.
        """
        found = []
        for letter in letters or self._made():
            array = self.arrays.get(letter)
            name = f"{letter} = {letter[:-1]}A" if self._is_twin(letter) else letter
            if array is None:
                found.append((name, *[NONE] * 5))
                continue
            for i, each in enumerate(array if isinstance(array, list) else [array]):
                s = statistics(each)
                zeros = f"{100 * s.zeros:.1f} %"
                figures = digits(s.centre), digits(s.deviation), zeros, digits(s.norm)
                found.append(
                    (f"{name}[{i}]" if array is not each else name, str(s.shape), *figures)
                )
        return found

    def _made(self) -> list[str]:
        """What the pass made: Z, A, and all gradients."""
        made = [name for name in ("Z", "A", "dZ", "dA") if not (self.is_linear and name[-1] == "A")]
        return made + [name for name in self.arrays if name[0] == "d" and name not in ("dZ", "dA")]

    def _is_twin(self, letter: str) -> bool:
        """Whether this is Z (or dZ) and stands for A (or dA) too."""
        return letter in ("Z", "dZ") and self.is_linear

    def as_columns(self) -> "LayerTrace":
        """Its arrays as the notes write them, if it makes vectors: examples are columns.

        Z (n, m), W (units, features), b (units, 1). Layers that make images stay as they are.
        """
        if self.arrays["A"].ndim != 2:
            return self
        turned: dict[int, Any] = {}  # what is one array stays one

        def turn(array: Any) -> Any:
            if isinstance(array, list):
                return [turn(each) for each in array]
            columns = array.T if array.ndim == 2 else array[:, None] if array.ndim == 1 else array
            return turned.setdefault(id(array), columns)

        arrays = {letter: turn(array) for letter, array in self.arrays.items()}
        return LayerTrace(self.name, self.kind, self.activation, arrays)

    def _letters(self) -> list[str]:
        """All that there is, without saying A again where it is Z."""
        twins = ("A", "dA") if self.is_linear else ()
        return [letter for letter in self.arrays if letter not in twins]

    def __repr__(self) -> str:
        return f"{self.label}\n{aligned(HEAD, [self.rows(self._letters())])}"

    def _repr_html_(self) -> str:
        return as_html([self.label], HEAD, [self.rows(self._letters())])


class Trace:
    """One pass through a model, layer by layer; a table when printed.

    `trace["dense"]` or `trace[0]` is a `LayerTrace`. A layer that is called twice is there twice,
    as "dense" and "dense:2", each time with the whole gradient of its weights. `x`, `y`, `output`
    are the arrays of the pass (lists of them where a model has several), `loss` is what training
    makes smaller, and `penalty` what regularisers add to it; without targets both are None.
    """

    def __init__(self, watched: Watched, layers: list[LayerTrace], columns: bool = False) -> None:
        self.watched, self.layers, self.columns = watched, layers, columns

    @property
    def names(self) -> list[str]:
        """The names of the calls, in their order."""
        return [layer.name for layer in self.layers]

    @property
    def x(self) -> Any:
        """What went in."""
        return self.watched.x

    @property
    def y(self) -> Any:
        """The targets, or None."""
        return self.watched.y

    @property
    def output(self) -> Any:
        """What came out."""
        output = self.watched.output
        return [as_numpy(o) for o in output] if isinstance(output, list) else as_numpy(output)

    @property
    def loss(self) -> float | None:
        """The loss of the batch, with what regularisers add; None without targets."""
        return None if self.watched.loss is None else float(self.watched.loss.value)

    @property
    def penalty(self) -> float | None:
        """What regularisers add to the loss; None without targets."""
        return None if self.watched.loss is None else self.watched.penalty

    def __getitem__(self, which: str | int) -> LayerTrace:
        if isinstance(which, int):
            return self.layers[which]
        for layer in self.layers:
            if layer.name == which:
                return layer
        mend = nearest(str(which), self.names)
        raise SettingError("trace", "the name of a layer that was called", repr(which), mend)

    def __iter__(self) -> Iterator[LayerTrace]:
        return iter(self.layers)

    def __len__(self) -> int:
        return len(self.layers)

    def as_columns(self) -> "Trace":
        """The same with examples as columns, (n, m), wherever a layer makes vectors."""
        turned = [layer.as_columns() for layer in self.layers]
        return self if self.columns else Trace(self.watched, turned, True)

    def score_to_loss(self) -> ScoreToLoss:
        """How the loss of each example comes from the last layer's scores, step by step.

        Raises SettingError without targets, and for examples that a layer mixed.
        """
        return steps_of(self.watched)

    # -- shown --------------------------------------------------------------------------------

    def _title(self) -> list[str]:
        """What was traced, and the loss."""
        w = self.watched
        n = len(w.x[0]) if isinstance(w.x, list) else len(w.x)
        ways = "forwards" if w.loss is None else "forwards and back"
        mode = "as in training" if w.training else "as in inference"
        examples = f"{n:,} example{'' if n == 1 else 's'}"
        title = [f"{w.model.label}: {examples} {ways}, {mode}"]
        if w.loss is not None:
            penalty = f", {digits(w.penalty)} of it from regularisers" if w.penalty else ""
            title.append(f"loss {digits(float(w.loss.value), 4)}{penalty}")
        if self.columns:
            title.append("examples are columns")
        return title

    def _groups(self) -> list[list[tuple[str, ...]]]:
        """The rows of each layer, its name before the first."""
        groups = []
        for layer in self.layers:
            rows = layer.rows() if self.watched.loss is not None else layer.rows(["Z", "A"])
            if self.watched.loss is None and layer.is_linear:
                rows = rows[:1]
            rows += [("",) * len(HEAD)] * (2 - len(rows))
            what = ", ".join(filter(None, (layer.kind, layer.activation)))
            names = [layer.name, f"  {what}", *[""] * len(rows)]
            groups.append([(name, *row) for name, row in zip(names, rows, strict=False)])
        return groups

    def __str__(self) -> str:
        return "\n".join([*self._title(), "", aligned(("layer", *HEAD), self._groups(), left=2)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return as_html(self._title(), ("layer", *HEAD), self._groups(), left=2)


def trace(
    model: Any,
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    *,
    training: bool = True,
    columns: bool = False,
) -> Trace:
    """One pass of `model` over x (N, ...) and, with targets y, back: every layer's arrays.

    Without y there are Z, A and weights alone. A model with several inputs takes a list of arrays.
    `training`: whether layers behave as in training (dropout drops, batch norm goes by the batch)
    or as in inference. `columns`: examples as columns, (n, m), as the notes write them.

    The model stays as it was, to the bit: weights, moving averages, gradients, states of chance.
    (One that is not built yet is built, as `fit` would.) Dropout drops what the next step of
    training would. Raises what `fit` raises for such data, and SettingError where there are
    targets and no loss.
    """
    watched = watch(model, x, y, sample_weight, training=training)
    layers = [_layer_trace(watched, call) for call in watched.calls]
    found = Trace(watched, layers)
    return found.as_columns() if columns else found


def _layer_trace(watched: Watched, call: Call) -> LayerTrace:
    """The arrays of one call."""
    values = {"Z": call.z, "A": call.output}
    known: dict[int, NDArray[Any]] = {}  # one array for one tensor

    def array(tensor: Any) -> NDArray[Any]:
        return known.setdefault(id(tensor), as_numpy(tensor))

    inputs = [array(each) for each in call.inputs]
    arrays: dict[str, Any] = {"X": inputs if len(inputs) > 1 else inputs[0]}
    arrays |= {letter: array(value) for letter, value in values.items()}
    weights = {letter_of(p.name or "weight"): p for p in call.layer.own_weights}
    arrays |= {letter: array(p) for letter, p in weights.items()}
    for letter, tensor in (values | weights).items():
        if (gradient := watched.gradient(tensor)) is not None:
            arrays[f"d{letter}"] = np.asarray(as_numpy(gradient))
    if call.z is call.output and "dA" in arrays:
        arrays["dZ"] = arrays["dA"]
    return LayerTrace(call.name, type(call.layer).__name__, activation_of(call.layer), arrays)


def letter_of(weight: str) -> str:
    """The letter of a weight: W for a kernel, b for a bias; gamma and its like by their names.

    >>> letter_of("kernel"), letter_of("depthwise_kernel"), letter_of("gamma")
    ('W', 'W_depthwise', 'gamma')
    """
    if weight.endswith("_kernel"):
        return f"W_{weight.removesuffix('_kernel')}"
    return LETTERS.get(weight, weight)
