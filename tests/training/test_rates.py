"""Learning rates by the epoch."""

import re

import pytest

from pellucid import load
from pellucid.callbacks import Callback, LearningRateScheduler
from pellucid.errors import SettingError
from pellucid.schedules import ExponentialDecay

from ..saying import says
from .networks import data, make, same
from .plan import run


def halved(epoch, lr):
    return lr if epoch < 2 else lr / 2


def rates(schedule, epochs=4, **settings):
    model = run(LearningRateScheduler(schedule, **settings), epochs=epochs)
    assert model.optimizer.learning_rate == model.history.history["learning_rate"][-1]
    return model.history.history["learning_rate"]


def test_the_schedule_is_told_the_epoch_and_the_rate():
    assert rates(halved) == [0.01, 0.01, 0.005, 0.0025]


def test_a_function_of_the_epoch_will_do_and_a_schedule_counts_epochs():
    assert rates(lambda epoch: 0.1 / (epoch + 1)) == [0.1, 0.05, 0.1 / 3, 0.025]
    assert rates(ExponentialDecay(0.1, 1, 0.5)) == pytest.approx([0.1, 0.05, 0.025, 0.0125])


def test_it_says_so_if_it_is_asked_to(capsys):
    rates(halved)
    assert capsys.readouterr().out == ""
    rates(halved, epochs=3, verbose=1)
    assert capsys.readouterr().out.splitlines() == [
        "epoch 1: learning rate 0.01",
        "epoch 2: learning rate 0.01",
        "epoch 3: learning rate 0.005",
    ]


@pytest.mark.parametrize("moment", [(2, 0), (2, 1), (3, 3)])
def test_a_run_that_goes_on_sets_no_rate_twice(moment, tmp_path):
    class Stop(Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if (self.model.progress["epoch"], batch) == moment:
                raise MemoryError

    x, y = data(20)
    settings = {"epochs": 5, "batch_size": 5, "verbose": 0}
    whole = make()
    whole.fit(x, y, callbacks=[LearningRateScheduler(halved)], **settings)
    model = make()
    with pytest.raises(MemoryError):
        model.fit(x, y, callbacks=[LearningRateScheduler(halved), Stop()], **settings)
    model.save(tmp_path / "model")
    model = load(tmp_path / "model")
    model.fit(x, y, callbacks=[LearningRateScheduler(halved)], resume=True, **settings)
    assert model.history.history == whole.history.history
    assert same(model.get_weights(), whole.get_weights())


@pytest.mark.parametrize("given", [None, 0, -0.1, "high"])
def test_what_is_no_rate_is_refused(given):
    text = f"LearningRateScheduler, epoch 1: expected a learning rate above 0; got {given!r}. Let"
    with pytest.raises(SettingError, match=re.escape(text)):
        run(LearningRateScheduler(lambda epoch: given))


def test_one_schedule_is_enough():
    text = (
        "LearningRateScheduler: expected an optimizer with a constant learning rate; got the "
        "schedule ExponentialDecay. Use one or the other."
    )
    with says(SettingError, text):
        run(LearningRateScheduler(halved), optimizer=make_optimizer())
    with says(
        SettingError,
        "LearningRateScheduler: expected schedule to be a function (epoch, lr); got 0.1. "
        "Define it.",
    ):
        LearningRateScheduler(0.1)


def make_optimizer():
    from pellucid.optimizers import SGD

    return SGD(ExponentialDecay(0.1, 10, 0.5))
