"""Data that cannot be trained on: lengths that differ, NaN and infinity, text, nothing at all."""

import numpy as np
import pytest

from pellucid import Sequential, layers
from pellucid.errors import DataError, ShapeError
from pellucid.layers import Dense

from ..saying import says

X, Y = np.zeros((8, 4)), np.zeros(8)


def compiled():
    model = Sequential([Dense(1)])
    model.compile("sgd", "mse")
    return model


def fit(x, y=Y, **settings):
    compiled().fit(x, y, verbose=0, **settings)


def test_fewer_targets_than_rows():
    text = (
        "fit: expected x and y of equal length; got 8 rows in x and 7 in y. Each row of x "
        "needs its own row of y."
    )
    with says(DataError, text):
        fit(X, Y[:7])


def test_fewer_weights_than_rows():
    text = (
        "fit: expected x and sample_weight of equal length; got 8 rows in x and 7 in "
        "sample_weight. Each row of x needs its own row of sample_weight."
    )
    with says(DataError, text):
        fit(X, sample_weight=np.ones(7))


def test_two_weights_for_each_row():
    text = (
        "sample_weight: expected one weight for each of the losses (8,); got shape (8, 2). "
        "Give one number an example; and let a loss of your own give one an example."
    )
    with says(ShapeError, text):
        fit(X, sample_weight=np.ones((8, 2)))


def test_fewer_targets_to_validate_on():
    text = (
        "validation_data of fit: expected x and y of equal length; got 8 rows in x and 7 "
        "in y. Each row of x needs its own row of y."
    )
    with says(DataError, text):
        fit(X, validation_data=(X, Y[:7]))


def test_fewer_targets_to_evaluate_on():
    text = (
        "evaluate: expected x and y of equal length; got 8 rows in x and 7 in y. Each row "
        "of x needs its own row of y."
    )
    with says(DataError, text):
        compiled().evaluate(X, Y[:7])


def test_fewer_targets_for_one_step():
    text = (
        "train_on_batch: expected x and y of equal length; got 8 rows in x and 7 in y. "
        "Each row of x needs its own row of y."
    )
    with says(DataError, text):
        compiled().train_on_batch(X, Y[:7])


def test_no_targets_to_validate_on():
    with says(DataError, "validation_data of fit: expected targets y; got none. Give x and y."):
        fit(X, validation_data=(X,))


def test_several_arrays_of_targets():
    text = (
        "fit: expected targets y as one array; got a list of 2 arrays. Stack the rows with "
        "np.stack."
    )
    with says(DataError, text):
        fit(X, [Y, Y])


def test_nan_and_infinity():
    x = X.copy()
    x[5, 2], x[6, 1] = np.nan, np.inf
    text = (
        "fit: expected x without NaN and infinity; got 2 of 32 values that are, the first "
        "in row 5. Leave such rows out or fill them in; np.isfinite(x) finds them."
    )
    with says(DataError, text):
        fit(x)


def test_nan_in_the_targets():
    y = Y.copy()
    y[3] = np.nan
    text = (
        "fit: expected y without NaN and infinity; got 1 of 8 values that are, the first "
        "in row 3. Leave such rows out or fill them in; np.isfinite(y) finds them."
    )
    with says(DataError, text):
        fit(X, y)


def test_nan_in_the_weights():
    text = (
        "fit: expected sample_weight without NaN and infinity; got 8 of 8 values that are, "
        "the first in row 0. Leave such rows out or fill them in; "
        "np.isfinite(sample_weight) finds them."
    )
    with says(DataError, text):
        fit(X, sample_weight=np.full(8, np.nan))


def test_nan_to_predict_from():
    x = X.copy()
    x[2] = np.nan
    text = (
        "predict: expected x without NaN and infinity; got 4 of 32 values that are, the "
        "first in row 2. Leave such rows out or fill them in; np.isfinite(x) finds them."
    )
    with says(DataError, text):
        Sequential([Dense(1)]).predict(x)


def test_infinity_to_validate_on():
    text = (
        "validation_data of fit: expected x without NaN and infinity; got 32 of 32 values "
        "that are, the first in row 0. Leave such rows out or fill them in; np.isfinite(x) "
        "finds them."
    )
    with says(DataError, text):
        fit(X, validation_data=(X + np.inf, Y))


def test_nan_to_measure_a_normalisation_on():
    text = (
        "Normalization.adapt: expected rows of numbers; got NaN or infinity. Leave such "
        "rows out or fill them in."
    )
    with says(DataError, text):
        layers.Normalization().adapt(X + np.nan)


def test_text_to_measure_a_normalisation_on():
    text = (
        "Normalization.adapt: expected rows of numbers; got an array of type <U1. Turn "
        "text into numbers first."
    )
    with says(DataError, text):
        layers.Normalization().adapt(np.array([["a"]]))


def test_text():
    text = (
        "fit: expected x as an array of numbers; got an array of type <U32. Turn names of "
        "classes into whole numbers from 0, and other text into numbers."
    )
    with says(DataError, text):
        fit(X.astype(str))


def test_names_as_targets():
    text = (
        "fit: expected y as an array of numbers; got an array of type <U3. Turn names of "
        "classes into whole numbers from 0, and other text into numbers."
    )
    with says(DataError, text):
        fit(X, ["cat", "dog"] * 4)


def test_a_gap():
    text = (
        "fit: expected x as an array of numbers; got an array of type object, with None in "
        "row 1. Turn names of classes into whole numbers from 0, and other text into "
        "numbers."
    )
    with says(DataError, text):
        fit([[1.0, 2.0], [None, 3.0]], Y[:2])


def test_dates():
    text = (
        "fit: expected x as an array of numbers; got an array of type datetime64[D]. Turn "
        "names of classes into whole numbers from 0, and other text into numbers."
    )
    with says(DataError, text):
        fit(np.array(["2020-01-01"] * 8, dtype="M8[D]"))


def test_complex_numbers():
    text = (
        "fit: expected x as an array of numbers; got an array of type complex128. Turn "
        "names of classes into whole numbers from 0, and other text into numbers."
    )
    with says(DataError, text):
        fit(X + 1j)


def test_a_word():
    text = (
        "predict: expected x as an array of numbers; got an array of type <U5. Turn names "
        "of classes into whole numbers from 0, and other text into numbers."
    )
    with says(DataError, text):
        compiled().predict("hello")


def test_no_rows():
    text = (
        "fit: expected x with at least one row; got x of shape (0, 4). Give one row an "
        "example; a single example is x[None]."
    )
    with says(DataError, text):
        fit(X[:0], Y[:0])


def test_an_empty_list():
    text = (
        "fit: expected x with at least one row; got x of shape (0,). Give one row an "
        "example; a single example is x[None]."
    )
    with says(DataError, text):
        fit([], [])


def test_no_rows_to_predict_from():
    text = (
        "predict: expected x with at least one row; got x of shape (0, 4). Give one row an "
        "example; a single example is x[None]."
    )
    with says(DataError, text):
        compiled().predict(X[:0])


def test_nothing():
    text = (
        "predict: expected x as an array of numbers; got an array of type object. Turn "
        "names of classes into whole numbers from 0, and other text into numbers."
    )
    with says(DataError, text):
        compiled().predict(None)


def test_arrays_by_name():
    text = (
        "fit: expected x as an array, or a list of arrays for several inputs; got a "
        "dictionary of 'a'. List the arrays in the order of the model's inputs: [x['a'], "
        "x['b']]."
    )
    with says(DataError, text):
        fit({"a": X})


def test_rows_of_unequal_length():
    with pytest.raises(DataError) as caught:
        fit([[1], [2, 3]], Y[:2])
    text = str(caught.value)
    assert text.startswith("fit: expected x as an array of numbers; got rows of unequal length (")
    assert text.endswith("Pad or cut the rows to one length.")
