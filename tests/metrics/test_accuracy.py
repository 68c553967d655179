"""Accuracies: by hand, also among the k largest."""

import numpy as np
import pytest

from pellucid.errors import SettingError, ShapeError
from pellucid.metrics import (
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
)

from ..saying import says
from .measuring import measured


def test_binary_accuracy_counts_sides_of_the_threshold():
    y, p = [0, 1, 1, 0], [[0.2], [0.7], [0.5], [0.4]]
    assert measured(BinaryAccuracy(), y, p) == 0.75  # 0.5 is not above 0.5
    assert measured(BinaryAccuracy(threshold=0.3), y, p) == 0.75
    assert measured(BinaryAccuracy(), y, np.ravel(p)) == 0.75
    assert measured(BinaryAccuracy(), [[1, 0], [1, 1]], [[0.9, 0.9], [0.9, 0.9]]) == 0.75
    assert measured(BinaryAccuracy(), [[1, 0], [1, 1]], [[0.9, 0.9], [0.9, 0.9]], [3, 1]) == 0.625


def test_categorical_accuracies_count_the_largest():
    p = [[0.1, 0.7, 0.2], [0.5, 0.3, 0.2], [0.2, 0.2, 0.6]]
    assert measured(SparseCategoricalAccuracy(), [1, 0, 0], p) == pytest.approx(2 / 3)
    assert measured(SparseCategoricalAccuracy(), [[1], [0], [0]], p) == pytest.approx(2 / 3)
    assert measured(CategoricalAccuracy(), np.eye(3)[[1, 0, 0]], p) == pytest.approx(2 / 3)
    images = np.zeros((2, 4, 4, 3))
    assert measured(SparseCategoricalAccuracy(), np.zeros((2, 4, 4)), images) == 1


def test_weights_of_images_reach_every_place():
    images = np.zeros((2, 4, 4, 3))
    images[1, ..., 2] = 1
    found = measured(SparseCategoricalAccuracy(), np.zeros((2, 4, 4)), images, [3.0, 1.0])
    assert found == 0.75


@pytest.mark.parametrize("k", [1, 2, 3, 4, 9])
def test_the_class_is_among_the_k_largest(k, rng):
    y, p = rng.integers(0, 4, 40), rng.normal(size=(40, 4))
    expected = np.mean([c in row for c, row in zip(y, np.argsort(-p, axis=1)[:, :k], strict=True)])
    assert measured(SparseTopKCategoricalAccuracy(k), y, p) == pytest.approx(expected)
    assert measured(SparseTopKCategoricalAccuracy(k), y[:, None], p) == pytest.approx(expected)
    assert measured(TopKCategoricalAccuracy(k), np.eye(4)[y], p) == pytest.approx(expected)
    places = measured(SparseTopKCategoricalAccuracy(k), y.reshape(4, 10), p.reshape(4, 10, 4))
    assert places == pytest.approx(expected)


def test_a_tie_at_the_kth_place_is_right_and_nan_is_not():
    p = np.array([[0.5, 0.5, 0.5, 0.9]])
    assert measured(SparseTopKCategoricalAccuracy(2), [2], p) == 1
    assert measured(SparseTopKCategoricalAccuracy(1), [2], p) == 0
    assert measured(SparseTopKCategoricalAccuracy(4), [0], np.array([[np.nan, 1, 1, 1]])) == 0


@pytest.mark.parametrize("kind", [TopKCategoricalAccuracy, SparseTopKCategoricalAccuracy])
@pytest.mark.parametrize("k", [0, 2.5, True])
def test_k_counts(kind, k):
    text = f"{kind.__name__}: expected k to be a whole number from 1; got {k!r}. Try 5."
    with says(SettingError, text):
        kind(k)


def test_class_numbers_are_no_rows():
    text = (
        "targets for CategoricalAccuracy: expected one-hot rows (N, 3); got shape (2,). "
        "Use SparseCategoricalCrossentropy for class numbers."
    )
    with says(ShapeError, text):
        CategoricalAccuracy().check(np.array([0, 1]), (None, 3))
    with pytest.raises(ShapeError, match=r"expected one-hot rows \(2, 3\); got shape \(2,\)"):
        CategoricalAccuracy().update_state([0, 1], np.eye(3)[:2])
