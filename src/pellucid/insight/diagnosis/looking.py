"""One look at a model: a forward and a backward pass on a few rows, boiled down to figures.

The pass is the model's own, in training mode, with the gates that training uses. What it moves
(gradients, moving averages, the state of chance) is put back, to the bit.

Letters: x input, z pre-activation, a output of a layer; W a kernel; dv the gradient of the loss
with respect to v. N counts examples.
"""

from dataclasses import asdict, dataclass, field
from typing import Any, Self

import numpy as np

from pellucid.engines import engine_of
from pellucid.errors import NotFiniteError
from pellucid.graph import Tensor, gradients_of
from pellucid.graph.backprop import walk
from pellucid.initializers import fans
from pellucid.insight.diagnosis.keeping import kept, noting, quiet
from pellucid.insight.statistics import as_numpy
from pellucid.layers.layer import Layer
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
SLOPE = 0.02  # of tanh at 2.65, of sigmoid at 4: below it a unit counts as saturated


@dataclass
class LayerFigures:
    """One call of a layer: what came out of it, and which gradient came back.

    `activation`: the class of the gate that made its output, where that is one. `fan_in`: how many
    inputs a unit of its kernel sums; 0 without kernel. `dead`: units (or channels) that gave 0 for
    every row. `saturated`: the share of its outputs where the slope is below 0.02 of a tanh, of
    sigmoid's largest one. `gradient`: the norm of dz, which is da where no activation is known.
    """

    label: str
    activation: str
    fan_in: int
    fan_out: int
    deviation: float
    kernel: float
    units: int
    dead: int
    saturated: float
    gradient: float
    normalises: bool
    is_output: bool = False


@dataclass
class WeightFigures:
    """One parameter: its numbers, and its gradient; `gradient` is None where none reaches it.

    `alike`: whether all units of a kernel hold the same numbers, `moved_alike` their gradients too.
    `pull`: the norm of what its regulariser adds to the gradient.
    """

    axes: int
    size: int
    norm: float
    deviation: float
    gradient: float | None
    pull: float
    alike: bool
    moved_alike: bool
    frozen: bool


@dataclass
class Look:
    """What one pass showed. `step` counts the updates before it.

    `head`: the gates between the last weighted one and the output, the output's own first.
    `linear`: how many weighted gates stand in a row with nothing but linear gates between, where
    that is all that the model has; else 0. `inputs`: the figures of what enters the first weighted
    gate.
    """

    step: int
    loss: float = float("nan")
    penalty: float = 0.0
    layers: list[LayerFigures] = field(default_factory=list)
    weights: dict[str, WeightFigures] = field(default_factory=dict)
    head: list[str] = field(default_factory=list)
    linear: int = 0
    inputs: dict[str, float] = field(default_factory=dict)
    ratios: dict[str, float] = field(default_factory=dict)
    error: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """The figures as plain data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, figures: dict[str, Any]) -> Self:
        """What `to_dict` gave."""
        layers = [LayerFigures(**each) for each in figures["layers"]]
        weights = {path: WeightFigures(**each) for path, each in figures["weights"].items()}
        return cls(**(figures | {"layers": layers, "weights": weights}))


def look(model: Any, x: Any, y: Any, weight: Any = None, step: int = 0) -> Look:
    """The figures of one pass of a prepared model on rows (x, y). The model stays as it was."""
    found = Look(step)
    y = model.engine.hold_targets(y)
    weight = None if weight is None else model.engine.hold_targets(weight)
    with kept(model), quiet():
        calls: list[tuple[Layer, Any, Tensor]] = []
        with noting(model, calls):
            output = model.run(as_data(each(model.as_input, x)), training=True)
            loss = model.mixture.loss(model.loss, y, output, weight)
        found.loss = float(as_numpy(loss).mean())
        found.penalty, pulls = _penalty(model, len(y))
        if loss.size == 1:
            _explain(model, found, loss, output, x, y, weight)
        gradients = gradients_of(loss, engine_of(loss.value).xp.ones(loss.shape))
        _structure(found, output)
        _layers(found, calls, gradients)
        _weights(found, model, gradients, pulls)
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


def _penalty(model: Any, n: int) -> tuple[float, dict[Any, float]]:
    """What the regularisers add to the loss, and the norm of the gradient of it by parameter."""
    total, pulls = 0.0, {}
    for p in model.trainable_weights:
        if p.regularizer is not None:
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
    gates = [t.gate for t in walk(tensor) if t.gate is not None]
    weighted = [gate for gate in gates if type(gate).__name__ in WEIGHTED and _has_weights(gate)]
    found.linear = len(weighted) if all(map(_is_linear, gates)) else 0


def _has_weights(gate: Any) -> bool:
    """Whether a gate's second input is a leaf that learns."""
    W = gate.inputs[1] if len(gate.inputs) > 1 else None
    return isinstance(W, Tensor) and W.gate is None


def _is_linear(gate: Any) -> bool:
    """Whether a gate's output is linear in the one input that depends on the data."""
    name = type(gate).__name__
    if name == "MatMul":
        return _has_weights(gate)
    if name in ("Multiply", "Divide"):
        return any(not isinstance(s, Tensor) or s.gate is None for s in gate.inputs)
    return name in LINEAR or not any(isinstance(s, Tensor) and s.requires_grad for s in gate.inputs)


def _layers(
    found: Look, calls: list[tuple[Layer, Any, Tensor]], gradients: dict[Tensor, Any]
) -> None:
    """The figures of each call of a layer."""
    last = None
    for layer, inputs, output in calls:
        figures = _of_call(layer, output, gradients)
        if figures.fan_in:
            last = figures
            if not found.inputs and isinstance(each_of(inputs)[0], Tensor):
                found.inputs = _of_inputs(as_numpy(each_of(inputs)[0]))
                found.inputs["is_data"] = float(not each_of(inputs)[0].requires_grad)
        found.layers.append(figures)
    if last is not None:
        last.is_output = True


def _of_call(layer: Layer, output: Tensor, gradients: dict[Tensor, Any]) -> LayerFigures:
    """One call of a layer in figures."""
    gate = type(output.gate).__name__ if output.gate else ""
    is_known = gate in ACTIVATIONS and isinstance(output.gate.inputs[0], Tensor)  # pyright: ignore
    z = output.gate.inputs[0] if is_known else output  # pyright: ignore[reportOptionalMemberAccess]
    kernel = getattr(layer, "kernel", None)
    fan_in, fan_out = (
        fans(kernel.shape) if isinstance(kernel, Tensor) and kernel.ndim > 1 else (0, 0)
    )
    a, of_z = as_numpy(output), as_numpy(z)
    dead = 0
    if gate in RECTIFIERS:
        dead = int((abs(a).reshape(-1, a.shape[-1]).max(axis=0) == 0).sum())
    return LayerFigures(
        label=layer.label,
        activation=gate if is_known else "",
        fan_in=fan_in,
        fan_out=fan_out,
        deviation=float(of_z.std()),
        kernel=float(as_numpy(kernel).std()) if fan_in else 0.0,
        units=a.shape[-1],
        dead=dead,
        saturated=_saturated(gate, of_z),
        gradient=_norm(gradients[z]) if z in gradients else float("nan"),
        normalises=gate in NORMALISING,
    )


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


def _weights(found: Look, model: Any, gradients: dict[Any, Any], pulls: dict[Any, float]) -> None:
    """The figures of each parameter that is made to be trained."""
    for path, p in model.named_weights().items():
        if not p.trainable:
            continue
        gradient, value = gradients.get(p), as_numpy(p)
        found.weights[path] = WeightFigures(
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


def _alike(array: Any) -> bool:
    """Whether all units (the last axis) of a kernel hold the same numbers."""
    if array.ndim < 2 or array.shape[-1] < 2:
        return False
    columns = array.reshape(-1, array.shape[-1])
    return bool((columns == columns[:, :1]).all())


def _norm(array: Any) -> float:
    """The Euclidean norm."""
    return float(np.sqrt(np.sum(np.square(as_numpy(array), dtype="float64"))))
