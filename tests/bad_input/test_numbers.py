"""Numbers out of range: sizes below 1, rates beyond their ends, and what is no number at all."""

import math

import numpy as np
import pytest

from pellucid import (
    Input,
    Sequential,
    constraints,
    initializers,
    layers,
    losses,
    optimizers,
    regularizers,
    schedules,
    set_random_seed,
)
from pellucid.errors import SettingError
from pellucid.layers import Conv1D, Conv2D, Dense, Embedding, MaxPooling2D

from ..saying import says

X, Y = np.zeros((40, 4)), np.zeros(40)
NO_COUNTS = [0, -1, 2.5, "3", True, None, math.nan]


def compiled():
    model = Sequential([Dense(1)])
    model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize("value", NO_COUNTS)
@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda n: Dense(n), "Dense: expected units"),
        (lambda n: Conv2D(n, 3), "Conv2D: expected filters"),
        (lambda n: Conv2D(3, n), "Conv2D: expected kernel_size"),
        (lambda n: Conv2D(3, (1, n)), "Conv2D: expected kernel_size"),
        (lambda n: Conv1D(3, 3, n), "Conv1D: expected strides"),
        (lambda n: Conv2D(3, 3, dilation_rate=n), "Conv2D: expected dilation_rate"),
        (lambda n: MaxPooling2D(n), "MaxPooling2D: expected pool_size"),
        (lambda n: MaxPooling2D(2, (n, 1)), "MaxPooling2D: expected strides"),
        (lambda n: Embedding(n, 2), "Embedding: expected input_dim"),
        (lambda n: layers.RepeatVector(n), "RepeatVector: expected n"),
    ],
)
def test_sizes_of_layers(make, name, value):
    argument = name.rsplit(" ", 1)[-1]
    text = f"{name} to be a whole number from 1; got {value!r}. Give {argument} a positive whole"
    with says(SettingError, f"{text} number."):
        make(value)


@pytest.mark.parametrize("value", [0, -1, 2.5, "3", (1, 2)])
def test_batch_sizes(value):
    model = compiled()
    calls = {
        "fit": lambda: model.fit(X, Y, batch_size=value, verbose=0),
        "evaluate": lambda: model.evaluate(X, Y, batch_size=value),
        "predict": lambda: model.predict(X, batch_size=value),
    }
    for where, call in calls.items():
        text = f"{where}: expected batch_size to be a whole number from 1; got {value!r}. Try 32."
        with says(SettingError, text):
            call()
    assert not model.built


@pytest.mark.parametrize("value", [0, -1, 1.5, "3", None])
def test_epochs(value):
    text = f"fit: expected epochs to be a whole number from 1; got {value!r}. Try 1."
    with says(SettingError, text):
        compiled().fit(X, Y, epochs=value)


def test_a_first_epoch_before_the_first():
    text = "fit: expected initial_epoch to be a whole number from 0; got -1. Try 0."
    with says(SettingError, text):
        compiled().fit(X, Y, initial_epoch=-1)


@pytest.mark.parametrize("value", [-0.1, 1, 1.5, "0.2", True, math.nan])
@pytest.mark.parametrize(
    ("make", "name", "mend"),
    [
        (layers.Dropout, "Dropout: expected rate", "Try 0.5."),
        (layers.SpatialDropout1D, "SpatialDropout1D: expected rate", "Try 0.5."),
        (lambda v: optimizers.SGD(momentum=v), "SGD: expected momentum", "Try 0.9."),
        (lambda v: optimizers.Adam(beta_1=v), "Adam: expected beta_1", "Try 0.9."),
        (
            lambda v: compiled().fit(X, Y, validation_split=v),
            "fit: expected validation_split",
            "Try 0.2.",
        ),
    ],
)
def test_shares_below_1(make, name, mend, value):
    with says(SettingError, f"{name} from 0 to below 1; got {value!r}. {mend}"):
        make(value)


@pytest.mark.parametrize("value", [-0.1, 1.5, "1", True, math.nan])
@pytest.mark.parametrize(
    ("make", "name", "mend"),
    [
        (
            lambda v: layers.BatchNormalization(momentum=v),
            "BatchNormalization: expected momentum",
            "Try 0.99.",
        ),
        (
            lambda v: losses.CategoricalCrossentropy(label_smoothing=v),
            "CategoricalCrossentropy: expected label_smoothing",
            "Try 0.1.",
        ),
    ],
)
def test_shares_up_to_1(make, name, mend, value):
    with says(SettingError, f"{name} from 0 to 1; got {value!r}. {mend}"):
        make(value)


def test_a_split_that_leaves_no_rows():
    text = (
        "fit: expected a validation_split above 0 and below 1 that leaves rows on both sides; "
        "got 0.99 of 40 rows. Try 0.2."
    )
    with says(SettingError, text):
        compiled().fit(X, Y, validation_split=0.99)


@pytest.mark.parametrize("value", [0, -1, math.nan, math.inf, None, True, [0.1]])
def test_learning_rates(value):
    text = f"SGD: expected learning_rate above 0; got {value!r}. Try 0.001."
    with says(SettingError, text):
        optimizers.SGD(value)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: losses.Huber(0), "Huber: expected delta above 0; got 0. Try 1.0."),
        (lambda: regularizers.L2(-1), "L2: expected l2 from 0; got -1. Try 0.01."),
        (lambda: regularizers.L1("a"), "L1: expected l1 from 0; got 'a'. Try 0.01."),
        (
            lambda: layers.GaussianNoise(-1),
            "GaussianNoise: expected stddev from 0; got -1. Try 0.1.",
        ),
        (
            lambda: initializers.RandomNormal(stddev=-1),
            "RandomNormal: expected stddev from 0; got -1. Give stddev 0 or a positive number.",
        ),
        (
            lambda: layers.LayerNormalization(epsilon=-1),
            "LayerNormalization: expected epsilon from 0; got -1. Give epsilon 0 or a positive "
            "number.",
        ),
        (
            lambda: constraints.MaxNorm(0),
            "MaxNorm: expected max_value above 0; got 0. Give max_value a positive number.",
        ),
        (
            lambda: schedules.ExponentialDecay(0.1, 0, 0.5),
            "ExponentialDecay: expected decay_steps above 0; got 0. Give decay_steps a positive "
            "number.",
        ),
        (
            lambda: schedules.InverseTimeDecay(0.1, 10, -1),
            "InverseTimeDecay: expected decay_rate from 0; got -1. Give decay_rate 0 or a positive "
            "number.",
        ),
        (
            lambda: layers.Dropout(0.5, seed=-1),
            "Dropout: expected seed to be a whole number from 0; got -1. Try 0.",
        ),
        (
            lambda: set_random_seed(-1),
            "set_random_seed: expected a whole number from 0; got -1. Try 0.",
        ),
        (
            lambda: layers.Reshape(6),
            "Reshape: expected target_shape to be whole numbers in brackets; got 6. Try (2, 3).",
        ),
        (lambda: Input(4), "Input: expected a shape in brackets; got 4. Try Input((4,))."),
        (
            lambda: Input((4, 0)),
            "Input: expected each length to be a whole number from 1; got 0. Try 1.",
        ),
        (
            lambda: Conv2D(3, (1, 2, 3)),
            "Conv2D: expected kernel_size to be one whole number or two; got (1, 2, 3). Give one "
            "for the height and one for the width.",
        ),
        (
            lambda: Conv1D(3, (1, 2)),
            "Conv1D: expected kernel_size to be one whole number; got (1, 2). A window over a "
            "sequence has one length.",
        ),
        (
            lambda: compiled().fit(X, Y, class_weight=[1, 2]),
            "fit: expected class_weight to be a dictionary; got list. Try {0: 1.0, 1: 2.0}.",
        ),
        (
            lambda: compiled().fit(X, Y, class_weight={1: -1}),
            "fit: expected class_weight[1] from 0; got -1. Give class_weight[1] 0 or a positive "
            "number.",
        ),
    ],
)
def test_what_is_out_of_range_is_named(make, text):
    with says(SettingError, text):
        make()
