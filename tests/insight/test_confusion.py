"""Counting which class is taken for which."""

import numpy as np
import pytest

from pellucid.errors import DataError, ShapeError
from pellucid.insight import confusion_counts


def test_each_entry_counts_its_pairs(rng):
    truth, taken = rng.integers(0, 4, 200), rng.integers(0, 4, 200)
    counts = confusion_counts(truth, taken, 5)
    assert counts.shape == (5, 5)
    for i in range(5):
        for j in range(5):
            assert counts[i, j] == sum((truth == i) & (taken == j))


def test_scores_and_one_hot_rows_count_by_their_largest():
    scores = [[0.1, 0.9, 0.0], [2.0, 1.0, 0.0]]
    assert confusion_counts([1, 1], scores).tolist() == [[0, 0, 0], [1, 1, 0], [0, 0, 0]]
    one_hot = [[0, 1, 0], [0, 1, 0]]
    assert (confusion_counts(one_hot, scores) == confusion_counts([1, 1], scores)).all()


def test_columns_and_whole_floats_are_class_numbers():
    assert confusion_counts([[0], [1]], np.array([0.0, 1.0])).tolist() == [[1, 0], [0, 1]]
    assert confusion_counts([0, 1], np.array([[True], [False]])).tolist() == [[0, 1], [1, 0]]


def test_nothing_gives_no_counts():
    assert confusion_counts(np.array([], int), np.array([], int), 2).tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize(
    ("y_true", "y_pred", "classes", "error", "message"),
    [
        ([0, 1], [0], None, ShapeError, "expected as many predictions as targets; got 1 and 2"),
        ([0, 3], [0, 1], 3, DataError, "class numbers from 0 to 2; got 0 to 3"),
        ([0, -1], [0, 1], None, DataError, "got -1 to 1"),
        ([0, 1], [0.2, 0.7], None, DataError, "y_pred as class numbers"),
        (["a"], [0], None, DataError, "y_true as class numbers"),
        ([0], np.zeros((1, 2, 2)), None, DataError, "y_pred as class numbers"),
    ],
)
def test_what_is_no_class_is_refused(y_true, y_pred, classes, error, message):
    with pytest.raises(error, match=message):
        confusion_counts(y_true, y_pred, classes)
