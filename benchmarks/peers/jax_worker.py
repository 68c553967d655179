"""JAX: one compiled function for each epoch, a scan over its batches.

With convolutions it is one compiled function for each step instead: inside a loop of its own, XLA
computes convolutions on the processor many times slower.

Networks, optimisers and losses are written out here, since JAX itself has none.
"""

import os
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks import jobs, material
from benchmarks.jobs import Job
from benchmarks.peers import protocol

AXES = ("NHWC", "HWIO", "NHWC")
EPSILON, KEPT = 1e-3, 0.99  # of batch norm


def batch_norm(p: dict, averages: Any, x: Any, training: bool) -> tuple[Any, Any]:
    """gamma x_norm + beta, and the moving averages after it."""
    mean, variance = averages
    if training:
        mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
        averages = (
            KEPT * averages[0] + (1 - KEPT) * mean,
            KEPT * averages[1] + (1 - KEPT) * variance,
        )
    return (x - mean) * (p["gamma"] / jnp.sqrt(variance + EPSILON)) + p["beta"], averages


def max_pool(x: Any, size: int) -> Any:
    """The largest of each window."""
    window = (1, size, size, 1)
    return lax.reduce_window(x, -jnp.inf, lax.max, window, window, "VALID")


def forward(layers: tuple, x: Any, weights: Any, averages: Any, kept: list, key: Any) -> Any:
    """The outputs. `weights` and `averages` are iterators in the order of `jobs.walk`; the averages
    after the step are put into `kept`. Without a key: inference.
    """
    for layer in layers:
        match layer:
            case jobs.Dense():
                p = next(weights)
                x = x @ p["kernel"] + p["bias"]
            case jobs.Conv(_, _, padding, stride):
                p = next(weights)
                steps, pad = (stride, stride), padding.upper()
                x = lax.conv_general_dilated(x, p["kernel"], steps, pad, dimension_numbers=AXES)
                x = x + p["bias"] if "bias" in p else x
            case jobs.BatchNorm():
                x, after = batch_norm(next(weights), next(averages), x, key is not None)
                kept.append(after)
            case jobs.Pool(size):
                x = max_pool(x, size)
            case jobs.Mean():
                x = x.mean((1, 2))
            case jobs.Flatten():
                x = x.reshape(len(x), -1)
            case jobs.Dropout(rate) if key is not None:
                stays = jax.random.bernoulli(key, 1 - rate, x.shape)
                x = jnp.where(stays, x / (1 - rate), 0)
            case jobs.Block():
                main, shortcut = jobs.block_parts(layer, x.shape[1:])
                a = forward(main, x, weights, averages, kept, key)
                x = a + forward(shortcut, x, weights, averages, kept, key)
        if isinstance(layer, jobs.Relu | jobs.Block) or getattr(layer, "relu", False):
            x = jax.nn.relu(x)
    return x


def loss_of(job: Job, scores: Any, y: Any, weights: Any) -> Any:
    """The mean loss of a batch, and what is added for large weights."""
    right = jnp.take_along_axis(scores, y[:, None], axis=1)
    if job.loss == "hinge":
        loss = (jax.nn.relu(scores - right + 1).sum(1) - 1).mean()
    else:
        loss = (jax.nn.logsumexp(scores, axis=1) - right[:, 0]).mean()
    return loss + job.l2 * sum((p["kernel"] ** 2).sum() for p in weights) if job.l2 else loss


def updated(job: Job, weights: Any, g: Any, slots: Any, t: Any) -> tuple[Any, Any]:
    """The weights and the optimiser's slots after update number t."""
    tree = jax.tree.map
    if job.optimizer == "adam":
        m = tree(lambda m, g: 0.9 * m + 0.1 * g, slots[0], g)
        s = tree(lambda s, g: 0.999 * s + 0.001 * g * g, slots[1], g)
        alpha = job.rate * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        step = tree(lambda m, s: alpha * m / (jnp.sqrt(s) + 1e-7), m, s)
        return tree(jnp.subtract, weights, step), (m, s)
    if job.momentum:
        v = tree(lambda v, g: job.momentum * v - job.rate * g, slots[0], g)
        return tree(jnp.add, weights, v), (v,)
    return tree(lambda w, g: w - job.rate * g, weights, g), ()


class Jax:
    """The network of a job in JAX."""

    def __init__(self, job: Job) -> None:
        self.job, self.threads = job, len(os.sched_getaffinity(0))
        weights = jax.tree.map(jnp.asarray, material.weights(job))
        zeros = jax.tree.map(jnp.zeros_like, weights)
        other = jax.tree.map(jnp.zeros_like, weights)  # a buffer may be donated once
        slots = {"adam": (zeros, other), "sgd": (zeros,) if job.momentum else ()}[job.optimizer]
        normed = [p for p in weights if "gamma" in p]
        averages = [(jnp.zeros_like(p["beta"]), jnp.ones_like(p["gamma"])) for p in normed]
        self.state = (weights, averages, slots, jnp.float32(0), jax.random.key(0))
        self.step = jax.jit(self._gathered, donate_argnums=0)
        scan = jax.jit(self._scan, donate_argnums=0)
        self.epoch = self._loop if jobs.is_image(job) else scan
        self.scores = jax.jit(self._scores)

    def _step(self, state: Any, x: Any, y: Any) -> Any:
        """One step: forward, loss, backward, update."""
        weights, averages, slots, t, key = state
        key, now = jax.random.split(key)

        def objective(weights: Any) -> tuple[Any, Any]:
            kept: list[Any] = []
            scores = forward(self.job.layers, x, iter(weights), iter(averages), kept, now)
            return loss_of(self.job, scores, y, weights), kept

        g, averages = jax.grad(objective, has_aux=True)(weights)
        weights, slots = updated(self.job, weights, g, slots, t + 1)
        return weights, averages, slots, t + 1, key

    def _gathered(self, state: Any, x: Any, y: Any, rows: Any) -> Any:
        """One step on these rows."""
        return self._step(state, x[rows], y[rows])

    def _scan(self, state: Any, x: Any, y: Any, order: Any) -> Any:
        """All batches in the order given; a last, smaller one by itself."""
        batch = self.job.batch
        whole = len(x) // batch * batch

        def body(state: Any, rows: Any) -> tuple[Any, None]:
            return self._gathered(state, x, y, rows), None

        state, _ = lax.scan(body, state, order[:whole].reshape(-1, batch))
        return body(state, order[whole:])[0] if whole < len(x) else state

    def _loop(self, state: Any, x: Any, y: Any, order: Any) -> Any:
        """The same, each step called from Python."""
        for start in range(0, len(x), self.job.batch):
            state = self.step(state, x, y, order[start : start + self.job.batch])
        return state

    def _scores(self, weights: Any, averages: Any, x: Any) -> Any:
        return forward(self.job.layers, x, iter(weights), iter(averages), [], None)

    def fit(self, x: Any, y: Any, epochs: int, after_epoch: Callable[[], None]) -> None:
        """Train; an epoch is over when its weights are there."""
        x, y = jnp.asarray(x), jnp.asarray(y)
        for key in jax.random.split(jax.random.key(1), epochs):
            order = jax.random.permutation(key, len(x))
            self.state = jax.block_until_ready(self.epoch(self.state, x, y, order))
            after_epoch()

    def predict(self, x: Any) -> Any:
        """The scores, from the compiled function."""
        return np.asarray(self.scores(self.state[0], self.state[1], x))


if __name__ == "__main__":
    protocol.main(Jax, {"jax": jax.__version__})
