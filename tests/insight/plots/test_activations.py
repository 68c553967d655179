"""Activation functions with their slopes."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from pellucid import activations, insight, nn
from pellucid.errors import SettingError


@pytest.mark.parametrize("name", sorted(set(activations.registry.known)))
def test_slopes_are_those_of_the_values(name):
    (curve,) = insight.activation_curves_data(name, points=4001).values()
    middles = (curve.slope[1:] + curve.slope[:-1]) / 2
    steps = np.diff(curve.value) / np.diff(curve.z)
    off_kinks = np.abs(np.diff(curve.slope)) < 0.1 * (1 + np.abs(middles))
    off_kinks &= np.abs(np.diff(curve.value)) < 0.4
    assert off_kinks.mean() > 0.7
    np.testing.assert_allclose(middles[off_kinks], steps[off_kinks], atol=1e-3, rtol=1e-3)


def test_softmax_is_drawn_beside_three_scores_of_0():
    data = insight.activation_curves_data(["softmax", "relu", nn.softplus])
    assert [curve.beside for curve in data.values()] == [True, False, False]
    assert list(data) == ["softmax", "relu", "softplus"]
    z, p = data["softmax"].z, data["softmax"].value
    np.testing.assert_allclose(p, np.exp(z) / (np.exp(z) + 3))
    np.testing.assert_allclose(data["softmax"].slope, p * (1 - p))


def test_each_function_has_a_panel_with_both_lines():
    figure = insight.activation_curves(["tanh", "leaky_relu", "softmax", "elu"])
    titles = ["tanh", "leaky relu", "softmax (beside three 0s)", "elu"]
    assert [panel.get_title() for panel in figure.axes] == titles
    lines = figure.axes[0].get_lines()
    np.testing.assert_allclose(lines[2].get_ydata(), np.tanh(lines[2].get_xdata()))
    np.testing.assert_allclose(lines[3].get_ydata(), 1 - np.tanh(lines[2].get_xdata()) ** 2)


def test_one_axes_is_divided_and_several_are_taken(ax):
    assert insight.activation_curves(["tanh", "relu"], ax) is ax.figure
    assert [panel.get_title() for panel in ax.child_axes] == ["tanh", "relu"]
    figure = Figure()
    both = figure.subplots(1, 2)
    assert insight.activation_curves(["tanh", "relu"], both) is figure
    assert both[1].get_title() == "relu"
    assert insight.activation_curves("relu", both[0]) is figure
    with pytest.raises(SettingError, match="2 axes, one a panel; got 1"):
        insight.activation_curves(["tanh", "relu"], [both[0]])


@pytest.mark.parametrize(("given", "message"), [("rleu", "relu"), ([], "functions, and a reach")])
def test_an_unknown_name_and_none_are_refused(given, message):
    with pytest.raises(SettingError, match=message):
        insight.activation_curves(given)
