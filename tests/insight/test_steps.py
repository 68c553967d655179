"""The steps from scores to the loss as a table."""

import numpy as np
import pytest

from pellucid.errors import SettingError
from pellucid.insight.loss_steps import softmax_steps

rng = np.random.default_rng(0)


def test_a_line_an_example():
    classes = np.array([0, 1, 2, 1, 0])
    lines = str(softmax_steps(rng.normal(size=(5, 3)), classes)).splitlines()
    assert lines[0] == "L = -ln P(class),  P = exp / sum,  exp = e^(score - max)"
    assert lines[2].split()[:5] == ["example", "class", "score[0]", "[1]", "[2]"]
    assert [line.split()[:2] for line in lines[4:9]] == [
        [str(i), str(c)] for i, c in enumerate(classes)
    ]
    assert lines[-1].startswith("mean loss ")


def test_many_classes_show_the_right_one_and_many_examples_the_first_20():
    scores, y = rng.normal(size=(30, 7)), np.arange(30) % 7
    found = softmax_steps(scores, y)
    lines = str(found).splitlines()
    assert "score[class]" in lines[2]
    assert len(lines) == 4 + 20 + 2
    assert lines[-1].endswith("; 10 more examples")
    assert found["P"].shape == (30, 7)
    assert len(found) == 30
    assert found._repr_html_().count("<tr") == 21


def test_a_step_that_is_not_there():
    found = softmax_steps(np.zeros((1, 2)), np.array([0]))
    with pytest.raises(SettingError, match="score to loss: expected one of the steps score, exp"):
        found["scores"]
