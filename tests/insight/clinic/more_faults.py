"""More planted faults, in other trainings: other layers, losses, optimisers, and odd data."""

import numpy as np

from pellucid import layers, losses, optimizers
from pellucid.layers import Dense

from .faults import planted
from .material import (
    Rows,
    ages_and_salaries,
    classifier,
    cut,
    digits,
    hidden,
    judged,
    network,
    rare_ones,
    rings,
    several_labels,
    surface,
    watched,
)

SCORES = losses.BinaryCrossentropy(from_logits=True)


def convolutions(*last, **settings):
    """A small convolutional network for the digits."""
    first = layers.Conv2D(16, 3, activation="relu", kernel_initializer="he_normal", **settings)
    return first, layers.Flatten(), *last


@planted("unscaled-targets")
def prices_in_a_training():
    rows = surface()
    rows = rows._replace(y=250_000 + 80_000 * rows.y, y_val=250_000 + 80_000 * rows.y_val)
    return watched(network((4,), hidden(32), Dense(1), loss="mse"), rows, 10)


@planted("unscaled-inputs")
def bytes_before_convolutions():
    rows = digits(flat=False)
    rows = rows._replace(x=255 * (rows.x + 0.3), x_val=255 * (rows.x_val + 0.3))
    model = classifier((8, 8, 1), *convolutions(), optimizer=optimizers.SGD(0.01))
    return watched(model, rows, 6)


@planted("uneven-features")
def ages_beside_salaries():
    stack = hidden(32), Dense(1, "sigmoid")
    return watched(network((4,), *stack, loss="binary_crossentropy"), ages_and_salaries(), 8)


@planted("high-learning-rate")
def momentum_with_a_rate_of_2():
    optimizer = optimizers.SGD(2.0, momentum=0.9)
    return watched(classifier((64,), hidden(), hidden(), optimizer=optimizer), digits(), 8)


@planted("high-learning-rate")
def rmsprop_at_a_third():
    model = classifier((8, 8, 1), *convolutions(hidden()), optimizer=optimizers.RMSprop(0.3))
    return watched(model, digits(flat=False), 6)


@planted("low-learning-rate")
def sgd_at_a_millionth():
    return watched(classifier((64,), hidden(), optimizer=optimizers.SGD(1e-6)), digits(), 8)


@planted("vanishing-gradients")
def eight_layers_of_tanh_with_small_weights():
    small = {"class": "RandomNormal", "config": {"stddev": 0.05}}
    stack = [hidden(50, "tanh", kernel_initializer=small) for _ in range(8)]
    return watched(classifier((64,), *stack, optimizer=optimizers.SGD(0.1)), digits(), 8)


@planted("class-imbalance")
def one_fraud_in_125():
    return watched(network((6,), hidden(16), Dense(1), loss=SCORES), rare_ones(0.008, 1.5), 6)


@planted("overfitting")
def a_wide_network_for_120_rows():
    rng = np.random.default_rng(23)
    x = rng.normal(size=(360, 20)).astype("float32")
    y = (x[:, 0] + 1.5 * rng.normal(size=360) > 0).astype(int)
    return watched(classifier((20,), hidden(256), hidden(256), classes=2), cut(x, y, 120), 40)


@planted("keep-rate")
def a_keep_rate_after_convolutions():
    model = classifier((8, 8, 1), *convolutions(layers.Dropout(0.9)))
    return watched(model, digits(flat=False), 6)


@planted("activation-twice")
def a_softmax_layer_and_one_hot_rows():
    rows, eye = digits(), np.eye(10, dtype="float32")
    loss = losses.CategoricalCrossentropy(from_logits=True)
    model = network((64,), hidden(), Dense(10), layers.Softmax(), loss=loss)
    return watched(model, Rows(rows.x, eye[rows.y], rows.x_val, eye[rows.y_val]), 8)


@planted("targets-out-of-reach")
def tanh_for_targets_up_to_5():
    rows = surface()
    rows = rows._replace(y=2.5 + rows.y, y_val=2.5 + rows.y_val)
    return watched(network((4,), hidden(32), Dense(1, "tanh"), loss="mae"), rows, 8)


@planted("probabilities-missing")
def several_scores_for_a_loss_of_probabilities():
    model = network((12,), hidden(32), Dense(4), loss="binary_crossentropy")
    return watched(model, several_labels(), 5)


@planted("unlearnable-labels")
def labels_of_other_images():
    rows = digits(flat=False)
    rows = rows._replace(y=np.roll(rows.y, 7), y_val=np.roll(rows.y_val, 7))
    return watched(classifier((8, 8, 1), *convolutions(hidden())), rows, 8)


@planted("underfitting")
def a_straight_line_for_rings():
    model = network((2,), Dense(1), loss=SCORES, optimizer=optimizers.Adam(0.02))
    return watched(model, rings(), 15)


@planted("frozen-weights")
def frozen_convolutions_with_random_weights():
    model = classifier((8, 8, 1), *convolutions(trainable=False))
    return judged(model, digits(flat=False))


@planted("zero-weights")
def convolutions_that_start_at_zero():
    zeros = layers.Conv2D(8, 3, activation="relu", kernel_initializer="zeros")
    return watched(classifier((8, 8, 1), zeros, layers.Flatten()), digits(flat=False), 3)


@planted("small-batch-norm")
def batch_normalisation_of_1_row():
    stack = hidden(activation=None), layers.BatchNormalization(), layers.ReLU()
    return watched(classifier((64,), *stack), digits(count=300), 2, batch_size=1)
