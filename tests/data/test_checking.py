"""Data that cannot be trained on is refused, each case with its own text; the rest passes."""

import re

import numpy as np
import pytest

from pellucid.data import check
from pellucid.errors import DataError

X, Y = np.zeros((4, 3), np.float32), np.arange(4)


def refused(text, *args, **kwargs):
    with pytest.raises(DataError, match=re.escape(text)):
        check(*args, **kwargs)


@pytest.mark.parametrize(
    "arguments",
    [
        (X, Y),
        (X,),
        (X, Y, np.ones(4)),
        (X.tolist(), Y.tolist()),
        ([X, X[:, :1]], [Y, X]),
        (X.astype(np.uint8), Y > 1),
        (np.full((4, 2), 3e38, np.float32), Y),  # finite, though its sum is not
        (np.full((4, 2), 6e4, np.float16), Y),
        (np.zeros((4, 0)), Y),
    ],
)
def test_good_data_passes(arguments):
    assert check(*arguments) is None


def test_no_rows():
    refused("fit: expected x with at least one row; got x of shape (0, 3).", X[:0], Y[:0])
    refused(
        "evaluate: expected y with at least one row; got y of shape ().", X, 1, where="evaluate"
    )


def test_unequal_lengths():
    refused("fit: expected x and y of equal length; got 4 rows in x and 3 in y. Each", X, Y[:3])
    refused(
        "fit: expected x and sample_weight of equal length; got 4 rows in x and 2 in sample_weight",
        X,
        Y,
        np.ones(2),
    )
    refused("expected x[0] and x[1] of equal length; got 4 rows in x[0] and 2", [X, X[:2]], Y)
    refused("expected x and y[1] of equal length", X, [Y, Y[:1]])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_nan_and_infinity(dtype):
    x = X.astype(dtype)
    x[2, 1], x[3] = np.nan, [np.inf, -np.inf, 0]
    refused(
        "fit: expected x without NaN and infinity; got 3 of 12 values that are, the first in row 2."
        " Leave such rows out or fill them in; np.isfinite(x) finds them.",
        x,
        Y,
    )


def test_nan_in_targets_and_weights():
    refused("expected y without NaN and infinity; got 1 of 4 values", X, [0.0, 1.0, np.nan, 2.0])
    refused("expected sample_weight without NaN", X, Y, np.array([1, np.inf, 1, 1]))


@pytest.mark.parametrize(
    ("y", "kind"),
    [
        (["a", "b", "a", "b"], "<U1"),
        ([0, None, 2, 3], "object, with None in row 1"),
        (np.zeros(4, "M8[s]"), "datetime64[s]"),
        (np.zeros(4, complex), "complex128"),
    ],
)
def test_what_is_no_number(y, kind):
    refused(
        f"fit: expected y as an array of numbers; got an array of type {kind}. Turn names of"
        " classes into whole numbers from 0, and other text into numbers.",
        X,
        y,
    )


def test_rows_of_unequal_length():
    refused(
        "fit: expected x as an array of numbers; got rows of unequal length", [[1], [2, 3]], [0, 1]
    )


def test_values_need_not_be_looked_at():
    check(np.full((2, 3), np.nan), finite=False)
    with pytest.raises(DataError, match="x and y of equal length"):
        check(np.full((2, 3), np.nan), np.zeros(3), finite=False)
