"""The engine "auto": what it chooses, that it changes nothing else, and what it says."""

import json
import random
import warnings

import numpy as np
import pytest
import torch

import pellucid
from pellucid import Input, Sequential, engines, load, nn
from pellucid.callbacks import Callback, TerminateOnNaN
from pellucid.engines import engine_of, find, numpy_engine
from pellucid.errors import EngineError, NotFiniteError
from pellucid.layers import BatchNormalization, Dense, Dropout, Layer
from pellucid.models import Model
from pellucid.training import choosing
from pellucid.training.choosing import Choice, told

from ..saying import says
from .networks import data

X, Y = data(40)


@pytest.fixture(autouse=True)
def alone(tmp_path, monkeypatch):
    """A cache of the test's own; and the engine that was in use is so afterwards."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    torch.set_num_threads(1)
    yield
    engines.use("numpy")


@pytest.fixture
def takes(monkeypatch):
    """Let steps take so many seconds, by the engines' names; counts how often that is asked."""

    def set_times(**seconds):
        asked = []

        def take_turns(runs):
            asked.append(sorted(runs))
            for run in runs.values():
                run(2)  # as the clock would have it
            return {name: seconds[name.partition(":")[0]] for name in runs}

        monkeypatch.setattr(choosing, "take_turns", take_turns)
        return asked

    return set_times


class Careless(Layer):
    """A user's layer that draws from everything that others may draw from too."""

    def call(self, x, training=False):
        """x times what is nearly 1."""
        if not training:
            return x
        noise = random.random() + np.random.random() + float(torch.rand(()))  # noqa: NPY002
        return nn.dropout(x * (1 + 1e-3 * noise), 0.1)


def network(engine="auto", *more, optimizer="adam"):
    pellucid.set_random_seed(3)
    random.seed(3)
    np.random.seed(3)  # noqa: NPY002
    torch.manual_seed(3)
    engines.use(engine)
    layers = [Dense(8, "relu"), BatchNormalization(), Dropout(0.3), *more, Dense(1)]
    model = Sequential([Input((X.shape[1],)), *layers])
    model.compile(optimizer, "mse", ["mae"])
    return model


def everything(model, history):
    """All that a run leaves, as plain numbers."""
    slots = {name: engine_of(s).to_numpy(s).tolist() for name, s in model.optimizer.state.items()}
    weights = [w.tolist() for w in model.get_weights()]
    chance = model.random_states(), pellucid.random.generator("weights").random()
    others = random.random(), np.random.random(), float(torch.rand(()))  # noqa: NPY002
    return weights, slots, model.optimizer.iterations, history.history, chance, others


# -- the choice -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("quickest", "other"), [("numpy", "torch"), ("torch", "numpy")])
def test_the_quickest_is_taken_and_said(takes, capsys, quickest, other):
    asked = takes(**{quickest: 0.43e-3, other: 0.81e-3})
    model = network()
    model.fit(X, Y, 8, 2, verbose=2)
    assert asked == [["numpy", "torch:cpu"]]
    assert model.engine is find(quickest)
    assert all(engine_of(p.value) is find(quickest) for p in model.weights)
    said = f"auto: {quickest}, 0.43 ms a step ({other} 0.81)"
    assert capsys.readouterr().out.splitlines()[0] == said == str(model.engine_choice)


def test_it_is_silent_where_the_run_is(takes, capsys):
    takes(numpy=1.0, torch=2.0)
    model = network()
    model.fit(X, Y, 8, verbose=0)
    assert capsys.readouterr().out == ""
    assert model.engine_choice.milliseconds == {"numpy": 1000.0, "torch:cpu": 2000.0}


@pytest.mark.parametrize("quickest", ["numpy", "torch"])
@pytest.mark.parametrize("source", ["arrays", "generator", "sequence"])
def test_training_is_the_same_to_the_bit_as_without(takes, quickest, source):
    """Weights, slots, moving averages, figures, all streams of chance, and the order of data."""
    takes(**{"numpy": 2.0, "torch": 2.0, quickest: 1.0})

    def run(engine):
        model = network(engine, Careless())
        batches = [(X[i : i + 8], Y[i : i + 8]) for i in range(0, 40, 8)]
        if source == "arrays":
            weight = np.linspace(0.5, 1.5, 40)
            return model, model.fit(X, Y, 16, 3, 0, sample_weight=weight, validation_split=0.2)
        if source == "generator":
            taken = (batches[i % 5] for i in range(99))
            return model, model.fit(taken, epochs=3, verbose=0, steps_per_epoch=4)
        return model, model.fit(batches, epochs=3, verbose=0)

    plain, chosen = everything(*run(quickest)), everything(*run("auto"))
    assert plain == chosen


def test_a_run_that_goes_on(takes, tmp_path):
    """In the middle of what the optimiser remembers, on the other engine."""
    takes(numpy=2.0, torch=1.0)
    whole = network("torch")
    whole.fit(X, Y, 8, 3, 0)
    parts = network("torch")
    parts.fit(X, Y, 8, 1, 0)
    parts.save(tmp_path / "model")
    engines.use("auto")
    parts = load(tmp_path / "model")
    assert parts.engine is numpy_engine
    parts.fit(X, Y, 8, 3, 0, resume=True)
    for a, b in zip(parts.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_model_may_be_told_alone(takes):
    takes(numpy=2.0, torch=1.0)
    model = network("numpy")
    model.fit(X, Y, 8, verbose=0)
    assert model.engine_choice is None
    assert model.to("auto") is model
    assert model.engine is numpy_engine  # until it trains
    model.fit(X, Y, 8, verbose=0)
    assert model.engine is find("torch")
    model.to("numpy")
    model.fit(X, Y, 8, verbose=0)
    assert model.engine is numpy_engine


def test_steps_run_from_tapes_only_where_the_run_has_them(takes, monkeypatch):
    takes(numpy=1.0, torch=2.0)
    seen = []
    rehearsal = choosing.rehearsal
    monkeypatch.setattr(choosing, "rehearsal", lambda *a: seen.append(a[-1]) or rehearsal(*a))

    class AtEachBatch(Callback):
        def on_train_batch_end(self, batch, logs=None):
            """Called at each batch."""

    network().fit(X, Y, 8, verbose=0, callbacks=AtEachBatch())
    network().fit(X, Y, 8, verbose=0)
    assert seen == [False, False, True, True]


def test_steps_are_timed_in_fact():
    """Without a clock of the test's own; which engine wins is the machine's matter."""
    model = network()
    model.fit(X, Y, 8, verbose=0)
    times = model.engine_choice.milliseconds
    assert times.keys() == {"numpy", "torch:cpu"}
    assert min(times, key=times.get) == model.engine_choice.engine == model.engine.label
    assert list(times.values()) == sorted(times.values())
    assert min(times.values()) > 0


# -- memory ---------------------------------------------------------------------------------------


def test_it_is_remembered_for_the_same_model_and_machine(takes, capsys):
    asked = takes(numpy=2.0, torch=1.0)
    for _ in range(2):
        model = network()
        for _ in range(2):
            model.fit(X, Y, 8, verbose=2)
    assert len(asked) == 1
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("auto")]
    first = "auto: torch, 1,000 ms a step (numpy 2,000)"
    assert said == [first, *[f"{first}, as before"] * 3]


@pytest.mark.parametrize(
    "change",
    [
        lambda fit, patch: fit(network(), 10),
        lambda fit, patch: fit(network(optimizer="sgd"), 8),
        lambda fit, patch: fit(network("auto", Dense(4)), 8),
        lambda fit, patch: patch.setenv("OMP_NUM_THREADS", "1") or fit(network(), 8),
        lambda fit, patch: patch.setattr(choosing, "versions", dict) or fit(network(), 8),
    ],
)
def test_anything_else_is_measured_anew(takes, monkeypatch, change):
    asked = takes(numpy=1.0, torch=2.0)

    def fit(model, batch_size):
        model.fit(X, Y, batch_size, verbose=0)

    fit(network(), 8)
    change(fit, monkeypatch)
    assert len(asked) == 2


@pytest.mark.parametrize(
    "found",
    [
        {},
        {"engine": "numpy"},
        {"engine": "torch:cuda:7", "milliseconds": {"numpy": 1.0}, "left_out": {}},
        {"engine": "numpy", "milliseconds": {"numpy": "quick"}, "left_out": {}},
        {"engine": "numpy", "milliseconds": [], "left_out": {}},
        {"engine": None, "milliseconds": {}, "left_out": {}},
    ],
)
def test_what_makes_no_sense_is_measured_anew(takes, monkeypatch, found):
    asked = takes(numpy=1.0, torch=2.0)
    monkeypatch.setattr(choosing, "recall", lambda kind, facts: found)
    model = network()
    model.fit(X, Y, 8, verbose=0)
    assert len(asked) == 1
    assert not model.engine_choice.remembered


class OwnCall(Model):
    """A model that nobody can write down."""

    def __init__(self):
        super().__init__()
        self.inner = Dense(1)

    def call(self, x):
        """One layer."""
        return self.inner(x)


def test_a_model_that_cannot_be_written_down_remembers_for_itself(takes, tmp_path):
    asked = takes(numpy=1.0, torch=2.0)
    engines.use("auto")
    model = OwnCall()
    model.compile("sgd", "mse")
    model.fit(X, Y, 8, verbose=0)
    model.fit(X, Y, 8, verbose=0)
    assert len(asked) == 1
    assert not (tmp_path / "cache").exists()


def test_no_cache_no_harm(takes, monkeypatch, tmp_path):
    asked = takes(numpy=1.0, torch=2.0)
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    network().fit(X, Y, 8, verbose=0)
    network().fit(X, Y, 8, verbose=0)
    assert len(asked) == 2


def test_the_file_says_what_it_is_of(takes, tmp_path):
    takes(numpy=1.0, torch=2.0)
    network().fit(X, Y, 8, verbose=0)
    (file,) = (tmp_path / "cache" / "pellucid" / "choices").iterdir()
    content = json.loads(file.read_text())
    assert content["found"]["engine"] == "numpy"
    assert content["about"]["batch"] == [[8, X.shape[1]], [8]]
    assert content["about"]["versions"]["numpy"] == np.__version__


# -- what may go wrong ----------------------------------------------------------------------------


class OfNumPy(Layer):
    """A user's layer that only NumPy's arrays go through."""

    def call(self, x):
        """x, if it is NumPy's."""
        if not isinstance(getattr(x, "value", x), np.ndarray):
            raise TypeError("this needs\nan ndarray")
        return x


def test_an_engine_on_which_it_fails_is_left_out(takes, capsys):
    takes(numpy=1.0)
    model = network("auto", OfNumPy())
    model.fit(X, Y, 8, verbose=2)
    said = "auto: numpy, 1,000 ms a step (torch failed, TypeError: this needs an ndarray)"
    assert capsys.readouterr().out.splitlines()[0] == said


def test_an_engine_without_the_precision_is_left_out(takes):
    takes(torch=1.0)
    model = network("torch").to("auto")
    model.compile("adam", "mse", precision="mixed_bfloat16")
    model.fit(X, Y, 8, verbose=0)
    assert model.engine is find("torch")
    assert model.engine_choice.left_out["numpy"].startswith("EngineError: compile: expected an")


def test_where_none_can_the_run_itself_says_why(takes, capsys):
    takes()
    model = network()
    model.prepare(X, Y, where="test")
    model.layers[0].set_weights([np.full((X.shape[1], 8), np.nan), np.zeros(8)])
    with pytest.raises(NotFiniteError, match="fit, epoch 1, batch 1"):
        model.fit(X, Y, 8, verbose=2)
    assert capsys.readouterr().out.startswith("auto: numpy (numpy failed, NotFiniteError")
    assert not model.engine_choice.remembered


def test_a_step_that_fails_later_is_the_runs_to_tell():
    """In the fourth batch, on either engine: timed in fact."""
    x = X.copy()
    x[24:32] = 3e38
    model = network()
    with np.errstate(all="ignore"):
        model.fit(x, Y, 8, 5, 0, shuffle=False, callbacks=TerminateOnNaN())
    assert model.engine_choice.left_out.keys() == {"numpy", "torch:cpu"}
    assert model.engine is numpy_engine
    assert model.progress["batch"] == 0
    assert np.isnan(model.history.history["loss"]).tolist() == [True]


def test_a_model_that_cannot_be_copied_stays(takes):
    takes()
    model = network("auto", Careless())
    model.layers[3].file = open(__file__)  # noqa: SIM115
    with model.layers[3].file:
        model.fit(X, Y, 8, verbose=0)
    assert model.engine is numpy_engine
    assert "TypeError: cannot pickle" in model.engine_choice.left_out["numpy"]


def test_without_pytorch_there_is_nothing_to_choose(monkeypatch, capsys):
    monkeypatch.setattr(choosing, "installed", lambda: [numpy_engine])
    network().fit(X, Y, 8, verbose=2)
    assert capsys.readouterr().out.startswith("auto: numpy, the only engine here\nepoch 1/1")


def test_a_warning_is_given_by_the_run_and_not_before(takes):
    takes(numpy=1.0, torch=2.0)

    class Warning_(Layer):
        def call(self, x):
            warnings.warn("mind", stacklevel=1)
            return x

    seen = []
    for engine in ("numpy", "auto"):
        with pytest.warns(UserWarning, match="mind") as given:
            network(engine, Warning_()).fit(X, Y, 40, verbose=0)
        seen.append(len(given))
    assert seen[0] == seen[1]


def test_auto_is_for_models_that_train():
    text = (
        "engine: expected numpy or torch; got 'auto'. "
        "Say it of a model, before fit: model.to('auto'), or pellucid.use('auto')."
    )
    with says(EngineError, text):
        Dense(3).to("auto")
    with pytest.raises(EngineError, match=r"^engine auto: expected no device, as it tries each"):
        engines.use("auto", "cuda")
    with pytest.raises(EngineError, match=r"^engine auto: expected no device"):
        network("numpy").to("auto", "cpu")


def test_texts():
    assert str(Choice("torch:cuda:0", {"torch:cuda:0": 0.1, "numpy": 120.0})) == (
        "auto: torch:cuda:0, 0.10 ms a step (numpy 120)"
    )
    assert told(ValueError("a " * 99)) == f"ValueError: {'a ' * 22}a..."
