"""Where the time of Pellucid's own steps goes: products, copies, elementwise work, update, Python.

A worker like the others, whose report has, besides `ms`, the milliseconds of each part of a step.
The parts are timed where the engine does them, in the main thread. What is left is Python: the
loop, the layers, the graph, the metric, the progress line.
"""

import json
import os
import resource
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pellucid as pl
from pellucid.engines import (
    columns,
    convolution,
    elementwise,
    numpy_engine,
    program,
)

from benchmarks import jobs, material
from benchmarks.peers.pellucid_worker import Pellucid

PRODUCTS = ("dot", "matmul")
KERNELS = {  # of the engine, by what they are
    "rows": "copies",
    "map": "elementwise",
    "sum_map": "elementwise",
    "sum_rows": "elementwise",
    "sums_around": "elementwise",
    "moments": "elementwise",
    "max_pool": "elementwise",
    "max_pool_dx": "elementwise",
    "softmax_cross_entropy": "elementwise",
    "conv2d": "elementwise",  # what is neither copied nor multiplied: biases, sums of blocks
    "conv2d_dx": "elementwise",
    "conv2d_dW": "elementwise",
    "conv2d_back": "elementwise",
}


class Clock:
    """Adds up the time of parts in the main thread; a part inside another counts for itself alone.

    Where threads share work, the main thread has its share of each part of it.
    """

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        self.inside: list[float] = []

    def timed(self, part: str, function: Callable) -> Callable:
        """The function, whose time goes to `part`."""

        def call(*arguments: Any, **settings: Any) -> Any:
            if threading.current_thread() is not threading.main_thread():
                return function(*arguments, **settings)
            self.inside.append(0.0)
            start = time.perf_counter()
            try:
                return function(*arguments, **settings)
            finally:
                taken = time.perf_counter() - start
                self.spent[part] += taken - self.inside.pop()
                if self.inside:
                    self.inside[-1] += taken

        return call


def watch(clock: Clock) -> None:
    """Let the engine's kernels and the optimisers be timed."""
    engine = type(numpy_engine)
    for name, part in KERNELS.items():
        setattr(engine, name, clock.timed(part, getattr(engine, name)))
    timed = {"matmul": clock.timed("products", np.matmul)}
    convolution.np = SimpleNamespace(**(vars(np) | timed))  # type: ignore[attr-defined]
    engine.matmul = clock.timed("products", engine.matmul)  # type: ignore[method-assign]
    columns.Columns.__call__ = clock.timed("copies", columns.Columns.__call__)  # type: ignore[method-assign]
    elementwise.map_blocks = clock.timed("elementwise", elementwise.map_blocks)
    for optimizer in (pl.optimizers.SGD, pl.optimizers.Adam):
        optimizer.apply = clock.timed("update", optimizer.apply)  # type: ignore[method-assign]
    note = program.Program.note

    def noted(self: Any, function: Callable, *inputs: Any, **settings: Any) -> Any:
        result = note(self, function, *inputs, **settings)
        name = getattr(function, "__name__", "")
        part = "products" if name in PRODUCTS else "elementwise"
        self.calls[-1] = clock.timed(part, self.calls[-1])
        return result

    program.Program.note = noted  # type: ignore[method-assign]


def main() -> None:
    """Train as the other workers do, and report the parts of a step."""
    asked = json.loads(sys.argv[1])
    asked.pop("options", None)
    job = jobs.JOBS[asked.pop("job")]._replace(**asked)
    out, clock = sys.stdout, Clock()
    watch(clock)
    x, y = material.load(job)
    peer, starts = Pellucid(job), []

    def after_epoch() -> None:
        faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        starts.append((time.perf_counter(), faults, dict(clock.spent)))

    with open(os.devnull, "w") as nowhere:
        sys.stdout = nowhere
        peer.fit(x, y, 1 + job.epochs, after_epoch)
    (began, faults, before), (ended, faults_after, after) = starts[0], starts[-1]
    steps = job.epochs * -(-len(x) // job.batch)
    whole = 1000 * (ended - began) / steps
    parts = {name: 1000 * (after[name] - before.get(name, 0.0)) / steps for name in after}
    parts["Python"] = whole - sum(parts.values())
    report = {"ms": whole, "parts": parts, "faults": (faults_after - faults) / steps}
    print(json.dumps(report), file=out, flush=True)


if __name__ == "__main__":
    main()
