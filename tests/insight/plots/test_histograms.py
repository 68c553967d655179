"""Histograms of activations and gradients, by layer and over time."""

import numpy as np
import pytest

import pellucid
from pellucid import Sequential, insight, nn
from pellucid.errors import DataError, SettingError
from pellucid.layers import BatchNormalization, Dense, Dropout, Flatten, Input

X = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")
Y = X @ np.array([[1.0], [2.0], [0.5]], "float32")


def network(*between):
    pellucid.set_random_seed(0)
    model = Sequential([Input((3,)), Dense(8, "relu"), *between, Dense(1)])
    model.compile("adam", "mse")
    return model


def test_activations_are_counted_layer_by_layer():
    model = network(Flatten())
    found = insight.activation_histograms_data(model, X, bins=10)
    assert [each.layer for each in found] == ["dense", "dense_1"]  # Flatten only moves numbers
    a = model.layers[0](X)
    first = found[0]
    assert first.counts.sum() == a.size
    expected, _ = np.histogram(np.clip(a, first.edges[0], first.edges[-1]), first.edges)
    np.testing.assert_array_equal(first.counts, expected)
    figures = first.mean, first.deviation, first.zeros
    np.testing.assert_allclose(figures, (a.mean(), a.std(), (a == 0).mean()), rtol=1e-5)
    np.testing.assert_array_equal(first.edges, found[1].edges)


def test_gradients_are_those_of_the_loss():
    model = network()
    first, last = insight.gradient_histograms_data(model, X, Y)
    z = model(X)
    dz = 2 * (z - Y) / len(X)
    np.testing.assert_allclose(last.mean, dz.mean(), rtol=1e-4)
    np.testing.assert_allclose(last.deviation, dz.std(), rtol=1e-4)
    da = dz @ model.layers[1].kernel.value.T
    np.testing.assert_allclose(first.deviation, da.std(), rtol=1e-4)
    logs = np.log10(np.abs(da))
    assert first.counts.sum() == da.size
    middles = (first.edges[1:] + first.edges[:-1]) / 2
    assert abs(np.average(middles, weights=first.counts) - logs.mean()) < 0.1


def test_looking_changes_nothing():
    model = network(BatchNormalization(), Dropout(0.5))
    model.fit(X, Y, epochs=1, verbose=0)
    before = model.get_weights(), model.random_states(), model.parameters.gradient.copy()
    insight.gradient_histograms_data(model, X, Y)
    insight.activation_histograms_data(model, X)
    after = model.get_weights(), model.random_states(), model.parameters.gradient
    assert all((a == b).all() for a, b in zip(before[0], after[0], strict=True))
    assert before[1] == after[1]
    np.testing.assert_array_equal(before[2], after[2])


def test_each_layer_is_a_ridge_with_its_figures(ax):
    model = network()
    assert insight.activation_histograms(model, X, ax) is ax.figure
    assert [t.get_text() for t in ax.get_yticklabels()] == ["dense_1", "dense"]
    zeros = (model.layers[0](X) == 0).mean()
    assert f"{zeros:.0%} zeros" in ax.texts[0].get_text()
    (panel,) = insight.gradient_histograms(model, X, Y).axes
    assert panel.get_xlabel() == "gradient of the loss, log10 |dA|"
    assert len(panel.texts) == 2


def test_a_recorder_leaves_the_run_as_it_is():
    recorder = insight.HistogramRecorder(X[:10], Y[:10])
    plain = network(Dropout(0.3))
    plain.fit(X, Y, epochs=3, batch_size=16, verbose=0)
    seen = network(Dropout(0.3))
    seen.fit(X, Y, epochs=3, batch_size=16, verbose=0, callbacks=[recorder])
    pairs = zip(plain.get_weights(), seen.get_weights(), strict=True)
    assert all((a == b).all() for a, b in pairs)
    assert recorder.epochs == [0, 1, 2, 3]


def test_what_a_recorder_has_seen_is_shown_over_the_epochs(ax):
    model = network()
    recorder = insight.HistogramRecorder(X, Y, every=2)
    model.fit(X, Y, epochs=4, verbose=0, callbacks=[recorder])
    data = insight.histograms_over_time_data(recorder, "dense_1")
    for epochs, edges, shares, medians in data.values():
        assert epochs.tolist() == [0, 2, 4]
        assert shares.shape == (3, len(edges) - 1)
        np.testing.assert_allclose(shares.sum(1), 1)
        assert ((edges[0] < medians) & (medians < edges[-1])).all()
    last = insight.activation_histograms_data(model, X)[-1]
    kept = recorder.activations["dense_1"][-1]
    assert (kept.mean, kept.deviation) == (last.mean, last.deviation)
    width = data["activations"][1][1] - data["activations"][1][0]
    assert abs(data["activations"][3][-1] - np.median(model(X))) <= width
    figure = insight.histograms_over_time(recorder)
    assert [panel.get_title() for panel in figure.axes] == [
        "activations of dense", "gradients of dense",
    ]  # fmt: skip
    assert insight.histograms_over_time(recorder, ax=ax) is ax.figure
    assert len(ax.child_axes) == 2


def test_what_does_not_fit_is_refused():
    model = Sequential([Input((3,)), Dense(2)])
    with pytest.raises(SettingError, match="a model that is compiled with a loss"):
        insight.gradient_histograms(model, X, Y)
    with pytest.raises(SettingError, match="a model with layers that compute"):
        insight.activation_histograms(Sequential([Input((3,)), Flatten()]), X)
    with pytest.raises(SettingError, match="every from 1; got 0"):
        insight.HistogramRecorder(X, Y, every=0)
    recorder = insight.HistogramRecorder(X, Y)
    with pytest.raises(DataError, match="a recorder of a run; got one without any"):
        insight.histograms_over_time(recorder)
    network().fit(X, Y, verbose=0, callbacks=[recorder])
    with pytest.raises(SettingError, match="the name of a layer; got 'dens'"):
        insight.histograms_over_time(recorder, "dens")


def test_numbers_that_are_not_finite_are_left_out():
    model = Sequential([Input((3,)), Dense(2, nn.log)])
    with np.errstate(all="ignore"):
        (found,) = insight.activation_histograms_data(model, X)
    finite = np.isfinite(X @ model.layers[0].kernel.value)
    assert 0 < found.counts.sum() < finite.size
    assert np.isfinite([found.mean, found.deviation]).all()
