"""Formulas that wait give, to the bit, what they give at once."""

import weakref

import numpy as np
import pytest

from pellucid.engines import Waiting, Window, convolution, elementwise, numpy_engine, waiting

from .plain import plain_engine


@pytest.fixture(autouse=True)
def small_arrays_wait(monkeypatch):
    """Blocks, and waiting, also for small arrays."""
    monkeypatch.setattr(elementwise, "SMALL", 0)


def scaled(x, scale, shift):
    return numpy_engine.map_later(lambda x, s, t: x * s + t, x, along=(scale, shift), begins=True)


def rectified(z):
    return numpy_engine.map_later(lambda z: np.maximum(z, 0), z)


def test_nothing_waits_outside_or_where_it_is_small_or_alone(monkeypatch, rng):
    x, ones = rng.normal(size=(4, 5)), np.ones(5)
    assert type(scaled(x, ones, ones)) is np.ndarray
    with numpy_engine.joining() as joined:
        assert type(rectified(x)) is np.ndarray
        monkeypatch.setattr(elementwise, "SMALL", 1 << 20)
        assert type(scaled(x, ones, ones)) is np.ndarray
    assert not joined.used


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_chain_is_one_formula(dtype, rng):
    x, y = rng.normal(size=(2, 6, 5)).astype(dtype)
    a, b, c, d = rng.normal(size=(4, 5)).astype(dtype)
    with numpy_engine.joining() as joined:
        z = rectified(scaled(x, a, b) + scaled(y, c, d))
        assert isinstance(z, Waiting)
        assert (z.shape, z.ndim, z.dtype, z.waits) == ((6, 5), 2, dtype, True)
    assert joined.used
    expected = np.maximum((x * a + b) + (y * c + d), 0)
    np.testing.assert_array_equal(z.computed(), expected)
    assert z.computed().dtype == dtype


def test_it_is_computed_once_and_lets_go(monkeypatch, rng):
    x, ones = rng.normal(size=(6, 5)), np.ones(5)
    gone = weakref.ref(x)
    with numpy_engine.joining():
        z = scaled(x, ones, ones)
        del x
        assert gone() is not None
        first = z.computed()
        assert gone() is None
        assert not z.waits
        assert z.computed() is first
        a = rectified(z)  # of what is there already
        np.testing.assert_array_equal(a.computed(), np.maximum(first, 0))
        np.testing.assert_array_equal(numpy_engine.map(lambda z: -z, z), -first)
        np.testing.assert_array_equal(z[:2], first[:2])


def test_sums_with_arrays_and_with_other_shapes(rng):
    x, ones = rng.normal(size=(6, 5)), np.ones(5)
    with numpy_engine.joining():
        for z in (scaled(x, ones, ones) + x, x + scaled(x, ones, ones)):
            assert isinstance(z, Waiting)
            np.testing.assert_array_equal(z.computed(), (x + 1) + x)
        np.testing.assert_array_equal(scaled(x, ones, ones) + ones, (x + 1) + 1)
        np.testing.assert_array_equal(2 + scaled(x, ones, ones), 2 + (x + 1))


def test_one_array_that_is_read_twice(rng):
    x, ones = rng.normal(size=(6, 5)), np.ones(5)
    with numpy_engine.joining():
        z = scaled(x, ones, ones)
        both = z + rectified(z)
    np.testing.assert_array_equal(both.computed(), (x + 1) + np.maximum(x + 1, 0))


# -- convolutions ---------------------------------------------------------------------------------


def convolved(rng):
    x, W, b = rng.normal(size=(7, 6, 8, 3)), rng.normal(size=(3, 3, 3, 2)), rng.normal(size=2)
    window = Window((3, 3))
    with numpy_engine.joining():
        z = numpy_engine.conv2d_later(x, W, window, b=b)
    assert isinstance(z, waiting.Convolution)
    expected = plain_engine.conv2d(x, W, window, b=b)
    assert (z.shape, z.dtype) == (expected.shape, expected.dtype)
    return z, W, expected


def test_a_convolution_is_computed_when_it_is_read(rng):
    z, _, expected = convolved(rng)
    np.testing.assert_allclose(z.computed(), expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(rectified(z).computed(), np.maximum(z.computed(), 0))


@pytest.mark.parametrize("is_read_before", [False, True])
def test_its_blocks_are_all_of_it(monkeypatch, rng, is_read_before):
    monkeypatch.setattr(convolution, "good_blocks", lambda x, *_: [slice(0, 3), slice(3, len(x))])
    z, _, expected = convolved(rng)
    if is_read_before:
        z.computed()
    found = np.full(z.shape, np.nan)

    def take(block, part):
        found[block] = part

    z.by_blocks(take)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("window", [Window((2, 2), (2, 2)), Window((3, 3), (2, 2))])
@pytest.mark.parametrize("places", [False, True])
def test_pooling_block_by_block(rng, window, places):
    z, *_ = convolved(rng)
    pooled, winner = numpy_engine.max_pool(z, window, places)
    assert z.waits
    wanted, their_winner = numpy_engine.max_pool(z.computed(), window, places)
    np.testing.assert_array_equal(pooled, wanted)
    if not places:
        assert winner is their_winner is None
        return
    winners = (winner, their_winner) if isinstance(winner, tuple) else ([winner], [their_winner])
    for one, other in zip(*winners, strict=True):
        np.testing.assert_array_equal(one, other)


def test_filters_whose_output_was_read_again_wait_no_more(rng):
    z, W, expected = convolved(rng)
    z.by_blocks(lambda block, part: None)
    np.testing.assert_allclose(z.computed(), expected, rtol=1e-12, atol=1e-12)
    with numpy_engine.joining():
        again = numpy_engine.conv2d_later(np.ones((7, 6, 8, 3)), W, Window((3, 3)))
        assert type(again) is np.ndarray
        other = numpy_engine.conv2d_later(np.ones((7, 6, 8, 3)), W.copy(), Window((3, 3)))
        assert isinstance(other, waiting.Convolution)
