"""Pooling, against PyTorch over drawn shapes, against small gates, and at ties."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from pellucid import Tensor, nn
from pellucid import gates as g
from pellucid.errors import ShapeError

from .cases import distinct
from .comparing import agree, same
from .test_convolution import PAIR, explicit

SETTINGS = {
    "pool": PAIR,
    "strides": PAIR,
    "padding": st.sampled_from(["valid", "same", ((1, 0), (0, 1)), ((0, 1), (1, 1))]),
    "size": st.tuples(st.integers(3, 6), st.integers(3, 6)),
}


def windows(x, pool, strides, padding, fill):
    """What each window sees of channels-last images, as PyTorch unfolds it: (N, P, Q, C, taps)."""
    (top, bottom), (left, right) = explicit(padding, x.shape[1:3], pool, strides, (1, 1))
    x = F.pad(x.permute(0, 3, 1, 2), (left, right, top, bottom), value=fill)
    seen = x.unfold(2, pool[0], strides[0]).unfold(3, pool[1], strides[1])
    return seen.permute(0, 2, 3, 1, 4, 5).flatten(-2)


def sees_the_image(pool, padding):
    """Whether every window has a place of the image in it, as both gates ask."""
    return isinstance(padding, str) or all(max(p) < k for p, k in zip(padding, pool, strict=True))


@given(**SETTINGS)
def test_max_pool_as_pytorch(pool, strides, padding, size):
    padding = padding if sees_the_image(pool, padding) else "same"
    x = distinct(np.random.default_rng(0), 2, *size, 2)
    largest = lambda x: windows(x, pool, strides, padding, -torch.inf).amax(-1)
    agree(lambda: g.MaxPool2D(pool, strides, padding), largest, x)


@given(**SETTINGS)
def test_average_pool_as_pytorch(pool, strides, padding, size):
    padding = padding if sees_the_image(pool, padding) else "same"
    x = distinct(np.random.default_rng(0), 2, *size, 2)

    def mean(x):
        inside = windows(torch.ones_like(x), pool, strides, padding, 0.0)
        return windows(x, pool, strides, padding, 0.0).sum(-1) / inside.sum(-1)

    agree(lambda: g.AveragePool2D(pool, strides, padding), mean, x)


@pytest.mark.parametrize("padding", [0, 1])
def test_pooling_as_pytorchs_own_pools(padding, rng):
    x, sides = distinct(rng, 2, 6, 7, 3), ((padding, padding), (padding, padding))
    first = lambda z: z.permute(0, 3, 1, 2)
    last = lambda z: z.permute(0, 2, 3, 1)
    agree(
        lambda: g.MaxPool2D((3, 2), (2, 2), sides),
        lambda x: last(F.max_pool2d(first(x), (3, 2), 2, padding)),
        x,
    )
    agree(
        lambda: g.AveragePool2D((3, 2), (2, 2), sides),
        lambda x: last(F.avg_pool2d(first(x), (3, 2), 2, padding, count_include_pad=False)),
        x,
    )


@given(
    pool=st.integers(1, 3),
    stride=st.one_of(st.none(), st.integers(1, 3)),
    padding=st.integers(0, 1),
    length=st.integers(3, 7),
)
def test_pooling_of_sequences_as_pytorch(pool, stride, padding, length):
    padding = min(padding, pool // 2)  # PyTorch asks for that
    x = distinct(np.random.default_rng(0), 2, length, 2)
    turn = lambda z: z.permute(0, 2, 1)
    largest = lambda x: turn(F.max_pool1d(turn(x), pool, stride, padding))
    mean = lambda x: turn(F.avg_pool1d(turn(x), pool, stride, padding, count_include_pad=False))
    agree(lambda: g.MaxPool1D(pool, stride, (padding, padding)), largest, x)
    agree(lambda: g.AveragePool1D(pool, stride, (padding, padding)), mean, x)


@pytest.mark.parametrize("padding", ["valid", "same", (1, 0)])
def test_sequences_are_images_one_row_high(padding, rng):
    x = distinct(rng, 2, 7, 3)
    sides = padding if isinstance(padding, str) else ((0, 0), padding)
    for pool1d, pool2d in (
        (nn.max_pool1d, nn.max_pool2d),
        (nn.average_pool1d, nn.average_pool2d),
    ):
        same(
            lambda x, pool1d=pool1d: pool1d(x, 3, 2, padding),
            lambda x, pool2d=pool2d: pool2d(x[:, None], (1, 3), (1, 2), sides)[:, 0],
            x,
        )


def test_pooling_is_a_reduction_of_blocks(rng):
    x = distinct(rng, 2, 6, 4, 3)
    blocks = lambda x: nn.reshape(x, (2, 3, 2, 2, 2, 3))
    same(nn.max_pool2d, lambda x: nn.max(blocks(x), (2, 4)), x)
    same(nn.average_pool2d, lambda x: nn.mean(blocks(x), (2, 4)), x)
    whole = lambda pool: lambda x: pool(x, (6, 4))[:, 0, 0]
    same(whole(nn.max_pool2d), lambda x: nn.max(x, (1, 2)), x)
    same(whole(nn.average_pool2d), lambda x: nn.mean(x, (1, 2)), x)


def test_average_pooling_is_a_convolution_with_equal_weights(rng):
    x = rng.normal(size=(2, 5, 6, 1))
    W = np.full((3, 2, 1, 1), 1 / 6)
    same(
        lambda x: nn.average_pool2d(x, (3, 2), (1, 2)),
        lambda x: nn.conv2d(x, W, strides=(1, 2)),
        x,
    )


def test_of_equal_values_the_first_in_the_window_gets_the_gradient():
    x = Tensor(np.ones((1, 2, 4, 1)))
    nn.sum(nn.max_pool2d(x)).backward()
    assert x.grad[0, ..., 0].tolist() == [[1.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 0.0]]


def test_padding_is_never_the_largest_and_takes_no_part_in_a_mean():
    x = np.full((1, 2, 2, 1), -3.0)
    sides = ((1, 1), (1, 1))
    for pool in (nn.max_pool2d, nn.average_pool2d):
        assert pool(x, 2, 1, sides).tolist() == np.full((1, 3, 3, 1), -3.0).tolist()


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int64"])
def test_the_largest_of_whole_numbers_is_one_of_them(dtype):
    x = np.arange(4).reshape(1, 2, 2, 1).astype(dtype) - (7 if dtype[0] == "i" else 0)
    z = nn.max_pool2d(x, 2, 1, ((1, 1), (1, 1)))
    assert z.dtype == x.dtype
    assert (z[0, ..., 0] - x[0, 0, 0]).tolist() == [[0, 1, 1], [2, 3, 3], [2, 3, 3]]


def test_a_window_may_have_more_places_than_a_short_integer_counts():
    x = np.zeros((1, 200, 200, 1))
    x[0, 190, 7] = 1.0
    gate = g.MaxPool2D((200, 200))
    assert gate.forward(x).item() == 1.0
    assert np.array_equal(gate.dx(np.ones((1, 1, 1, 1))), x)


def test_a_window_larger_than_the_image_is_refused():
    with pytest.raises(ShapeError, match=r"expected an image of at least \(3, 3\); got one of"):
        nn.max_pool2d(np.ones((1, 2, 5, 1)), 3)
