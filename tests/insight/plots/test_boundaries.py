"""Decision boundaries of models of two numbers."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from pellucid import Sequential, insight
from pellucid.errors import SettingError, ShapeError
from pellucid.layers import Dense, Input

X = np.array([[0.0, 0.0], [1.0, 2.0], [2.0, 1.0]])


def divided(outputs=1, loss="binary_crossentropy", activation="sigmoid"):
    """A model that decides by whether x_1 is above 1."""
    model = Sequential([Input((2,)), Dense(outputs, activation)])
    model.compile("sgd", loss)
    kernel, bias = np.zeros((2, outputs)), np.zeros(outputs)
    kernel[0, -1], bias[-1] = 4.0, -4.0
    model.set_weights([kernel, bias])
    return model


def test_the_plane_has_the_probability_of_each_class():
    plane = insight.decision_boundary_data(divided(), X, margin=0.5, points=41)
    assert (plane.x0[0], plane.x0[-1]) == (-1.0, 3.0)
    assert plane.values.shape == (41, 41, 2)
    p = 1 / (1 + np.exp(-(4 * plane.x0 - 4)))
    np.testing.assert_allclose(plane.values[:, :, 1], np.tile(p, (41, 1)), rtol=1e-5)
    np.testing.assert_allclose(plane.values.sum(-1), 1, rtol=1e-6)


def test_scores_of_several_classes_become_probabilities():
    model = divided(3, {"class": "SparseCategoricalCrossentropy", "config": {"from_logits": True}})
    plane = insight.decision_boundary_data(model, X, points=9)
    np.testing.assert_allclose(plane.values.sum(-1), 1, rtol=1e-6)
    assert set(plane.values.argmax(-1)[0]) == {0, 2}


def test_sides_have_the_colours_of_their_classes(ax):
    assert insight.decision_boundary(divided(), X, [0, 1, 1], ax) is ax.figure
    image = np.asarray(ax.images[0].get_array())
    left, right = image[5, 2], image[5, -3]
    assert left[2] > left[0]  # blue for class 0
    assert right[0] > right[2]  # orange for class 1
    marks = [to_hex(c.get_facecolor()[0]) for c in ax.collections if len(c.get_facecolor())]
    assert marks[-2:] == ["#0072b2", "#d55e00"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("$x_1$", "$x_2$")


def test_a_model_of_numbers_shows_its_output():
    model = divided(1, "mse", None)
    plane = insight.decision_boundary_data(model, X, points=5)
    assert not plane.is_classes
    np.testing.assert_allclose(plane.values[0, :, 0], 4 * plane.x0 - 4, rtol=1e-5, atol=1e-5)
    (panel,) = insight.decision_boundary(model, X, [0.0, 1.0, 2.0]).axes
    assert len(panel.child_axes) == 1  # the scale


def test_several_models_stand_side_by_side(ax):
    models = {"one": divided(), "two": divided(2, "sparse_categorical_crossentropy", "softmax")}
    figure = insight.decision_boundaries(models, X, [0, 1, 1])
    assert [panel.get_title() for panel in figure.axes] == ["one", "two"]
    planes = insight.decision_boundaries_data(models, X)
    alone = insight.decision_boundary_data(models["two"], X)
    np.testing.assert_array_equal(planes["two"].values, alone.values)
    assert insight.decision_boundaries(models, X, ax=ax) is ax.figure
    assert len(ax.child_axes) == 2


def test_what_does_not_fit_is_refused():
    three = Sequential([Input((3,)), Dense(1, "sigmoid")])
    three.compile("sgd", "binary_crossentropy")
    with pytest.raises(ShapeError, match=r"a model of two numbers, \(N, 2\).* got a model of"):
        insight.decision_boundary(three, np.zeros((4, 3)))
    with pytest.raises(SettingError, match="at most 5 classes"):
        insight.decision_boundary(divided(6, "sparse_categorical_crossentropy", "softmax"), X)
    with pytest.raises(SettingError, match="or one with one output"):
        insight.decision_boundary(divided(3, "mse", None), X)
    with pytest.raises(SettingError, match=r"\{title: model\}; got none"):
        insight.decision_boundaries({}, X)
