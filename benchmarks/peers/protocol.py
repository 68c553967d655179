"""What all workers share: one process, one figure, one line of JSON.

A worker is started with a JSON object as its only argument: `{"job": name, ...}`, the rest being
fields of the job to replace (`steps`, `batch`, `rows`, ...) and `options` of the peer. It gives
this file a function that builds its network for a job; what that returns has

- `fit(x, y, epochs, after_epoch)`: train, and call `after_epoch()` at the end of each epoch,
- `predict(x)`: the scores (N, C) of the network in inference, as a NumPy array,
- `threads`: how many threads compute.

What the library prints goes to /dev/null, the figure to the real standard output.
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

SAMPLE = 256  # rows on which the loss is read before and after training
WARM_UP = 20  # predictions before the clock starts


def main(make: Callable[..., Any], versions: dict[str, str]) -> None:
    """Do what the argument asks for and print the report."""
    asked = json.loads(sys.argv[1])
    options = asked.pop("options", {})
    job = jobs.JOBS[asked.pop("job")]._replace(**asked)
    out = sys.stdout
    with open(os.devnull, "w") as nowhere:
        sys.stdout = nowhere
        report = MEASURES[job.kind](job, lambda: make(job, **options))
    versions = {"python": sys.version.split()[0], "numpy": np.__version__} | versions
    print(json.dumps(report | {"versions": versions}), file=out, flush=True)


def peak_megabytes() -> float:
    """The most memory that this process has held."""
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes / (1000 if sys.platform != "darwin" else 1e6)


def train(job: Job, make: Callable[[], Any]) -> dict[str, Any]:
    """Milliseconds a step: the median of the timed epochs, the first of each `fit` left out.

    The loss after training is that of the first `fit`, which is as long for every peer.
    """
    x, y = material.load(job)
    peer = make()
    before = sample_loss(job, peer, x, y)
    epochs = timed_epochs(job, peer, x, y)
    peak, after = peak_megabytes(), sample_loss(job, peer, x, y)
    while sum(epochs) < job.seconds:
        epochs += timed_epochs(job, peer, x, y)
    epoch = statistics.median(epochs)
    steps = -(-len(x) // job.batch)
    return {
        "ms": 1000 * epoch / steps,
        "epoch_s": epoch,
        "megabytes": peak,
        "threads": peer.threads,
        "loss_before": before,
        "loss_after": after,
    }


def timed_epochs(job: Job, peer: Any, x: Any, y: Any) -> list[float]:
    """The seconds that each epoch of a `fit` takes, after one that warms up."""
    ends: list[float] = []
    peer.fit(x, y, 1 + job.epochs, lambda: ends.append(time.perf_counter()))
    return [b - a for a, b in itertools.pairwise(ends)]


def sample_loss(job: Job, peer: Any, x: Any, y: Any) -> float:
    """The loss on the first rows, in inference."""
    return material.mean_loss(job, peer.predict(x[:SAMPLE]), y[:SAMPLE])


def predict(job: Job, make: Callable[[], Any]) -> dict[str, Any]:
    """Milliseconds that one call with `rows` rows takes: the median of many."""
    x, y = material.load(job)
    peer = make()
    scores = peer.predict(x)
    few = job.rows > 1
    for _ in range(1 if few else WARM_UP):
        peer.predict(x)
    taken: list[float] = []
    while len(taken) < 3 or sum(taken) < job.seconds:
        start = time.perf_counter()
        peer.predict(x)
        taken.append(time.perf_counter() - start)
    return {
        "ms": 1000 * statistics.median(taken),
        "megabytes": peak_megabytes(),
        "threads": peer.threads,
        "loss_before": material.mean_loss(job, scores, y),
    }


def cold(job: Job, make: Callable[[], Any]) -> dict[str, Any]:
    """One step and one prediction; who started the process takes its time."""
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
