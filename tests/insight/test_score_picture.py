"""The steps of one example as a drawing."""

import numpy as np
import pytest

from pellucid import Input, Sequential
from pellucid.errors import SettingError
from pellucid.layers import Dense
from pellucid.losses import SparseCategoricalCrossentropy

from .svg import inside_the_page, texts


def steps(classes):
    model = Sequential([Input((2,)), Dense(classes)])
    model.compile("sgd", SparseCategoricalCrossentropy(from_logits=True))
    x = np.random.default_rng(0).normal(size=(3, 2))
    return model.trace(x, [0, 1, classes - 1]).score_to_loss()


def test_each_step_is_a_column():
    found = steps(3)
    drawing = found.picture(1, ["cat", "car", "frog"])
    words = texts(drawing.svg)
    assert words[:4] == ["class", "cat", "car", "frog"]
    assert [w for w in words if "(" in w or w in ("score", "exp", "sum", "P")] == [
        *("score", "exp", "sum", "P", "-ln P(class)")
    ]
    assert drawing.svg.count('<rect class="leaf"') == 5  # one for the right class in each
    inside_the_page(drawing.svg)


def test_of_many_classes_the_largest_and_the_right_one_have_a_row():
    words = texts(steps(40).picture(2).svg)
    names = words[1 : words.index("score")]
    assert len(names) == 12
    assert "39" in names


def test_outputs_without_classes():
    model = Sequential([Input((2,)), Dense(1)])
    model.compile("sgd", "mse")
    drawing = model.trace([[1.0, 2.0]], [1.0]).score_to_loss().picture()
    assert texts(drawing.svg)[:2] == ["output", texts(drawing.svg)[1]]
    assert "squared" in texts(drawing.svg)


def test_what_is_not_there():
    with pytest.raises(SettingError) as error:
        steps(3).picture(3)
    assert str(error.value) == (
        "picture: expected the number of an example; got 3. There are 3, counted from 0."
    )
    with pytest.raises(SettingError, match="a name for each of 3 classes; got 2 names"):
        steps(3).picture(0, ["a", "b"])
