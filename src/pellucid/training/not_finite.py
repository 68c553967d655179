"""A loss that is NaN or infinite: stopped before the update, and followed back to where it began.

In a healthy step this costs one look at one number. Only then are the batch, the weights and every
value of the graph looked through, in the order of the forward pass.
"""

import math
import warnings
from functools import partial
from typing import Any

from pellucid.data import check
from pellucid.engines import engine_of
from pellucid.errors import DataError, NotFiniteError
from pellucid.gates import Gate
from pellucid.graph import Tensor
from pellucid.graph.backprop import walk
from pellucid.layers.attending import Run, attended
from pellucid.layers.layer import Layer
from pellucid.layers.symbol import each_of
from pellucid.training.arrays import as_data

OTHERS = "To keep numbers small, {smaller_steps}; or scale the data."
ABOVE_0 = "Keep {x} away from 0: add a small number, or clip it with nn.clip."
MENDS = {
    "Log": "Keep {x} above 0; or let the loss take scores: from_logits=True.",
    "Sqrt": "Keep {x} from falling below 0.",
    "Divide": ABOVE_0.format(x="the divisor"),
    "Power": ABOVE_0,
    "Exp": "Keep {x} smaller: subtract its largest value first, or bound it with nn.clip. Where it "
    "grew in training, {smaller_steps}.",
}


def stop_unless_finite(
    model: Any, loss: Tensor, output: Tensor, x: Any, y: Any, weight: Any = None
) -> None:
    """Raise NotFiniteError for the loss of a step on (x, y, weight) that is NaN or infinite.

    It says whether the batch or the weights hold such a number already, or else which gate was the
    first to make one out of finite inputs. What the forward pass has moved (the averages of batch
    normalisation) is put back: the weights are those before the step.
    """
    if loss.size != 1 or engine_of(loss.value).looks_later or math.isfinite(loss.value):
        return
    put_back(loss)
    raise (_in_batch(x, y, weight) or _in_weights(model) or _in_graph(model, loss, output, x))


def put_back(result: Tensor) -> None:
    """Give the weights that a forward pass has moved the values that they had before."""
    for tensor in reversed(walk(result)):
        for parameter, before in tensor.gate.moved if tensor.gate else ():
            parameter.assign(before)


def _in_batch(x: Any, y: Any, weight: Any) -> NotFiniteError | None:
    """What is wrong with the batch."""
    try:
        check(x, y, weight, where="data")
    except DataError as error:
        return NotFiniteError(error.where, error.expected, error.received, error.mend)
    return None


def _in_weights(model: Any) -> NotFiniteError | None:
    """What is wrong with the weights."""
    for path, p in model.named_weights().items():
        finite = engine_of(p.value).xp.isfinite(p.value)
        if not finite.all():
            return NotFiniteError(
                "weights",
                "finite numbers",
                f"{p.size - int(finite.sum()):,} of {p.size:,} in {path} that are NaN or infinite",
                "Where the last update made them so: go back to weights from before "
                f"(ModelCheckpoint keeps them) and {_smaller_steps(model)}.",
            )
    return None


def _in_graph(model: Any, loss: Tensor, output: Tensor, x: Any) -> NotFiniteError:
    """Which gate began it, in which layer, and what to do."""
    nodes = [tensor for tensor in walk(loss) if tensor.gate]
    bad = [tensor for tensor in nodes if not _is_finite(tensor.value)]
    began = [t for t in bad if t.gate and all(map(_is_finite, t.gate.inputs))]
    if not began:  # from an array that is no part of the batch
        return NotFiniteError(
            "the loss",
            "a finite number",
            f"{loss.item()}",
            "Look at the loss function's own arrays.",
        )
    tensor = began[0]
    gate: Any = tensor.gate
    place = _place(model, tensor, nodes, output, x)
    letter, given = _first_input(gate)
    low, high = float(given.min()), float(given.max())
    return NotFiniteError(
        "the loss",
        "a finite number",
        f"{loss.item()}; first, gate {type(gate).__name__} in {place} made "
        f"{_worst(tensor.value)} out of finite inputs, {letter} from {low:.4g} to {high:.4g}",
        MENDS.get(type(gate).__name__, OTHERS).format(
            x=letter, smaller_steps=_smaller_steps(model)
        ),
    )


def _smaller_steps(model: Any) -> str:
    """The mend for weights that have run away."""
    rate = model.optimizer.current_learning_rate
    return f"lower the learning rate (now {rate:g}) or clip gradients (clipnorm=1.0)"


# -- values ---------------------------------------------------------------------------------------


def _is_finite(value: Any) -> bool:
    """Whether a gate's input or output has no NaN and no infinity."""
    array = value.value if isinstance(value, Tensor) else value
    if array is None:
        return True
    engine = engine_of(array)
    array = engine.asarray(array)
    return not engine.holds_floats(array) or bool(engine.xp.isfinite(array).all())


def _first_input(gate: Gate) -> tuple[str, Any]:
    """The letter and the array of a gate's first input that has a gradient; else of its first."""
    positions = [i for i, each in enumerate(gate.inputs) if isinstance(each, Tensor)]
    return gate.name_of(positions[0]), gate.inputs[positions[0]].value


def _worst(array: Any) -> str:
    """NaN if there is one, else the infinity that there is."""
    return "NaN" if engine_of(array).xp.isnan(array).any() else "infinity"


# -- places ---------------------------------------------------------------------------------------


def _place(model: Any, found: Tensor, nodes: list[Tensor], output: Tensor, x: Any) -> str:
    """Where a gate stands: in a layer, between layers, in the loss or in a regulariser."""
    forward = [tensor for tensor in walk(output) if tensor.gate]
    if found in forward:
        layer = _layer_of(model, forward.index(found), forward, x)
        return f"layer {layer.label}" if layer else "the model's own call"
    of_output = set(forward)
    for tensor in nodes:
        if tensor.gate and any(each in of_output or each is output for each in tensor.gate.inputs):
            of_output.add(tensor)
    if found in of_output:
        return f"the loss {getattr(model.loss, 'name', None) or type(model.loss).__name__}"
    return "a regulariser"


def _layer_of(model: Any, number: int, forward: list[Tensor], x: Any) -> Layer | None:
    """The innermost layer that applied gate `number` of a forward pass.

    Gates do not know their layers. So the pass is made once more, with an eye on who makes what;
    chance may fall otherwise, but the same gates come in the same order.
    """
    owners: dict[Tensor, Layer] = {}
    chance = model.random_states()
    inside = [layer for layer in model.all_layers() if layer is not model]
    try:
        with attended(inside, partial(_noting, owners)), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            again = model.run(as_data(x), training=True)
    finally:
        model.set_random_states(chance)
    put_back(again)
    made = [tensor for tensor in walk(again) if tensor.gate]
    if [type(t.gate) for t in made] != [type(t.gate) for t in forward]:
        return None
    return owners.get(made[number])


def _noting(owners: dict[Tensor, Layer], layer: Layer, run: Run) -> Run:
    """`run` of a layer, which also notes what the layer made and no layer inside it."""

    def noting(inputs: Any, training: bool) -> Any:
        known = {t for each in each_of(inputs) if isinstance(each, Tensor) for t in walk(each)}
        result = run(inputs, training)
        for each in each_of(result):
            for tensor in walk(each) if isinstance(each, Tensor) else ():
                if tensor.gate and tensor not in known:
                    owners.setdefault(tensor, layer)
        return result

    return noting
