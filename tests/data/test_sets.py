"""DataSet's one line, and what a split promises: sizes, order, shares of the classes, the seed."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.data import DataSet, ImagePreparation, split
from pellucid.errors import DataError, SettingError


def images(n, classes=2):
    return np.zeros((n, 4, 5, 3), np.uint8), np.arange(n, dtype=np.int64) % classes


def test_describe_images_with_a_test_part():
    x, y = images(1200)
    data = DataSet("cats", x, y, *images(8), ["cat", "dog", "cow"], ImagePreparation(4, 5, 3))
    assert (
        data.describe() == "cats: 1,200 training and 8 test images of 4 x 5 x 3, 3 classes"
    )  # the names count, not the labels that happen to occur


def test_describe_targets_that_are_no_classes():
    data = DataSet("houses", np.zeros((5, 2)), np.zeros(5))
    assert data.describe() == "houses: 5 training rows of shape (2,) and float64"


def test_held_out_keeps_a_test_part_that_is_there():
    data = DataSet("set", *images(10), *images(4))
    assert data.held_out(0.5, 0) is data


def test_held_out_splits_where_there_is_none():
    data = DataSet("set", *images(10), None, None, ["a", "b"], ImagePreparation(4, 5, 3))
    held = data.held_out(0.2, 1)
    assert (len(held.x_train), len(held.x_test), held.class_names) == (8, 2, ["a", "b"])
    assert sorted(held.y_test) == [0, 1]
    assert data.x_test is None


@given(
    counts=st.lists(st.integers(0, 30), min_size=1, max_size=6).filter(lambda c: sum(c) > 1),
    fraction=st.floats(0.01, 0.99),
    seed=st.integers(0, 9),
)
def test_split_is_stratified_complete_and_in_order(counts, fraction, seed):
    y = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    n = len(y)
    x_train, y_train, x_test, y_test = split(np.arange(n), y, fraction, seed)
    assert len(x_test) == min(max(round(n * fraction), 1), n - 1)
    assert sorted([*x_train, *x_test]) == list(range(n))
    assert (np.diff(x_train) > 0).all()
    assert (np.diff(x_test) > 0).all()
    np.testing.assert_array_equal(y[x_train], y_train)
    np.testing.assert_array_equal(y[x_test], y_test)
    shares = np.array(counts) * len(x_test) / n
    assert (abs(np.bincount(y_test, minlength=len(counts)) - shares) < 1 + 1e-9).all()


def test_split_depends_on_the_seed_alone():
    x, y = np.arange(100), np.arange(100) % 3
    np.testing.assert_array_equal(split(x, y, 0.3, 7)[2], split(x, y, 0.3, 7)[2])
    assert (split(x, y, 0.3, 7)[2] != split(x, y, 0.3, 8)[2]).any()


@pytest.mark.parametrize("y", [np.linspace(0, 1, 20), np.eye(20)])
def test_split_draws_at_random_where_targets_are_no_labels(y):
    x_train, y_train, x_test, y_test = split(np.arange(20), y, 0.25)
    assert len(x_test) == 5
    assert sorted([*x_train, *x_test]) == list(range(20))
    np.testing.assert_array_equal(y[x_test], y_test)
    np.testing.assert_array_equal(y[x_train], y_train)


@pytest.mark.parametrize("fraction", [0, 1, -0.2, 5, float("nan")])
def test_split_refuses_a_fraction_out_of_range(fraction):
    text = f"split: expected a fraction between 0 and 1; got {fraction}. 0.2 holds out one row"
    with pytest.raises(SettingError, match=re.escape(text)):
        split(np.zeros(4), np.zeros(4), fraction)


@pytest.mark.parametrize(("n", "m"), [(1, 1), (3, 4)])
def test_split_refuses_rows_that_cannot_be_split(n, m):
    text = f"split: expected at least two rows, as many in x as in y; got {n} in x and {m} in y."
    with pytest.raises(DataError, match=re.escape(text)):
        split(np.zeros(n), np.zeros(m))
