"""The share of the variance that is explained: by its definition, in batches, far from 0."""

import numpy as np
import pytest

from pellucid.errors import SettingError
from pellucid.metrics import R2Score

from ..saying import says
from .measuring import in_batches, measured


def by_definition(y, p, weight=None):
    mu = np.average(y, axis=0, weights=weight)
    w = np.ones(len(y)) if weight is None else weight
    return 1 - (w @ (y - p) ** 2) / (w @ (y - mu) ** 2)


def test_it_is_its_definition(rng):
    y = rng.normal(size=(20, 3)) * [1, 5, 0.1]
    p, weight = y + rng.normal(size=(20, 3)) * 0.3, rng.uniform(size=20)
    each = by_definition(y, p)
    np.testing.assert_allclose(measured(R2Score(None), y, p), each)
    np.testing.assert_allclose(in_batches(R2Score(None), [1, 12, 7], y, p), each)
    np.testing.assert_allclose(
        in_batches(R2Score(None), [1, 12, 7], y, p, weight), by_definition(y, p, weight)
    )
    assert measured(R2Score(), y, p) == pytest.approx(each.mean())
    variance = y.var(axis=0)
    expected = (variance * each).sum() / variance.sum()
    assert measured(R2Score("variance_weighted_average"), y, p) == pytest.approx(expected)


def test_far_from_0_no_digit_is_lost_in_float32(rng):
    y = (1e4 + rng.integers(0, 8, 1000)).astype("float32")
    p = y + rng.choice(np.float32([-0.5, 0.5]), 1000)
    expected = by_definition(y.astype(float), p.astype(float))
    found = in_batches(R2Score(), [100] * 10, y, p)
    assert found == pytest.approx(expected, rel=1e-10)


def test_the_score_of_the_mean_is_0_and_worse_is_below():
    y = [1.0, 2.0, 3.0]
    assert measured(R2Score(), y, [2.0, 2.0, 2.0]) == 0
    assert measured(R2Score(), y, [3.0, 2.0, 1.0]) == -3
    assert measured(R2Score(), y, y) == 1


def test_targets_that_are_all_alike():
    for aggregation in ("uniform_average", "variance_weighted_average"):
        assert measured(R2Score(aggregation), [2.0, 2.0], [2.0, 2.0]) == 1
        assert measured(R2Score(aggregation), [2.0, 2.0], [2.0, 3.0]) == 0
        assert R2Score(aggregation).result() == 0
    y, p = [[1.0, 5.0], [2.0, 5.0]], [[1.0, 5.0], [2.0, 6.0]]
    assert measured(R2Score(None), y, p).tolist() == [1, 0]
    assert measured(R2Score("variance_weighted_average"), y, p) == 1


def test_adjusted_for_what_the_model_was_given(rng):
    y = rng.normal(size=10)
    p = y + 0.1 * rng.normal(size=10)
    plain = measured(R2Score(), y, p)
    expected = 1 - (1 - plain) * 9 / (10 - 3 - 1)
    assert in_batches(R2Score(num_regressors=3), [4, 6], y, p) == pytest.approx(expected)
    for too_many in (9, 20):
        assert measured(R2Score(num_regressors=too_many), y, p) == pytest.approx(plain)


def test_rows_without_weight_play_no_part():
    y, p = [5.0, 1.0, 2.0, 3.0], [0.0, 1.0, 2.5, 3.0]
    expected = measured(R2Score(), y[1:], p[1:])
    assert measured(R2Score(), y, p, [0, 1, 1, 1]) == pytest.approx(expected)
    assert in_batches(R2Score(), [1, 3], y, p, [0, 1, 1, 1]) == pytest.approx(expected)


def test_settings_that_are_refused():
    text = (
        "R2Score: expected class_aggregation None, 'uniform_average' "
        "or 'variance_weighted_average'; got 'sum'. Choose one."
    )
    with says(SettingError, text):
        R2Score("sum")
    text = "R2Score: expected num_regressors to be a whole number from 0; got -1. Try 0."
    with says(SettingError, text):
        R2Score(num_regressors=-1)


def test_states_are_joined_as_batches_are(rng):
    y = rng.normal(size=(12, 2)) + 1e3
    p = y + rng.normal(size=(12, 2))
    whole, parts = R2Score(), [R2Score() for _ in range(3)]
    whole.update_state(y, p)
    for part, rows in zip(
        parts, (slice(0, 5), slice(5, 12)), strict=False
    ):  # the last sees nothing
        part.update_state(y[rows], p[rows])
    whole_state = whole.get_state()
    joined = R2Score().joined([part.get_state() for part in parts])
    for name, value in whole_state.items():
        np.testing.assert_allclose(joined[name], value, rtol=1e-12)
