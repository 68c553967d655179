"""The depth experiment: what it shows is what the theory says."""

import numpy as np
import pytest

from pellucid import insight
from pellucid.errors import SettingError
from pellucid.initializers import VarianceScaling


def scaled(*factors):
    return {str(w): VarianceScaling(w * w, "fan_in", "untruncated_normal") for w in factors}


def test_linear_layers_grow_and_shrink_exponentially():
    found = insight.depth_experiment_data(scaled(0.8, 1.0, 1.25), "linear", depth=20, units=200)
    for title, each in found.items():
        by_layer = each.activations[1:] / each.activations[:-1]
        np.testing.assert_allclose(np.exp(np.log(by_layer).mean()), float(title), rtol=0.04)
        back = each.gradients[:-1] / each.gradients[1:]
        np.testing.assert_allclose(np.exp(np.log(back).mean()), float(title), rtol=0.04)
    assert found["0.8"].gradients[-1] == pytest.approx(1.0, rel=0.05)


def test_the_scale_made_for_an_activation_keeps_its_signal():
    relu = insight.depth_experiment_data(activation="relu", depth=20)
    tanh = insight.depth_experiment_data(activation="tanh", depth=20)
    assert 0.2 < relu["He, sqrt(2/n)"].activations[-1] < 2
    assert relu["Xavier, sqrt(1/n)"].activations[-1] < 0.01
    assert 0.05 < tanh["Xavier, sqrt(1/n)"].activations[-1] < 1
    assert tanh["0.01 x normal"].activations[-1] < 1e-15
    assert relu["normal"].gradients[0] > 1e10


def test_each_start_has_a_line_in_both_panels(ax):
    figure = insight.depth_experiment(scaled(1.0, 2.0), "linear", depth=5, units=10)
    left, right = figure.axes
    data = insight.depth_experiment_data(scaled(1.0, 2.0), "linear", depth=5, units=10)
    assert (left.get_yscale(), left.get_xlabel()) == ("log", "layer")
    for k, each in enumerate(data.values()):
        assert len(left.get_lines()[k].get_ydata()) == len(each.activations) == 5
        assert len(right.get_lines()[k].get_ydata()) == len(each.gradients) == 5
    assert insight.depth_experiment(scaled(1.0), "tanh", ax, depth=2, units=3) is ax.figure
    assert len(ax.child_axes) == 2


@pytest.mark.parametrize("name", ["depth", "units"])
def test_nothing_to_stack_is_refused(name):
    with pytest.raises(SettingError, match=f"{name} from 1; got 0"):
        insight.depth_experiment(**{name: 0})
