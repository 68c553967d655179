"""The step of the network with one hidden layer, written by hand in NumPy: nothing can be shorter.

Letters: z1 = x W1 + b1, a1 = max(0, z1), z2 = a1 W2 + b2, p = softmax(z2).
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import material
from benchmarks.jobs import Job
from benchmarks.peers import protocol


class ByHand:
    """The two-layer network of a job, trained by plain gradient descent."""

    def __init__(self, job: Job) -> None:
        self.job, self.threads = job, protocol.blas_threads()
        first, second = material.weights(job)
        self.W1, self.b1 = first["kernel"], first["bias"]
        self.W2, self.b2 = second["kernel"], second["bias"]

    def step(self, x: Any, y: Any) -> None:
        """Forward, backward, update."""
        a1 = np.maximum(x @ self.W1 + self.b1, 0)
        z2 = a1 @ self.W2 + self.b2
        p = np.exp(z2 - z2.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        p[np.arange(len(y)), y] -= 1
        dz2 = p / np.float32(len(y))
        dz1 = dz2 @ self.W2.T * (a1 > 0)
        alpha = self.job.rate
        self.W2 -= alpha * (a1.T @ dz2)
        self.b2 -= alpha * dz2.sum(axis=0)
        self.W1 -= alpha * (x.T @ dz1)
        self.b1 -= alpha * dz1.sum(axis=0)

    def fit(self, x: Any, y: Any, epochs: int, after_epoch: Callable[[], None]) -> None:
        """Train on shuffled batches."""
        rng, batch = np.random.default_rng(0), self.job.batch
        for _ in range(epochs):
            order = rng.permutation(len(x))
            for start in range(0, len(x), batch):
                rows = order[start : start + batch]
                self.step(x[rows], y[rows])
            after_epoch()

    def predict(self, x: Any) -> Any:
        """The scores."""
        return np.maximum(x @ self.W1 + self.b1, 0) @ self.W2 + self.b2


if __name__ == "__main__":
    protocol.main(ByHand, {})
