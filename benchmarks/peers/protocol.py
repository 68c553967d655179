"""What all workers share: one process, several turns, one line of JSON.

A worker is started with a JSON object as its only argument: `{"job": name, ...}`, the rest being
fields of the job to replace (`steps`, `batch`, `rows`, ...) and `options` of the peer. It gives
this file a function that builds its network for a job; what that returns has

- `fit(x, y, epochs, after_epoch)`: train, and call `after_epoch()` at the end of each epoch,
- `predict(x)`: the scores (N, C) of the network in inference, as a NumPy array,
- `threads`: how many threads compute.

All that warms up is done before the first turn; between two turns nothing is computed, so that
other workers can have theirs (`turns.py`). What the library prints goes to /dev/null, `ready` and
the report to the real standard output.
"""

import importlib.metadata
import itertools
import json
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import jobs, material
from benchmarks.jobs import Job
from benchmarks.peers import turns

SAMPLE = 256  # rows on which the loss is read before and after training
WARM_UP = 20  # predictions before the first turn

Wait = Callable[[], None]  # returns when it is this process's turn


def main(make: Callable[..., Any], versions: dict[str, str]) -> None:
    """Do what the argument asks for and print the report."""
    job, options = asked()
    out = sys.stdout
    with open(os.devnull, "w") as nowhere:
        sys.stdout = nowhere
        report = MEASURES[job.kind](job, lambda: make(job, **options), lambda: turns.wait(out))
    versions = {"python": sys.version.split()[0], "numpy": np.__version__} | versions
    print(json.dumps(report | {"versions": versions}), file=out, flush=True)


def asked() -> tuple[Job, dict[str, str]]:
    """The job that the argument asks for, and the options of the peer."""
    words = json.loads(sys.argv[1])
    options = words.pop("options", {})
    return jobs.JOBS[words.pop("job")]._replace(**words), options


def peak_megabytes() -> float:
    """The most memory that this process has held."""
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes / (1000 if sys.platform != "darwin" else 1e6)


def train(job: Job, make: Callable[[], Any], wait: Wait) -> dict[str, Any]:
    """Milliseconds a step: the median of all turns, and each of them.

    A first `fit`, which is as long for every peer, warms up: of it are the loss after training and
    the memory, and its epochs say how many of them make a turn.
    """
    x, y = material.load(job)
    peer = make()
    before = sample_loss(job, peer, x, y)
    epoch = statistics.median(epochs_of_a_fit(job, peer, x, y))
    peak, after = peak_megabytes(), sample_loss(job, peer, x, y)
    each = max(1, round(job.seconds / epoch))
    taken = [spent / each for spent in fit_in_turns(job, peer, x, y, each, wait)]
    steps = -(-len(x) // job.batch)
    return {
        "ms": 1000 * statistics.median(taken) / steps,
        "turns": [1000 * epoch / steps for epoch in taken],
        "epoch_s": statistics.median(taken),
        "megabytes": peak,
        "threads": peer.threads,
        "loss_before": before,
        "loss_after": after,
    }


def epochs_of_a_fit(job: Job, peer: Any, x: Any, y: Any) -> list[float]:
    """The seconds of each epoch of a `fit` but the first, or of that where there is no other."""
    ends = [time.perf_counter()]
    peer.fit(x, y, 1 + job.epochs, lambda: ends.append(time.perf_counter()))
    taken = [b - a for a, b in itertools.pairwise(ends)]
    return taken[1:] or taken


def fit_in_turns(job: Job, peer: Any, x: Any, y: Any, each: int, wait: Wait) -> list[float]:
    """The seconds of each turn of a `fit`: `each` epochs, after a first one that is in none.

    The `fit` stands still at the end of an epoch until the turn comes.
    """
    taken: list[float] = []
    done, began = 0, 0.0  # epochs after the first; when the turn came

    def after_epoch() -> None:
        nonlocal done, began
        now = time.perf_counter()
        if done % each == 0:
            if done:
                taken.append(now - began)
            if len(taken) < job.turns:
                wait()
                began = time.perf_counter()
        done += 1

    peer.fit(x, y, 1 + job.turns * each, after_epoch)
    return taken


def sample_loss(job: Job, peer: Any, x: Any, y: Any) -> float:
    """The loss on the first rows, in inference."""
    return material.mean_loss(job, peer.predict(x[:SAMPLE]), y[:SAMPLE])


def predict(job: Job, make: Callable[[], Any], wait: Wait) -> dict[str, Any]:
    """Milliseconds that one call with `rows` rows takes: the median of all turns, and each."""
    x, y = material.load(job)
    peer = make()
    scores = peer.predict(x)
    many = job.rows > 1
    for _ in range(1 if many else WARM_UP):
        peer.predict(x)
    taken: list[float] = []
    for _ in range(job.turns):
        wait()
        taken.append(1000 * median_call(lambda: peer.predict(x), job.seconds))
    return {
        "ms": statistics.median(taken),
        "turns": taken,
        "megabytes": peak_megabytes(),
        "threads": peer.threads,
        "loss_before": material.mean_loss(job, scores, y),
    }


def median_call(call: Callable[[], Any], seconds: float) -> float:
    """The seconds of a call: the median of as many as take so long together, one at least."""
    taken: list[float] = []
    while not taken or sum(taken) < seconds:
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def cold(job: Job, make: Callable[[], Any], wait: Wait) -> dict[str, Any]:
    """One step and one prediction, in no turn; who started the process takes its time."""
    rng = np.random.default_rng(0)
    x = rng.random((job.batch, *jobs.SHAPES[job.data]), np.float32)
    y = rng.integers(0, 10, job.batch)
    peer = make()
    peer.fit(x, y, 1, lambda: None)
    peer.predict(x[:1])
    return {"megabytes": peak_megabytes(), "threads": peer.threads}


MEASURES = {"train": train, "predict": predict, "cold": cold}


def version_of(package: str) -> dict[str, str]:
    """The version of what is installed here, if it is."""
    try:
        return {package: importlib.metadata.version(package)}
    except importlib.metadata.PackageNotFoundError:
        return {}


def blas_threads() -> int:
    """The threads that NumPy's BLAS was told to use."""
    return int(os.environ.get("OPENBLAS_NUM_THREADS") or os.cpu_count() or 1)
