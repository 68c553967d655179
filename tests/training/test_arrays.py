"""Arrays of examples, one or several of them: rows, shapes, weights by class."""

import numpy as np
import pytest

from pellucid import Tensor
from pellucid.training.arrays import (
    as_data,
    batches_in,
    by_class,
    each,
    joined,
    length,
    reader,
    shapes,
    split,
)

A, B = np.arange(12.0).reshape(6, 2), np.arange(6.0)


def test_one_array_and_several_are_treated_alike():
    assert shapes(A) == (None, 2)
    assert shapes([A, B]) == [(None, 2), (None,)]
    assert length(A) == length([A, B]) == 6
    assert each(len, [A, B]) == [6, 6]
    np.testing.assert_array_equal(reader(A)(slice(2, 4)), A[2:4])
    first, second = reader([A, B])([1, 5])
    np.testing.assert_array_equal(first, A[[1, 5]])
    np.testing.assert_array_equal(second, B[[1, 5]])
    assert reader(None)([1, 5]) is None


def test_data_are_tensors_that_need_no_gradient():
    one, (first, _) = as_data(A), as_data([A, B])
    assert all(isinstance(t, Tensor) and not t.requires_grad for t in (one, first))
    assert one.value is A


def test_outputs_of_batches_become_one():
    assert joined([A]) is A
    np.testing.assert_array_equal(joined([A[:4], A[4:]]), A)
    assert [batches_in(B, size) for size in (1, 4, 6, 9)] == [6, 2, 1, 1]


@pytest.mark.parametrize(
    "y", [np.array([0, 1, 2, 1]), np.array([[0], [1], [2], [1]]), np.eye(3)[[0, 1, 2, 1]]]
)
def test_classes_have_weights(y):
    weight = np.array([1.0, 2.0, 3.0, 4.0])
    assert by_class(y, None, None) is None
    assert by_class(y, weight, None) is weight
    np.testing.assert_array_equal(by_class(y, None, {1: 5.0}), [1, 5, 1, 5])
    np.testing.assert_array_equal(by_class(y, weight, {1: 5.0, 0: 0.5}), [0.5, 10, 3, 20])


def test_the_last_rows_are_held_out():
    (x, y, weight), held = split([A, B], B, None, 0.34)
    assert (length(x), len(y), weight) == (3, 3, None)
    np.testing.assert_array_equal(held[1], B[3:])
    np.testing.assert_array_equal(held[0][0], A[3:])
