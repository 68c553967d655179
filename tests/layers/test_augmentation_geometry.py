"""Translations, rotations and zooms: exact for whole pixels, against PyTorch between them.

An interval of one number, (a, a), forces a draw.
"""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from pellucid.errors import SettingError
from pellucid.layers import RandomRotation, RandomTranslation, RandomZoom
from pellucid.layers.augmentation_geometry import Movement

from ..saying import says

BEYOND = {  # how NumPy calls what lies beyond the edges
    "constant": {"mode": "constant", "constant_values": 2.5},
    "nearest": {"mode": "edge"},
    "reflect": {"mode": "symmetric"},
    "wrap": {"mode": "wrap"},
}
TORCH = {"constant": "zeros", "nearest": "border", "reflect": "reflection"}  # it has no wrap


def exactly(value):
    """The interval that leaves nothing to chance."""
    return value, value


def ramp(N, n):
    """Images (N, n, n, 2) whose first channel is the row of a pixel and whose second its column."""
    rows, columns = np.mgrid[:n, :n].astype("float64")
    return np.repeat(np.stack([rows, columns], -1)[None], N, axis=0)


def affine(x, theta, fill_mode):
    """PyTorch's affine_grid and grid_sample, in its coordinates x, y from -1 to 1."""
    x = torch.tensor(x).permute(0, 3, 1, 2)
    matrices = torch.tensor([theta] * len(x), dtype=x.dtype)
    grid = F.affine_grid(matrices, list(x.shape), align_corners=False)
    y = F.grid_sample(x, grid, padding_mode=TORCH[fill_mode], align_corners=False)
    return y.permute(0, 2, 3, 1).numpy()


# -- translations ---------------------------------------------------------------------------------


@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
@pytest.mark.parametrize("fill_mode", BEYOND)
@pytest.mark.parametrize(("down", "right"), [(2, 0), (0, 3), (-1, 2), (5, -4), (-5, -8)])
def test_whole_pixels_are_exact(fill_mode, interpolation, down, right, rng):
    x = rng.normal(size=(2, 5, 8, 3)).astype("float32")
    factors = exactly(down / 5), exactly(right / 8)
    layer = RandomTranslation(*factors, fill_mode, interpolation, fill_value=2.5)
    padded = np.pad(x, ((0, 0), (8, 8), (8, 8), (0, 0)), **BEYOND[fill_mode])
    expected = padded[:, 8 - down : 13 - down, 8 - right : 16 - right]
    np.testing.assert_allclose(layer(x, training=True), expected, rtol=1e-6, atol=1e-6)
    if interpolation == "nearest":
        assert np.array_equal(layer(x, training=True), expected)


def test_half_a_pixel_is_the_mean_of_two():
    x = np.array([1.0, 3.0, 7.0, 5.0]).reshape(1, 4, 1, 1)
    y = RandomTranslation(exactly(0.125), 0, dtype="float64")(x, training=True)
    assert y.ravel().tolist() == [1, 2, 5, 6]


@pytest.mark.parametrize(
    ("height", "width", "ends"),
    [(0.2, 0.1, [(-4, 4), (-2, 2)]), ((-0.1, 0.3), (0.05, 0.1), [(-2, 6), (1, 2)])],
)
def test_translations_are_drawn_evenly_for_each_image(height, width, ends):
    N, n = 2000, 20
    layer = RandomTranslation(height, width, seed=0, dtype="float64")
    middle = layer(ramp(N, n), training=True)[:, 10, 10]
    for moved, (low, high) in zip(10 - middle.T, ends, strict=True):
        step = (high - low) / 100
        assert low <= moved.min() < low + step
        assert high - step < moved.max() <= high
        assert abs(moved.mean() - (low + high) / 2) < 5 * (high - low) / math.sqrt(12 * N)
    assert abs(np.corrcoef(middle.T)[0, 1]) < 5 / math.sqrt(N)


# -- rotations ------------------------------------------------------------------------------------


@pytest.mark.parametrize("fill_mode", BEYOND)
@pytest.mark.parametrize("n", [4, 5])
@pytest.mark.parametrize("quarters", [-3, -1, 0, 1, 2, 4])
def test_quarter_turns_are_exact(n, quarters, fill_mode, rng):
    x = rng.normal(size=(2, n, n, 3)).astype("float32")
    expected = np.rot90(x, quarters, axes=(1, 2))
    for interpolation in ("nearest", "bilinear"):
        layer = RandomRotation(exactly(quarters / 4), fill_mode, interpolation)
        y = layer(x, training=True)
        if interpolation == "nearest":
            assert np.array_equal(y, expected)
        np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)


def test_half_a_turn_of_any_image_is_exact(rng):
    x = rng.normal(size=(2, 4, 7, 3)).astype("float32")
    y = RandomRotation(exactly(0.5), interpolation="nearest")(x, training=True)
    assert np.array_equal(y, x[:, ::-1, ::-1])


@given(
    turn=st.floats(-1, 1), fill_mode=st.sampled_from(list(TORCH)), n=st.sampled_from([1, 4, 5, 8])
)
def test_a_rotation_as_pytorch(turn, fill_mode, n):
    x = np.random.default_rng(0).normal(size=(2, n, n, 3))
    cos, sin = math.cos(2 * math.pi * turn), math.sin(2 * math.pi * turn)
    expected = affine(x, [[cos, -sin, 0.0], [sin, cos, 0.0]], fill_mode)
    found = RandomRotation(exactly(turn), fill_mode, dtype="float64")(x, training=True)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def test_an_oblong_image_is_turned_and_not_sheared():
    """A cross in the middle of a wide image: a quarter turn swaps its arms, pixel for pixel."""
    x = np.zeros((1, 5, 9, 1))
    x[0, 2, 2:7] = x[0, 1, 4] = 1
    y = RandomRotation(exactly(0.25), "constant", "nearest")(x, training=True)[0, :, :, 0]
    assert y[:, 4].tolist() == [1, 1, 1, 1, 1]
    assert y[2, 3] == 1  # what pointed up points left: counter-clockwise
    assert y.sum() == 6


@pytest.mark.parametrize(("factor", "low", "high"), [(0.1, -0.1, 0.1), ((-0.05, 0.2), -0.05, 0.2)])
def test_turns_are_drawn_evenly_for_each_image(factor, low, high):
    N, n = 2000, 9
    y = RandomRotation(factor, seed=0, dtype="float64")(ramp(N, n), training=True)
    i, j = (y[:, 4, 5] - y[:, 4, 4]).T  # where one step to the right comes from: (sin t, cos t)
    turns = np.arctan2(i, j) / (2 * math.pi)
    step = (high - low) / 100
    assert low <= turns.min() < low + step
    assert high - step < turns.max() <= high
    assert abs(turns.mean() - (low + high) / 2) < 5 * (high - low) / math.sqrt(12 * N)


# -- zooms ----------------------------------------------------------------------------------------


@given(
    t=st.floats(-1, 1),
    s=st.floats(-1, 1),
    fill_mode=st.sampled_from(list(TORCH)),
    size=st.sampled_from([(1, 1), (4, 5), (5, 3)]),
)
def test_a_zoom_as_pytorch(t, s, fill_mode, size):
    x = np.random.default_rng(0).normal(size=(2, *size, 3))
    expected = affine(x, [[1 + s, 0.0, 0.0], [0.0, 1 + t, 0.0]], fill_mode)
    layer = RandomZoom(exactly(t), exactly(s), fill_mode, dtype="float64")
    np.testing.assert_allclose(layer(x, training=True), expected, rtol=1e-9, atol=1e-9)


def test_twice_as_small_and_twice_as_large():
    x = np.arange(1.0, 6).reshape(1, 5, 1, 1)
    small = RandomZoom(exactly(1), 0, "constant")(x, training=True)
    assert small.ravel().tolist() == [0, 1, 3, 5, 0]
    large = RandomZoom(exactly(-0.5), 0)(x, training=True)
    assert large.ravel().tolist() == [2, 2.5, 3, 3.5, 4]


def test_without_a_width_factor_proportions_are_kept():
    N = 500
    for width, kept in ((None, True), (0.4, False)):
        y = RandomZoom(0.4, width, seed=0, dtype="float64")(ramp(N, 9), training=True)
        zooms = np.stack([y[:, 5, 4, 0] - y[:, 4, 4, 0], y[:, 4, 5, 1] - y[:, 4, 4, 1]])
        assert np.allclose(zooms[0], zooms[1]) == kept
        assert zooms.min() < 0.61
        assert zooms.max() > 1.39
        assert 0.6 <= zooms.min() <= zooms.max() <= 1.4
        assert abs(zooms[0].mean() - 1) < 5 * 0.8 / math.sqrt(12 * N)


# -- settings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make", [lambda **s: RandomTranslation(0, 0, **s), lambda **s: RandomRotation(0, **s)]
)
def test_names_that_are_not_known_are_refused(make):
    kind = type(make()).__name__
    text = (
        f"{kind}: expected fill_mode to be one of constant, nearest, reflect, wrap; got "
        "'reflekt'. Did you mean 'reflect'?"
    )
    with says(SettingError, text):
        make(fill_mode="reflekt")
    with pytest.raises(SettingError, match=f"{kind}: expected interpolation to be one of"):
        make(interpolation="cubic")
    with says(SettingError, f"{kind}: expected fill_value to be a number; got 'red'. Try 0.0."):
        make(fill_value="red")


def test_a_movement_of_ones_own_says_where_each_place_comes_from(rng):
    class Transposed(Movement):
        def source(self, x, p, q):
            return p * 0 + q, q * 0 + p

    x = rng.normal(size=(2, 4, 4, 3)).astype("float32")
    assert np.array_equal(Transposed()(x, training=True), x.swapaxes(1, 2))
    with pytest.raises(TypeError, match=r"Movement needs a method source\(self, x, p, q\)"):
        Movement()(x, training=True)
