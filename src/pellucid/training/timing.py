"""How long a step takes: copies of a model make some on one kind of batch, in turn, against the
clock.

Whoever has to choose between ways of training (the engine, the number type) makes a copy for each
(`copied`), sets it up its own way, and asks `seconds_a_step`. The model itself is not touched:
weights, optimiser, moving averages and chance stay as they were.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import islice, repeat
from typing import Any

from pellucid.errors import NotFiniteError
from pellucid.training.capturing import maker, stepping
from pellucid.training.figures import may_wait, put_sums, take_in

TURN = 0.03  # seconds of a turn, at least one step
REST = 0.05  # seconds before it: threads of the one before wait awake for tens of milliseconds
MOST = 1000  # steps of a turn
SECONDS = 2.0  # in which turns begin
ROUNDS = 15  # turns of each copy; the quickest of them counts
BEHIND, SURE = 1.5, 3  # times the quickest's time: who is so slow in this many turns is left behind
FAR_BEHIND = 4.0  # and who is so slow in one

Batch = tuple[Any, Any, Any]
Run = Callable[[int], float]  # make so many steps: the seconds of one; infinity if it cannot


def seconds_a_step(copies: Mapping[Any, Any], batch: Batch) -> dict[Any, float]:
    """The seconds that a training step on `batch` (x, y, weight) takes each of these copies.

    A copy whose loss is not finite is left out: `fit` will come to the same loss, and say where.
    """
    runs: dict[Any, Run] = {}
    for name, model in copies.items():
        try:
            run = Rehearsal(model, repeat(batch))
            run.warm_up()
        except NotFiniteError:
            continue
        runs[name] = run
    return take_turns(runs)


class Rehearsal:
    """Steps of a copy as `fit` makes them, with the metrics, but for the learning rate, which is 0.

    So a copy that is stepped on a few batches many times does not run away. `batches` has no end.
    With `repeats`, steps are run from their tapes where `fit` would do so.
    """

    def __init__(self, model: Any, batches: Iterator[Batch], repeats: bool = True) -> None:
        self.model, self.batches = model, batches
        model.optimizer.learning_rate = 0.0
        self.step = stepping(model, maker(model), repeats)
        put_sums(model, {})
        self.later = repeats and may_wait(model)

    def warm_up(self) -> None:
        """Make the first step, in which kernels are chosen and memory is fetched."""
        with self.model.engine.at_work():
            self._make(1)

    def __call__(self, steps: int) -> float:
        """Make some, after one that is not counted: the seconds of one, the device's work in it."""
        engine = self.model.engine
        with engine.at_work():
            self._make(1)
            engine.wait()
            start = time.perf_counter()
            self._make(steps)
            engine.wait()
            return (time.perf_counter() - start) / steps

    def _make(self, steps: int) -> None:
        """Make some steps, and take in their figures."""
        for x, y, weight in islice(self.batches, steps):
            loss, output = self.step(x, y, weight)
            take_in(self.model, loss, output, y, weight, self.later)


def take_turns(runs: Mapping[Any, Run]) -> dict[Any, float]:
    """The seconds of a step of each, in the quickest of its turns.

    What else the machine does only ever adds to them; and turns alternate, so that a time in which
    it does nothing else falls on all of them. It takes about `SECONDS`, less where one is far
    ahead; or two steps of each, where those take longer.
    """
    began = time.perf_counter()
    estimates = {name: _rested(run, 1) for name, run in runs.items()}
    counts = {name: min(MOST, max(1, round(TURN / max(t, 1e-9)))) for name, t in estimates.items()}
    turns: dict[Any, list[float]] = {name: [] for name in runs}
    ahead = list(runs)
    for _ in range(ROUNDS):
        if time.perf_counter() - began > SECONDS or len(ahead) < 2:
            break
        for name in ahead:
            turns[name].append(_rested(runs[name], counts[name]))
        ahead = _not_far_behind({name: turns[name] for name in reversed(ahead)})
    return {name: min(turns[name] or [estimates[name]]) for name in runs}


def _rested(run: Run, steps: int) -> float:
    """Let the others' threads come to rest, and make the steps."""
    time.sleep(REST)
    return run(steps)


def _not_far_behind(turns: Mapping[Any, list[float]]) -> list[Any]:
    """Those whose quickest turn is not far slower than the quickest's usual one."""
    from statistics import median

    best = min(map(median, turns.values()))
    limit = best * (BEHIND if len(next(iter(turns.values()))) >= SURE else FAR_BEHIND)
    return [name for name, seconds in turns.items() if min(seconds) <= limit < math.inf]
