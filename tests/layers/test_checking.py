"""The checks that layers share; their texts are tested with the layers that use them."""

import numpy as np
import pytest

from pellucid.errors import ShapeError
from pellucid.layers import Dense, MaxPooling2D
from pellucid.layers.checking import (
    at_least_one,
    both_ends,
    channels,
    features,
    interval,
    last_axes,
    of_each_axis,
    places,
    range_of_values,
)


def test_what_is_sure_comes_back():
    layer = Dense(1)
    assert at_least_one(layer, "units", np.int8(3)) == 3
    assert type(at_least_one(layer, "units", np.int8(3))) is int
    assert of_each_axis(layer, "strides", 2, 2) == (2, 2)
    assert of_each_axis(layer, "strides", [1, 2], 2) == (1, 2)
    assert of_each_axis(layer, "strides", 2, 1) == (2,)
    assert of_each_axis(layer, "strides", (2,), 1) == (2,)
    assert of_each_axis(layer, "more", 0, 2, least=0) == (0, 0)
    assert both_ends(layer, "padding", np.int64(2)) == (2, 2)
    assert both_ends(layer, "padding", [0, 2]) == (0, 2)
    assert features(layer, (None, 4, 5)) == 5
    assert channels(layer, -1, (None, 4, 5)) == channels(layer, 2, (None, 4, 5)) == 5
    assert last_axes(layer, -1, (None, None, 5)) == (5,)
    assert last_axes(layer, [2, -2], (None, 4, 5)) == (4, 5)
    assert range_of_values(layer, [0, 1]) == (0, 1)


@pytest.mark.parametrize(
    ("value", "least", "ends"),
    [
        (0.2, -1, (-0.2, 0.2)),
        (-0.2, -1, (-0.2, 0.2)),
        (0.2, 0, (0, 0.2)),
        (0, -1, (0, 0)),
        (1, -1, (-1, 1)),
        ((0.1, 0.2), 0, (0.1, 0.2)),
        ([0.3, -0.1], -1, (-0.1, 0.3)),
        (np.float32(0.5), -1, (-0.5, 0.5)),
    ],
)
def test_an_interval_is_two_numbers_or_one_about_0(value, least, ends):
    assert interval(Dense(1), "factor", value, least, 1) == ends


def test_places_counts_windows_and_leaves_open_what_is_open():
    layer, near = MaxPooling2D(), (1, 1)
    assert places(layer, (None, 7, 9, 1), (3, 3), (2, 2), "valid", near) == (3, 4)
    assert places(layer, (None, 7, 9, 1), (3, 3), (2, 2), "same", near) == (4, 5)
    assert places(layer, (None, None, 9, 1), (3, 3), (2, 2), "valid", (1, 2)) == (None, 3)
    assert places(layer, (None, 9, 1), (3,), (2,), "valid", (2,)) == (3,)
    assert places(layer, (None, 9, 1), (3,), (2,), "causal", (2,)) == (5,)
    with pytest.raises(ShapeError, match=r"an image of at least \(3, 3\); got one of \(2, 9\)"):
        places(layer, (None, 2, 9, 1), (3, 3), (2, 2), "valid", near)
    with pytest.raises(ShapeError, match=r"an image of at least \(3, 3\); got one of \(2, None\)"):
        places(layer, (None, 2, None, 1), (3, 3), (2, 2), "valid", near)
