"""Max pooling by halves, beside the plain kernel: also ties, odd sizes and NaN."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.engines import halving, numpy_engine

from .plain import plain_engine


@given(
    N=st.integers(0, 3),
    H=st.integers(2, 7),
    W=st.integers(2, 7),
    C=st.integers(1, 3),
    ties=st.booleans(),
)
def test_as_the_plain_kernel(N, H, W, C, ties):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(N, H, W, C))
    x = np.round(x) if ties else x
    z, winner = numpy_engine.max_pool(x, halving.WINDOW)
    expected, first = plain_engine.max_pool(x, halving.WINDOW)
    np.testing.assert_array_equal(z, expected)
    dz = rng.normal(size=z.shape)
    dx = numpy_engine.max_pool_dx(dz, winner, (H, W), halving.WINDOW)
    np.testing.assert_array_equal(dx, plain_engine.max_pool_dx(dz, first, (H, W), halving.WINDOW))


@pytest.mark.parametrize("where", range(4))
def test_the_winner_gets_the_gradient(where):
    x = np.zeros((1, 2, 2, 1))
    x.reshape(-1)[where] = 1
    z, winner = numpy_engine.max_pool(x, halving.WINDOW)
    assert z.item() == 1
    dx = numpy_engine.max_pool_dx(np.full((1, 1, 1, 1), 5.0), winner, (2, 2), halving.WINDOW)
    np.testing.assert_array_equal(dx, 5 * x)


def test_nan_is_seen():
    x = np.array([1.0, np.nan, 0.0, 2.0]).reshape(1, 2, 2, 1)
    assert np.isnan(numpy_engine.max_pool(x, halving.WINDOW)[0]).all()
