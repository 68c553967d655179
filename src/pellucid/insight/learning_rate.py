"""The learning-rate range test: the loss while the learning rate grows exponentially (Smith 2017).

It is made on a copy: the model stays as it was, and no stream of random numbers is touched.

Letters: alpha the learning rate of a step, L its loss.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pellucid.averages import smooth
from pellucid.errors import NotFiniteError, SettingError
from pellucid.insight.measuring import as_numpy
from pellucid.settings import is_whole
from pellucid.training.arrays import each, reader, training_data
from pellucid.training.copying import copied

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BETA = 0.9  # of the average that smooths the curve: about the last 10 steps
LAG = round(BETA / (1 - BETA))  # steps by which it comes late
DIVERGED = 4.0  # times the smallest loss: the test is over
LEAST = 11  # steps that are made whatever the loss


@dataclass(frozen=True)
class LearningRates:
    """What the range test found, one number a step.

    `rates`: alpha; `losses`: L of the step's batch, before its update; `smoothed`: their
    bias-corrected average. `suggestion`: alpha where the smoothed loss falls most steeply over
    log alpha, or None where it never falls.
    """

    rates: list[float]
    losses: list[float]
    smoothed: list[float]
    suggestion: float | None

    def plot(self, ax: "Axes | None" = None) -> "Figure":
        """The curve, with the suggestion on it."""
        return learning_rate_curve(self, ax)

    def __str__(self) -> str:
        span = f"{len(self.rates)} steps from {self.rates[0]:.1e} to {self.rates[-1]:.1e}"
        if self.suggestion is None:
            return f"learning rates: {span}; the loss never falls beyond its noise"
        return f"learning rates: {span}; the loss falls most steeply at {self.suggestion:.1e}"


def lr_find(
    model: Any,
    x: Any,
    y: Any,
    *,
    start: float = 1e-7,
    end: float = 10.0,
    steps: int = 100,
    batch_size: int = 32,
    sample_weight: Any = None,
    seed: int = 0,
) -> LearningRates:
    """Train a copy of `model` for some steps while the learning rate grows, and see where it falls.

    `model` is compiled; its copy begins with the same weights and a fresh optimiser of its kind. x
    (N, ...) or a list of arrays, y (N, ...). alpha grows from `start` to `end` by one factor a
    step: alpha_t = start (end / start)^(t / (steps - 1)). The test ends early where the loss is
    NaN, infinite, or its average over 4 times the smallest so far.

    The suggestion is the alpha at which the smoothed loss falls most steeply over log alpha, up to
    its smallest value, less the 9 steps by which the average lags; none where the loss does not
    fall beyond what is noise. Smith 2017, Cyclical Learning
    Rates for Training Neural Networks, section 3.3 (which takes the range where the loss falls);
    the steepest point is the rule of Howard and Gugger 2020, fastai. Raises SettingError for
    settings out of range, and what `fit` raises.

    >>> from pellucid import Input, Sequential
    >>> from pellucid.layers import Dense
    >>> model = Sequential([Input((2,)), Dense(1, kernel_initializer="ones")])
    >>> model.compile("sgd", "mse")
    >>> x = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [2.0, 1.0]])
    >>> found = lr_find(model, x, x @ [3.0, -1.0], steps=50, batch_size=4)
    >>> 1e-3 < found.suggestion < 1.0
    True
    """
    _check(start, end, steps, batch_size)
    x, y, weight = training_data(x, y, sample_weight, where="lr_find")
    model.prepare(x, y, where="lr_find")
    batches = _batches(model, x, y, weight, batch_size, seed)
    rates = start * (end / start) ** (np.arange(steps) / (steps - 1))
    losses = _sweep(copied(model, model.optimizer), batches, rates)
    smoothed, tried = smooth(losses, BETA), rates[: len(losses)].tolist()
    return LearningRates(tried, losses, smoothed, steepest(tried, smoothed, noise_of(losses)))


def _batches(
    model: Any, x: Any, y: Any, weight: Any, size: int, seed: int
) -> Iterator[tuple[Any, Any, Any]]:
    """Batches (x, y, weight) without end: pass after pass, each in another order."""
    y = model.engine.hold_targets(y)
    weight = None if weight is None else model.engine.hold_targets(weight)
    order, n, read, waiting = np.random.default_rng(seed), len(y), reader(x), np.array([], int)
    size = min(size, n)
    while True:
        while len(waiting) < size:
            waiting = np.concatenate([waiting, order.permutation(n)])
        chosen, waiting = waiting[:size], waiting[size:]
        part = None if weight is None else model.engine.rows(weight, chosen)
        yield each(model.as_input, read(chosen)), model.engine.rows(y, chosen), part


def _sweep(model: Any, batches: Iterator[tuple[Any, Any, Any]], rates: Any) -> list[float]:
    """The loss of each step at its rate, until there is none or its average has run away."""
    losses: list[float] = []
    with np.errstate(all="ignore"):
        for rate, batch in zip(rates.tolist(), batches, strict=False):
            model.optimizer.learning_rate = rate
            try:
                result, _ = model.train_step(*batch)
            except NotFiniteError:
                break
            losses.append(float(as_numpy(result).mean()))
            averages = smooth(losses, BETA)
            if averages[-1] > DIVERGED * min(averages) and len(losses) > LEAST:
                break
    return losses


def steepest(rates: list[float], smoothed: list[float], noise: float = 0.0) -> float | None:
    """The rate at which the loss falls most steeply over the rate's logarithm.

    Looked for from where the average has settled up to its smallest value, and moved back by its
    lag. None where it falls in all by no more than a hundredth, or than 3 times its `noise`.
    """
    lowest = int(np.argmin(smoothed)) if smoothed else 0
    if lowest < LAG + 2:
        return None
    level = smoothed[LAG]
    if level - smoothed[lowest] <= max(0.01 * abs(level), 3 * noise):
        return None
    slope = np.gradient(np.array(smoothed[LAG : lowest + 1]), np.log(rates[LAG : lowest + 1]))
    return float(rates[int(slope.argmin())])


def noise_of(losses: list[float]) -> float:
    """By how much the average of losses strays, as batches differ.

    Their deviation, seen in the first steps, whose rates change nothing yet, times that of an
    average of independent numbers, sqrt((1 - beta) / (1 + beta)) of theirs.
    """
    first = losses[: 2 * LAG]
    return float(np.std(first)) * math.sqrt((1 - BETA) / (1 + BETA)) if first else 0.0


def learning_rate_curve(found: LearningRates, ax: "Axes | None" = None) -> "Figure":
    """The range test as a picture: each step's loss in grey, their average in blue, and the
    suggestion as a point. Raises SettingError without matplotlib."""
    from pellucid.insight.colours import BLUE, GREY, ORANGE
    from pellucid.insight.plots.frame import grid, legend, panels

    figure, (panel, *_) = panels(ax, 1, 1, (5.6, 4.0))
    panel.semilogx(found.rates, found.losses, color=GREY, alpha=0.55, lw=1.0, label="each step")
    panel.semilogx(found.rates, found.smoothed, color=BLUE, lw=2.4, label="average")
    if found.suggestion is not None:
        at = found.rates.index(found.suggestion)
        panel.plot([found.suggestion], [found.smoothed[at]], "o", color=ORANGE, ms=9, zorder=5,
                   label=f"suggestion: {found.suggestion:.1e}")  # fmt: skip
    finite = [value for value in found.smoothed if math.isfinite(value)]
    low, high = min(finite, default=0.0), max(finite[: max(len(finite) // 2, 1)], default=1.0)
    panel.set_ylim(low - 0.1 * (high - low), high + 0.4 * (high - low) + 1e-9)
    panel.set_xlabel("learning rate")
    panel.set_ylabel("loss")
    grid(panel)
    legend(panel)
    return figure


def _check(start: float, end: float, steps: int, batch_size: int) -> None:
    """Raise SettingError for a sweep that is none."""
    if not 0 < start < end < math.inf:
        raise SettingError("lr_find", "start and end with 0 < start < end", f"{start} and {end}",
                           "Try start=1e-7, end=10.0.")  # fmt: skip
    for name, value, least in (("steps", steps, 10), ("batch_size", batch_size, 1)):
        if not is_whole(value, least):
            raise SettingError("lr_find", f"{name} to be a whole number from {least}", repr(value),
                               "Leave it out.")  # fmt: skip
