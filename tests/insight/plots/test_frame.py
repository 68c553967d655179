"""What all pictures share, and that all of them keep to it."""

import inspect

import numpy as np
import pytest
from matplotlib.figure import Figure

from pellucid import insight
from pellucid.insight import plots
from pellucid.insight.plots import frame


@pytest.mark.parametrize("name", plots.PICTURES)
def test_every_picture_takes_ax_and_has_its_data(name):
    picture, data = getattr(insight, name), getattr(insight, f"{name}_data")
    settings, of_data = (inspect.signature(f).parameters for f in (picture, data))
    assert settings["ax"].default is None
    assert "ax" not in of_data
    of_both = [argument for argument in settings if argument in of_data]
    assert [argument for argument in of_data if argument in settings] == of_both
    assert set(of_data) - set(settings) <= {"bins", "points"}


def test_all_pictures_are_listed():
    have_data = {n.removesuffix("_data") for n in plots.__all__ if n.endswith("_data")}
    assert have_data == set(plots.PICTURES)


def test_tiles_lie_side_by_side_without_touching():
    panel = Figure().subplots()
    images = [np.full((2, 3), k) for k in range(5)]
    drawn = frame.tiles(panel, images, list("abcde"), 3)
    assert drawn is panel.images[-1]
    boxes = [image.get_extent() for image in panel.images]
    for k, (left, right, bottom, top) in enumerate(boxes):
        assert (right - left, bottom - top) == pytest.approx((3, 2))
        for other in boxes[k + 1 :]:
            apart = other[0] > right or other[1] < left or other[3] > bottom or other[2] < top
            assert apart
    assert boxes[3][0] == boxes[0][0]


def test_new_panels_that_are_not_needed_are_left_out():
    figure, found = frame.panels(None, 2, 2, (2, 2), 3)
    assert len(found) == len(figure.axes) == 3


def test_colours_of_signs_are_white_at_0():
    colours = frame.signed()
    assert min(colours(0.5)[:3]) > 0.9
    assert colours(0.1)[0] > colours(0.1)[2]
    assert colours(0.9)[2] > colours(0.9)[0]
