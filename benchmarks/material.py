"""What all peers begin with: the same starting weights and the same rows; and the loss they share.

Every worker imports this file, so it needs NumPy alone.
"""

import math
import os
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import jobs
from benchmarks.jobs import Job


def weights(job: Job, seed: int = 0) -> list[dict[str, Any]]:
    """The starting weights of each layer that has some, in the order of `walk`, by Keras' names.

    Kernels are drawn from U(-a, a) with a = sqrt(6 / (fan in + fan out)) (Glorot and Bengio 2010).
    """
    rng, found = np.random.default_rng(seed), []

    def kernel(*shape: int) -> Any:
        window = math.prod(shape[:-2])
        limit = math.sqrt(6 / (window * (shape[-2] + shape[-1])))
        return rng.uniform(-limit, limit, shape).astype(np.float32)

    for layer, shape in jobs.walk(job.layers, jobs.SHAPES[job.data]):
        match layer:
            case jobs.Dense(units):
                W = kernel(math.prod(shape), units)
                found.append({"kernel": W, "bias": np.zeros(units, np.float32)})
            case jobs.Conv(filters, k, bias=bias):
                own = {"kernel": kernel(k, k, shape[-1], filters)}
                found.append(own | ({"bias": np.zeros(filters, np.float32)} if bias else {}))
            case jobs.BatchNorm():
                C = shape[-1]
                found.append({"gamma": np.ones(C, np.float32), "beta": np.zeros(C, np.float32)})
    return found


def load(job: Job) -> tuple[Any, Any]:
    """The rows that the job takes: x float32, y int64. Rows come again where there are too few."""
    n = job.rows or job.steps * job.batch
    file = "cifar10_small.npz" if job.data in ("pixels", "cifar10") else "mnist.npz"
    with np.load(Path(os.environ["PELLUCID_DATA"]) / file, allow_pickle=False) as stored:
        x, y = stored["x_train"], stored["y_train"].astype(np.int64)
    if job.data == "strips":  # images of 0, 1 and 2 as the mean ink of 5 x 4 fields
        x, y = x[y < 3], y[y < 3]
        x = x[:, 2:27].reshape(len(x), 5, 5, 4, 7).mean(axis=(2, 4))
    rows = np.arange(n) % len(x)
    x = x[rows].reshape(n, *jobs.SHAPES[job.data]).astype(np.float32)
    x /= np.float32(255)
    if file.startswith("cifar"):
        x -= np.float32(0.5)
    return x, y[rows]


def mean_loss(job: Job, scores: Any, y: Any) -> float:
    """The loss of scores (N, C), without what is added for large weights."""
    rows = np.arange(len(y))
    if job.loss == "hinge":
        margins = np.maximum(0, scores - scores[rows, y][:, None] + 1)
        return float((margins.sum(axis=1) - 1).mean())
    shifted = scores - scores.max(axis=1, keepdims=True)
    return float((np.log(np.exp(shifted).sum(axis=1)) - shifted[rows, y]).mean())
