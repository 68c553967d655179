"""Mixing examples: the formula, the distribution of the shares, the partners."""

import math

import numpy as np
import pytest

from pellucid.errors import SettingError
from pellucid.layers import MixUp

from ..saying import says


def test_each_example_is_mixed_with_its_partner(rng):
    x = rng.normal(size=(30, 4, 5, 3))
    layer = MixUp(1.0, dtype="float64")
    y = layer(x, training=True)
    share, partner = layer.mixing
    for i in range(30):
        np.testing.assert_allclose(y[i], share[i] * x[i] + (1 - share[i]) * x[partner[i]])
    assert sorted(partner) == list(range(30))
    assert not np.array_equal(partner, np.arange(30))
    assert len(np.unique(share)) == 30


@pytest.mark.parametrize("alpha", [0.2, 1.0, 8])
def test_shares_are_beta_distributed(alpha):
    """Beta(alpha, alpha) has the mean 1/2 and the variance 1 / (4 (2 alpha + 1))."""
    N = 20_000
    layer = MixUp(alpha, seed=0)
    layer(np.zeros((N, 1)), training=True)
    share, _ = layer.mixing
    variance = 1 / (4 * (2 * alpha + 1))
    assert share.min() >= 0
    assert share.max() <= 1
    assert abs(share.mean() - 0.5) < 5 * math.sqrt(variance / N)
    assert share.var() == pytest.approx(variance, rel=0.05)


def test_the_means_over_the_batch_stay_half_and_half(rng):
    """What an example gives away, others get: with equal shares the mean of the batch is kept."""
    x = rng.normal(size=(100, 3))
    y = MixUp(1e6, seed=0, dtype="float64")(x, training=True)
    np.testing.assert_allclose(y.mean(axis=0), x.mean(axis=0), atol=1e-2)
    assert y.var() < 0.7 * x.var()


def test_rows_of_a_table_and_one_example_alone(rng):
    row = rng.normal(size=(1, 7)).astype("float32")
    np.testing.assert_allclose(MixUp()(row, training=True), row, rtol=1e-6)
    assert MixUp()(rng.normal(size=(5, 7)), training=True).shape == (5, 7)


def test_inference_mixes_nothing_and_says_so(rng):
    x = rng.normal(size=(5, 7)).astype("float32")
    layer = MixUp()
    assert layer.mixing is None
    layer(x, training=True)
    assert layer.mixing is not None
    assert np.array_equal(layer(x), x)
    assert layer.mixing is None


@pytest.mark.parametrize("alpha", [0, -0.2, "1", None, True, math.inf, math.nan])
def test_an_alpha_that_is_not_above_0_is_refused(alpha):
    with says(SettingError, f"MixUp: expected alpha above 0; got {alpha!r}. Try 0.2."):
        MixUp(alpha)
