"""Callbacks on real runs; where a figure has to follow a plan, a first callback puts it there."""

import json

import numpy as np
import pytest

from pellucid import callbacks
from pellucid.callbacks import Callback, History, LambdaCallback
from pellucid.errors import SettingError
from pellucid.registry import custom
from pellucid.training.callbacks import HOOKS, Quick, Saving

from ..saying import says
from .networks import data, make, same
from .plan import run

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

        def on_train_batch_begin(self, batch, logs=None):
            calls.append(f"batch {batch} begins")

    model = run(Everything(), epochs=2, metrics=["accuracy"])
    assert calls == [
        "train begins",
        "epoch 0 begins",
        "batch 0 begins",
        "batch 0: loss, accuracy",
        "batch 1 begins",
        "batch 1: loss, accuracy",
        "epoch 0: loss, accuracy",
        "epoch 1 begins",
        "batch 0 begins",
        "batch 0: loss, accuracy",
        "batch 1 begins",
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


def test_measuring_and_predicting_have_hooks_too():
    calls = []

    class Everything(Callback):
        def on_test_begin(self, logs=None):
            calls.append("test begins")

        def on_test_batch_begin(self, batch, logs=None):
            calls.append(f"test {batch} begins")

        def on_test_batch_end(self, batch, logs=None):
            calls.append(f"test {batch}: {', '.join(logs)}")

        def on_test_end(self, logs=None):
            calls.append(f"test: {', '.join(logs)}")

        def on_predict_begin(self, logs=None):
            calls.append("predict begins")

        def on_predict_batch_begin(self, batch, logs=None):
            calls.append(f"predict {batch} begins")

        def on_predict_batch_end(self, batch, logs=None):
            calls.append(f"predict {batch}: {logs['outputs'].shape}")

        def on_predict_end(self, logs=None):
            calls.append("predict ends")

    (x, y), model = data(20), make()
    tested = ["test begins", "test 0 begins", "test 0: loss"]
    tested += ["test 1 begins", "test 1: loss", "test: loss"]
    model.evaluate(x, y, 12, verbose=0, callbacks=[Everything()])
    assert calls == tested
    calls.clear()
    settings = {"validation_data": (x, y), "validation_batch_size": 12, "verbose": 0}
    model.fit(x, y, callbacks=[Everything()], **settings)
    assert calls == tested
    calls.clear()
    model.predict(x[:4], callbacks=[Everything()])
    assert calls == ["predict begins", "predict 0 begins", "predict 0: (4, 3)", "predict ends"]


def test_figures_of_batches_are_read_only_for_who_wants_them(monkeypatch):
    reads, model = [], make()
    figures = type(model).figures
    monkeypatch.setattr(type(model), "figures", lambda self: reads.append(1) or figures(self))
    x, y = data(20)
    every = [LambdaCallback(on_epoch_end=lambda epoch, logs: None), Callback(), Quick(), Saving()]
    model.fit(x, y, 5, verbose=0, callbacks=every)
    assert reads == []
    model.fit(x, y, 5, verbose=0, callbacks=[LambdaCallback(on_train_batch_end=print_nothing)])
    assert len(reads) == 4


def print_nothing(batch, logs):
    """A hook by its name."""


def test_params_say_what_the_run_is():
    callback, (x, y) = Callback(), data(20)
    make().fit(x, y, 8, 2, 0, [callback], validation_split=0.2)
    assert callback.params == {"verbose": 0, "epochs": 2, "steps": 2, "validation": True}


def test_what_is_remembered_is_kept_where_a_callback_fails():
    class Fails(Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise MemoryError

    model, (x, y) = make(), data(20)
    with pytest.raises(MemoryError):
        model.fit(x, y, 5, 4, 0, [Fails()])
    model.fit(x, y, 5, 4, 0, resume=True)
    whole = run_again(x, y)
    assert model.history.history == whole.history.history
    assert same(model.get_weights(), whole.get_weights())


def run_again(x, y):
    model = make()
    model.fit(x, y, 5, 4, 0)
    return model


# -- functions as hooks ---------------------------------------------------------------------------


def test_functions_are_hooks():
    calls = []
    hooks = {
        "on_train_begin": lambda logs: calls.append("begin"),
        "on_epoch_begin": lambda epoch, logs: calls.append(epoch),
        "on_train_batch_begin": lambda batch, logs: calls.append((batch,)),
        "on_train_batch_end": lambda batch, logs: calls.append((batch, list(logs))),
        "on_epoch_end": lambda epoch, logs: calls.append((epoch, list(logs))),
        "on_train_end": lambda logs: calls.append("end"),
        "on_test_end": None,
    }
    run(LambdaCallback(**hooks), epochs=1)
    assert calls == [
        *["begin", 0, (0,), (0, ["loss"]), (1,), (1, ["loss"]), (0, ["loss"])],
        "end",
    ]


def test_a_hook_that_is_none_is_refused():
    text = (
        "LambdaCallback: expected hooks by their names; got 'on_epoch_ends'. "
        "Did you mean 'on_epoch_end'?"
    )
    with says(SettingError, text):
        LambdaCallback(on_epoch_ends=print)
    assert {"on_train_begin", "on_predict_batch_end", "on_not_finite"} < set(HOOKS)


# -- settings -------------------------------------------------------------------------------------

CASES = [
    callbacks.Diagnosis(interval=5, verbose=0),
    callbacks.CSVLogger("log.csv", ";", append=True),
    callbacks.EarlyStopping("loss", 0.1, 3, 0, "min", 0.5, False, 2),
    callbacks.History(),
    callbacks.LambdaCallback(on_train_batch_end=print_nothing),
    callbacks.LearningRateScheduler(print_nothing, verbose=1),
    callbacks.ModelCheckpoint("{epoch}", "loss", 1, True, True, "max", 7, 0.5),
    callbacks.ReduceLROnPlateau("loss", 0.5, 3, 0, "max", 0.1, 2, 1e-6),
    callbacks.TerminateOnNaN(),
    callbacks.Timer(in_logs=True),
]


def test_every_callback_is_exported_and_tested_here():
    kinds = set(callbacks.registry.known.values())
    holding_data = {callbacks.HistogramRecorder}  # tests/insight/plots/test_histograms.py
    assert kinds == {type(case) for case in CASES} | holding_data
    assert {kind.__name__ for kind in kinds} < set(callbacks.__all__)


@pytest.mark.parametrize("callback", CASES, ids=lambda callback: type(callback).__name__)
def test_settings_go_through_json(callback):
    kind = type(callback).__name__
    config = json.loads(json.dumps({"class": kind, "config": callback.get_config()}))
    with custom({"print_nothing": print_nothing}):
        again = callbacks.get(config)
    assert type(again) is type(callback)
    assert again.get_config() == callback.get_config()
    settings = [name for name in callback.get_config() if hasattr(callback, name)]
    assert all(getattr(again, name) == getattr(callback, name) for name in settings)


@pytest.mark.parametrize("callback", CASES, ids=lambda callback: type(callback).__name__)
def test_a_state_comes_back(callback):
    callback.on_train_begin()
    state = callback.get_state()
    callback.set_state(state)
    assert callback.get_state().keys() == state.keys()
