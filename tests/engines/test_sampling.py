"""Images at any place, against SciPy's map_coordinates; and which pixel stands beyond the edges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import map_coordinates

from pellucid.engines import Sampling
from pellucid.engines.sampling import FILL_MODES, INTERPOLATIONS
from pellucid.errors import SettingError

from ..saying import says
from .plain import plain_engine

SCIPY = {
    "constant": "grid-constant",
    "nearest": "nearest",
    "reflect": "reflect",
    "wrap": "grid-wrap",
}


@given(
    interpolation=st.sampled_from(INTERPOLATIONS),
    fill_mode=st.sampled_from(FILL_MODES),
    size=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    seed=st.integers(0, 99),
)
def test_places_as_scipy(interpolation, fill_mode, size, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(2, *size, 3))
    i, j = rng.uniform(-12, 15, (2, 2, 4, 3))
    found = plain_engine.sample(x, i, j, Sampling(interpolation, fill_mode, 1.5))
    order = int(interpolation == "bilinear")
    for n, c in np.ndindex(2, 3):
        image, places = x[n, ..., c], (i[n], j[n])
        expected = map_coordinates(image, places, order=order, mode=SCIPY[fill_mode], cval=1.5)
        np.testing.assert_allclose(found[n, ..., c], expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("fill_mode", "pixels"),
    [
        ("constant", "----abc----"),
        ("nearest", "aaaaabccccc"),
        ("reflect", "ccbaabccbaa"),
        ("wrap", "cabcabcabca"),
    ],
)
def test_an_image_goes_on_beyond_its_edges(fill_mode, pixels):
    """The row a b c, seen from 4 places before its beginning to 4 after its end."""
    x = np.array([ord(letter) for letter in "abc"], float).reshape(1, 1, 3, 1)
    j, how = np.arange(-4.0, 7).reshape(1, 1, -1), Sampling("bilinear", fill_mode, ord("-"))
    seen = plain_engine.sample(x, np.zeros((1, 1, 1)), j, how)
    assert "".join(chr(int(value)) for value in seen.ravel()) == pixels


def test_halfway_is_the_mean_or_the_later_pixel():
    x = np.array([[1.0, 2.0], [5.0, 10.0]]).reshape(1, 2, 2, 1)
    half = np.full((1, 1, 1), 0.5)
    for interpolation, value in {"bilinear": 4.5, "nearest": 10.0}.items():
        assert plain_engine.sample(x, half, half, Sampling(interpolation)).item() == value


@given(
    interpolation=st.sampled_from(INTERPOLATIONS),
    fill_mode=st.sampled_from(FILL_MODES),
    seed=st.integers(0, 9),
)
def test_the_derivative_is_the_transpose(interpolation, fill_mode, seed):
    """Sampling is linear in x: the sum of dy y(x) is the sum of dx x for every x and dy."""
    rng, how = np.random.default_rng(seed), Sampling(interpolation, fill_mode)
    x, dy = rng.normal(size=(2, 3, 4, 2)), rng.normal(size=(2, 5, 3, 2))
    i, j = rng.uniform(-6, 9, (2, 2, 5, 3))
    y = plain_engine.sample(x, i, j, how)
    dx = plain_engine.sample_dx(dy, x, i, j, how)
    assert dx.shape == x.shape
    assert (dy * y).sum() == pytest.approx((dx * x).sum(), rel=1e-12)


@pytest.mark.parametrize(
    ("how", "text"),
    [
        (
            Sampling("bicubic"),
            "here: expected interpolation to be one of bilinear, nearest; got 'bicubic'. "
            "There is: bilinear, nearest.",
        ),
        (
            Sampling(fill_mode="reflekt"),
            "here: expected fill_mode to be one of constant, nearest, reflect, wrap; got "
            "'reflekt'. Did you mean 'reflect'?",
        ),
        (
            Sampling(fill_value=None),
            "here: expected fill_value to be a number; got None. Try 0.0.",
        ),
    ],
)
def test_what_is_not_known_is_refused(how, text):
    with says(SettingError, text):
        how.check("here")
