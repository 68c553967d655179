"""Data for the clinic: the digits, and sets that are generated, small enough for a few seconds."""

from typing import NamedTuple

import numpy as np

from pellucid import Input, Sequential, data, layers, losses, set_random_seed
from pellucid.errors import NotFiniteError
from pellucid.insight import Diagnosis

SCORES = {"from_logits": True}


class Rows(NamedTuple):
    """Rows to train on and to validate on."""

    x: np.ndarray
    y: np.ndarray
    x_val: np.ndarray
    y_val: np.ndarray

    @property
    def validation(self):
        return self.x_val, self.y_val


def cut(x, y, train):
    return Rows(x[:train], y[:train], x[train:], y[train:])


def digits(flat=True, count=1000):
    """Images of handwritten digits from 0 to 1, 8 x 8, of mean 0."""
    d = data.load("digits")
    order = np.random.default_rng(0).permutation(len(d.x_train))
    x = (d.x_train[order] / 255 - 0.3).astype("float32")
    return cut(x.reshape(len(x), -1) if flat else x, d.y_train[order], count)


def blobs(classes=3, features=8, n=900, distance=2.5, seed=1):
    """Classes around centres of their own."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(classes, features)) * distance / np.sqrt(features) * 1.5
    y = rng.integers(classes, size=n)
    x = centres[y] + rng.normal(size=(n, features))
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    return cut(x.astype("float32"), y, 2 * n // 3)


def moons(n=900, noise=0.15, seed=2):
    """Two half circles that interlock; labels 0 and 1."""
    rng = np.random.default_rng(seed)
    y = rng.integers(2, size=n)
    angle = rng.uniform(0, np.pi, n)
    x = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    x[y == 1] = [1.0, 0.5] - x[y == 1]
    x = x + noise * rng.normal(size=x.shape)
    return cut(((x - x.mean(0)) / x.std(0)).astype("float32"), y, 2 * n // 3)


def surface(n=900, features=4, noise=0.1, seed=3):
    """Numbers: a smooth function of the features, of mean 0 and deviation 1."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, features))
    y = np.sin(1.5 * x[:, 0]) + 0.5 * x[:, 1] * x[:, 2] + 0.3 * x[:, 3]
    y = (y - y.mean()) / y.std() + noise * rng.normal(size=n)
    return cut(x.astype("float32"), y.astype("float32")[:, None], 2 * n // 3)


def sentences(n=900, words=50, length=12, seed=4):
    """Rows of word numbers; the class is that of the words that come most often."""
    rng = np.random.default_rng(seed)
    y = rng.integers(2, size=n)
    own = np.where(y == 1, 0, words // 2)[:, None] + rng.integers(words // 2, size=(n, length))
    x = np.where(rng.random((n, length)) < 0.4, own, rng.integers(words, size=(n, length)))
    return cut(x, y, 2 * n // 3)


def network(shape, *stack, loss, optimizer="adam", metrics=()):
    """A compiled model of these layers, with the same first weights each time."""
    set_random_seed(0)
    model = Sequential([Input(shape), *stack])
    model.compile(optimizer, loss, list(metrics))
    return model


def classifier(shape, *stack, classes=10, optimizer="adam", **last):
    """A model that ends in scores of classes."""
    stack = (*stack, layers.Dense(classes, **last))
    loss = losses.SparseCategoricalCrossentropy(**SCORES)
    return network(shape, *stack, loss=loss, optimizer=optimizer, metrics=["accuracy"])


def hidden(units=64, activation="relu", **settings):
    """A hidden layer with the weights that go with its activation."""
    usual = {"kernel_initializer": "he_normal"} if activation == "relu" else {}
    return layers.Dense(units, activation, **(usual | settings))


def watched(model, rows, epochs=15, interval=200, **settings):
    """The findings of a callback in a training."""
    callback = Diagnosis(interval=interval, verbose=0)
    settings = {"batch_size": 32, "validation_data": rows.validation} | settings
    try:
        with np.errstate(all="ignore"):
            model.fit(rows.x, rows.y, epochs=epochs, verbose=0, callbacks=[callback], **settings)
    except NotFiniteError:
        assert callback.error
    return callback.findings


def judged(model, rows, **settings):
    """The findings before training."""
    return model.diagnose(rows.x, rows.y, rows.validation, **settings)


def rings(n=1000, seed=27):
    """A ring around another; labels 0 and 1."""
    rng = np.random.default_rng(seed)
    angle, y = rng.uniform(0, 2 * np.pi, n), rng.integers(2, size=n)
    radius = 1 + y + 0.1 * rng.normal(size=n)
    x = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return cut(x.astype("float32"), y, 2 * n // 3)


def ages_and_salaries(n=1200, seed=26):
    """Years, money, a yes or no, and a number around 0; labels 0 and 1."""
    rng = np.random.default_rng(seed)
    age, salary = rng.uniform(18, 80, n), rng.normal(45_000, 15_000, n)
    x = np.stack([age, salary, rng.integers(0, 2, n), rng.normal(size=n)], axis=1)
    return cut(x.astype("float32"), ((age > 45) ^ (salary > 50_000)).astype(int), 2 * n // 3)


def rare_ones(share, distance, n=3000, seed=22):
    """A rare class 1 that lies aside in all of six features."""
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < share).astype(int)
    x = rng.normal(size=(n, 6)) + distance * y[:, None]
    return cut(x.astype("float32"), y, 2 * n // 3)


def several_labels(n=1200, seed=7):
    """Four labels of 0 or 1, each of its own mixture of the features."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 12)).astype("float32")
    return cut(x, (x @ rng.normal(size=(12, 4)) > 0).astype("float32"), 2 * n // 3)


def counts(n=1200, seed=12):
    """Counts whose rate depends on the features."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 5)).astype("float32")
    y = rng.poisson(np.exp(0.5 * x[:, 0] + 0.3 * x[:, 1])).astype("float32")
    return cut(x, y[:, None], 2 * n // 3)


def waves(n=900, seed=8):
    """Waves of one of two frequencies, with noise: sequences (32, 1)."""
    rng = np.random.default_rng(seed)
    y, phase = rng.integers(2, size=n), rng.uniform(0, 2 * np.pi, n)
    x = np.sin(np.arange(32) * np.where(y, 0.8, 0.4)[:, None] + phase[:, None])
    x += 0.3 * rng.normal(size=x.shape)
    return cut(x.astype("float32")[..., None], y, 2 * n // 3)
