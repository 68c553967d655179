"""Callbacks on real runs; where a figure has to follow a plan, a first callback puts it there."""

import csv
import json

import numpy as np

from pellucid.callbacks import Callback, CSVLogger, History

from .networks import data, make
from .plan import Plan, run

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


def test_several_numbers_are_a_list_in_the_log(tmp_path):
    path = tmp_path / "log.csv"
    model = run(CSVLogger(path), epochs=2, metrics=["f1_score", "confusion_matrix"])
    for row, f1, counts in zip(
        rows(path),
        model.history.history["f1_score"],
        model.history.history["confusion_matrix"],
        strict=True,
    ):
        assert json.loads(row["f1_score"]) == f1.tolist()
        assert json.loads(row["confusion_matrix"]) == counts.tolist()


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
