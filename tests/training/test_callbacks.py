"""Callbacks on real runs; where a figure has to follow a plan, a first callback puts it there."""

import csv
import re

import numpy as np
import pytest

from pellucid.callbacks import Callback, CSVLogger, EarlyStopping, History, ReduceLROnPlateau
from pellucid.errors import SettingError
from pellucid.schedules import ExponentialDecay

from .networks import data, make, same


class Plan(Callback):
    """Says what the figure "plan" is in each epoch, and keeps the weights of each."""

    def __init__(self, *figures):
        self.figures, self.weights = figures, []

    def on_epoch_end(self, epoch, logs=None):
        logs["plan"] = self.figures[epoch]
        self.weights.append(self.model.get_weights())


def run(*callbacks, epochs=8, **settings):
    model = make(**settings)
    x, y = data(20)
    model.fit(x, y, epochs=epochs, batch_size=10, verbose=0, callbacks=callbacks)
    return model


# -- the hooks ------------------------------------------------------------------------------------


def test_every_hook_is_called_in_its_place():
    calls = []

    class Everything(Callback):
        def on_train_begin(self, logs=None):
            calls.append("train begins")

        def on_epoch_begin(self, epoch, logs=None):
            calls.append(f"epoch {epoch} begins")

        def on_train_batch_end(self, batch, logs=None):
            calls.append(f"batch {batch}: {', '.join(logs)}")

        def on_epoch_end(self, epoch, logs=None):
            calls.append(f"epoch {epoch}: {', '.join(logs)}")

        def on_train_end(self, logs=None):
            calls.append("train ends")

    model = run(Everything(), epochs=2, metrics=["accuracy"])
    assert calls == [
        "train begins",
        "epoch 0 begins",
        "batch 0: loss, accuracy",
        "batch 1: loss, accuracy",
        "epoch 0: loss, accuracy",
        "epoch 1 begins",
        "batch 0: loss, accuracy",
        "batch 1: loss, accuracy",
        "epoch 1: loss, accuracy",
        "train ends",
    ]
    assert model.history.epoch == [0, 1]


def test_the_figures_of_a_batch_are_those_of_the_epoch_so_far():
    seen, losses = [], []

    class Seen(Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(logs["loss"])

    x, y = data(20)
    model = make()
    step = model.train_step

    def noted(*batch):
        loss, output = step(*batch)
        losses.append((float(loss), len(output)))
        return loss, output

    model.train_step = noted
    history = model.fit(x, y, batch_size=8, verbose=0, callbacks=[Seen()])
    loss, n = np.array(losses).T
    np.testing.assert_allclose(seen, (loss * n).cumsum() / n.cumsum(), rtol=1e-6)
    assert history.history["loss"] == [seen[-1]]


def test_a_callback_may_stop_the_run_after_a_batch():
    class Stop(Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 0 and self.model.progress["epoch"] == 1

    model = run(Stop())
    assert model.optimizer.iterations == 3
    assert model.history.epoch == [0, 1]


def test_the_base_does_nothing():
    model = run(Callback(), epochs=1)
    assert "Callback 0" not in model.progress["callbacks"]
    base = Callback()
    base.set_state({})
    assert base.get_state() == base.get_config() == {}


def test_a_history_may_be_given_as_a_callback():
    history = History()
    model = run(history, epochs=2)
    assert history.history == model.history.history


# -- early stopping -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "figures", "epochs", "best"),
    [
        ({}, (3, 2, 2.5, 1), 3, 1),
        ({"patience": 2}, (3, 2, 2.5, 1.9, 2, 2, 1), 6, 3),
        ({"patience": 1, "min_delta": 0.5}, (3, 2.6, 1), 2, 0),
        ({"patience": 1, "mode": "max"}, (1, 2, 1, 3), 3, 1),
        ({"patience": 1, "start_from_epoch": 2}, (1, 5, 4, 3, 3, 2), 5, 3),
        ({"patience": 1}, (np.nan, 2, 3), 3, 1),
        ({"patience": 9}, (3, 2, 4, 5), 4, 1),
    ],
)
def test_early_stopping_ends_the_run_and_puts_the_best_weights_back(
    settings, figures, epochs, best, capsys
):
    plan = Plan(*figures)
    model = run(plan, EarlyStopping("plan", **settings), epochs=len(figures))
    assert len(model.history.epoch) == epochs
    assert same(model.get_weights(), plan.weights[best])
    expected = f"plan was best after epoch {best + 1} ({figures[best]:.4f}): its weights are back\n"
    assert capsys.readouterr().out == expected


def test_an_accuracy_rises():
    class Rising(Plan):
        def on_epoch_end(self, epoch, logs=None):
            logs["val_accuracy"] = self.figures[epoch]

    model = run(Rising(0.1, 0.2, 0.3, 0.2, 0.9), EarlyStopping("val_accuracy"))
    assert len(model.history.epoch) == 4


def test_early_stopping_may_be_silent_and_leave_the_last_weights(capsys):
    plan = Plan(1, 2, 3)
    model = run(plan, EarlyStopping("plan", restore_best_weights=False))
    assert same(model.get_weights(), plan.weights[1])
    plan = Plan(1, 2, 3)
    model = run(plan, EarlyStopping("plan", verbose=0))
    assert same(model.get_weights(), plan.weights[0])
    assert capsys.readouterr().out == ""


def test_a_figure_that_is_not_there_is_named():
    text = (
        "EarlyStopping: expected monitor to be one of loss, accuracy; got 'val_loss'. "
        "Figures of validation need validation_data or validation_split."
    )
    with pytest.raises(SettingError, match=re.escape(text)):
        run(EarlyStopping(), metrics=["accuracy"])


@pytest.mark.parametrize("kind", [EarlyStopping, ReduceLROnPlateau])
def test_an_unknown_mode_is_refused(kind):
    text = f"{kind.__name__}: expected mode 'auto', 'min' or 'max'; got 'up'. Choose one of them."
    with pytest.raises(SettingError, match=re.escape(text)):
        kind(mode="up")


# -- plateaus -------------------------------------------------------------------------------------


def test_a_plateau_reduces_the_learning_rate_and_says_so(capsys):
    reduce = ReduceLROnPlateau("plan", factor=0.1, patience=2)
    model = run(Plan(3, 2, 2, 2, 2, 2, 1, 1), reduce)
    rates = [0.01, 0.01, 0.01, 0.01, 0.001, 0.001, 0.0001, 0.0001]
    assert model.history.history["learning_rate"] == pytest.approx(rates)
    assert model.optimizer.learning_rate == pytest.approx(0.0001)
    assert capsys.readouterr().out.splitlines() == [
        "plateau of plan: learning rate 0.01 -> 0.001 after epoch 4",
        "plateau of plan: learning rate 0.001 -> 0.0001 after epoch 6",
    ]


@pytest.mark.parametrize(
    ("settings", "rates"),
    [
        ({"patience": 1}, [1e-2, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6]),
        ({"patience": 1, "cooldown": 1}, [1e-2, 1e-2, 1e-3, 1e-3, 1e-4, 1e-4]),
        ({"patience": 1, "cooldown": 2}, [1e-2, 1e-2, 1e-3, 1e-3, 1e-3, 1e-4]),
        ({"patience": 1, "min_lr": 5e-4}, [1e-2, 1e-2, 1e-3, 5e-4, 5e-4, 5e-4]),
        ({"patience": 1, "factor": 0.5}, [1e-2, 1e-2, 5e-3, 2.5e-3, 1.25e-3, 6.25e-4]),
    ],
)
def test_cooldown_factor_and_the_lowest_rate(settings, rates, capsys):
    figures = Plan(2, 2 - 5e-5, 2, 2, 2, 2)  # a gain below min_delta is none
    model = run(figures, ReduceLROnPlateau("plan", verbose=0, **settings), epochs=6)
    assert model.history.history["learning_rate"] == pytest.approx(rates)
    assert capsys.readouterr().out == ""


def test_a_cooldown_goes_on_where_a_run_was_stopped():
    model, (x, y) = make(), data(20)
    for epochs in (3, 6):
        plateau = ReduceLROnPlateau("plan", patience=1, cooldown=2, verbose=0)
        callbacks = [Plan(2, 2, 2, 2, 2, 2), plateau]
        model.fit(x, y, epochs=epochs, verbose=0, callbacks=callbacks, resume=True)
    rates = [1e-2, 1e-2, 1e-3, 1e-3, 1e-3, 1e-4]
    assert model.history.history["learning_rate"] == pytest.approx(rates)


def test_plateaus_need_a_factor_and_a_constant_learning_rate():
    text = "ReduceLROnPlateau: expected a factor above 0 and below 1; got 1.5. Try 0.1."
    with pytest.raises(SettingError, match=re.escape(text)):
        ReduceLROnPlateau(factor=1.5)
    text = (
        "ReduceLROnPlateau: expected an optimizer with a constant learning rate; got the schedule "
        "ExponentialDecay. Use one or the other."
    )
    model = make()
    model.optimizer.learning_rate = ExponentialDecay(0.1, 10, 0.5)
    with pytest.raises(SettingError, match=re.escape(text)):
        model.fit(*data(20), verbose=0, callbacks=[ReduceLROnPlateau("loss")])


# -- the log --------------------------------------------------------------------------------------


def rows(path):
    assert b"\r" not in path.read_bytes()
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_each_epoch_is_a_row_of_the_log(tmp_path):
    path = tmp_path / "log.csv"
    model = run(CSVLogger(path), epochs=3, metrics=["accuracy"])
    assert path.read_text().splitlines()[0] == "epoch,loss,accuracy"
    found = rows(path)
    assert [row["epoch"] for row in found] == ["0", "1", "2"]
    for name in ("loss", "accuracy"):
        assert [float(row[name]) for row in found] == model.history.history[name]


def test_a_log_starts_anew_or_is_appended_to(tmp_path):
    path = tmp_path / "log.csv"
    logger = CSVLogger(path)
    run(logger, epochs=3)
    run(logger, epochs=2)
    assert len(rows(path)) == 2
    run(CSVLogger(path, append=True), epochs=1)
    assert [row["epoch"] for row in rows(path)] == ["0", "1", "0"]
    fresh = tmp_path / "fresh.csv"
    run(CSVLogger(fresh, append=True), epochs=1)
    assert len(rows(fresh)) == 1


def test_an_appended_log_keeps_its_columns(tmp_path):
    path = tmp_path / "log.csv"
    run(CSVLogger(path), epochs=1, metrics=["accuracy"])
    run(Plan(7.0), CSVLogger(path, append=True), epochs=1)
    first, second = rows(path)
    assert first["accuracy"]
    assert (second["accuracy"], "plan" in second) == ("", False)
    assert float(second["loss"]) > 0
