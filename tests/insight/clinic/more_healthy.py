"""More healthy trainings: other tasks, losses, shapes of inputs and outputs, weights of rows."""

import numpy as np

from pellucid import Input, Model, layers, losses, optimizers, schedules, set_random_seed
from pellucid.insight import Diagnosis
from pellucid.layers import Dense

from .healthy import both, healthy
from .material import (
    Rows,
    classifier,
    counts,
    cut,
    digits,
    hidden,
    network,
    rare_ones,
    several_labels,
    waves,
)


@healthy
def convolutions_with_all_defaults():
    stack = (
        *(layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D()),
        *(layers.Conv2D(64, 3, activation="relu"), layers.Flatten(), Dense(64, "relu")),
    )
    return both(classifier((8, 8, 1), *stack), digits(flat=False), 8, batch_size=64)


@healthy
def several_labels_at_once():
    stack = hidden(32), Dense(4, "sigmoid")
    return both(network((12,), *stack, loss="binary_crossentropy"), several_labels(), 12)


@healthy
def several_numbers_by_huber_and_gelu():
    rng = np.random.default_rng(6)
    x = rng.normal(size=(1200, 6)).astype("float32")
    y = np.tanh(x @ rng.normal(size=(6, 3))) + 0.1 * rng.normal(size=(1200, 3))
    stack = Dense(64, "gelu"), Dense(3)
    model = network((6,), *stack, loss="huber", optimizer="adamw")
    return both(model, cut(x, y.astype("float32"), 800), 12)


@healthy
def counts_by_the_poisson_loss():
    return both(network((5,), hidden(32), Dense(1, "softplus"), loss="poisson"), counts(), 12)


@healthy
def images_that_come_out_again():
    rows = digits()
    x, x_val = rows.x + 0.3, rows.x_val + 0.3
    stack = hidden(32), hidden(16), hidden(32), Dense(64, "sigmoid")
    return both(network((64,), *stack, loss="mse"), Rows(x, x, x_val, x_val), 20)


@healthy
def sequences_and_convolutions():
    stack = layers.Conv1D(16, 5, activation="relu"), layers.GlobalMaxPooling1D(), Dense(1)
    loss = losses.BinaryCrossentropy(from_logits=True)
    return both(network((32, 1), *stack, loss=loss), waves(), 20)


@healthy
def two_inputs():
    rng = np.random.default_rng(9)
    a, b = (rng.normal(size=(900, n)).astype("float32") for n in (4, 6))
    y = (a[:, 0] + b[:, 0] * b[:, 1] > 0).astype(int)
    set_random_seed(0)
    x = Input((4,)), Input((6,))
    z = layers.Concatenate()([hidden(16)(x[0]), hidden(16)(x[1])])
    model = Model(list(x), Dense(2)(hidden(16)(z)))
    model.compile("adam", losses.SparseCategoricalCrossentropy(from_logits=True))
    return both(model, Rows([a[:600], b[:600]], y[:600], [a[600:], b[600:]], y[600:]), 15)


@healthy
def large_batches_and_a_falling_rate():
    optimizer = optimizers.Adam(schedules.CosineDecay(0.01, 160))
    model = classifier((64,), hidden(64, "tanh"), optimizer=optimizer)
    return both(model, digits(count=1200), 30, batch_size=256)


@healthy
def rare_ones_that_are_given_weight():
    rows, weights = rare_ones(0.04, 2.2), {0: 0.52, 1: 12.5}
    loss = losses.BinaryCrossentropy(from_logits=True)
    model = network((6,), hidden(16), Dense(1), loss=loss)
    before = model.diagnose(rows.x, rows.y, rows.validation, class_weight=weights)
    callback = Diagnosis(verbose=0)
    model.fit(rows.x, rows.y, epochs=12, class_weight=weights, verbose=0, callbacks=[callback])
    return [*before, *callback.findings]


@healthy
def hinge_and_tanh():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(900, 6)).astype("float32")
    y = np.where(x[:, 0] * x[:, 1] + x[:, 2] > 0, 1.0, -1.0)[:, None]
    return both(network((6,), hidden(32), Dense(1, "tanh"), loss="hinge"), cut(x, y, 600), 15)


@healthy
def sums_of_losses():
    loss = losses.SparseCategoricalCrossentropy(from_logits=True, reduction="sum")
    return both(network((64,), hidden(32), Dense(10), loss=loss), digits(), 8)
