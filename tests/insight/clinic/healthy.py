"""Healthy trainings: other data, other networks, in which nothing may be found."""

import os

import numpy as np

from pellucid import Input, Model, data, layers, losses, optimizers, set_random_seed
from pellucid.layers import Dense
from pellucid.regularizers import L2

from .material import (
    blobs,
    classifier,
    cut,
    digits,
    hidden,
    judged,
    moons,
    network,
    sentences,
    surface,
    watched,
)

HEALTHY = {}


def healthy(case):
    HEALTHY[case.__name__] = case
    return case


def both(model, rows, epochs=10, **settings):
    """What is found before a training, and in it."""
    before = judged(model, rows)
    return [*before, *watched(model, rows, epochs, **settings)]


@healthy
def dense_on_digits():
    return both(classifier((64,), hidden(), hidden()), digits(), 8)


@healthy
def convolutions_on_digits():
    stack = (
        layers.Conv2D(8, 3, padding="same", activation="relu", kernel_initializer="he_normal"),
        layers.MaxPooling2D(),
        layers.Conv2D(16, 3, padding="same", activation="relu", kernel_initializer="he_normal"),
        layers.GlobalAveragePooling2D(),
    )
    return both(classifier((8, 8, 1), *stack), digits(flat=False), 8)


@healthy
def batch_normalisation_and_dropout():
    stack = (
        *(hidden(activation=None), layers.BatchNormalization(), layers.ReLU()),
        *(layers.Dropout(0.3), hidden(32)),
    )
    return both(classifier((64,), *stack), digits(), 8)


@healthy
def softmax_regression():
    return both(classifier((8,), classes=3), blobs())


@healthy
def probabilities_and_rmsprop():
    stack = hidden(32, "tanh"), Dense(3, "softmax")
    model = network((8,), *stack, loss="sparse_categorical_crossentropy", optimizer="rmsprop")
    return both(model, blobs(seed=11))


@healthy
def one_probability_for_two_classes():
    stack = hidden(32), hidden(32), Dense(1, "sigmoid")
    return both(network((2,), *stack, loss="binary_crossentropy"), moons())


@healthy
def numbers_by_sgd_with_momentum():
    optimizer = optimizers.SGD(0.02, momentum=0.9)
    stack = hidden(32), hidden(32), Dense(1)
    return both(network((4,), *stack, loss="mse", optimizer=optimizer), surface(), 12)


@healthy
def linear_regression():
    rng = np.random.default_rng(8)
    x = rng.normal(size=(600, 6)).astype("float32")
    y = (x @ rng.normal(size=6) + 0.5 * rng.normal(size=600)).astype("float32")[:, None]
    return both(network((6,), Dense(1), loss="mse", optimizer=optimizers.SGD(0.05)), cut(x, y, 400))


@healthy
def words_and_a_mean_of_them():
    stack = layers.Embedding(50, 16), layers.GlobalAveragePooling1D(), hidden(16), Dense(1)
    loss = losses.BinaryCrossentropy(from_logits=True)
    return both(network((12,), *stack, loss=loss, metrics=["accuracy"]), sentences(), 8)


@healthy
def a_shortcut_with_layer_normalisation():
    rows = digits()
    x = Input((64,))
    set_random_seed(0)
    a = hidden()(x)
    b = layers.Add()([a, hidden()(layers.LayerNormalization()(a))])
    model = Model(x, Dense(10)(b))
    model.compile("adamw", losses.SparseCategoricalCrossentropy(from_logits=True), ["accuracy"])
    return both(model, rows, 8)


@healthy
def a_hinge_with_a_penalty():
    stack = hidden(32, kernel_regularizer=L2(1e-4)), Dense(3)
    model = network((8,), *stack, loss=losses.MultiClassHinge())
    return both(model, blobs(seed=12), 8)


@healthy
def one_hot_rows_and_selu():
    rows = blobs(classes=5, features=12, seed=13)
    eye = np.eye(5, dtype="float32")
    rows = rows._replace(y=eye[rows.y], y_val=eye[rows.y_val])
    stack = hidden(32, "selu", kernel_initializer="lecun_normal"), Dense(5)
    loss = losses.CategoricalCrossentropy(from_logits=True)
    return both(network((12,), *stack, loss=loss), rows, 8)


@healthy
def bytes_scaled_in_the_model():
    d = data.load("digits")
    order = np.random.default_rng(1).permutation(len(d.x_train))
    rows = cut(d.x_train[order], d.y_train[order], 1000)
    stack = layers.Rescaling(1 / 255), layers.Flatten(), hidden(32)
    return both(classifier((8, 8, 1), *stack), rows, 8)


@healthy
def a_table_of_raw_units_normalised_in_the_model():
    rows = blobs(seed=14)
    scale = np.array([1, 10, 0.1, 1000, 5, 0.01, 1, 300], "float32")
    rows = rows._replace(x=rows.x * scale + scale, x_val=rows.x_val * scale + scale)
    normalise = layers.Normalization()
    normalise.adapt(rows.x)
    return both(classifier((8,), normalise, hidden(32), classes=3), rows, 8)


@healthy
def noisy_numbers():
    rows = surface(noise=1.0, seed=15)
    stack = hidden(16, kernel_regularizer=L2(1e-3)), Dense(1)
    return both(network((4,), *stack, loss="mse"), rows, 12)


@healthy
def four_sigmoid_layers_with_batch_normalisation():
    stack = [
        part
        for _ in range(3)
        for part in (hidden(32, None), layers.BatchNormalization(), layers.Activation("sigmoid"))
    ]
    return both(classifier((64,), *stack), digits(), 8)


def _images(name, count=1000):
    """A part of a data set of PELLUCID_DATA."""
    d = data.load(name)
    order = np.random.default_rng(0).permutation(len(d.x_train))[:count]
    return cut((d.x_train[order] / 255).astype("float32"), d.y_train[order], 4 * count // 5)


if os.environ.get("PELLUCID_DATA"):

    @healthy
    def dense_on_mnist():
        rows = _images("mnist")
        return both(classifier((28, 28, 1), layers.Flatten(), hidden(64)), rows, 5)

    @healthy
    def convolutions_on_fashion():
        stack = (
            layers.Conv2D(8, 5, strides=2, activation="relu", kernel_initializer="he_normal"),
            *(layers.MaxPooling2D(), layers.Flatten(), hidden(32)),
        )
        return both(classifier((28, 28, 1), *stack), _images("fashion_mnist"), 5)
