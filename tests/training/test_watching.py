"""Callbacks that watch a figure; where it has to follow a plan, a first callback puts it there."""

import re

import numpy as np
import pytest

from pellucid.callbacks import EarlyStopping, ReduceLROnPlateau
from pellucid.errors import SettingError
from pellucid.schedules import ExponentialDecay

from ..saying import says
from .networks import data, linear, make, same
from .plan import Plan, run

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
        ({"patience": 2, "baseline": 1.5}, (3, 2.5, 2, 2.2, 1), 4, 2),
        ({"patience": 2, "baseline": 2.6}, (3, 2.5, 2, 2.2, 2.1, 1), 5, 2),
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


@pytest.mark.parametrize(
    ("metric", "rises"), [("f1_score", True), ("auc", True), ("mae", False), ("r2_score", True)]
)
def test_which_way_a_metric_goes_is_known(metric, rises):
    model = linear(metrics=[metric])
    model.prepare(np.zeros((2, 4)), np.array([0, 1]), where="here")
    watcher = EarlyStopping(f"val_{metric}")
    watcher.model = model
    assert watcher.rises() is rises
    assert EarlyStopping("val_loss", mode="max").rises() is True


def test_several_numbers_have_no_best():
    text = (
        "EarlyStopping: expected a figure of one number; got 'f1_score', which has 3. "
        "Average it: F1Score(average='macro'), say."
    )
    with says(SettingError, text):
        run(EarlyStopping("f1_score"), metrics=["f1_score"])


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
