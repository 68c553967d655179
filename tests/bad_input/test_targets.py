"""Targets and last layers that do not fit the loss: another loss, or how many units, is named."""

import numpy as np

from pellucid import Sequential, losses
from pellucid.errors import DataError, SettingError, ShapeError
from pellucid.layers import Conv2D, Dense

from ..saying import says

X, Y = np.zeros((8, 4)), np.arange(8) % 3
ROWS = np.eye(3)[Y]
SPARSE = losses.SparseCategoricalCrossentropy(from_logits=True)
ONE_HOT = losses.CategoricalCrossentropy(from_logits=True)
BINARY = losses.BinaryCrossentropy(from_logits=True)


def fit(y, units, loss, **settings):
    model = Sequential([Dense(units)])
    model.compile("sgd", loss, **settings)
    model.fit(X, y, verbose=0)


def test_class_numbers_from_1():
    text = (
        "targets for SparseCategoricalCrossentropy: expected class numbers from 0 to 2, as "
        "the model has 3 outputs; got 1 to 3. Number the classes from 0, or give the last "
        "layer 4 units."
    )
    with says(DataError, text):
        fit(Y + 1, 3, SPARSE)


def test_class_numbers_below_0():
    text = (
        "targets for SparseCategoricalCrossentropy: expected class numbers from 0 to 2, as "
        "the model has 3 outputs; got -1 to 1. Number the classes from 0, or give the last "
        "layer 2 units."
    )
    with says(DataError, text):
        fit(Y - 1, 3, SPARSE)


def test_class_numbers_that_are_fractions():
    text = (
        "targets for SparseCategoricalCrossentropy: expected whole class numbers; got 0.5. "
        "Use MeanSquaredError for numbers."
    )
    with says(DataError, text):
        fit(Y + 0.5, 3, SPARSE)


def test_one_hot_rows_for_the_sparse_loss():
    text = (
        "targets for SparseCategoricalCrossentropy: expected class numbers (N,); got shape "
        "(8, 3). Use CategoricalCrossentropy for one-hot rows."
    )
    with says(ShapeError, text):
        fit(ROWS, 3, SPARSE)


def test_class_numbers_for_the_one_hot_loss():
    text = (
        "targets for CategoricalCrossentropy: expected one-hot rows (N, 3); got shape "
        "(8,). Use SparseCategoricalCrossentropy for class numbers."
    )
    with says(ShapeError, text):
        fit(Y, 3, ONE_HOT)


def test_class_numbers_for_the_binary_loss():
    text = (
        "targets for BinaryCrossentropy: expected values from 0 to 1; got 0 to 2. Use "
        "SparseCategoricalCrossentropy for class numbers, or scale the targets."
    )
    with says(DataError, text):
        fit(Y, 1, BINARY)


def test_sides_for_the_binary_loss():
    text = (
        "targets for BinaryCrossentropy: expected values from 0 to 1; got -1 to 1. Use "
        "SparseCategoricalCrossentropy for class numbers, or scale the targets."
    )
    with says(DataError, text):
        fit(np.where(Y > 0, 1, -1), 1, BINARY)


def test_three_classes_for_a_hinge_of_two():
    text = (
        "targets for Hinge: expected all 0 or 1, or all -1 or 1; got 0, 1, 2. Use "
        "MultiClassHinge for class numbers."
    )
    with says(DataError, text):
        fit(Y, 1, "hinge")


def test_one_hot_rows_for_a_hinge_of_classes():
    text = (
        "targets for MultiClassHinge: expected class numbers (N,); got shape (8, 3). Use "
        "CategoricalCrossentropy for one-hot rows."
    )
    with says(ShapeError, text):
        fit(ROWS, 3, "multi_class_hinge")


def test_rows_that_are_no_probabilities():
    text = (
        "targets for KLDivergence: expected values from 0 to 1; got 0.0 to 2.0. Divide "
        "each row by its sum."
    )
    with says(DataError, text):
        fit(2 * ROWS, 3, "kl_divergence")


def test_counts_below_0():
    text = (
        "targets for Poisson: expected values from 0; got -1.0 to -1.0. Use "
        "MeanSquaredError for other numbers."
    )
    with says(DataError, text):
        fit(np.full(8, -1.0), 1, "poisson")


def test_names_of_classes():
    text = (
        "fit: expected y as an array of numbers; got an array of type <U1. Turn names of "
        "classes into whole numbers from 0, and other text into numbers."
    )
    with says(DataError, text):
        fit(np.array(list("abcabcab")), 3, SPARSE)


def test_no_targets():
    with says(DataError, "fit: expected targets y; got none. Give x and y."):
        fit(None, 3, SPARSE)


def test_one_unit_for_several_classes():
    text = (
        "outputs for SparseCategoricalCrossentropy: expected one for each class, 2 or "
        "more; got 1. Give the last layer a unit for each class; or use BinaryCrossentropy "
        "for one output."
    )
    with says(ShapeError, text):
        fit(Y, 1, SPARSE)


def test_fewer_units_than_classes():
    text = (
        "targets for SparseCategoricalCrossentropy: expected class numbers from 0 to 1, as "
        "the model has 2 outputs; got 0 to 2. Number the classes from 0, or give the last "
        "layer 3 units."
    )
    with says(DataError, text):
        fit(Y, 2, SPARSE)


def test_more_units_than_columns():
    text = (
        "targets for CategoricalCrossentropy: expected one-hot rows (N, 4); got shape (8, "
        "3). Use SparseCategoricalCrossentropy for class numbers."
    )
    with says(ShapeError, text):
        fit(ROWS, 4, ONE_HOT)


def test_one_unit_for_one_hot_rows():
    text = (
        "outputs for CategoricalCrossentropy: expected one for each class, 2 or more; got "
        "1. Give the last layer a unit for each class; or use BinaryCrossentropy for one "
        "output."
    )
    with says(ShapeError, text):
        fit(Y[:, None], 1, ONE_HOT)


def test_three_units_for_yes_or_no():
    text = (
        "targets for BinaryCrossentropy: expected the shape of the outputs, (N, 3); got "
        "shape (8,). Give the last layer as many units as each target has numbers. Use "
        "SparseCategoricalCrossentropy for class numbers."
    )
    with says(ShapeError, text):
        fit(Y > 0, 3, BINARY)


def test_three_units_for_one_number():
    text = (
        "targets for MeanSquaredError: expected the shape of the outputs, (N, 3); got "
        "shape (8,). Give the last layer as many units as each target has numbers."
    )
    with says(ShapeError, text):
        fit(np.zeros(8), 3, "mse")


def test_one_unit_for_three_numbers():
    text = (
        "targets for MeanSquaredError: expected the shape of the outputs, (N, 1); got "
        "shape (8, 3). Give the last layer as many units as each target has numbers."
    )
    with says(ShapeError, text):
        fit(np.zeros((8, 3)), 1, "mse")


def test_an_image_of_scores_for_one_class_number():
    model = Sequential([Conv2D(3, 3)])
    model.compile("sgd", SPARSE)
    text = (
        "targets for SparseCategoricalCrossentropy: expected class numbers (N, 4, 4); got "
        "shape (8,). Give one target for each output."
    )
    with says(ShapeError, text):
        model.fit(np.zeros((8, 6, 6, 1)), Y, verbose=0)


def test_an_accuracy_of_numbers():
    text = (
        "metric 'accuracy': expected a loss on classes; got MeanSquaredError. Use the "
        "metric 'mae' for numbers, or name an accuracy: 'binary_accuracy'."
    )
    with says(SettingError, text):
        fit(np.zeros(8), 1, "mse", metrics=["accuracy"])


def test_targets_that_a_metric_cannot_take():
    text = (
        "targets for Precision: expected values from -1 to 1; got 0.0 to 7.0. Give the "
        "last layer a unit for each class."
    )
    with says(DataError, text):
        fit(7 * ROWS, 3, "mse", metrics=["precision"])


def test_a_model_is_as_it_was_after_targets_that_do_not_fit():
    model = Sequential([Dense(3)])
    model.compile("adam", SPARSE)
    model.fit(X, Y, verbose=0)
    before, steps = model.get_weights(), model.optimizer.iterations
    text = (
        "targets for SparseCategoricalCrossentropy: expected class numbers from 0 to 2, as the "
        "model has 3 outputs; got 3 to 5. Number the classes from 0, or give the last layer 6 "
        "units."
    )
    with says(DataError, text):
        model.fit(X, Y, validation_data=(X, Y + 3), verbose=0)
    assert all((a == b).all() for a, b in zip(before, model.get_weights(), strict=True))
    assert model.optimizer.iterations == steps
    assert list(model.history.history) == ["loss"]
