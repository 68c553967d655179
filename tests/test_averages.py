"""The exponentially weighted average: its formula, its length, its correction."""

import math

import numpy as np
import pytest

from pellucid.averages import ExponentialAverage, bias_correction, move_average, smooth
from pellucid.errors import SettingError

from .saying import says


def test_the_formula_in_place():
    # V = 0.9 V + 0.1 theta from V = 0: 1, 0.9 + 2 = 2.9, 2.61 + 0.5 = 3.11
    V = np.zeros(1)
    same, found = V, []
    for theta in (10.0, 20.0, 5.0):
        move_average(V, np.array([theta]), 0.9)
        found.append(V.item())
    assert np.allclose(found, [1.0, 2.9, 3.11])
    assert V is same


def test_another_gain_makes_a_velocity():
    V = np.array([1.0])
    move_average(V, np.array([4.0]), 0.5, gain=-0.1)
    assert np.allclose(V, 0.5 - 0.4)


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9, 0.99])
def test_it_is_a_weighted_sum_of_all_values(beta, rng):
    values, V = rng.normal(size=50), np.zeros(1)
    for theta in values:
        move_average(V, theta, beta)
    weights = (1 - beta) * beta ** np.arange(50)[::-1]
    assert V[0] == pytest.approx(weights @ values)


@pytest.mark.parametrize("beta", [0.9, 0.98, 0.999])
def test_it_is_about_one_over_one_minus_beta_long(beta):
    # the last 1 / (1 - beta) values hold 1 - beta^(1 / (1 - beta)), about 1 - 1/e, of the weight
    length = round(1 / (1 - beta))
    weights = (1 - beta) * beta ** np.arange(length)
    assert weights.sum() == pytest.approx(1 - 1 / math.e, abs=0.02)
    # and the mean age of a value is length - 1
    k = np.arange(40 * length)
    assert ((1 - beta) * beta**k) @ k == pytest.approx(length - 1, rel=1e-9)


def test_bias_correction_is_the_sum_of_the_weights_so_far():
    for beta in (0.5, 0.9):
        for t in (1, 2, 10):
            weights = (1 - beta) * beta ** np.arange(t)
            assert bias_correction(beta, t) == pytest.approx(weights.sum())
    assert bias_correction(0.9, 10_000) == 1


def test_a_corrected_average_of_a_constant_is_the_constant_from_the_start():
    average = ExponentialAverage(0.99)
    assert [average(7.0) for _ in range(5)] == pytest.approx([7.0] * 5)


def test_a_corrected_average_by_hand():
    # 0.5 4 / 0.5 = 4;   (0.25 4 + 0.5 8) / 0.75 = 6.667
    assert smooth([4.0, 8.0], beta=0.5) == pytest.approx([4.0, 20 / 3])
    assert smooth([], beta=0.5) == []
    assert smooth([4.0, 8.0], beta=0) == [4.0, 8.0]


@pytest.mark.parametrize("beta", [-0.1, 1, 1.5])
def test_a_beta_out_of_range_is_refused(beta):
    text = f"average: expected a beta from 0 to below 1; got {beta}. Try 0.9."
    with says(SettingError, text):
        ExponentialAverage(beta)
