"""The network as circles and lines, whole and thinned."""

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.patches import Circle, Rectangle

from pellucid import Model, Sequential, insight
from pellucid.errors import SettingError, ShapeError
from pellucid.layers import Add, BatchNormalization, Dense, Dropout, Input

X = np.array([1.0, -2.0, 0.5])


def circles(panel):
    return [patch for patch in panel.patches if isinstance(patch, Circle)]


def lines(panel):
    return [len(c.get_segments()) for c in panel.collections if isinstance(c, LineCollection)]


def words(panel):
    return [text.get_text() for text in panel.texts]


def test_columns_have_the_layers_weights_and_the_examples_values(thinned):
    columns = insight.network_diagram_data(thinned, X)
    assert [column.shape for column in columns] == [(3,), (6,), (5,), (1,)]
    assert [column.title for column in columns] == [
        "input", "Dense\nrelu\nDropout 0.5", "Dense\ntanh\nDropout 0.5", "Dense",
    ]  # fmt: skip
    np.testing.assert_array_equal(columns[1].weights, thinned.layers[0].kernel.value)
    np.testing.assert_allclose(columns[0].values, X)
    np.testing.assert_allclose(columns[1].values, thinned.layers[0](X[None])[0])
    np.testing.assert_allclose(columns[3].values, thinned(X[None])[0])
    assert all(column.kept is None for column in columns)
    assert insight.network_diagram_data(thinned)[1].values is None


def test_every_unit_is_a_circle_and_every_weight_a_line(thinned, ax):
    assert insight.network_diagram(thinned, X, ax) is ax.figure
    assert len(circles(ax)) == 3 + 6 + 5 + 1
    assert lines(ax) == [18, 30, 5]
    assert {"3 numbers", "6 units", "1 unit", "input", "−2.00"} <= set(words(ax))
    W = thinned.layers[0].kernel.value[0, 0]
    assert f"{W:.2f}".replace("-", "−") in words(ax)


def test_of_many_units_the_first_and_the_last_are_drawn():
    model = Sequential([Input((30,)), Dense(40)])
    (panel,) = insight.network_diagram(model, most=7).axes
    assert len(circles(panel)) == 12
    assert lines(panel) == [36]
    assert words(panel).count("⋮") == 2


def test_maps_are_squares_and_images_lead_on_by_bands(convolutional):
    columns = insight.network_diagram_data(convolutional)
    shapes = [(5, 6, 1), (5, 6, 4), (2, 3, 4), (24,), (3,)]
    assert [column.shape for column in columns] == shapes
    (panel,) = insight.network_diagram(convolutional).axes
    assert len([p for p in panel.patches if isinstance(p, Rectangle)]) == 1 + 4 + 4
    assert lines(panel) == [10 * 3 - 6]


def test_layers_that_keep_the_units_belong_to_their_column():
    model = Sequential([Input((2,)), Dense(3), BatchNormalization(), Dense(3, "relu")])
    titles = [column.title for column in insight.network_diagram_data(model)]
    assert titles == ["input", "Dense\nBatchNorm", "Dense\nrelu"]


def test_the_mask_is_that_of_the_next_step_of_training(thinned):
    before = thinned.random_states()
    columns = insight.thinned_network_data(thinned, X)
    assert thinned.random_states() == before
    step = thinned.layers[0](X[None])
    dropped = thinned.layers[1](step, training=True)[0]
    alive = step[0] != 0
    kept = columns[1].kept
    assert set(kept) <= {0, 1}
    np.testing.assert_array_equal(kept[alive] == 1, (dropped != 0)[alive])
    np.testing.assert_allclose(columns[1].values, dropped)


def test_dropped_units_have_a_cross_and_no_lines(thinned, ax):
    assert insight.thinned_network(thinned, ax=ax) is ax.figure
    _, first, second, _ = insight.thinned_network_data(thinned)
    a, b = int(first.kept.sum()), int(second.kept.sum())
    assert lines(ax) == [3 * a, a * b, b]
    assert len(ax.get_lines()) == 2 * (6 - a + 5 - b)
    assert 0 < a + b < 11


def test_averages_of_batch_norm_are_put_back():
    model = Sequential([Input((3,)), BatchNormalization(), Dense(4), Dropout(0.5), Dense(1)])
    before = model.get_weights()
    insight.thinned_network(model, X)
    assert all((a == b).all() for a, b in zip(before, model.get_weights(), strict=True))


def test_what_is_no_chain_is_refused():
    x = Input((3,))
    a = Dense(3)(x)
    for model in (Model(x, Add()([a, Dense(3)(a)])), Model([x, x2 := Input((3,))], Add()([x, x2]))):
        with pytest.raises(SettingError, match="layers in a chain, each fed by the one before"):
            insight.network_diagram(model)
    with pytest.raises(SettingError, match="a model that is built; got one that is not"):
        insight.network_diagram(Sequential([Dense(1)]))
    chain = Model(x, Dense(2)(a))
    assert [column.shape for column in insight.network_diagram_data(chain)] == [(3,), (3,), (2,)]


def test_other_misfits_are_refused(linear, thinned):
    with pytest.raises(SettingError, match="a model with a Dropout layer"):
        insight.thinned_network(linear)
    with pytest.raises(ShapeError, match=r"one example, \(1, 3\); got shape \(2, 3\)"):
        insight.network_diagram(thinned, np.zeros((2, 3)))
