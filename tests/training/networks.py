"""Small networks: one in which everything that is kept between steps plays a part, one by hand."""

import numpy as np

import pellucid
from pellucid import Sequential
from pellucid.layers import BatchNormalization, Dense, Dropout, Input
from pellucid.losses import SparseCategoricalCrossentropy
from pellucid.optimizers import SGD, Adam


def make(seed=0, **compiled):
    """Batch norm, dropout and Adam: three classes from four features."""
    pellucid.set_random_seed(seed)
    model = Sequential(
        [Input((4,)), Dense(8, "relu"), BatchNormalization(), Dropout(0.3), Dense(3)]
    )
    settings = {"optimizer": Adam(0.01), "loss": SparseCategoricalCrossentropy(from_logits=True)}
    model.compile(**settings | compiled)
    return model


def linear(units=1, loss="mse", **settings):
    """One dense layer with plain gradient descent: its steps can be computed by hand."""
    model = Sequential([Input((4,)), Dense(units)])
    model.compile(SGD(0.1), loss, **settings)
    return model


def data(n=50, seed=0):
    """Inputs (n, 4), and the class 0, 1, 2 by which feature is the largest."""
    x = np.random.default_rng(seed).normal(size=(n, 4)).astype("float32")
    return x, x[:, :3].argmax(1)


def same(one, other):
    """Whether two lists of weights are equal to the bit."""
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
