"""What the Diagnosis callback costs: its share of the time of whole trainings.

`python -m benchmarks.diagnosing` trains the networks of some jobs with the callback, and adds up
the time inside its hooks, the clock's own included. It prints a line for each, the median of so
many rounds, and ends with 1 where a share is above the limit. PELLUCID_DATA names the folder of the
data. The limit is for trainings of a second or more: of shorter ones the few looks, some
milliseconds each, may be a larger share.
"""

import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from pellucid.callbacks import Diagnosis

from benchmarks import jobs, material
from benchmarks.peers.pellucid_worker import Pellucid

ROUNDS = 3
LIMIT = 0.02  # of a training's time
LONG = 1.0  # seconds
HOOKS = ("on_train_begin", "on_epoch_begin", "after_batch", "on_epoch_end", "on_train_end")


class Training(NamedTuple):
    """So many rows of a job's data, and how often they are gone through."""

    job: str
    rows: int
    epochs: int


TRAININGS = (Training("mlp32", 60_000, 2), Training("mlp32", 20_000, 1), Training("cnn", 20_000, 1))


def timed(diagnosis: Diagnosis) -> list[float]:
    """What its hooks take from now on, call by call, in seconds."""
    taken: list[float] = []

    def around(hook: Callable[..., None]) -> Callable[..., None]:
        def clocked(*args: Any) -> None:
            start = time.perf_counter()
            hook(*args)
            taken.append(time.perf_counter() - start)

        return clocked

    for name in HOOKS:
        setattr(diagnosis, name, around(getattr(diagnosis, name)))
    return taken


def share(job: jobs.Job, x: Any, y: Any, epochs: int) -> tuple[float, float]:
    """The share of the callback in a training's time, and that time in seconds."""
    model, diagnosis = Pellucid(job).model, Diagnosis(verbose=0)
    taken = timed(diagnosis)
    start = time.perf_counter()
    model.fit(x, y, job.batch, epochs, verbose=0, callbacks=[diagnosis])
    seconds = time.perf_counter() - start
    return sum(taken) / seconds, seconds


def main() -> int:
    """Train, measure, print; 1 where the limit is missed."""
    worst = 0.0
    for training in TRAININGS:
        job = jobs.JOBS[training.job]
        x, y = material.load(job._replace(rows=training.rows))
        shares = [share(job, x, y, training.epochs) for _ in range(ROUNDS)]
        part, seconds = np.median(shares, axis=0)
        worst = max(worst, part if seconds >= LONG else 0.0)
        print(
            f"{training.job}, {training.rows:,} rows, {training.epochs} epochs: "
            f"{100 * part:.2f} % of {seconds:.1f} s"
        )
    found = "reached" if worst <= LIMIT else "SHORT"
    print(f"at most {100 * LIMIT:.0f} % of {LONG:.0f} s or more asked: {found}")
    return int(worst > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
