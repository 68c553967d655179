"""Keras' own `fit` and `predict`, on the backend that KERAS_BACKEND names.

Its accuracy is measured; its progress bar is off, which is quicker. Batch norm is told Keras'
default momentum and epsilon, as everywhere here.
"""

import importlib.metadata
import os
from collections.abc import Callable
from typing import Any

import keras

from benchmarks.jobs import Job
from benchmarks.peers import layered, protocol

BACKEND = keras.backend.backend()


def hinge(y: Any, scores: Any) -> Any:
    """Sum over j != y of max(0, s_j - s_y + 1)."""
    ops = keras.ops
    right = ops.take_along_axis(scores, ops.reshape(ops.cast(y, "int32"), (-1, 1)), axis=1)
    return ops.sum(ops.relu(scores - right + 1), axis=1) - 1


class Keras:
    """The network of a job in Keras."""

    def __init__(self, job: Job) -> None:
        self.batch = job.batch
        self.threads = len(os.sched_getaffinity(0))
        if BACKEND == "torch":
            import torch

            self.threads = torch.get_num_threads()
        self.model = layered.build(job, keras.layers, keras, keras.regularizers)
        if job.optimizer == "adam":
            optimizer = keras.optimizers.Adam(job.rate)
        else:
            optimizer = keras.optimizers.SGD(job.rate, momentum=job.momentum)
        loss = (
            hinge
            if job.loss == "hinge"
            else keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        )
        metric = keras.metrics.SparseCategoricalAccuracy()
        self.model.compile(optimizer, loss, metrics=[metric])

    def fit(self, x: Any, y: Any, epochs: int, after_epoch: Callable[[], None]) -> None:
        """Train without a progress bar."""
        call = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: after_epoch())
        self.model.fit(x, y, self.batch, epochs, verbose=0, callbacks=[call])

    def predict(self, x: Any) -> Any:
        """The scores, by Keras' own loop."""
        return self.model.predict(x, verbose=0)


if __name__ == "__main__":
    below = {BACKEND: importlib.metadata.version(BACKEND)}
    protocol.main(Keras, {"keras": keras.__version__} | below)
