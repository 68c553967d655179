"""The plain kernels, against loops over every number: fast kernels are tested with them."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.engines import Engine, Window, engine_of, numpy_engine

from .plain import plain_engine
from .shapes import windows

CHANNELS = st.tuples(st.sampled_from([1, 2]), st.integers(1, 2), st.integers(1, 2))


def positions(window, size):
    """Each place of the output and each tap, with the place of the image that the tap sees."""
    (kh, kw), (sh, sw), (dh, dw) = window.kernel, window.strides, window.dilation
    P, Q = window.output_size(*size)
    (top, _), (left, _) = window.padding
    for p, q, i, j in itertools.product(range(P), range(Q), range(kh), range(kw)):
        row, column = p * sh + i * dh - top, q * sw + j * dw - left
        if 0 <= row < size[0] and 0 <= column < size[1]:
            yield (p, q), (i, j), (row, column)


@given(windows(), CHANNELS, st.integers(1, 2))
def test_conv2d_and_its_derivatives(drawn, channels, N):
    (window, size), (groups, C, U) = drawn, channels
    rng = np.random.default_rng(0)
    x = rng.normal(size=(N, *size, groups * C))
    W = rng.normal(size=(*window.kernel, C, groups * U))
    P, Q = window.output_size(*size)
    dz = rng.normal(size=(N, P, Q, groups * U))
    z, dx, dW = np.zeros(dz.shape), np.zeros(x.shape), np.zeros(W.shape)
    for (p, q), tap, (row, column) in positions(window, size):
        for n, u, c in itertools.product(range(N), range(groups * U), range(C)):
            channel = u // U * C + c  # the u-th filter sees the channels of its own group
            z[n, p, q, u] += x[n, row, column, channel] * W[tap][c, u]
            dx[n, row, column, channel] += dz[n, p, q, u] * W[tap][c, u]
            dW[tap][c, u] += dz[n, p, q, u] * x[n, row, column, channel]
    close = {"rtol": 1e-12, "atol": 1e-12}
    np.testing.assert_allclose(plain_engine.conv2d(x, W, window, groups), z, **close)
    found = plain_engine.conv2d_dx(dz, W, size, window, groups)
    np.testing.assert_allclose(found, dx, **close)
    np.testing.assert_allclose(plain_engine.conv2d_dW(x, dz, window, groups), dW, **close)


@given(windows())
def test_pooling_and_its_derivatives(drawn):
    window, size = drawn
    rng, N, C = np.random.default_rng(0), 2, 2
    x = rng.integers(-2, 3, (N, *size, C)).astype(float)  # with many ties
    P, Q = window.output_size(*size)
    dz = rng.normal(size=(N, P, Q, C))
    largest, total = np.full(dz.shape, -np.inf), np.zeros(dz.shape)
    first = np.zeros((*dz.shape, 2), int)
    spread, won = np.zeros(x.shape), np.zeros(x.shape)
    seen = np.zeros((P, Q), bool)
    for (p, q), _, (row, column) in positions(window, size):
        seen[p, q] = True
        total[:, p, q] += x[:, row, column]
        spread[:, row, column] += dz[:, p, q]
        better = x[:, row, column] > largest[:, p, q]
        largest[:, p, q][better] = x[:, row, column][better]
        first[:, p, q][better] = row, column
    for n, p, q, c in np.ndindex(dz.shape):
        if seen[p, q]:  # a window in the padding alone has no winner in the image
            won[n, *first[n, p, q, c], c] += dz[n, p, q, c]
    close = {"rtol": 1e-12, "atol": 1e-12}
    z, winner = numpy_engine.max_pool(x, window)
    assert np.array_equal(z, largest)
    found = numpy_engine.max_pool_dx(dz, winner, size, window)
    np.testing.assert_allclose(found, won, **close)
    np.testing.assert_allclose(numpy_engine.sum_pool(x, window), total, **close)
    np.testing.assert_allclose(numpy_engine.sum_pool_dx(dz, size, window), spread, **close)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_padding_surrounds_the_image(dtype):
    window = Window((1, 1), padding=((1, 0), (0, 2)))
    padded = numpy_engine.pad(np.ones((1, 1, 2, 1), dtype), window, -5.0)
    assert padded.dtype == dtype
    assert padded[0, ..., 0].tolist() == [[-5, -5, -5, -5], [1, 1, -5, -5]]
    x = np.ones((1, 2, 2, 1))
    assert numpy_engine.pad(x, Window((1, 1))) is x


def test_scatter_adds_up_at_repeated_places():
    values = np.array([1.0, 2.0, 3.0, 4.0])
    found = plain_engine.scatter_add((4,), np.array([1, 1, 3, 1]), values)
    assert found.tolist() == [0.0, 7.0, 0.0, 3.0]


def test_an_engine_must_say_how_it_makes_arrays_and_chance():
    with pytest.raises(TypeError, match="abstract"):
        Engine()


def test_arrays_and_numbers_live_on_the_numpy_engine():
    for value in (np.ones(2), 1.0, [1.0], None):
        assert engine_of(value) is numpy_engine
