"""A model as columns of units: what a drawing of its network needs, as numbers.

A column is a row of units (N, U), a stack of maps (N, H, W, C), or whatever else a layer makes.
Layers without units of their own (activations, dropout, normalisation) belong to the column before
them: they are named below it, and their values are its values.
"""

from collections.abc import Iterator
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np

from pellucid.errors import SettingError
from pellucid.gates import Dropout
from pellucid.insight.plots.questions import one_example
from pellucid.insight.watching import Call, activation_of, watch
from pellucid.layers import Dense

Array = np.ndarray


class Column(NamedTuple):
    """One column.

    `title`: what it is called. `shape`: that of one example. `weights` (D, U) and `bias` (U,) of a
    dense layer, from the column before; None for other layers. `values`: what the units make of the
    example that was given. `kept` (U,): 1 for the units that a dropout kept; both None without.
    """

    title: str
    shape: tuple[int, ...]
    weights: Array | None = None
    bias: Array | None = None
    values: Array | None = None
    kept: Array | None = None

    @property
    def is_units(self) -> bool:
        """Whether it is a row of units."""
        return len(self.shape) == 1

    def after(self, title: str, values: Array | None, kept: Array | None) -> "Column":
        """The column with another layer that keeps its units: its title, values and mask."""
        return self._replace(
            title=f"{self.title}\n{title}", values=values, kept=self.kept if kept is None else kept
        )


def columns_of(model: Any, x: Any = None, training: bool = False) -> list[Column]:
    """The columns of a model whose layers stand in a chain, for one example where it is given.

    Raises SettingError for a model that is not built, or with branches.
    """
    chain = _chain(model)
    calls: Iterator[Call | None] = repeat(None)
    values = None
    if x is not None:
        whole = watch(model, one_example(model, x, "network_diagram"), training=training)
        calls, values = iter(whole.listed), _array(whole.data[0])
    columns = [Column("input", tuple(model.input_shape[1:]), values=values)]
    for (layer, shape), call in zip(chain, calls, strict=False):
        before, made, kept = columns[-1], _made(call), _mask(call)
        activation = activation_of(layer)
        if isinstance(layer, Dense):
            title = "\n".join(filter(None, (_title(layer), activation)))
            bias = None if layer.bias is None else _array(layer.bias)
            weights = _array(layer.kernel)
            columns.append(Column(title, shape[1:], weights, bias, made, kept))
        elif tuple(shape[1:]) == before.shape and not layer.own_weights:
            columns[-1] = before.after(activation or _title(layer), made, kept)
        elif tuple(shape[1:]) == before.shape and not _is_large(layer):
            columns[-1] = before.after(_title(layer), made, kept)
        else:
            title = "\n".join(filter(None, (_title(layer), activation)))
            columns.append(Column(title, tuple(shape[1:]), values=made, kept=kept))
    return columns


def _chain(model: Any) -> list[tuple[Any, Any]]:
    """Each layer with the shape that it makes. Raises SettingError where they are no chain."""
    if not model.built:
        mend = "Start it with Input(shape), or call it on a batch, before drawing it."
        raise SettingError("network_diagram", "a model that is built", "one that is not", mend)
    flow, steps = model.flow(), getattr(model, "steps", [])
    straight = all(step.takes == step.makes - 1 for step in steps)
    if not straight or any(shape is None or isinstance(shape, list) for _, shape in flow):
        raise SettingError(
            "network_diagram",
            "layers in a chain, each fed by the one before",
            f"model {model.label}, which branches or has a call of its own",
            "Draw a part of it: Model(inputs, outputs) of one branch.",
        )
    if isinstance(model.input_shape, list):
        received = f"{len(model.input_shape)} of them"
        raise SettingError("network_diagram", "a model with one input", received, "Draw a part.")
    return flow


def _is_large(layer: Any) -> bool:
    """Whether a layer has a matrix of weights or filters, and so units of its own."""
    return any(len(p.shape) > 1 for p in layer.own_weights)


def _title(layer: Any) -> str:
    """A layer in a word, with the rate of a dropout."""
    rate = getattr(layer, "rate", None)
    kind = type(layer).__name__.replace("Normalization", "Norm").replace("Pooling", "Pool")
    return kind if rate is None else f"{kind} {rate:g}"


def _made(call: Call | None) -> Array | None:
    """What a layer made of the example."""
    return None if call is None else _array(call.output)


def _mask(call: Call | None) -> Array | None:
    """The mask of a layer's dropout, where it has one and the pass was one of training."""
    gate: Any = None if call is None else call.output.gate
    if not isinstance(gate, Dropout):
        return None
    keep = np.broadcast_to(np.asarray(gate.inputs[1]), gate.inputs[0].shape)
    return keep[0].astype(int)


def _array(tensor: Any) -> Array:
    """A tensor's numbers; of one example without the batch."""
    array = np.asarray(tensor.value)
    is_weight = getattr(tensor, "trainable", None) is not None
    return array.copy() if is_weight else array[0].copy()
