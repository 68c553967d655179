"""The ways of optimisers down a surface."""

import numpy as np
import pytest

from pellucid import insight, optimizers
from pellucid.errors import SettingError


def bowl(w0, w1):
    return w0 * w0 + w1 * w1


def test_the_steps_are_those_of_the_rule():
    chosen = {"plain": optimizers.SGD(0.1), "named": "adam"}
    found = insight.optimizer_paths_data(bowl, chosen, (1.0, -2.0), steps=3)
    by_hand = np.array([[1.0, -2.0]]) * 0.8 ** np.arange(4)[:, None]
    np.testing.assert_allclose(found.paths["plain"], by_hand)
    assert found.paths["named"].shape == (4, 2)
    a, b = np.meshgrid(found.w0, found.w1)
    np.testing.assert_allclose(found.height, a**2 + b**2)
    assert found.w0[0] < 0.512 < 1.0 < found.w0[-1]


def test_a_walk_ends_where_numbers_do():
    with np.errstate(all="ignore"):
        span = (-2, 2, -2, 2)
        found = insight.optimizer_paths_data(
            bowl, {"wild": optimizers.SGD(1e200)}, (1.0, 1.0), steps=9, span=span
        )
    assert len(found.paths["wild"]) < 9
    assert (found.w0[0], found.w1[-1]) == (-2, 2)


def test_each_optimiser_has_a_path(ax):
    assert insight.optimizer_paths(ax=ax, steps=4) is ax.figure
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["SGD", "momentum 0.8", "RMSprop", "Adam"]
    data = insight.optimizer_paths_data(steps=4)
    np.testing.assert_allclose(ax.get_lines()[3].get_ydata(), data.paths["Adam"][:, 1])
    assert ax.get_title() == "4 steps on the contours of the loss"


def test_no_steps_are_refused():
    with pytest.raises(SettingError, match="steps from 1; got 0"):
        insight.optimizer_paths(steps=0)
