"""Planted faults, one a case: each function makes it, and gives what the diagnosis says.

The name of a case is that of its function; `FAULTS` has the finding that has to be named for it.
"""

import numpy as np

from pellucid import Model, layers, losses, optimizers, set_random_seed
from pellucid.layers import Dense
from pellucid.regularizers import L2

from .material import (
    Rows,
    blobs,
    classifier,
    digits,
    hidden,
    judged,
    moons,
    network,
    sentences,
    surface,
    watched,
)

FAULTS = {}


def planted(name):
    """Keep a case with the finding that it has to have."""

    def keep(case):
        FAULTS[case.__name__] = name, case
        return case

    return keep


def standard_digits():
    """The digits with deviation 1."""
    rows = digits()
    scale = rows.x.std()
    return rows._replace(x=rows.x / scale, x_val=rows.x_val / scale)


# -- starting weights -----------------------------------------------------------------------------


@planted("zero-weights")
def all_weights_zero():
    first = hidden(kernel_initializer="zeros")
    return judged(classifier((64,), first, hidden(), kernel_initializer="zeros"), digits())


@planted("equal-units")
def all_weights_the_same():
    constant = {"class": "Constant", "config": {"value": 0.05}}
    first = hidden(kernel_initializer=constant)
    return judged(classifier((64,), first, kernel_initializer=constant), digits())


@planted("large-weights")
def tanh_with_weights_of_deviation_1():
    wide = {"class": "RandomNormal", "config": {"stddev": 1.0}}
    stack = hidden(activation="tanh", kernel_initializer=wide), hidden(activation="tanh")
    return judged(classifier((64,), *stack), digits())


@planted("large-weights")
def relu_with_weights_of_deviation_1():
    wide = {"class": "RandomNormal", "config": {"stddev": 1.0}}
    rows = digits(flat=False)
    stack = (
        layers.Conv2D(8, 3, activation="relu", kernel_initializer="he_normal"),
        layers.Conv2D(16, 3, activation="relu", kernel_initializer=wide),
        layers.Flatten(),
    )
    return judged(classifier((8, 8, 1), *stack), rows)


@planted("small-weights")
def weights_of_deviation_a_thousandth():
    narrow = {"class": "RandomNormal", "config": {"stddev": 0.001}}
    stack = [hidden(kernel_initializer=narrow) for _ in range(2)]
    return judged(classifier((64,), *stack), digits())


@planted("initial-loss")
def last_layer_far_too_sure():
    wide = {"class": "RandomNormal", "config": {"stddev": 0.6}}
    return judged(classifier((64,), hidden(), kernel_initializer=wide), standard_digits())


@planted("initial-loss")
def hinge_that_starts_far_from_classes_less_one():
    wide = {"class": "RandomNormal", "config": {"stddev": 0.6}}
    stack = hidden(), Dense(10, kernel_initializer=wide)
    return judged(network((64,), *stack, loss=losses.MultiClassHinge()), standard_digits())


# -- flow -----------------------------------------------------------------------------------------


@planted("vanishing-gradients")
def ten_layers_of_sigmoid():
    stack = [hidden(32, "sigmoid") for _ in range(10)]
    return judged(classifier((64,), *stack), digits())


@planted("vanishing-gradients")
def ten_layers_of_relu_with_small_weights():
    small = {"class": "RandomNormal", "config": {"stddev": 0.05}}
    stack = [hidden(32, kernel_initializer=small) for _ in range(10)]
    return judged(classifier((64,), *stack), digits())


@planted("exploding-gradients")
def twelve_layers_that_double():
    large = {"class": "RandomNormal", "config": {"stddev": 0.6}}
    stack = [hidden(32, kernel_initializer=large) for _ in range(12)]
    return judged(classifier((64,), *stack), digits())


@planted("dead-units")
def biases_that_kill_the_units():
    bias = {"class": "Constant", "config": {"value": -10.0}}
    return judged(classifier((64,), hidden(bias_initializer=bias), hidden()), digits())


@planted("saturated-units")
def sigmoid_on_biases_of_20():
    bias = {"class": "Constant", "config": {"value": 20.0}}
    stack = hidden(activation="sigmoid", bias_initializer=bias), hidden()
    return judged(classifier((64,), *stack), digits())


@planted("not-finite-loss")
def an_exponential_that_overflows():
    bias = {"class": "Constant", "config": {"value": 200.0}}
    return judged(
        classifier((64,), hidden(activation="exponential", bias_initializer=bias)), digits()
    )


# -- architecture and loss ------------------------------------------------------------------------


@planted("only-linear")
def hidden_layers_without_activation():
    return judged(classifier((64,), Dense(64), Dense(32)), digits())


@planted("activation-twice")
def softmax_in_the_model_and_in_the_loss():
    return judged(classifier((64,), hidden(), activation="softmax"), digits())


@planted("activation-twice")
def sigmoid_in_the_model_and_in_the_loss():
    stack, loss = (hidden(16), Dense(1, "sigmoid")), losses.BinaryCrossentropy(from_logits=True)
    return judged(network((2,), *stack, loss=loss), moons())


@planted("activation-twice")
def softmax_in_two_layers():
    stack = hidden(), Dense(10, "softmax"), layers.Activation("softmax")
    return judged(network((64,), *stack, loss="sparse_categorical_crossentropy"), digits())


@planted("probabilities-missing")
def scores_for_a_loss_of_probabilities():
    stack = hidden(), Dense(10)
    return judged(network((64,), *stack, loss="sparse_categorical_crossentropy"), digits())


@planted("probabilities-missing")
def one_score_for_a_loss_of_probabilities():
    return judged(network((2,), hidden(16), Dense(1), loss="binary_crossentropy"), moons())


@planted("activation-on-scores")
def relu_on_the_scores():
    return judged(classifier((64,), hidden(), activation="relu"), digits())


@planted("softmax-of-one")
def softmax_over_one_unit():
    return judged(
        network((2,), hidden(16), Dense(1, "softmax"), loss="binary_crossentropy"), moons()
    )


@planted("targets-out-of-reach")
def relu_for_targets_of_both_signs():
    return judged(network((4,), hidden(32), Dense(1, "relu"), loss="mse"), surface())


@planted("targets-out-of-reach")
def sigmoid_for_targets_beyond_1():
    rows = surface()
    rows = rows._replace(y=3 + rows.y, y_val=3 + rows.y_val)
    return judged(network((4,), hidden(32), Dense(1, "sigmoid"), loss="mse"), rows)


@planted("targets-do-not-fit")
def fewer_units_than_classes():
    return judged(classifier((64,), hidden(), classes=5), digits())


@planted("surplus-outputs")
def many_more_units_than_classes():
    return judged(classifier((64,), hidden(), classes=100), digits())


@planted("small-batch-norm")
def batch_normalisation_of_2_rows():
    stack = hidden(), layers.BatchNormalization()
    return judged(classifier((64,), *stack), digits(), batch_size=2)


@planted("keep-rate")
def a_keep_rate_for_a_drop_rate():
    return judged(classifier((64,), hidden(), layers.Dropout(0.8)), digits())


@planted("frozen-weights")
def a_frozen_layer_with_random_weights():
    return judged(classifier((64,), hidden(trainable=False), hidden()), digits())


@planted("disconnected-weights")
def a_layer_that_nobody_uses():
    class Forgetful(Model):
        def __init__(self):
            super().__init__()
            self.first, self.second, self.last = hidden(), hidden(), Dense(10)

        def call(self, x):
            self.second(self.first(x))
            return self.last(self.first(x))

        def get_config(self):
            return {}

    set_random_seed(0)
    model = Forgetful()
    model.compile("adam", losses.SparseCategoricalCrossentropy(from_logits=True))
    return judged(model, digits())


@planted("cannot-overfit")
def a_bottleneck_that_is_too_narrow():
    stack = hidden(), hidden(1, "sigmoid"), hidden(1, "sigmoid")
    return judged(classifier((64,), *stack), digits())


# -- data -----------------------------------------------------------------------------------------


@planted("unscaled-inputs")
def bytes_as_inputs():
    rows = digits()
    rows = rows._replace(x=255 * (rows.x + 0.3), x_val=255 * (rows.x_val + 0.3))
    return judged(classifier((64,), hidden()), rows)


@planted("uneven-features")
def one_feature_in_thousands():
    rows = blobs()
    scale = np.array([1, 1, 1, 1, 1, 1, 1, 5000], "float32")
    rows = rows._replace(x=rows.x * scale / 100, x_val=rows.x_val * scale / 100)
    return judged(classifier((8,), hidden(32), classes=3), rows)


@planted("constant-features")
def a_feature_that_never_varies():
    rows = blobs()
    x, x_val = (np.concatenate([a, np.ones_like(a[:, :1])], axis=1) for a in (rows.x, rows.x_val))
    return judged(classifier((9,), hidden(32), classes=3), rows._replace(x=x, x_val=x_val))


@planted("not-finite-data")
def a_gap_in_the_inputs():
    rows = blobs()
    x = rows.x.copy()
    x[17, 3] = np.nan
    return judged(classifier((8,), hidden(32), classes=3), rows._replace(x=x))


@planted("unscaled-targets")
def prices_as_targets():
    rows = surface()
    rows = rows._replace(y=200_000 + 50_000 * rows.y, y_val=200_000 + 50_000 * rows.y_val)
    return judged(network((4,), hidden(32), Dense(1), loss="mse"), rows)


@planted("class-imbalance")
def one_class_in_a_hundred():
    rows = moons(n=3000)
    rare = np.cumsum(rows.y) % 60 == 0
    kept = (rows.y == 0) | rare
    return judged(
        network((2,), hidden(16), Dense(1, "sigmoid"), loss="binary_crossentropy"),
        rows._replace(x=rows.x[kept], y=rows.y[kept]),
    )


@planted("unlearnable-labels")
def shuffled_labels():
    rows = digits()
    y = np.random.default_rng(5).permutation(rows.y)
    return judged(classifier((64,), hidden()), rows._replace(y=y))


@planted("unlearnable-labels")
def targets_that_slipped_by_a_row():
    rows = surface()
    return judged(
        network((4,), hidden(32), Dense(1), loss="mse"), rows._replace(y=np.roll(rows.y, 1, axis=0))
    )


@planted("unlearnable-labels")
def shuffled_labels_of_sentences():
    rows = sentences()
    shuffle = np.random.default_rng(5).permutation
    rows = rows._replace(y=shuffle(rows.y), y_val=shuffle(rows.y_val))
    stack = layers.Embedding(50, 16), layers.Flatten(), hidden(64)
    loss = losses.BinaryCrossentropy(from_logits=True)
    model = network((12,), *stack, Dense(1), loss=loss, metrics=["accuracy"])
    return watched(model, rows, 12)


@planted("twins-in-validation")
def validation_rows_from_the_training():
    rows = digits()
    x = np.concatenate([rows.x, rows.x_val[:100]])
    y = np.concatenate([rows.y, rows.y_val[:100]])
    return judged(classifier((64,), hidden()), Rows(x, y, rows.x_val, rows.y_val))


@planted("sorted-rows")
def sorted_rows_that_are_not_shuffled():
    rows = digits()
    order = np.argsort(rows.y, kind="stable")
    return watched(
        classifier((64,), hidden()), rows._replace(x=rows.x[order], y=rows.y[order]), 3,
        shuffle=False,
    )  # fmt: skip


@planted("sorted-rows")
def sorted_numbers():
    rows = surface()
    order = np.argsort(rows.y[:, 0])
    rows = rows._replace(x=rows.x[order], y=rows.y[order])
    return judged(network((4,), hidden(32), Dense(1), loss="mse"), rows, shuffle=False)


# -- learning rate, and curves --------------------------------------------------------------------


@planted("high-learning-rate")
def adam_at_1():
    return judged(classifier((64,), hidden(), optimizer=optimizers.Adam(1.0)), digits())


@planted("high-learning-rate")
def sgd_that_diverges():
    model = network((4,), hidden(32), Dense(1), loss="mse", optimizer=optimizers.SGD(3.0))
    return watched(model, surface())


@planted("high-learning-rate")
def adam_at_1_in_training():
    return watched(classifier((64,), hidden(), hidden(), optimizer=optimizers.Adam(1.0)), digits())


@planted("oscillating-loss")
def steps_across_the_valley():
    rows = surface(noise=0.05)
    optimizer = optimizers.SGD(0.5)
    stack = hidden(32, "tanh"), Dense(1)
    return watched(network((4,), *stack, loss="mse", optimizer=optimizer), rows, 20)


@planted("low-learning-rate")
def adam_at_a_ten_millionth():
    return judged(classifier((64,), hidden(), optimizer=optimizers.Adam(1e-7)), digits())


@planted("low-learning-rate")
def a_loss_that_falls_in_a_straight_line():
    model = classifier((64,), hidden(), optimizer=optimizers.SGD(2e-4))
    return watched(model, digits(), 12)


@planted("overfitting")
def few_rows_for_many_weights():
    rng = np.random.default_rng(6)
    rows = digits()
    y = np.where(rng.random(len(rows.y)) < 0.3, rng.integers(10, size=len(rows.y)), rows.y)
    rows = rows._replace(x=rows.x[:300], y=y[:300])
    model = classifier((64,), hidden(256), layers.Dropout(0.1), hidden(256))
    return watched(model, rows, 30)


@planted("weak-regularisation")
def nothing_that_holds_it_back():
    rng = np.random.default_rng(6)
    rows = surface(n=450)
    rows = rows._replace(y=rows.y + rng.normal(size=rows.y.shape).astype("float32"))
    return watched(network((4,), hidden(256), hidden(256), Dense(1), loss="mse"), rows, 60)


@planted("strong-penalty")
def a_penalty_that_outweighs_the_data():
    stack = hidden(kernel_regularizer=L2(1.0))
    return judged(classifier((64,), stack, kernel_regularizer=L2(1.0)), digits())


@planted("underfitting")
def a_straight_line_for_half_circles():
    rows = moons(noise=0.08)
    loss = losses.BinaryCrossentropy(from_logits=True)
    return watched(network((2,), Dense(1), loss=loss, optimizer=optimizers.Adam(0.02)), rows, 15)


@planted("plateau")
def a_network_that_stands_still():
    stack = [hidden(16, "sigmoid") for _ in range(4)]
    model = classifier((64,), *stack, optimizer=optimizers.SGD(0.05))
    return watched(model, digits(), 12)


@planted("no-better-than-constant")
def a_run_that_learns_nothing():
    last = {"kernel_initializer": "zeros"}
    model = classifier((64,), hidden(), optimizer=optimizers.SGD(3e-6), **last)
    return watched(model, digits(), 4)
