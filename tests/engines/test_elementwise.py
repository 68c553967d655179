"""Formulas by blocks give what they give on the whole."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.engines import blas, elementwise, numpy_engine

from .plain import plain_engine

FORMULAS = [
    lambda x, y, mu, scale: (x - mu) * scale + y,
    lambda x, y, mu, scale: x * (y > 0) - mu * scale,
    lambda x, y, mu, scale: np.where(x > mu, y * scale, mu),  # which cannot be traced
]


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks of a few rows, also of small arrays."""
    monkeypatch.setattr(elementwise, "SMALL", 0)
    monkeypatch.setattr(elementwise, "BLOCK", 200)
    monkeypatch.setattr(elementwise, "WIDE", 12)


def drawn(shape, dtype="float64"):
    rng = np.random.default_rng(0)
    x, y = (rng.normal(size=shape).astype(dtype) for _ in range(2))
    return x, y, rng.normal(size=shape[-1]).astype(dtype), rng.normal(size=shape[-1]).astype(dtype)


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("shape", [(1, 1), (7, 3), (5, 4, 3, 2), (31, 5), (2, 3, 40)])
def test_by_blocks_as_on_the_whole(small_blocks, formula, shape):
    x, y, mu, scale = drawn(shape)
    found = numpy_engine.map(formula, x, y, along=(mu, scale))
    expected = plain_engine.map(formula, x, y, along=(mu, scale))
    np.testing.assert_array_equal(found, expected)
    total = numpy_engine.sum_map(formula, x, y, along=(mu, scale))
    np.testing.assert_allclose(
        total, plain_engine.sum_map(formula, x, y, along=(mu, scale)), rtol=1e-12, atol=1e-12
    )


@given(
    rows=st.integers(1, 60), C=st.integers(1, 9), block=st.integers(1, 999), wide=st.integers(1, 40)
)
def test_every_size_of_block_and_row(rows, C, block, wide):
    x, y, mu, scale = drawn((rows, C))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(elementwise, "SMALL", 0)
        patch.setattr(elementwise, "BLOCK", block)
        patch.setattr(elementwise, "WIDE", wide)
        found = numpy_engine.map(FORMULAS[0], x, y, along=(mu, scale))
        total = numpy_engine.sum_map(lambda x: x, x)
    np.testing.assert_array_equal(found, FORMULAS[0](x, y, mu, scale))
    np.testing.assert_allclose(total, x.sum(axis=0), rtol=1e-12, atol=1e-12)


def test_the_number_type_is_kept(small_blocks):
    x, y, mu, scale = drawn((20, 3), "float32")
    assert numpy_engine.map(FORMULAS[0], x, y, along=(mu, scale)).dtype == np.float32
    assert numpy_engine.sum_map(lambda x: x, x).dtype == np.float32
    assert numpy_engine.map(lambda x: x > 0, x).dtype == np.bool_


@pytest.mark.parametrize("shape", [(7, 3), (5, 4, 3, 2), (31, 5), (2, 3, 40)])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_moments(small_blocks, shape, dtype):
    x = drawn(shape, dtype)[0]
    tolerance = 1e-12 if dtype == "float64" else 1e-5
    for found, expected in zip(numpy_engine.moments(x), plain_engine.moments(x), strict=True):
        assert found.dtype == expected.dtype == dtype
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("shape", [(7, 3), (5, 4, 3, 2), (31, 5), (2, 3, 40)])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_sums_around(small_blocks, shape, dtype):
    given = drawn(shape, dtype)[:3]
    tolerance = 1e-12 if dtype == "float64" else 1e-5
    pairs = zip(numpy_engine.sums_around(*given), plain_engine.sums_around(*given), strict=True)
    for found, expected in pairs:
        assert found.dtype == expected.dtype == dtype
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("mean", [1e4, -1e6])
def test_moments_far_from_0_keep_their_digits(mean):
    """As E[x^2] - E[x]^2 the variance would have no digit left, and might be negative."""
    x = (np.random.default_rng(0).normal(size=(1 << 17, 4)) + mean).astype(np.float32)
    mu, var = numpy_engine.moments(x)
    exact = x.astype(np.float64)
    np.testing.assert_allclose(mu, exact.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(var, exact.var(axis=0), rtol=1e-5)


def test_moments_of_sorted_rows():
    """The first block, about which the others are taken, is the one that lies farthest away."""
    x = np.sort(np.random.default_rng(0).exponential(size=(1 << 18, 2)), axis=0).astype(np.float32)
    mu, var = numpy_engine.moments(x)
    exact = x.astype(np.float64)
    np.testing.assert_allclose(mu, exact.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(var, exact.var(axis=0), rtol=1e-5)


def test_arrays_that_do_not_lie_in_one_piece(small_blocks):
    x = np.random.default_rng(0).normal(size=(6, 5, 4)).transpose(2, 1, 0)
    np.testing.assert_array_equal(numpy_engine.map(np.exp, x), np.exp(x))
    total = numpy_engine.sum_map(lambda x: x, x)
    np.testing.assert_allclose(total, x.sum(axis=(0, 1)), rtol=1e-12)


def test_sums_of_many_large_numbers_keep_their_digits():
    """A million times 10,000 in float32, whose plain running sum would lose the third digit."""
    x = np.full((1 << 20, 2), 1e4, np.float32)
    np.testing.assert_allclose(numpy_engine.sum_rows(x), 1e4 * (1 << 20), rtol=1e-6)


@pytest.mark.parametrize("threads", [2, 3, 5])
def test_how_many_threads_share_changes_no_bit(small_blocks, monkeypatch, threads):
    x, y, mu, scale = drawn((61, 5), "float32")
    alone = numpy_engine.sum_map(FORMULAS[0], x, y, along=(mu, scale))
    monkeypatch.setattr(blas, "usual_threads", lambda: threads)
    with blas.one_thread():
        shared = numpy_engine.sum_map(FORMULAS[0], x, y, along=(mu, scale))
        found = numpy_engine.map(FORMULAS[0], x, y, along=(mu, scale))
    np.testing.assert_array_equal(shared, alone)
    np.testing.assert_array_equal(found, FORMULAS[0](x, y, mu, scale))


def test_large_elementwise_work_leaves_blas_its_threads():
    before = blas.threads()
    with numpy_engine.at_work():
        numpy_engine.map(lambda x: x + 1, np.ones((1 << 11, 1 << 10), np.float32))
        assert blas.threads() == before
