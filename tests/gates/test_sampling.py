"""Sampling against PyTorch's grid_sample and against small gates."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from pellucid import Tensor, nn
from pellucid import gates as g
from pellucid.errors import SettingError

from ..saying import says
from .comparing import agree, same

TORCH = {"constant": "zeros", "nearest": "border", "reflect": "reflection"}  # it has no wrap


def grid_sample(x, i, j, interpolation, fill_mode):
    """PyTorch's, whose coordinates go from -1 at the first edge of the image to 1 at the last."""
    H, W = x.shape[1:3]
    grid = torch.stack([(2 * j + 1) / W - 1, (2 * i + 1) / H - 1], -1)
    how = {"mode": interpolation, "padding_mode": TORCH[fill_mode], "align_corners": False}
    return F.grid_sample(x.permute(0, 3, 1, 2), grid, **how).permute(0, 2, 3, 1)


@given(
    interpolation=st.sampled_from(["bilinear", "nearest"]),
    fill_mode=st.sampled_from(list(TORCH)),
    size=st.tuples(st.integers(2, 6), st.integers(2, 6)),
    places=st.tuples(st.integers(1, 5), st.integers(1, 5)),
)
def test_sample2d_as_pytorch(interpolation, fill_mode, size, places):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, *size, 3))
    i, j = rng.uniform(-4, 9, (2, 2, *places))
    agree(
        lambda: g.Sample2D(interpolation, fill_mode),
        lambda x, i, j: grid_sample(x, i, j, interpolation, fill_mode),
        *(x, i, j),
    )


def test_sample2d_is_its_four_pixels_by_their_weights(rng):
    i, j = rng.uniform(0, 2, (2, 2, 3, 4))
    k, l = np.floor(i).astype(int), np.floor(j).astype(int)
    n = np.arange(2)[:, None, None]

    def small_gates(x):
        y = 0
        for row in (k, k + 1):
            for column in (l, l + 1):
                w = (1 - np.abs(i - row)) * (1 - np.abs(j - column))
                y = y + x[n, row, column] * w[..., None]
        return y

    same(lambda x: nn.sample2d(x, i, j), small_gates, rng.normal(size=(2, 3, 3, 2)))


def test_the_fill_value_takes_the_share_that_lies_outside():
    x = Tensor(np.full((1, 2, 2, 1), 10.0))
    i, j = np.full((1, 1, 1), -0.25), np.zeros((1, 1, 1))
    y = nn.sample2d(x, i, j, fill_value=2.0)
    assert y.value.item() == 0.75 * 10 + 0.25 * 2
    y.backward(np.ones(y.shape))
    assert x.grad.ravel().tolist() == [0.75, 0, 0, 0]


def test_whole_places_are_exact_pixels(rng):
    x = rng.normal(size=(1, 5, 5, 3)).astype("float32")
    i, j = np.arange(5.0).reshape(1, 5, 1), np.arange(4.0, -1, -1).reshape(1, 1, 5)
    for interpolation in ("bilinear", "nearest"):
        assert np.array_equal(nn.sample2d(x, i, j, interpolation), x[:, :, ::-1])


def test_a_name_that_is_not_known_is_refused():
    text = (
        "Sample2D: expected fill_mode to be one of constant, nearest, reflect, wrap; got 'mirror'. "
        "There is: constant, nearest, reflect, wrap."
    )
    with says(SettingError, text):
        g.Sample2D(fill_mode="mirror")
    with pytest.raises(SettingError, match="Sample2D: expected interpolation"):
        nn.sample2d(np.zeros((1, 2, 2, 1)), [[[0.0]]], [[[0.0]]], "linear")
