"""Pellucid's own `fit`, with its metric and its progress line, and its own `predict`.

The option `engine` names the engine that computes.
"""

from collections.abc import Callable
from typing import Any

import pellucid as pl

from benchmarks.jobs import Job
from benchmarks.peers import layered, protocol


class AfterEpoch(pl.training.Callback):
    """Calls a function at each epoch's end."""

    def __init__(self, call: Callable[[], None]) -> None:
        self.call = call

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """The epoch is over."""
        self.call()


class Pellucid:
    """The network of a job in Pellucid."""

    def __init__(self, job: Job, engine: str = "numpy") -> None:
        pl.use(engine)
        self.batch = job.batch
        self.threads = protocol.blas_threads()
        self.model = layered.build(job, pl.layers, pl.models, pl.regularizers)
        if job.optimizer == "adam":
            optimizer = pl.optimizers.Adam(job.rate)
        else:
            optimizer = pl.optimizers.SGD(job.rate, momentum=job.momentum)
        loss = (
            pl.losses.MultiClassHinge()
            if job.loss == "hinge"
            else pl.losses.SparseCategoricalCrossentropy(from_logits=True)
        )
        self.model.compile(optimizer, loss, metrics=["accuracy"], precision=job.precision)
        self.predict = self.model.predict

    def fit(self, x: Any, y: Any, epochs: int, after_epoch: Callable[[], None]) -> None:
        """Train, with the live line on."""
        self.model.fit(x, y, self.batch, epochs, verbose=1, callbacks=[AfterEpoch(after_epoch)])


if __name__ == "__main__":
    protocol.main(Pellucid, {"pellucid": pl.__version__} | protocol.version_of("torch"))
