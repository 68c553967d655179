"""Small models and data that the pictures are drawn of."""

import numpy as np
import pytest
from matplotlib.figure import Figure

import pellucid
from pellucid import Sequential
from pellucid.layers import Conv2D, Dense, Dropout, Flatten, Input, MaxPooling2D
from pellucid.losses import SparseCategoricalCrossentropy


@pytest.fixture
def images():
    """Twenty images (5, 6, 1) of three classes, and their classes."""
    rng = np.random.default_rng(0)
    return rng.uniform(0, 1, (20, 5, 6, 1)).astype("float32"), np.arange(20) % 3


@pytest.fixture
def convolutional():
    """A small network of images, compiled with a cross-entropy of scores."""
    pellucid.set_random_seed(0)
    layers = [Conv2D(4, 3, padding="same", activation="relu"), MaxPooling2D(), Flatten()]
    model = Sequential([Input((5, 6, 1)), *layers, Dense(3)])
    model.compile("adam", SparseCategoricalCrossentropy(from_logits=True))
    return model


@pytest.fixture
def linear():
    """A linear classifier of images."""
    pellucid.set_random_seed(0)
    model = Sequential([Input((5, 6, 1)), Flatten(), Dense(3)])
    model.compile("adam", SparseCategoricalCrossentropy(from_logits=True))
    return model


@pytest.fixture
def thinned():
    """A network with dropout."""
    pellucid.set_random_seed(0)
    layers = [Dense(6, "relu"), Dropout(0.5), Dense(5, "tanh"), Dropout(0.5), Dense(1)]
    model = Sequential([Input((3,)), *layers])
    model.compile("sgd", "mse")
    return model


@pytest.fixture
def ax():
    """The right one of two axes of a figure that is there already."""
    return Figure().subplots(1, 2)[1]
