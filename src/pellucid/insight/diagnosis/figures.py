"""What one look at a model leaves: figures of each layer's call, of each parameter, of the whole.

They are plain numbers and texts, so that a run can be stopped and go on with them, and its file has
them. `looking` makes them.

Letters: z pre-activation, a output of a layer; W a kernel; dv the gradient of the loss with respect
to v.
"""

from dataclasses import dataclass, field
from typing import Any, Self


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
        layers = [dict(vars(each)) for each in self.layers]
        weights = {path: dict(vars(each)) for path, each in self.weights.items()}
        return {**vars(self), "layers": layers, "weights": weights}

    @classmethod
    def from_dict(cls, figures: dict[str, Any]) -> Self:
        """What `to_dict` gave."""
        layers = [LayerFigures(**each) for each in figures["layers"]]
        weights = {path: WeightFigures(**each) for path, each in figures["weights"].items()}
        return cls(**(figures | {"layers": layers, "weights": weights}))
