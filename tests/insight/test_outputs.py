"""What targets and a model's outputs say about classes."""

import numpy as np
import pytest

from pellucid import Sequential
from pellucid.errors import DataError
from pellucid.insight import class_probabilities
from pellucid.insight.outputs import class_numbers
from pellucid.layers import Dense, Input


def model_of(outputs, loss):
    model = Sequential([Input((5,)), Dense(outputs)])
    model.compile(loss=loss)
    return model


def test_scores_become_probabilities_and_probabilities_stay():
    scores = np.array([[0.0, np.log(3.0)]])
    logits = {"class": "SparseCategoricalCrossentropy", "config": {"from_logits": True}}
    expected = pytest.approx(np.array([[0.25, 0.75]]))
    assert class_probabilities(model_of(2, logits), scores) == expected
    assert class_probabilities(model_of(2, "MultiClassHinge"), scores) == expected
    plain = model_of(2, "sparse_categorical_crossentropy")
    assert class_probabilities(plain, scores) is scores


def test_one_output_is_two_classes():
    logits = {"class": "BinaryCrossentropy", "config": {"from_logits": True}}
    score = np.array([[np.log(3.0)]])
    expected = pytest.approx(np.array([[0.25, 0.75]]))
    assert class_probabilities(model_of(1, logits), score) == expected
    plain = model_of(1, "binary_crossentropy")
    shares = class_probabilities(plain, np.array([[0.9]]))
    assert shares == pytest.approx(np.array([[0.1, 0.9]]))


def test_class_numbers_from_numbers_columns_rows_and_scores():
    expected = [1, 0, 2]
    for y in (expected, [[1], [0], [2]], np.eye(3)[expected], np.array([1.0, 0.0, 2.0])):
        found = class_numbers(y, "here")
        assert found.tolist() == expected
        assert found.dtype == np.int64


def test_what_is_no_class_number():
    with pytest.raises(DataError) as error:
        class_numbers([0.5, 1.0], "here", "y_pred")
    assert str(error.value) == (
        "here: expected y_pred as class numbers (N,), or as one-hot rows or scores (N, C); got"
        " shape (2,) of float64. For probabilities of one class, give (p > 0.5)."
    )
