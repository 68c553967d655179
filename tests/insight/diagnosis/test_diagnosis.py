"""Diagnosis leaves a model and its training exactly as they were, and says what it found well."""

import copy
import json

import numpy as np
import pytest

from pellucid import Input, Sequential, insight, layers, load, losses, random, set_random_seed
from pellucid.errors import DataError, SettingError
from pellucid.insight.diagnosis import CHECKS, Diagnosis, Finding, Findings, diagnose_run
from pellucid.insight.diagnosis.figures import Look
from pellucid.insight.diagnosis.looking import look
from pellucid.layers import Dense
from pellucid.regularizers import L2


@pytest.fixture
def rows(rng):
    y = rng.integers(3, size=300)
    return (rng.normal(size=(300, 6)) + 2 * np.eye(3, 6)[y]).astype("float32"), y


def network(**settings):
    """Layers with chance, moving averages, a penalty: all that a look could disturb."""
    set_random_seed(0)
    model = Sequential([
        Input((6,)), Dense(16, kernel_initializer="he_normal", kernel_regularizer=L2(1e-4)),
        layers.BatchNormalization(), layers.ReLU(), layers.Dropout(0.2), Dense(3),
    ])  # fmt: skip
    model.compile("adam", losses.SparseCategoricalCrossentropy(from_logits=True), ["accuracy"])
    return model


def state(model):
    """All that may not change: numbers as bytes, and chance."""
    return {
        "weights": [w.tobytes() for w in model.get_weights()],
        "gradient": model.parameters.gradient.tobytes(),
        "grads": [None if p.grad is None else p.grad.tobytes() for p in model.weights],
        "slots": {name: slot.tobytes() for name, slot in model.optimizer.state.items()},
        "iterations": model.optimizer.iterations,
        "rate": model.optimizer.learning_rate,
        "chance": copy.deepcopy(model.random_states()),
        "streams": dict(random._given),
        "rates": [x.rate for x in model.layers if hasattr(x, "rate")],
        "figures": model.history.history,
    }


@pytest.mark.parametrize("epochs", [0, 2])
@pytest.mark.parametrize("asked", ["diagnose", "lr_find"])
def test_a_model_stays_as_it_was_to_the_bit(rows, epochs, asked):
    model = network()
    if epochs:
        model.fit(*rows, epochs=epochs, verbose=0)
    model.prepare(*rows, where="test")
    before = state(model)
    getattr(model, asked)(*rows)
    assert state(model) == before


def test_a_training_goes_on_as_if_nobody_had_looked(rows):
    seen = network()
    seen.diagnose(*rows)
    seen.fit(*rows, epochs=2, verbose=0)
    unseen = network()
    unseen.fit(*rows, epochs=2, verbose=0)
    assert state(seen) == state(unseen)


def test_a_training_that_is_watched_makes_the_same_steps(rows):
    watched, callback = network(), Diagnosis(interval=7, verbose=0)
    watched.fit(*rows, epochs=3, verbose=0, callbacks=[callback])
    after = state(watched)
    alone = network()
    alone.fit(*rows, epochs=3, verbose=0)
    assert after == state(alone)
    assert [seen.step for seen in callback.looks] == [0, 7, 14, 21, 28]
    assert watched.batch is None


def test_the_first_look_is_at_the_first_weights(rows):
    model, untouched = network(), network()
    untouched.prepare(*rows, where="test")
    norms = {path: float(np.linalg.norm(p.value)) for path, p in untouched.named_weights().items()}
    callback = Diagnosis(verbose=0)
    model.fit(*rows, epochs=1, verbose=0, callbacks=[callback])
    first = callback.looks[0]
    assert first.step == 0
    for path, figures in first.weights.items():
        assert figures.norm == pytest.approx(norms[path], rel=1e-6)


def test_a_look_measures_what_the_model_computes(rows):
    x, y = rows[0][:40], rows[1][:40]
    set_random_seed(1)
    model = Sequential([Input((6,)), Dense(8, "tanh"), Dense(8, "relu"), Dense(3)])
    model.compile("sgd", losses.SparseCategoricalCrossentropy(from_logits=True))
    model.prepare(x, y, where="test")
    figures = look(model, x, y)
    z = x @ model.layers[0].kernel.value + model.layers[0].bias.value
    a = np.maximum(np.tanh(z) @ model.layers[1].kernel.value, 0)
    assert figures.layers[0].deviation == pytest.approx(z.std(), rel=1e-5)
    assert figures.layers[1].dead == (a.max(axis=0) == 0).sum()
    scores = a @ model.layers[2].kernel.value
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    dz = (p - np.eye(3)[y]) / len(y)
    assert figures.layers[2].gradient == pytest.approx(np.linalg.norm(dz), rel=1e-4)
    assert figures.loss == pytest.approx(-np.log(p[np.arange(40), y]).mean(), rel=1e-5)
    assert figures.weights["dense_2/kernel"].gradient == pytest.approx(
        np.linalg.norm(a.T @ dz), rel=1e-4
    )
    assert (figures.head, figures.linear) == ([], 0)
    assert Look.from_dict(json.loads(json.dumps(figures.to_dict()))) == figures


def test_saturated_units_are_those_of_small_slope():
    set_random_seed(0)
    model = Sequential([Input((1,)), Dense(1, "tanh", kernel_initializer="ones"), Dense(1)])
    model.compile("sgd", "mse")
    x = np.array([[0.0], [2.6], [2.7], [-5.0]], "float32")  # tanh's slope is 0.02 at 2.64...
    model.prepare(x, x, where="test")
    assert look(model, x, x).layers[0].saturated == 0.5


def test_findings_are_ranked_and_plain():
    def finding(name, severity, where="x"):
        return Finding(name, severity, where, "seen", "why", "mend", "source")

    found = Findings([
        finding("surplus-outputs", "low"), finding("cannot-overfit", "high"),
        finding("dead-units", "high"), finding("unscaled-inputs", "medium"),
        finding("dead-units", "high"), finding("large-weights", "high"),
    ])  # fmt: skip
    assert found.names == [
        "large-weights", "dead-units", "unscaled-inputs", "cannot-overfit", "surplus-outputs",
    ]  # fmt: skip
    assert "dead-units" in found
    assert "plateau" not in found
    assert Findings.from_dicts(json.loads(json.dumps(found.to_dicts()))) == found
    assert str(found).startswith("diagnosis: 5 findings (3 high, 1 medium, 1 low)\n\nhigh    large")
    assert "<b>dead-units</b>" in found._repr_html_()
    assert str(Findings()) == "diagnosis: nothing found"


def test_texts_of_a_finding_are_safe_in_html():
    found = Findings([Finding("x", "low", "<layer>", "a < b", "why", "L2(1)", "s & t")])
    assert "&lt;layer&gt;" in found._repr_html_()
    assert "a &lt; b" in found._repr_html_()


def test_a_finding_has_figures_and_code_for_this_model(rows):
    set_random_seed(0)
    wide = {"class": "RandomNormal", "config": {"stddev": 3.0}}
    model = Sequential([Input((6,)), Dense(16, "relu", kernel_initializer=wide), Dense(3)])
    model.compile("adam", losses.SparseCategoricalCrossentropy(from_logits=True))
    finding = model.diagnose(*rows)[0]
    assert (finding.name, finding.where) == ("large-weights", "layer 0 (dense)")
    deviation = model.layers[0].kernel.value.std()
    assert finding.mend == (
        "kernel_initializer='he_normal': deviation 0.577 for 6 inputs; "
        f"seen {deviation:.3g}"
    )  # fmt: skip


def test_every_check_says_why_and_where_its_limit_comes_from():
    for check in CHECKS.values():
        assert check.what.endswith(".")
        assert check.why.endswith(".")
        assert len(check.source) > 10
        assert len(check.threshold.split()) >= 6, check.name


def test_what_does_not_fit_the_loss_is_a_finding(rows):
    model = Sequential([Input((6,)), Dense(2)])
    model.compile("adam", losses.SparseCategoricalCrossentropy(from_logits=True))
    found = model.diagnose(*rows)
    assert found.names == ["targets-do-not-fit"]
    assert "give the last layer 3 units" in found[0].mend


def test_a_model_without_a_loss_is_refused(rows):
    with pytest.raises(SettingError, match="compiled with a loss"):
        Sequential([Input((6,)), Dense(3)]).diagnose(*rows)


def test_batches_in_the_place_of_arrays_are_refused(rows):
    with pytest.raises(DataError, match="arrays x and y"):
        network().diagnose([(rows[0][:32], rows[1][:32])], None)


def test_several_inputs_are_diagnosed(rows):
    a, b = Input((6,)), Input((6,))
    from pellucid import Model

    model = Model([a, b], Dense(3)(layers.Concatenate()([a, b])))
    model.compile("adam", losses.SparseCategoricalCrossentropy(from_logits=True))
    assert model.diagnose([rows[0], 100 * rows[0]], rows[1]).names[0] == "unscaled-inputs"


# -- during and after -----------------------------------------------------------------------------


def test_findings_are_printed_at_the_end(rows, capsys):
    x, y = rows
    model = network()
    model.fit(1000 * x, y, epochs=1, verbose=0, callbacks=[Diagnosis()])
    said = capsys.readouterr().out
    assert said.startswith("diagnosis: ")
    assert "unscaled-inputs: x" in said


def test_a_loss_that_is_not_finite_is_told_before_the_error(rows, capsys):
    x, y = rows
    model = Sequential([Input((6,)), Dense(1)])
    model.compile({"class": "SGD", "config": {"learning_rate": 1e20}}, "mse")
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="fit, epoch 1"):
        model.fit(x, y.astype("float32"), epochs=2, verbose=0, callbacks=[Diagnosis()])
    assert "not-finite-loss" in capsys.readouterr().out


def test_what_was_seen_is_kept_in_the_model_file(rows, tmp_path):
    x, y = rows
    model = network()
    callback = Diagnosis(verbose=0)
    model.fit(1000 * x, y, epochs=2, verbose=0, callbacks=[callback])
    model.save(tmp_path / "model.safetensors")
    again = load(tmp_path / "model.safetensors")
    found = diagnose_run(again)
    assert "unscaled-inputs" in callback.findings
    assert found.names == callback.findings.names


def test_a_run_that_goes_on_remembers_its_looks(rows, tmp_path):
    first, second, third = (Diagnosis(interval=5, verbose=0) for _ in range(3))
    whole = network()
    whole.fit(*rows, epochs=4, verbose=0, callbacks=[first])
    stopped = network()
    stopped.fit(*rows, epochs=2, verbose=0, callbacks=[second])
    stopped.save(tmp_path / "model.safetensors")
    again = load(tmp_path / "model.safetensors")
    again.fit(*rows, epochs=4, verbose=0, callbacks=[third], resume=True)
    assert [seen.step for seen in third.looks] == [seen.step for seen in first.looks]
    assert third.history == first.history
    assert [w.tobytes() for w in again.get_weights()] == [w.tobytes() for w in whole.get_weights()]


def test_the_interval_is_looked_over():
    with pytest.raises(SettingError, match="interval to be a whole number from 1"):
        Diagnosis(interval=0)


# -- learning rates -------------------------------------------------------------------------------


def test_the_range_test_sweeps_exponentially_and_stops_when_it_diverges(rows):
    found = insight.lr_find(network(), *rows, start=1e-6, end=1e3, steps=80)
    ratio = np.diff(np.log(found.rates))
    assert ratio == pytest.approx(np.log(1e9) / 79)
    assert len(found.rates) < 80
    assert len(found.rates) == len(found.losses) == len(found.smoothed)


def test_the_suggested_rate_trains_and_ten_times_the_end_does_not(rows):
    model = network()
    found = model.lr_find(*rows)
    assert 1e-4 < found.suggestion < 0.3
    model.optimizer.learning_rate = found.suggestion
    model.fit(*rows, epochs=10, verbose=0)
    assert model.history.history["loss"][-1] < 0.5 * model.history.history["loss"][0]


def test_the_steepest_point_is_moved_back_by_the_lag_of_the_average():
    from pellucid.insight.learning_rate import LAG, steepest

    rates = [10.0 ** (k / 10) for k in range(60)]
    falls = [1 / (1 + np.exp(k - 30)) for k in range(60)]
    assert steepest(rates, falls) == pytest.approx(rates[30 - LAG])
    assert steepest(rates, [1.0] * 60) is None


@pytest.mark.parametrize(
    ("settings", "said"),
    [({"start": 1.0, "end": 0.1}, "0 < start < end"), ({"steps": 3}, "steps to be a whole number")],
)
def test_a_sweep_that_is_none_is_refused(rows, settings, said):
    with pytest.raises(SettingError, match=said):
        insight.lr_find(network(), *rows, **settings)


def test_the_curve_shows_every_step_and_the_suggestion(rows):
    found = insight.lr_find(network(), *rows)
    figure = found.plot()
    (panel,) = figure.axes
    steps, average, point = panel.get_lines()
    assert list(steps.get_ydata()) == found.losses
    assert list(average.get_ydata()) == found.smoothed
    assert point.get_xdata()[0] == found.suggestion
    assert (panel.get_xlabel(), panel.get_xscale()) == ("learning rate", "log")
