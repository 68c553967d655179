"""What a run did: its figures in a CSV file, its time by a clock that is told."""

import csv
import json
from types import SimpleNamespace

import pytest

from pellucid.callbacks import Callback, CSVLogger, Timer
from pellucid.training import logs

from .networks import data, make
from .plan import Plan, run


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


def test_another_separator_and_epochs_without_validation(tmp_path):
    path, (x, y) = tmp_path / "log.csv", data(20)
    log = CSVLogger(path, separator=";")
    settings = {"validation_data": (x, y), "validation_freq": 2}
    make(metrics=["accuracy"]).fit(x, y, epochs=2, verbose=0, callbacks=[log], **settings)
    first, *others = path.read_text().splitlines()
    assert first == "epoch;loss;accuracy;val_loss;val_accuracy"
    assert others[0].endswith(";;")
    assert len([cell for cell in others[1].split(";") if cell]) == 5


# -- time -----------------------------------------------------------------------------------------


class Clock(Callback):
    """Goes on by 2 s with each batch, by 5 s with each validation."""

    now = 100.0

    def on_train_batch_end(self, batch, logs=None):
        Clock.now += 2

    def on_test_end(self, logs=None):
        Clock.now += 5

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 0:
            Clock.now += 30  # before the timer, which stands behind, sees the epoch begin


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    monkeypatch.setattr(logs, "time", SimpleNamespace(perf_counter=lambda: Clock.now))


def timed(timer, *others, model=None, **settings):
    x, y = data(20)
    model = model or make()
    callbacks = [Clock(), *others, timer]
    model.fit(x, y, 5, 3, 0, callbacks, validation_data=(x, y), **settings)
    return model


def test_epochs_and_the_run_are_timed():
    timer = Timer()
    model = timed(timer)
    assert timer.epochs == [13, 13, 13]
    assert timer.total == 39 + 30
    assert "seconds" not in model.history.history


def test_the_time_may_be_a_figure():
    model = timed(Timer(in_logs=True))
    assert model.history.history["seconds"] == [13, 13, 13]


def test_a_run_that_goes_on_goes_on_counting():
    class Stop(Callback):
        def on_train_batch_end(self, batch, logs=None):
            if (self.model.progress["epoch"], batch) == (1, 1):
                raise MemoryError

    model = make()
    with pytest.raises(MemoryError):
        timed(Timer(), Stop(), model=model)
    Clock.now += 1000
    timer = Timer()
    timed(timer, model=model, resume=True)
    assert timer.epochs == [13, 13, 13]
    assert timer.total == 39 + 30
