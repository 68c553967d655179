"""How long a step takes: copies of a model make some on one batch, in turn, against the clock.

Whoever has to choose between ways of training (the engine, the number type) makes a `replica` for
each, sets it up its own way, and asks `seconds_a_step`. The model itself is not touched: weights,
optimiser, moving averages and chance stay as they were.
"""

import copy
import statistics
import time
from collections.abc import Mapping
from typing import Any

from pellucid.engines import engine_of
from pellucid.errors import NotFiniteError
from pellucid.training.repeating import Steps

WARM_UP = 3  # steps before the clock: kernels are chosen, memory is fetched, tapes are made
ROUNDS = 5  # turns of each copy; the median of them counts
ROUND = 0.05  # seconds of a turn, at least one step
MOST = 200  # steps of a turn


def replica(model: Any, optimizer: Any = None) -> Any:
    """A copy of a prepared model with weights, chance and optimiser of its own.

    The optimiser starts anew; another one may take its place.
    """
    history, repeated, progress = model.history, model.repeated, model.progress
    try:  # what a copy has no use for
        model.history, model.repeated, model.progress = None, None, {}
        other = copy.deepcopy(model)
    finally:
        model.history, model.repeated, model.progress = history, repeated, progress
    if optimizer is not None:
        other.optimizer = optimizer
    other.optimizer.start_anew()
    other.lay_out()
    return other


def seconds_a_step(replicas: Mapping[Any, Any], batch: tuple[Any, Any, Any]) -> dict[Any, float]:
    """The seconds that a training step on `batch` (x, y, weight) takes each of these copies.

    Steps are made as `fit` makes them, but for the learning rate, which is 0: a copy that is
    stepped on one batch many times does not run away. The copies take turns, so that what else
    the machine does falls on all of them; the median turn counts. A copy whose loss is not finite
    is left out.
    """
    turns: dict[Any, list[float]] = {}
    counts: dict[Any, int] = {}
    for name, model in replicas.items():
        model.optimizer.learning_rate = 0.0
        model.repeated = Steps(model).renewed()
        try:
            _make(model, batch, WARM_UP)
            counts[name] = min(MOST, max(1, round(ROUND / _make(model, batch, 1))))
            turns[name] = []
        except NotFiniteError:  # `fit` will come to the same loss, and say where
            continue
    for _ in range(ROUNDS):
        for name, seconds in turns.items():
            seconds.append(_make(replicas[name], batch, counts[name]))
    return {name: statistics.median(seconds) for name, seconds in turns.items()}


def _make(model: Any, batch: tuple[Any, Any, Any], steps: int) -> float:
    """Make some steps, and wait until the device is done: the seconds of one."""
    x, y, weight = batch
    start = time.perf_counter()
    with model.engine.at_work():
        for _ in range(steps):
            model.train_step(x, y, weight)
        theta = model.parameters.theta
        engine_of(theta).to_numpy(theta[:1])  # a GPU has finished when a number has come from it
    return (time.perf_counter() - start) / steps
