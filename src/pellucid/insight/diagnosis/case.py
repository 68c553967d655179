"""All that is known about a training when it is judged: the model, rows, looks, and curves.

Checks read a case and nothing else. What an entry does not know stays empty, and checks that need
it are silent: before a run there is no curve, after one perhaps no data.

Letters: x inputs, y targets, p outputs; N examples, C classes.
"""

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid import layers as L
from pellucid.insight.diagnosis import baselines
from pellucid.insight.diagnosis.figures import Look
from pellucid.insight.diagnosis.finding import CHECKS, Findings
from pellucid.insight.diagnosis.neighbours import order_of
from pellucid.insight.diagnosis.possible import Beaten, beaten_by_neighbours
from pellucid.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CategoricalHinge,
    Hinge,
    MaxMultiClassHinge,
    MultiClassHinge,
    SparseCategoricalCrossentropy,
)

Array = NDArray[Any]
CROSS_ENTROPIES = (BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy)
HINGES = (Hinge, CategoricalHinge, MaxMultiClassHinge, MultiClassHinge)
ROWS = 1000  # that are compared with one another
NOTHING = 1e-6  # to be learned, where a constant's loss is so little above the least
CERTAIN = 5  # deviations beyond which an order is not chance: one in 3.5 million


@dataclass
class Trial:
    """What a copy of the model did in some steps of its own (`rehearsal.py`).

    `before` and `after`: the loss that training makes smaller, on some rows, around `steps` steps
    of the model's own optimiser, `mean` that of their batches; `memory`: how much is left of what
    there is to learn of a few `rows` after the copy tried to learn them by heart, and
    `memory_without` the same without regularisers, where it was tried; `suggested`: the learning
    rate of the range test.
    """

    before: float = math.nan
    after: float = math.nan
    mean: float = math.nan
    steps: int = 0
    look: Look | None = None
    rows: int = 0
    memory: float = math.nan
    memory_steps: int = 0
    memory_without: float = math.nan
    suggested: float | None = None

    @property
    def rises(self) -> bool:
        """Whether the loss is a quarter higher in the steps, or after them, than before."""
        ceiling = 1.25 * self.before
        return self.steps > 0 and not (self.after <= ceiling and self.mean <= ceiling)


@dataclass
class Case:
    """The evidence. `history` has one number an epoch, by the figures' names."""

    model: Any
    x: Any = None
    y: Any = None
    validation: tuple[Any, Any] | None = None
    weight: Any = None  # of each example (N,)
    batch_size: int | None = None
    shuffle: bool = True
    looks: list[Look] = field(default_factory=list)
    history: dict[str, list[float]] = field(default_factory=dict)
    trial: Trial | None = None
    errors: list[Any] = field(default_factory=list)
    fresh: bool = True  # whether the model was untrained at the first look
    is_part: bool = False  # whether the rows are the first that came, not all
    steps: int = 0  # of the run, where it is known

    def findings(self) -> Findings:
        """What all checks see, ranked."""
        return Findings(f for each in CHECKS.values() for f in each.findings(self))

    # -- the looks ----------------------------------------------------------------------------

    @property
    def start(self) -> Look | None:
        """The first look at a model that was not trained before."""
        return self.looks[0] if self.looks and self.fresh else None

    @property
    def last(self) -> Look | None:
        """The last look, or, before a run, that after the rehearsal."""
        if self.trial is not None and self.trial.look is not None:
            return self.trial.look
        return self.looks[-1] if self.looks else None

    # -- targets ------------------------------------------------------------------------------

    @property
    def kind(self) -> str | None:
        """What the loss says that targets are."""
        return getattr(self.model.loss, "targets", None)

    @property
    def from_logits(self) -> bool:
        """Whether the loss takes scores."""
        return bool(getattr(self.model.loss, "from_logits", False))

    @property
    def is_cross_entropy(self) -> bool:
        """Whether the loss is a cross-entropy."""
        return isinstance(self.model.loss, CROSS_ENTROPIES)

    @property
    def is_hinge(self) -> bool:
        """Whether the loss is a hinge."""
        return isinstance(self.model.loss, HINGES)

    @property
    def is_summed(self) -> bool:
        """Whether the loss of a batch is no mean."""
        return getattr(self.model.loss, "reduction", None) in ("sum", None)

    @property
    def loss_name(self) -> str:
        """The loss as it is written in code."""
        return type(self.model.loss).__name__

    @cached_property
    def outputs(self) -> tuple[int, ...]:
        """The shape of one output."""
        return tuple(self.model.compute_output_shape(self.model.input_shape)[1:])

    @cached_property
    def labels(self) -> Array | None:
        """The class of each example (N,), where it has one of several."""
        if self.y is None or not len(self.y):
            return None
        y = np.asarray(self.y)
        if self.kind == "classes" and y.ndim <= 2 and y.size == len(y):
            return y.reshape(-1).astype(int)
        if self.kind == "one-hot" and y.ndim == 2:
            return y.argmax(axis=1)
        if self.kind == "binary" and y.size == len(y) and np.isin(y, (-1, 0, 1)).all():
            return (y.reshape(-1) > 0).astype(int)
        return None

    @cached_property
    def counts(self) -> Array | None:
        """How many examples each class has, without those that never occur."""
        if self.labels is None:
            return None
        return np.unique(self.labels, return_counts=True)[1]

    @cached_property
    def chance(self) -> float:
        """The loss when all scores are alike; NaN where that says nothing."""
        return baselines.of_a_guess(self)

    @cached_property
    def constant(self) -> float:
        """The loss of the best output that does not look at x; NaN where it is not known."""
        return baselines.of_a_constant(self)

    def left(self, loss: float) -> float:
        """How much of what there is to learn is left: 1 for a constant's loss, 0 for the least
        that there is; NaN where that is not known."""
        room = self.constant - self.least
        return (loss - self.least) / room if room > NOTHING else math.nan

    @cached_property
    def least(self) -> float:
        """The loss of outputs that are the targets."""
        return baselines.least(self)

    @cached_property
    def order(self) -> tuple[float, float] | None:
        """How alike targets are to those of the row before, and by how many deviations more than
        in a random order; None where that says nothing."""
        if self.y is None or len(self.y) < 20:
            return None
        y: Any = self.labels
        if y is None:
            y = np.asarray(self.y)
            if self.kind != "numbers" or y.size != len(y):
                return None
            y = y.reshape(-1).astype("float64")
        if len(np.unique(y)) < 2 or not np.isfinite(y).all():
            return None
        return order_of(y, self.labels is not None)

    @property
    def in_order(self) -> bool:
        """Whether the rows are sorted by their targets, or all those at hand have the same one."""
        alike = self.labels is not None and len(np.unique(self.labels)) < 2
        return alike or (self.order is not None and self.order[1] > CERTAIN)

    # -- rows ---------------------------------------------------------------------------------

    @cached_property
    def sample(self) -> Array:
        """Which rows stand for all where pairs of them are compared: at most ROWS, in order."""
        n = 0 if self.y is None else len(self.y)
        if n <= ROWS:
            return np.arange(n)
        return np.sort(np.random.default_rng(0).choice(n, ROWS, replace=False))

    @cached_property
    def beaten(self) -> Beaten | None:
        """Where nearest neighbours say the targets better than the model on its own rows."""
        return beaten_by_neighbours(self)

    @property
    def looks_up(self) -> bool:
        """Whether x holds numbers of things to look up, whose size means nothing."""
        return any(isinstance(layer, L.Embedding) for layer in self.model.all_layers())

    # -- code ---------------------------------------------------------------------------------

    def layer(self, label: str) -> Any:
        """The layer that a figure is of."""
        return self._labelled.get(label)

    @cached_property
    def _labelled(self) -> dict[str, Any]:
        """All layers by their labels, the first of those that have the same."""
        return {layer.label: layer for layer in reversed(self.model.all_layers())}

    @cached_property
    def paths(self) -> dict[Any, str]:
        """Each parameter's path."""
        return {p: path for path, p in self.model.named_weights().items()}

    @property
    def rate(self) -> float:
        """The learning rate of the next step."""
        return float(self.model.optimizer.current_learning_rate)

    def optimizer(self, rate: float) -> str:
        """The code of the optimiser with another learning rate."""
        return f"{type(self.model.optimizer).__name__}(learning_rate={short(rate)})"


def short(value: float) -> str:
    """A number in three figures.

    >>> short(0.0681234), short(432.0), short(1e-7)
    ('0.0681', '432', '1e-07')
    """
    return f"{value:.3g}" if abs(value) < 1e5 else f"{value:.2e}"


def parts(x: Any) -> dict[str, Array]:
    """The arrays of x by the names that a text calls them."""
    if isinstance(x, list | tuple):
        return {f"x[{i}]": np.asarray(part) for i, part in enumerate(x)}
    return {} if x is None else {"x": np.asarray(x)}


def code_of(layer: Any) -> str:
    """How a layer begins in code: "Dense(128, activation='relu')"."""
    name = type(layer).__name__
    size = getattr(layer, "units", None) or getattr(layer, "filters", None)
    given = [] if size is None else [str(size)]
    activation = getattr(layer, "activation", None)
    label = getattr(activation, "__name__", None)
    if label and label != "linear" and not isinstance(activation, str):
        given.append(f"activation={label!r}")
    return f"{name}({', '.join(given)})"


def plural(count: int, one: str) -> str:
    """A number and its noun."""
    return f"{count:,} {one}{'' if count == 1 else 's'}"
