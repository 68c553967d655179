"""One pass of a model, watched: which layer was called on what, and what came of it.

Traces, circuits and pictures all rest on it. The pass is made on a copy of the model, so nothing of
the model itself changes: no weight, moving average, gradient or state of chance. On the copy, each
layer's `run` and activation note what they take and give; the values and gradients are those of the
graph that this one pass makes.
"""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from pellucid import nn
from pellucid.engines import Array
from pellucid.graph import Tensor, gradients_of, no_graph
from pellucid.layers import Layer
from pellucid.layers import activation as activation_layers
from pellucid.layers.attending import Run, attended
from pellucid.layers.layer import unique
from pellucid.layers.symbol import each_of
from pellucid.registry import snake_case
from pellucid.training.arrays import as_array, as_data, each, shapes, training_data
from pellucid.training.copying import copied

ACTIVATIONS = (
    *(activation_layers.Activation, activation_layers.ReLU, activation_layers.LeakyReLU),
    *(activation_layers.PReLU, activation_layers.ELU, activation_layers.GELU),
    activation_layers.Softmax,
)


@dataclass(frozen=True, eq=False)
class Call:
    """One call of a layer: what it took, the pre-activation z, what it gave, and its name.

    `layer` is the copy's, with the weights of the pass, and `original` the same one of the model
    itself. `is_whole`: whether no other layer was called inside it. `is_around`: whether it only
    called others, whose calls say all.
    """

    name: str
    layer: Layer
    original: Layer
    inputs: list[Any]
    z: Any
    output: Any
    is_whole: bool
    is_around: bool


class Watched(NamedTuple):
    """A pass: its calls in order, the loss (None without targets), and the gradients by tensor.

    `model` is the copy that was watched, `original` the model; `x` and `y` are inputs and targets
    as arrays, `data` the tensors of the inputs. `all_calls` has those too that are only around
    others.
    """

    model: Any
    original: Any
    all_calls: list[Call]
    x: Any
    data: list[Tensor]
    y: Array | None
    output: Any
    loss: Tensor | None
    penalty: float
    gradients: dict[Tensor, Array]
    training: bool

    def gradient(self, tensor: Any) -> Array | None:
        """The gradient of a value of the pass; None where nobody needs it."""
        return self.gradients.get(tensor) if isinstance(tensor, Tensor) else None

    @property
    def calls(self) -> list[Call]:
        """The calls, without those that are only around others."""
        return [call for call in self.all_calls if not call.is_around]

    @property
    def listed(self) -> list[Call]:
        """The calls of those layers that the model itself lists, a model among them as one."""
        own = set(self.original.layers)
        return [call for call in self.all_calls if call.original in own]


def watch(
    model: Any,
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    *,
    training: bool = False,
    with_slopes: bool = False,
    is_copy: bool = False,
    where: str = "trace",
) -> Watched:
    """Make one pass over x, and back from the loss if there are targets y.

    `training`: whether layers behave as in training. `with_slopes`: whether the gradient of x can
    be asked for, too. `is_copy`: whether the model is one that `copied` made, which is watched
    itself. Raises what `fit` raises for such data. A model that is not built yet is built.
    """
    if y is None:
        x, weight = each(as_array, x), None
    else:
        x, y, weight = training_data(x, y, sample_weight, where=where)
    model.ensure_built(shapes(x))
    watched = model if is_copy else copied(model)
    if y is not None:
        watched.prepare(x, y, where=where)
    x = each(watched.as_input, x)
    data = each(Tensor, x) if with_slopes else as_data(x)
    with (
        _attended(watched, model) as calls,
        np.errstate(all="ignore"),  # what becomes infinite or NaN is seen in the figures
    ):
        output = watched.run(data, training)
        loss, penalty, gradients = None, 0.0, {}
        if y is not None:
            loss = watched.total_loss(y, output, weight)
            gradients = gradients_of(loss)
            penalty = _penalty(watched, len(y))
    inputs = each_of(data)
    return Watched(watched, model, calls, x, inputs, y, output, loss, penalty, gradients, training)


def activation_of(layer: Any) -> str:
    """The name of a layer's activation; "" where it has none, or the linear one."""
    activation = getattr(layer, "activation", None)
    name = getattr(activation, "__name__", None) or getattr(activation, "name", None) or ""
    return "" if name == "linear" else str(name)


def _penalty(model: Any, n: int) -> float:
    """What the regularisers add to the loss of n examples."""
    with no_graph():
        found = [p.regularizer(p, n) for p in model.trainable_weights if p.regularizer]
    return float(sum(found))


def _named(model: Any) -> dict[Layer, str]:
    """The model and every layer inside it, each with its path."""

    def inside(layer: Layer, prefix: str) -> Iterator[tuple[Layer, str]]:
        taken: dict[str, None] = {}
        for sub in dict.fromkeys(layer.sublayers()):
            name = unique(sub.name or snake_case(type(sub).__name__), taken)
            taken[name] = None
            yield sub, prefix + name
            yield from inside(sub, f"{prefix}{name}/")

    names: dict[Layer, str] = {model: model.name or snake_case(type(model).__name__)}
    for layer, name in inside(model, ""):
        names.setdefault(layer, name)
    return names


@contextmanager
def _attended(watched: Any, model: Any) -> Iterator[list[Call]]:
    """Inside, the calls of the layers of `watched`, a copy of `model`, are noted."""
    calls: list[Call] = []
    names = _named(watched)
    originals = dict(zip(names, _named(model), strict=True))
    activations = {layer: vars(layer).get("activation") for layer in names}

    def around(layer: Layer, run: Run) -> Run:
        return _attend(layer, run, names[layer], originals[layer], calls)

    try:
        with attended(names, around):
            yield calls
    finally:
        for layer, activation in activations.items():
            if activation is not None:
                vars(layer)["activation"] = activation


def _attend(layer: Any, run: Run, name: str, original: Layer, calls: list[Call]) -> Run:
    """The run of a layer that notes each call, with what its activation takes."""
    seen: list[Any] = []
    activation = vars(layer).get("activation")
    if callable(activation) and activation is not nn.linear and not isinstance(activation, Layer):
        vars(layer)["activation"] = _noting(activation, seen)

    def attending(inputs: Any, training: bool) -> Any:
        seen.clear()
        first = len(calls)
        output = run(inputs, training)
        given, inner = each_of(inputs), calls[first:]
        count = sum(call.layer is layer for call in calls)
        label = name if count == 0 else f"{name}:{count + 1}"
        z = seen[-1] if seen else _before(layer, given, inner, output)
        is_around = _is_only_around(layer, output, inner)
        calls.append(Call(label, layer, original, given, z, output, not inner, is_around))
        return output

    return attending


def _noting(activation: Callable[[Any], Any], seen: list[Any]) -> Callable[[Any], Any]:
    """The activation, which also notes what it takes."""

    @functools.wraps(activation)
    def noting(z: Any) -> Any:
        seen.append(z)
        return activation(z)

    return noting


def _is_only_around(layer: Layer, output: Any, inner: list[Call]) -> bool:
    """Whether a layer only calls others, which are looked at themselves."""
    given = each_of(output)
    made = [call.output for call in inner]
    return not layer.own_weights and all(any(each is m for m in made) for each in given)


def _before(layer: Any, inputs: list[Any], inner: list[Call], output: Any) -> Any:
    """The pre-activation where no function noted it.

    That of an activation that is a layer; the input of a layer that only activates; else, as
    nothing comes after z, the output.
    """
    for call in inner:
        if call.layer is getattr(layer, "activation", None):
            return call.inputs[0]
    return inputs[0] if isinstance(layer, ACTIVATIONS) else output
