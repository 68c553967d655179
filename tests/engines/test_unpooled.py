"""A pooling's gradient that is read by blocks gives what all of it gives."""

import numpy as np
import pytest

from pellucid.engines import Waiting, Window, computed, convolution, elementwise, numpy_engine
from pellucid.engines.halving import WINDOW
from pellucid.gates import Conv2D, MaxPool2D, Multiply, ReLU
from pellucid.graph import Tensor
from pellucid.graph.backprop import backpropagate
from pellucid.graph.tensor import apply

from .plain import plain_engine


@pytest.fixture(autouse=True)
def small_arrays_wait(monkeypatch):
    """Waiting, and neighbouring windows taken together, also for small arrays."""
    monkeypatch.setattr(elementwise, "SMALL", 0)
    monkeypatch.setattr(convolution, "FEW", 0)


@pytest.fixture
def unpooled(rng):
    """A gradient of images (5, 7, 8, C), whose last row is in no window; and the images."""

    def make(C, dtype="float64"):
        x = rng.normal(size=(5, 7, 8, C)).astype(dtype)
        z, winner = numpy_engine.max_pool(x, WINDOW)
        dz = rng.normal(size=z.shape).astype(dtype)
        with numpy_engine.joining() as joined:
            found = numpy_engine.max_pool_dx_later(dz, winner, (7, 8), WINDOW)
        assert isinstance(found, Waiting)
        assert joined.used
        whole = plain_engine.max_pool_dx(dz, plain_engine.max_pool(x, WINDOW)[1], (7, 8), WINDOW)
        return found, whole

    return make


def test_it_looks_like_an_array_and_is_computed_once(unpooled):
    found, whole = unpooled(3, "float32")
    assert (found.shape, found.ndim, found.dtype, found.waits) == (whole.shape, 4, "float32", True)
    np.testing.assert_array_equal(found[1:3], whole[1:3])
    assert found.waits
    np.testing.assert_array_equal(found[4], whole[4])
    assert not found.waits
    assert found.computed() is computed(found)
    np.testing.assert_array_equal(found.computed(), whole)
    assert np.shares_memory(found[1:3], found.computed())


def test_sums_are_those_of_what_was_pooled(unpooled):
    found, whole = unpooled(3)
    sums = numpy_engine.sum_rows(found)
    assert found.waits
    np.testing.assert_allclose(sums, whole.sum(axis=(0, 1, 2)), rtol=1e-12)
    found.computed()
    np.testing.assert_allclose(numpy_engine.sum_rows(found), sums, rtol=1e-12)


@pytest.mark.parametrize(
    ("window", "groups", "by_blocks"),
    [
        (Window((3, 3), padding=((1, 1), (1, 1))), 1, True),
        (Window((1, 1)), 1, True),
        (Window((3, 3), padding=((1, 1), (1, 1))), 2, False),
        (Window((3, 3), padding=((1, 1), (1, 1))), 16, False),  # a filter for each channel
    ],
)
def test_convolutions_read_it(unpooled, rng, window, groups, by_blocks):
    C = U = 16
    dz, whole = unpooled(U)
    x, W = rng.normal(size=(5, 7, 8, C)), rng.normal(size=(*window.kernel, C // groups, U))
    dx, dW = numpy_engine.conv2d_back(x, dz, W, window, groups)
    assert dz.waits == by_blocks
    np.testing.assert_allclose(dx, plain_engine.conv2d_dx(whole, W, (7, 8), window, groups))
    expected = plain_engine.conv2d_dW(x, whole, window, groups)
    np.testing.assert_allclose(dW, expected, atol=1e-12)
    dz, whole = unpooled(U)
    expected = plain_engine.conv2d_dW(x, whole, window, groups)
    found = numpy_engine.conv2d_dW(x, dz, window, groups)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert dz.waits == (groups < C)


@pytest.mark.parametrize("C", [1, 16])
def test_a_convolution_that_narrows_reads_it(unpooled, rng, C):
    """For dx and dW it is read twice, and so computed; for dW alone by blocks."""
    window, (dz, whole) = Window((3, 3)), unpooled(4)
    x, W = rng.normal(size=(5, 9, 10, C)), rng.normal(size=(3, 3, C, 4))
    expected = plain_engine.conv2d_dW(x, whole, window)
    np.testing.assert_allclose(numpy_engine.conv2d_dW(x, dz, window), expected, atol=1e-12)
    assert dz.waits
    dx, dW = numpy_engine.conv2d_back(x, dz, W, window)
    assert not dz.waits
    np.testing.assert_allclose(dW, expected, atol=1e-12)
    np.testing.assert_allclose(dx, plain_engine.conv2d_dx(whole, W, (9, 10), window), atol=1e-12)


def test_nothing_waits_outside(rng):
    x = rng.normal(size=(2, 4, 4, 3))
    z, winner = numpy_engine.max_pool(x, WINDOW)
    assert type(numpy_engine.max_pool_dx_later(z, winner, (4, 4), WINDOW)) is np.ndarray
    with numpy_engine.joining():
        window = Window((3, 3))
        z, winner = numpy_engine.max_pool(x, window)
        assert type(numpy_engine.max_pool_dx_later(z, winner, (4, 4), window)) is np.ndarray


class Looking(Multiply):
    """A product that keeps what its derivative was given."""

    def da(self, dy):
        self.given = dy
        return super().da(dy)


@pytest.mark.parametrize("uses", ["one", "a gate between", "two poolings", "a leaf"])
def test_who_does_not_take_it_is_given_an_array(rng, uses):
    def loss():
        x, W = Tensor(images.copy()), Tensor(filters.copy())
        z = read = x if uses == "a leaf" else apply(Conv2D(padding="same"), x, W)
        if uses == "a gate between":
            read = apply(Looking(), z, 2.0)
        if uses == "one":
            read = apply(ReLU(), z)
        pooled = apply(MaxPool2D(), read)
        if uses == "two poolings":
            pooled = pooled + apply(MaxPool2D(), read) * 3.0
        return (pooled * pooled).sum(), [x] if uses == "a leaf" else [x, W], read, z

    images, filters = rng.normal(size=(2, 4, 4, 3)), rng.normal(size=(3, 3, 3, 5))
    expected, leaves, _, _ = loss()
    expected.backward()
    with numpy_engine.joining():
        found, others, read, z = loss()
        backpropagate(found)
    for leaf, other in zip(leaves, others, strict=True):
        assert type(other.grad) is np.ndarray
        np.testing.assert_allclose(other.grad, leaf.grad, atol=1e-12)
    assert type(z.grad) is np.ndarray
    if uses == "a gate between":
        assert type(read.gate.given) is np.ndarray
