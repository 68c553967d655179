"""The error function, against SciPy's."""

import numpy as np
import pytest
import scipy.special

from pellucid.engines import numpy_engine
from pellucid.engines.error_function import erf

GRID = np.concatenate(
    [
        np.linspace(-7, 7, 100_001),
        np.arange(-448, 449) / 64,  # the centres of the expansions
        (np.arange(-448, 448) + 0.5) / 64,  # and the places farthest from them
        [5e-324, 1e-300, 1e-16, 1e-8, 5.99, 6.0, 6.01, 1e308],
    ]
)


def test_in_float64_it_is_scipys_to_the_last_bits():
    np.testing.assert_allclose(erf(GRID), scipy.special.erf(GRID), rtol=0, atol=4e-16)


def test_near_0_it_is_exact_relative_to_its_size():
    x = 10.0 ** np.arange(-300, 0)
    np.testing.assert_allclose(erf(x), scipy.special.erf(x), rtol=4e-16)


def test_in_float32_it_is_the_nearest_number_or_one_beside_it():
    x = GRID[np.abs(GRID) < 10].astype(np.float32)
    assert erf(x).dtype == "float32"
    expected = scipy.special.erf(x.astype(np.float64))
    np.testing.assert_allclose(erf(x), expected, rtol=2**-24 + 1e-9, atol=2**-149)


def test_it_is_odd_and_never_beyond_1():
    assert np.array_equal(erf(-GRID), -erf(GRID))
    assert np.abs(erf(GRID)).max() == 1


def test_it_never_falls():
    """Up to its own rounding: where it is flat, neighbours may swap by a last bit."""
    assert np.diff(erf(np.linspace(-7, 7, 100_001))).min() >= -2e-16


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_is_no_number_or_infinite(dtype):
    x = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0], dtype)
    y = erf(x)
    assert np.isnan(y[0])
    assert y[1:].tolist() == [1.0, -1.0, 0.0, 0.0]
    assert np.signbit(y[-1])
    assert y.dtype == dtype


@pytest.mark.parametrize("shape", [(), (0,), (2, 3), (2, 0, 3)])
def test_any_shape(shape, rng):
    x = rng.normal(size=shape)
    y = erf(x)
    assert y.shape == shape
    np.testing.assert_allclose(y, scipy.special.erf(x), rtol=0, atol=4e-16)


def test_whole_numbers_become_float64():
    y = erf(np.arange(3))
    assert y.dtype == "float64"
    np.testing.assert_allclose(y, scipy.special.erf(np.arange(3)), rtol=0, atol=4e-16)


def test_the_engine_offers_it():
    assert np.array_equal(numpy_engine.erf(GRID), erf(GRID))
