"""Models saved while they train: which, under which names, and that runs go on from their files."""

import re

import numpy as np
import pytest

from pellucid import load
from pellucid.callbacks import Callback, CSVLogger, EarlyStopping, ModelCheckpoint
from pellucid.errors import SettingError
from pellucid.optimizers import Adam

from ..saying import says
from .networks import data, make, same
from .plan import Plan

X, Y = data(20)


def run(*callbacks, epochs=4, **settings):
    model = make(metrics=["accuracy"])
    model.fit(X, Y, 5, epochs, 0, callbacks, **settings)
    return model


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_every_epoch_is_saved_under_its_figures(tmp_path):
    path = tmp_path / "runs" / "{epoch:02d}-{loss:.2f}-{val_loss:.3f}.safetensors"
    model = run(ModelCheckpoint(path), validation_data=(X, Y))
    losses = zip(model.history.history["loss"], model.history.history["val_loss"], strict=True)
    expected = [f"0{i}-{a:.2f}-{b:.3f}.safetensors" for i, (a, b) in enumerate(losses, 1)]
    assert names(tmp_path / "runs") == expected
    assert same(load(tmp_path / "runs" / expected[-1]).get_weights(), model.get_weights())


@pytest.mark.parametrize(
    ("settings", "figures", "saved"),
    [
        ({}, (3, 2, 2.5, 1), [1, 2, 4]),
        ({"mode": "max"}, (3, 4, 2.5, 5), [1, 2, 4]),
        ({"initial_value_threshold": 2.0}, (3, 2, 2.5, 1), [4]),
        ({}, (np.nan, 2, np.nan, 3), [2]),
        ({"save_best_only": False}, (3, 4, 5, 6), [1, 2, 3, 4]),
    ],
)
def test_the_best_are_saved(settings, figures, saved, tmp_path, capsys):
    path = tmp_path / "{epoch}"
    settings = {"save_best_only": True, "verbose": 1} | settings
    plan = Plan(*figures)
    run(plan, ModelCheckpoint(path, "plan", **settings))
    assert names(tmp_path) == [str(epoch) for epoch in saved]
    for epoch in saved:
        assert same(load(tmp_path / str(epoch)).get_weights(), plan.weights[epoch - 1])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(saved)
    assert re.match(rf"epoch {saved[0]}: (plan \S+ -> \S+, )?saved as ", lines[0])
    assert lines[0].endswith(str(tmp_path / str(saved[0])))


def test_the_last_file_of_one_name_is_the_best(tmp_path):
    plan = Plan(3, 1, 2, 4)
    run(plan, ModelCheckpoint(tmp_path / "best", "plan", save_best_only=True))
    assert same(load(tmp_path / "best").get_weights(), plan.weights[1])


def test_batches_are_counted_across_epochs(tmp_path, capsys):
    """Four batches an epoch, and every third is saved."""
    path = tmp_path / "{epoch}-{batch}-{loss:.1f}"
    model = run(ModelCheckpoint(path, save_freq=3, verbose=1), epochs=3)
    places = [name.rpartition("-")[0] for name in names(tmp_path)]
    assert places == ["1-3", "2-2", "3-1", "3-4"]
    assert capsys.readouterr().out.startswith("epoch 1, batch 3: saved as ")
    last = load(next(tmp_path.glob("3-4-*")))
    assert same(last.get_weights(), model.get_weights())


def test_batches_may_be_chosen_by_a_figure_of_training(tmp_path):
    path = tmp_path / "{epoch}-{batch}"
    run(ModelCheckpoint(path, "accuracy", save_best_only=True, save_freq=1), epochs=2)
    assert "1-1" in names(tmp_path)
    assert len(names(tmp_path)) < 8


def test_epochs_without_validation_are_not_the_best(tmp_path):
    path = tmp_path / "{epoch}"
    run(
        ModelCheckpoint(path, save_best_only=True, initial_value_threshold=1e9),
        validation_data=(X, Y),
        validation_freq=2,
    )
    assert names(tmp_path)[0] == "2"
    assert not {"1", "3"} & set(names(tmp_path))


# -- going on -------------------------------------------------------------------------------------


def callbacks(folder):
    """Everything that remembers something; the checkpoint stands first, and is called last."""
    path = folder / "{epoch}.safetensors"
    return [
        ModelCheckpoint(path, "val_loss", save_best_only=True, mode="max"),
        EarlyStopping(patience=3, verbose=0),
        CSVLogger(folder / "log.csv"),
    ]


SETTINGS = {"epochs": 8, "batch_size": 8, "verbose": 0, "validation_split": 0.2}


def network():
    return make(metrics=["accuracy"], optimizer=Adam(0.1))


def equal(one, other):
    assert one.history.history == other.history.history
    assert same(one.get_weights(), other.get_weights())
    assert same(one.optimizer.state.values(), other.optimizer.state.values())
    assert one.optimizer.iterations == other.optimizer.iterations
    assert one.random_states() == other.random_states()


def test_a_run_goes_on_from_any_of_its_files(tmp_path):
    x, y = data(50)
    path = tmp_path / "{epoch}.safetensors"
    whole = network()
    whole.fit(x, y, callbacks=[ModelCheckpoint(path), *callbacks(tmp_path / "a")[1:2]], **SETTINGS)
    done = len(whole.history.epoch)
    for epoch in range(1, done):
        model = load(tmp_path / f"{epoch}.safetensors")
        assert model.history.epoch == list(range(epoch))
        again = [ModelCheckpoint(tmp_path / "b" / "{epoch}"), *callbacks(tmp_path / "a")[1:2]]
        model.fit(x, y, callbacks=again, resume=True, **SETTINGS)
        equal(model, whole)
        assert len(names(tmp_path / "b")) >= done - epoch


def test_a_run_goes_on_from_a_file_of_the_middle_of_an_epoch(tmp_path):
    x, y = data(50)
    path = tmp_path / "{epoch}-{batch}"
    whole = network()
    whole.fit(x, y, callbacks=[ModelCheckpoint(path, save_freq=4)], **SETTINGS)
    assert len(names(tmp_path)) == 8 * 5 // 4
    for name in ("1-4", "2-3", "4-1", "5-4"):
        model = load(tmp_path / name)
        checkpoint = ModelCheckpoint(tmp_path / "again" / path.name, save_freq=4)
        model.fit(x, y, callbacks=[checkpoint], resume=True, **SETTINGS)
        equal(model, whole)
        assert checkpoint.batches == 8 * 5
    assert set(names(tmp_path / "again")) == set(names(tmp_path)) - {"1-4", "again"}


def test_what_was_best_is_remembered(tmp_path):
    path = tmp_path / "{epoch}"
    model = make()
    for epochs in (2, 4):
        figures = Plan(3, 1, 2, 0.5)
        best = ModelCheckpoint(path, "plan", save_best_only=True)
        model.fit(X, Y, 5, epochs, 0, [figures, best], resume=True)
    assert names(tmp_path) == ["1", "2", "4"]


def test_it_saves_what_callbacks_behind_it_did(tmp_path):
    class Counts(Callback):
        count = 0

        def on_epoch_end(self, epoch, logs=None):
            self.count += 1

        def get_state(self):
            return {"count": self.count}

    run(ModelCheckpoint(tmp_path / "{epoch}"), Counts())
    for epoch in (1, 4):
        progress = load(tmp_path / str(epoch)).progress
        assert progress["callbacks"]["Counts 0"] == {"count": epoch}
        assert progress["callbacks"]["History 0"]["epoch"] == list(range(epoch))


def test_weights_alone_are_a_model_that_starts_anew(tmp_path):
    model = run(
        ModelCheckpoint(tmp_path / "weights", save_weights_only=True),
        ModelCheckpoint(tmp_path / "whole"),
        epochs=2,
    )
    weights, whole = load(tmp_path / "weights"), load(tmp_path / "whole")
    assert same(weights.get_weights(), whole.get_weights())
    assert weights.evaluate(X, Y, verbose=0) == model.evaluate(X, Y, verbose=0)
    assert (weights.progress, weights.optimizer.iterations, weights.optimizer.state) == ({}, 0, {})
    assert whole.optimizer.iterations == 8
    assert whole.progress["epoch"] == 2


# -- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (
            {"save_freq": 0},
            "save_freq to be 'epoch' or a whole number of batches from 1; got 0. Try 'epoch'.",
        ),
        (
            {"save_freq": "batch"},
            "save_freq to be 'epoch' or a whole number of batches from 1; got 'batch'. Try "
            "'epoch'.",
        ),
        (
            {"save_freq": 5, "save_best_only": True},
            "a figure of training to choose the best batch by; got 'val_loss'. Set monitor='loss', "
            "or save_freq='epoch'.",
        ),
        ({"mode": "up"}, "mode 'auto', 'min' or 'max'; got 'up'. Choose one of them."),
    ],
)
def test_settings_that_do_not_go_together_are_refused(settings, text):
    with says(SettingError, f"ModelCheckpoint: expected {text}"):
        ModelCheckpoint("model", **settings)


def test_a_name_that_is_no_figure_is_refused(tmp_path):
    text = "ModelCheckpoint: expected filepath to have in braces what there is: epoch, loss, accura"
    with pytest.raises(SettingError, match=re.escape(text)):
        run(ModelCheckpoint(tmp_path / "{val_loss:.2f}"))


def test_a_figure_that_is_not_there_is_no_best(tmp_path):
    text = "ModelCheckpoint: expected monitor to be one of loss, accuracy; got 'val_loss'. Figures"
    with pytest.raises(SettingError, match=re.escape(text)):
        run(ModelCheckpoint(tmp_path / "best", save_best_only=True))
