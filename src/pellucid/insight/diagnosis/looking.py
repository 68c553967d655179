"""One look at a model: a forward and a backward pass on a few rows, boiled down to figures.

The pass is the model's own, in training mode, with the gates that training uses. What it moves
(gradients, moving averages, the state of chance) is put back, to the bit.

Letters: x input, z pre-activation, a output of a layer; W a kernel; dv the gradient of the loss
with respect to v. N counts examples.
"""

import math
from typing import Any

import numpy as np

from pellucid.engines import engine_of
from pellucid.errors import NotFiniteError
from pellucid.graph import Tensor, gradients_of
from pellucid.graph.backprop import walk
from pellucid.initializers import fans
from pellucid.insight.diagnosis.figures import LayerFigures, Look, WeightFigures
from pellucid.insight.diagnosis.keeping import kept, noting, quiet
from pellucid.insight.measuring import as_numpy
from pellucid.layers.layer import Layer
from pellucid.layers.parameter import Parameter
from pellucid.layers.symbol import each_of
from pellucid.training.arrays import as_data, each
from pellucid.training.not_finite import stop_unless_finite

RECTIFIERS = ("ReLU",)
SATURATING = ("Sigmoid", "Tanh", "Softsign")
ACTIVATIONS = (
    *RECTIFIERS,
    *SATURATING,
    *("LeakyReLU", "PReLU", "ELU", "SELU", "CELU", "GELU", "TanhGELU", "SiLU", "Mish", "GLU"),
    *("Softplus", "LogSigmoid", "Squareplus", "Softmax", "LogSoftmax"),
)
WEIGHTED = ("Dense", "MatMul", "Conv1D", "Conv2D", "Conv2DTranspose", "DepthwiseConv2D")
NORMALISING = ("BatchNorm", "FixedBatchNorm", "LayerNorm", "GroupNorm", "RMSNorm", "UnitNorm")
LINEAR = (  # gates whose output is a linear function of what they are given, or affine
    *(*WEIGHTED, "Linear", "Reshape", "BroadcastTo", "Transpose", "Slice", "Concatenate", "Pad"),
    *("Repeat", "Add", "Subtract", "Sum", "Mean", "AveragePool1D", "AveragePool2D", "Dropout"),
    *("BatchNorm", "FixedBatchNorm", "Embedding"),
)
SLOPE = 0.02  # of the largest: of tanh at 2.65, of sigmoid at 5.3; below it a unit is saturated


def look(model: Any, x: Any, y: Any, weight: Any = None, step: int = 0) -> Look:
    """The figures of one pass of a prepared model on rows (x, y). The model stays as it was."""
    found = Look(step)
    y = model.engine.hold_targets(y)
    weight = None if weight is None else model.engine.hold_targets(weight)
    layers, weights = model.all_layers(), model.named_weights()
    with kept(model, layers), quiet():
        calls: list[tuple[Layer, Any, Tensor]] = []
        with noting(layers, calls):
            output = model.run(as_data(each(model.as_input, x)), training=True)
            loss = model.mixture.loss(model.loss, y, output, weight)
        found.loss = float(as_numpy(loss).mean())
        found.penalty, pulls = _penalty(weights, len(y))
        if loss.size == 1:
            _explain(model, found, loss, output, x, y, weight)
        gradients = gradients_of(loss, engine_of(loss.value).xp.ones(loss.shape))
        _structure(found, output)
        kernels = _weights(found, weights, gradients, pulls)
        _layers(found, calls, gradients, kernels)
    return found


def silent_units(model: Any, x: Any) -> dict[str, int]:
    """How many units of a layer give 0 for every row of x in inference, by the layer's label."""
    layers, found = model.all_layers(), {}
    with kept(model, layers), quiet():
        calls: list[tuple[Layer, Any, Tensor]] = []
        with noting(layers, calls):
            model.run(as_data(each(model.as_input, x)), training=False)
    for layer, _, output in calls:
        silent = _silent(as_numpy(output))
        found[layer.label] = min(silent, found.get(layer.label, silent))
    return found


# -- parts ----------------------------------------------------------------------------------------


def _explain(
    model: Any, found: Look, loss: Tensor, output: Tensor, x: Any, y: Any, weight: Any
) -> None:
    """Where the loss is no finite number: which gate began it, as training would say."""
    try:
        stop_unless_finite(model, loss, output, each(model.as_input, x), y, weight)
    except NotFiniteError as error:
        found.error = [error.where, error.received, error.mend]


def _penalty(weights: dict[str, Any], n: int) -> tuple[float, dict[Any, float]]:
    """What the regularisers add to the loss, and the norm of the gradient of it by parameter."""
    total, pulls = 0.0, {}
    for p in weights.values():
        if p.requires_grad and p.regularizer is not None:
            penalty = p.regularizer(p, n)
            total += float(penalty.value)
            pulls[p] = _norm(gradients_of(penalty).get(p, 0.0))
    return total, pulls


def _structure(found: Look, output: Tensor) -> None:
    """The gates behind the last weighted one, and whether any gate is not linear."""
    tensor = output
    while tensor.gate is not None and type(tensor.gate).__name__ not in WEIGHTED:
        found.head.append(type(tensor.gate).__name__)
        sources = [s for s in tensor.gate.inputs if isinstance(s, Tensor) and s.gate is not None]
        if len(sources) != 1:
            break
        tensor = sources[0]
    gates = _after_weights(tensor)
    weighted = [gate for gate in gates if type(gate).__name__ in WEIGHTED and _has_weights(gate)]
    found.linear = len(weighted) if all(map(_is_linear, gates)) else 0


def _after_weights(output: Tensor) -> list[Any]:
    """The gates on the way to a tensor that depend on parameters made to be trained, frozen or not.

    What is done to the data before is left out.
    """
    touched: set[Tensor] = set()
    gates = []
    for tensor in walk(output):
        if tensor.gate is None:
            is_touched = isinstance(tensor, Parameter) and tensor.trainable
        else:
            is_touched = any(s in touched for s in tensor.gate.inputs if isinstance(s, Tensor))
            gates += [tensor.gate] if is_touched else []
        if is_touched:
            touched.add(tensor)
    return gates


def _has_weights(gate: Any) -> bool:
    """Whether a gate's second input is a leaf."""
    W = gate.inputs[1] if len(gate.inputs) > 1 else None
    return isinstance(W, Tensor) and W.gate is None


def _is_linear(gate: Any) -> bool:
    """Whether a gate's output is linear in the one input that depends on the data."""
    name = type(gate).__name__
    if name == "MatMul":
        return _has_weights(gate)
    if name in ("Multiply", "Divide"):
        return any(not isinstance(s, Tensor) or s.gate is None for s in gate.inputs)
    return name in LINEAR


def _layers(
    found: Look,
    calls: list[tuple[Layer, Any, Tensor]],
    gradients: dict[Tensor, Any],
    known: dict[Tensor, WeightFigures],
) -> None:
    """The figures of each call of a layer."""
    last = None
    for layer, inputs, output in calls:
        figures = _of_call(layer, output, gradients, known)
        if figures.fan_in:
            last = figures
            if not found.inputs and isinstance(each_of(inputs)[0], Tensor):
                found.inputs = _of_inputs(as_numpy(each_of(inputs)[0]))
                found.inputs["is_data"] = float(not each_of(inputs)[0].requires_grad)
        found.layers.append(figures)
    if last is not None:
        last.is_output = True


def _of_call(
    layer: Layer,
    output: Tensor,
    gradients: dict[Tensor, Any],
    known: dict[Tensor, WeightFigures],
) -> LayerFigures:
    """One call of a layer in figures."""
    gate = type(output.gate).__name__ if output.gate else ""
    is_known = gate in ACTIVATIONS and isinstance(output.gate.inputs[0], Tensor)  # pyright: ignore
    z = output.gate.inputs[0] if is_known else output  # pyright: ignore[reportOptionalMemberAccess]
    kernel = getattr(layer, "kernel", None)
    fan_in, fan_out = (
        fans(kernel.shape) if isinstance(kernel, Tensor) and kernel.ndim > 1 else (0, 0)
    )
    a, of_z = as_numpy(output), as_numpy(z)
    dead = _silent(a) if gate in RECTIFIERS else 0
    deviation = 0.0
    if fan_in:
        deviation = known[kernel].deviation if kernel in known else float(as_numpy(kernel).std())
    return LayerFigures(
        label=layer.label,
        activation=gate if is_known else "",
        fan_in=fan_in,
        fan_out=fan_out,
        deviation=float(of_z.std()),
        kernel=deviation,
        units=a.shape[-1],
        dead=dead,
        saturated=_saturated(gate, of_z),
        gradient=_norm(gradients[z]) if z in gradients else float("nan"),
        normalises=gate in NORMALISING,
    )


def _silent(a: Any) -> int:
    """How many units (the last axis) are 0 in every row. Fewer than 8 rows do not tell: a unit that
    is silent in half of them is so in all of 8 once in 256 times."""
    rows = (a != 0).reshape(-1, a.shape[-1])
    return 0 if len(rows) < 8 else a.shape[-1] - int(rows.any(axis=0).sum())


def _saturated(gate: str, z: Any) -> float:
    """The share of pre-activations where the activation's slope is below SLOPE of its largest."""
    if gate not in SATURATING:
        return 0.0
    limit = {"Tanh": np.arctanh(np.sqrt(1 - SLOPE)), "Softsign": SLOPE**-0.5 - 1}.get(gate)
    if limit is None:  # sigmoid(z) = (1 + tanh(z / 2)) / 2
        limit = 2 * np.arctanh(np.sqrt(1 - SLOPE))
    return float((abs(z) > limit).mean())


def _of_inputs(x: Any) -> dict[str, float]:
    """Root mean square, mean and largest magnitude of what enters the first weighted layer."""
    return {
        "rms": float(np.sqrt(np.mean(np.square(x, dtype="float64")))),
        "mean": float(np.mean(x, dtype="float64")),
        "largest": float(abs(x).max()),
    }


def _weights(
    found: Look, weights: dict[str, Any], gradients: dict[Any, Any], pulls: dict[Any, float]
) -> dict[Tensor, WeightFigures]:
    """The figures of each parameter that is made to be trained."""
    known: dict[Tensor, WeightFigures] = {}
    for path, p in weights.items():
        if not p.trainable:
            continue
        gradient, value = gradients.get(p), as_numpy(p)
        known[p] = found.weights[path] = WeightFigures(
            axes=value.ndim,
            size=value.size,
            norm=_norm(value),
            deviation=float(value.std()),
            gradient=None if gradient is None else _norm(gradient),
            pull=pulls.get(p, 0.0),
            alike=_alike(value),
            moved_alike=gradient is not None and _alike(gradient),
            frozen=not p.requires_grad,
        )
    return known


def _alike(array: Any) -> bool:
    """Whether all units (the last axis) of a kernel hold the same numbers."""
    if array.ndim < 2 or array.shape[-1] < 2:
        return False
    columns = array.reshape(-1, array.shape[-1])
    first = columns[0]  # settles it for nearly all
    return bool((first == first[0]).all() and (columns == columns[:, :1]).all())


def _norm(array: Any) -> float:
    """The Euclidean norm; in float64 where squares leave the range of the array's own type."""
    flat = as_numpy(array).reshape(-1)
    squares = float(flat @ flat)
    if not 1e-20 < squares < 1e30:
        flat = flat.astype("float64")
        squares = float(flat @ flat)
    return math.sqrt(squares)
