"""A model in a file is the same model: to the bit, in another process, ready to go on."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open

import pellucid
from pellucid import (
    Model,
    Sequential,
    activations,
    constraints,
    layers,
    losses,
    metrics,
    regularizers,
)
from pellucid import optimizers as optimizers_room
from pellucid.errors import ModelFileError, SettingError
from pellucid.layers import Dense, Dropout, Input

from .networks import MAKERS, OWN, images, inputs, own, squares, stack, steps

GO_ON = """
import sys
sys.path.insert(0, sys.argv[1])
import numpy as np
import pellucid
from tests.storage.networks import MAKERS, OWN, steps
for name in MAKERS:
    path = f"{sys.argv[2]}/{name}"
    model = pellucid.load(path, custom_objects=OWN)
    np.savez(path, *steps(model))
    model.save(path + " later")
"""


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """A folder where another process has loaded every network, gone on, and saved it again; and
    the same networks, which went on here."""
    pellucid.set_random_seed(0)
    folder, here = tmp_path_factory.mktemp("models"), {}
    for name, make in MAKERS.items():
        model = make()
        steps(model)
        model.save(folder / name)
        here[name] = (model, steps(model))
    top = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-W", "error", "-c", GO_ON, top, folder], check=True)
    return folder, here


@pytest.mark.parametrize("name", MAKERS)
def test_a_model_goes_on_in_another_process_to_the_bit(name, elsewhere):
    folder, here = elsewhere
    model, seen = here[name]
    with np.load(folder / f"{name}.npz") as there:
        assert len(there.files) == len(seen) == 4
        for a, b in zip(seen, there.values(), strict=True):
            np.testing.assert_array_equal(a, b)
            assert a.dtype == b.dtype
    later = pellucid.load(folder / f"{name} later", OWN)
    assert type(later) is type(model)
    for path, p in model.named_weights().items():
        np.testing.assert_array_equal(later.named_weights()[path].value, p.value, strict=True)
    assert later.random_states() == model.random_states()
    assert later.optimizer.get_config() == model.optimizer.get_config()
    updates = 3 if name == "everything" else 6
    assert later.optimizer.iterations == model.optimizer.iterations == updates
    assert later.optimizer.waiting == model.optimizer.waiting == 0
    assert later.optimizer.state.keys() == model.optimizer.state.keys()
    for slot, values in model.optimizer.state.items():
        np.testing.assert_array_equal(later.optimizer.state[slot], values, strict=True)
    assert later.loss.get_config() == model.loss.get_config()
    if name != "own_call":
        assert later.get_config() == model.get_config()


def test_what_is_not_compiled_is_saved_too(tmp_path):
    x = Input((3,))
    model = Model(x, Dense(2)(x))
    model.save(tmp_path / "model")
    loaded = pellucid.load(tmp_path / "model")
    assert loaded.optimizer is None
    value = inputs((3,))
    np.testing.assert_array_equal(loaded.predict(value), model.predict(value))


def test_a_model_of_several_inputs_built_on_its_data_is_loaded(tmp_path):
    class Sum(Model):
        def __init__(self, **settings):
            super().__init__(**settings)
            self.left, self.right = Dense(2), Dense(2)

        def call(self, x):
            return self.left(x[0]) + self.right(x[1])

        def get_config(self):
            return {"name": self.name}

    model, x = Sum(name="sum"), [inputs((3,)), inputs((5,))]
    expected = model.predict(x)
    model.save(tmp_path / "model")
    loaded = pellucid.load(tmp_path / "model", {"Sum": Sum})
    np.testing.assert_array_equal(loaded.predict(x), expected)


def test_the_history_and_the_notes_come_back(tmp_path):
    model = stack()
    model.notes = {"classes": ["a", "b", "c"], "scale": np.array([1.5, 2.0]), "n": np.int64(3)}
    figures = model.fit(inputs(), np.arange(20) % 3, epochs=2, validation_split=0.2, verbose=0)
    model.save(tmp_path / "model")
    loaded = pellucid.load(tmp_path / "model")
    assert loaded.history.history == figures.history
    assert loaded.history.epoch == [0, 1]
    assert loaded.notes == {"classes": ["a", "b", "c"], "scale": [1.5, 2.0], "n": 3}


def test_weights_without_axes_come_back_with_the_best_ones(tmp_path):
    """The mean over everything is one number; what early stopping keeps holds it too."""
    model, x, y = stack(), inputs(), np.arange(20) % 3
    stop = pellucid.callbacks.EarlyStopping("loss", min_delta=9.0, patience=9, verbose=0)
    model.fit(x, y, epochs=2, verbose=0, callbacks=[stop])
    best = stop.best_weights
    model.save(tmp_path / "model")
    loaded = pellucid.load(tmp_path / "model")
    loaded.fit(x, y, epochs=3, verbose=0, callbacks=[stop], resume=True)
    for a, b in zip(best, loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("when", ["before saving", "after loading"])
def test_freezing_a_layer_around_a_file_keeps_the_slots_in_step(when, tmp_path):
    def frozen(model):
        model.get_layer("first").trainable = False
        return model

    model = stack()
    steps(model)
    chance = model.random_states()
    (frozen(model) if when == "before saving" else model).save(tmp_path / "model")
    loaded = pellucid.load(tmp_path / "model")
    seen = steps(frozen(model)), steps(frozen(loaded))
    for a, b in zip(*seen, strict=True):
        np.testing.assert_array_equal(a, b)
    assert loaded.random_states() == model.random_states() != chance


def test_saving_changes_nothing(tmp_path):
    one, other = images(), images()
    other.set_weights(one.get_weights())
    other.set_random_states(one.random_states())
    for _ in range(2):
        one.save(tmp_path / "model")
        for a, b in zip(steps(one), steps(other), strict=True):
            np.testing.assert_array_equal(a, b)


def test_the_file_holds_tensors_by_name_and_json(tmp_path):
    model = stack()
    steps(model)
    model.save(tmp_path / "model")
    with safe_open(tmp_path / "model", framework="np") as file:
        about = json.loads(file.metadata()["pellucid"])
        assert {"weights/first/kernel", "weights/normalization/mean", "optimizer/m"} <= set(
            file.keys()
        )
    assert about["format"] == 1
    assert about["model"]["class"] == "Sequential"
    assert about["compiled"]["optimizer"]["class"] == "Adam"


# -- things of one's own --------------------------------------------------------------------------


def test_own_things_may_be_registered(tmp_path, monkeypatch):
    schedules = optimizers_room.schedules
    for room in (layers, losses, metrics, activations, constraints, regularizers, schedules):
        for held in ("known", "names"):
            monkeypatch.setattr(room.registry, held, dict(getattr(room.registry, held)))
    model = own()
    steps(model)
    model.save(tmp_path / "model")
    layers.registry.register(OWN["Scale"])
    activations.register(OWN["bent"])
    losses.registry.register(OWN["squares"])
    metrics.registry.register(OWN["offset"])
    regularizers.registry.register(OWN["shrink"])
    constraints.registry.register(OWN["capped"])
    schedules.registry.register(OWN["halving"])
    for a, b in zip(steps(pellucid.load(tmp_path / "model")), steps(model), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("missing", "kind"),
    [
        ("Scale", "layer"),
        ("bent", "activation"),
        ("squares", "loss"),
        ("offset", "metric"),
        ("halving", "schedule"),
        ("shrink", "regularizer"),
        ("capped", "constraint"),
    ],
)
def test_what_is_not_known_is_named(missing, kind, tmp_path):
    own().save(tmp_path / "model")
    known = {name: thing for name, thing in OWN.items() if name != missing}
    with pytest.raises(ModelFileError) as caught:
        pellucid.load(tmp_path / "model", custom_objects=known)
    text = str(caught.value)
    where = f"Dense, kernel_{kind}" if kind in ("regularizer", "constraint") else kind
    assert f"model, {where}: expected a known {kind}; got '{missing}'. " in text
    assert text.endswith("go into load(path, custom_objects={'name': thing}).")


def test_own_things_are_known_only_while_loading(tmp_path):
    own().save(tmp_path / "model")
    pellucid.load(tmp_path / "model", OWN)
    with pytest.raises(SettingError, match="got 'squares'"):
        losses.get("squares")
    assert losses.get(squares).function is squares


# -- what could not be loaded is not saved --------------------------------------------------------


def refused(model, path, text):
    with pytest.raises((ModelFileError, SettingError), match=re.escape(text)):
        model.save(path)
    assert not list(path.parent.iterdir())


def test_functions_without_a_name_are_refused(tmp_path):
    model = Sequential([Input((3,)), Dense(2, activation=lambda z: z * 2)])
    text = "saving: expected functions with a name; got a lambda. Write it with def; load asks for"
    refused(model, tmp_path / "model", text)


def test_notes_that_json_cannot_hold_are_refused(tmp_path):
    model = Sequential([Input((3,)), Dense(2)])
    model.notes = {"classes": {1, 2}}
    text = "saving: expected settings and notes of numbers, texts, lists and dictionaries; got Obj"
    refused(model, tmp_path / "model", text)


def test_a_model_without_settings_is_refused(tmp_path):
    class Silent(Model):
        def call(self, x):
            return x

    model = Silent()
    model(inputs())
    text = "settings of Silent: expected a model made of inputs and outputs; got one with a call of"
    refused(model, tmp_path / "model", text)


def test_one_layer_in_two_models_inside_is_refused(tmp_path):
    shared, x = Dense(4, name="shared"), Input((4,))
    inner = Sequential([Input((4,)), shared, Dropout(0.1)], name="inner")
    model = Model(x, shared(inner(x)), name="outer")
    text = "expected each layer to stand in one model; got layer shared in "
    refused(model, tmp_path / "model", text)
