"""Ctrl-C: the running batch is finished, nothing is lost, and a run that goes on is the run that
was not stopped, to the bit; also from a file, in another process."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import pellucid
from pellucid.callbacks import Callback, CSVLogger, EarlyStopping, ReduceLROnPlateau
from pellucid.optimizers.base import BEFORE
from pellucid.training.interrupt import catch_interrupt

from .networks import data, make, same

X, Y = data(50)
SETTINGS = {"epochs": 14, "batch_size": 8, "validation_split": 0.2, "verbose": 0}


class CtrlC(Callback):
    """Presses Ctrl-C in an epoch: after one of its batches, or at its begin or end."""

    def __init__(self, epoch, moment):
        self.epoch, self.moment = epoch, moment

    def press(self, epoch, moment):
        if (epoch, moment) == (self.epoch, self.moment):
            os.kill(os.getpid(), signal.SIGINT)

    def on_epoch_begin(self, epoch, logs=None):
        self.press(epoch, "begin")

    def on_train_batch_end(self, batch, logs=None):
        self.press(self.model.progress["epoch"], batch)

    def on_epoch_end(self, epoch, logs=None):
        self.press(epoch, "end")


def watchers():
    return [
        EarlyStopping(patience=4, verbose=0),
        ReduceLROnPlateau(patience=1, factor=0.5, verbose=0),
    ]


def network():
    return make(metrics=["accuracy"], optimizer=pellucid.optimizers.Adam(0.1))


def uninterrupted():
    model = network()
    model.fit(X, Y, callbacks=watchers(), **SETTINGS)
    return model


def stopped(epoch, moment):
    model = network()
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, callbacks=[CtrlC(epoch, moment), *watchers()], **SETTINGS)
    return model


def assert_equal(one, other):
    assert one.history.history == other.history.history
    assert one.history.epoch == other.history.epoch
    assert same(one.get_weights(), other.get_weights())
    assert one.optimizer.learning_rate == other.optimizer.learning_rate
    assert one.optimizer.iterations == other.optimizer.iterations
    assert same(one.optimizer.state.values(), other.optimizer.state.values())
    assert one.random_states() == other.random_states()


def test_the_whole_run_stops_early_and_meets_plateaus():
    """What the tests below compare with has everything in play."""
    model = uninterrupted()
    assert 6 <= len(model.history.epoch) < SETTINGS["epochs"]
    assert len(set(model.history.history["learning_rate"])) > 2


def test_the_running_batch_is_the_last_and_nothing_is_lost():
    model = stopped(2, 1)
    assert model.optimizer.iterations == 2 * 5 + 2
    assert model.history.epoch == [0, 1]
    assert (model.progress["epoch"], model.progress["batch"]) == (2, 2)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    expected = network()
    expected.fit(X, Y, callbacks=watchers(), **SETTINGS | {"epochs": 2})
    assert expected.history.history == model.history.history


MOMENTS = [(0, 0), (2, 1), (2, 4), (3, "begin"), (3, "end"), (5, 3)]


@pytest.mark.parametrize(("epoch", "moment"), MOMENTS)
def test_a_run_that_goes_on_is_the_run_that_was_not_stopped(epoch, moment):
    model = stopped(epoch, moment)
    model.fit(X, Y, callbacks=watchers(), resume=True, **SETTINGS)
    assert_equal(model, uninterrupted())


def test_it_may_be_stopped_again_and_again():
    model = stopped(0, 2)
    for epoch, moment in ((0, 3), (1, 0), (4, "end")):
        again = [CtrlC(epoch, moment), *watchers()]
        with pytest.raises(KeyboardInterrupt):
            model.fit(X, Y, callbacks=again, resume=True, **SETTINGS)
    model.fit(X, Y, callbacks=watchers(), resume=True, **SETTINGS)
    assert_equal(model, uninterrupted())


GO_ON = """
import sys
sys.path.insert(0, sys.argv[1])
import pellucid
from tests.training import test_interrupt as this
model = pellucid.load(sys.argv[2])
model.fit(this.X, this.Y, callbacks=this.watchers(), resume=True, **this.SETTINGS)
model.save(sys.argv[2])
"""


@pytest.mark.parametrize(("epoch", "moment"), [(2, 1), (4, 4)])
def test_it_goes_on_from_a_file_in_another_process(epoch, moment, tmp_path):
    path = tmp_path / "stopped.safetensors"
    stopped(epoch, moment).save(path)
    top = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-W", "error", "-c", GO_ON, top, path], check=True)
    assert_equal(pellucid.load(path), uninterrupted())


def averaged():
    """Three gradients an update, which five batches an epoch never come out at, and averages."""
    around = {"gradient_accumulation_steps": 3, "use_ema": True, "ema_momentum": 0.8}
    return make(optimizer=pellucid.optimizers.AdamW(0.05, clipnorm=1.0, **around))


@pytest.mark.parametrize("moment", [0, 1, 2])
def test_waiting_gradients_and_averages_go_on_from_a_file(moment, tmp_path):
    model = averaged()
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, callbacks=[CtrlC(2, moment)], **SETTINGS)
    assert model.optimizer.waiting == (2 * 5 + moment + 1) % 3
    assert BEFORE not in model.optimizer.state
    model.save(tmp_path / "model")
    model = pellucid.load(tmp_path / "model")
    model.fit(X, Y, resume=True, **SETTINGS)
    whole = averaged()
    whole.fit(X, Y, **SETTINGS)
    assert_equal(model, whole)
    assert model.optimizer.waiting == whole.optimizer.waiting == 14 * 5 % 3


def test_a_log_goes_on_below_its_rows(tmp_path):
    whole, parts = tmp_path / "whole.csv", tmp_path / "parts.csv"
    network().fit(X, Y, callbacks=[CSVLogger(whole)], **SETTINGS)
    model = network()
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, callbacks=[CSVLogger(parts), CtrlC(2, 1)], **SETTINGS)
    model.save(tmp_path / "model")
    model = pellucid.load(tmp_path / "model")
    model.fit(X, Y, callbacks=[CSVLogger(parts)], resume=True, **SETTINGS)
    assert parts.read_text() == whole.read_text()


class InValidation(CtrlC):
    """Presses Ctrl-C in the validation that follows an epoch."""

    batches = 0

    def on_test_batch_end(self, batch, logs=None):
        self.batches += self.model.progress["epoch"] == self.epoch
        self.press(self.model.progress["epoch"], "validation")


def test_a_validation_that_is_stopped_is_made_anew():
    settings = SETTINGS | {"validation_batch_size": 4}
    model, pressed = network(), InValidation(2, "validation")
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, callbacks=[pressed, *watchers()], **settings)
    assert pressed.batches == 1
    assert (model.progress["epoch"], model.progress["batch"]) == (2, 5)
    assert model.history.epoch == [0, 1]
    model.fit(X, Y, callbacks=watchers(), resume=True, **settings)
    whole = network()
    whole.fit(X, Y, callbacks=watchers(), **settings)
    assert_equal(model, whole)


def batches():
    """Batches without an end."""
    while True:
        yield from ((X[i : i + 10], Y[i : i + 10]) for i in range(0, 50, 10))


@pytest.mark.parametrize("moment", [0, 2, 3])
def test_a_generator_goes_on_with_what_it_hands_out_next(moment):
    """The weights and the history are kept; the generator itself is where it was."""
    settings = {"epochs": 3, "steps_per_epoch": 4, "verbose": 0}
    whole = network()
    whole.fit(batches(), **settings)
    model, source = network(), batches()
    with pytest.raises(KeyboardInterrupt):
        model.fit(source, callbacks=[CtrlC(1, moment)], **settings)
    assert model.history.epoch == [0]
    assert model.optimizer.iterations == 4 + moment + 1
    model.fit(source, resume=True, **settings)
    assert_equal(model, whole)


def test_ctrl_c_while_a_generator_works_waits_for_its_batch():
    def pressing():
        for i, batch in enumerate(batches()):
            if i == 2:
                os.kill(os.getpid(), signal.SIGINT)
            yield batch

    model = network()
    with pytest.raises(KeyboardInterrupt):
        model.fit(pressing(), steps_per_epoch=9, verbose=0)
    assert model.progress["batch"] == model.optimizer.iterations == 3


def test_resume_without_a_run_before_is_a_plain_run():
    one = network()
    one.fit(X, Y, resume=True, **SETTINGS)
    other = network()
    other.fit(X, Y, **SETTINGS)
    assert same(one.get_weights(), other.get_weights())


def test_a_finished_run_that_goes_on_makes_no_step():
    model = network()
    first = model.fit(X, Y, **SETTINGS).history
    before = model.get_weights()
    assert model.fit(X, Y, resume=True, **SETTINGS).history == first
    assert same(before, model.get_weights())


def test_a_second_ctrl_c_does_not_wait():
    before = signal.getsignal(signal.SIGINT)
    reached = []

    def pressed_twice():
        with catch_interrupt() as came:
            os.kill(os.getpid(), signal.SIGINT)
            reached.append(list(came))
            os.kill(os.getpid(), signal.SIGINT)
            reached.append("too far")

    with pytest.raises(KeyboardInterrupt):
        pressed_twice()
    assert reached == [[signal.SIGINT]]
    assert signal.getsignal(signal.SIGINT) is before


def test_an_ignored_ctrl_c_stays_ignored():
    """A script's background work, which Ctrl-C in the script's terminal is not meant for."""
    model = network()
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        model.fit(X, Y, callbacks=[CtrlC(2, 1), *watchers()], **SETTINGS)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
    assert_equal(model, uninterrupted())


def test_other_threads_train_without_a_handler():
    losses = []

    def train():
        losses.append(make().fit(X, Y, verbose=0).history["loss"])

    thread = threading.Thread(target=train)
    thread.start()
    thread.join()
    assert losses == [make().fit(X, Y, verbose=0).history["loss"]]
