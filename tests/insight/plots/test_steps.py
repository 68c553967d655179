"""The way from scores to a loss as a picture, with its numbers."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from pellucid import Input, Sequential, insight, losses
from pellucid.errors import DataError, SettingError
from pellucid.layers import Dense

SCORES = np.array([3.2, 5.1, -1.7])  # the text-book's cat, car and frog
NAMES = ["cat", "car", "frog"]


def words(panel):
    return [text.get_text() for text in panel.texts]


def steps(loss, y, units):
    model = Sequential([Input((2,)), Dense(units)])
    model.compile("sgd", loss)
    return model.trace(np.random.default_rng(0).normal(size=(3, 2)), y).score_to_loss()


def of_classes(C):
    return steps(losses.SparseCategoricalCrossentropy(from_logits=True), [0, 1, C - 1], C)


def test_the_way_from_scores_to_the_loss(ax):
    found = insight.score_to_loss_data(SCORES, 0)
    np.testing.assert_allclose(found["exp"][0], np.array([24.5, 164.0, 0.18]) / 164.0, rtol=0.02)
    np.testing.assert_allclose(found["P"][0], [0.13, 0.87, 0.00], atol=0.005)
    assert found.losses[0] == pytest.approx(-np.log(np.exp(3.2) / np.exp(SCORES).sum()))
    assert insight.score_to_loss(SCORES, 0, NAMES, ax) is ax.figure
    assert {"cat", "3.20", "0.150", "sum 1.15", "0.130", "−1.70", "2.04"} <= set(words(ax))
    assert insight.score_to_loss_data(SCORES[None], 0)["score"].shape == (1, 3)


def test_each_step_is_a_column_with_a_bar_a_class(ax):
    found = of_classes(3)
    assert found.picture(1, NAMES, ax) is ax.figure
    heads = ["score", "exp", "P", "−ln P(class)"]
    assert [text for text in words(ax) if text in heads] == heads
    assert len(ax.patches) == 3 * 3
    exponentials = found["exp"][1]
    longest = max(patch.get_width() for patch in ax.patches)
    shares = [patch.get_width() / longest for patch in ax.patches[3:6]]
    np.testing.assert_allclose(shares, exponentials / exponentials.max(), rtol=1e-6)
    bold = [text.get_text() for text in ax.texts if text.get_fontweight() == "bold"]
    assert bold[0] == "car"
    assert float(bold[1]) == pytest.approx(found.losses[1], rel=5e-3)


def test_without_an_ax_it_makes_a_figure_that_fits():
    small, large = (of_classes(C).picture() for C in (3, 10))
    assert isinstance(small, Figure)
    assert large.get_figheight() > small.get_figheight()


def test_of_many_classes_the_largest_and_the_right_one_have_a_row(ax):
    found = of_classes(40)
    found.picture(2, ax=ax)
    names = [text for text in words(ax) if text.isdigit() and len(text) < 3]
    largest = np.argsort(-found["score"][2])[:11]
    assert {"39", *map(str, largest)} <= set(names)
    assert len(names) == 12
    assert "28 more" in words(ax)


@pytest.mark.parametrize(
    ("loss", "y", "units", "head"),
    [
        (losses.MultiClassHinge(), [0, 1, 2], 3, "max(0, score[j] −\nscore[class] + 1)"),
        (losses.SquaredHinge(), [0, 1, 1], 1, "max(0, 1 − y score)"),
        (losses.MeanSquaredError(), np.eye(3), 3, "output − y"),
        (losses.Huber(), [0.0, 1.0, 2.0], 1, "output"),
    ],
)
def test_other_losses_are_drawn_by_the_same_rule(loss, y, units, head, ax):
    found = steps(loss, y, units)
    found.picture(1, ax=ax)
    assert head in words(ax)
    assert float(words(ax)[-2].replace("−", "-")) == pytest.approx(found.losses[1], rel=5e-3)
    if units == 1:
        assert not ax.patches  # a bar says nothing of one number


def test_what_is_not_there():
    with pytest.raises(SettingError) as error:
        of_classes(3).picture(3)
    assert str(error.value) == (
        "picture: expected the number of an example; got 3. There are 3, counted from 0."
    )
    with pytest.raises(SettingError, match="a name for each of 3 classes; got 2 names"):
        of_classes(3).picture(0, ["a", "b"])
    for scores, y in (([1.0], 0), ([1.0, 2.0], 2), ([np.inf, 0.0], 0), (np.zeros((2, 2)), 0)):
        with pytest.raises(DataError, match="finite scores"):
            insight.score_to_loss(scores, y)
