"""Callbacks as they may be given: none, one, several; anything else is refused before the run."""

import numpy as np
import pytest

from pellucid import Sequential
from pellucid.callbacks import Callback, EarlyStopping
from pellucid.errors import SettingError
from pellucid.layers import Dense, Input
from pellucid.training.calling import listed

from ..saying import says


class Counting(Callback):
    """Counts what it is told of."""

    def __init__(self):
        self.told = 0

    def on_epoch_end(self, epoch, logs=None):
        self.told += 1

    on_test_end = on_predict_end = lambda self, logs=None: setattr(self, "told", self.told + 1)


def a_run():
    model = Sequential([Input((2,)), Dense(1)])
    model.compile("sgd", "mse")
    return model, np.zeros((4, 2)), np.zeros(4)


def test_none_one_or_several():
    one, other = Counting(), Counting()
    assert listed("fit", None) == listed("fit", []) == []
    assert listed("fit", one) == [one]
    assert listed("fit", (one, other)) == [one, other]


def test_one_without_a_list():
    (model, x, y), count = a_run(), Counting()
    model.fit(x, y, epochs=2, verbose=0, callbacks=count)
    model.evaluate(x, y, verbose=0, callbacks=count)
    model.predict(x, callbacks=count)
    assert count.told == 4


@pytest.mark.parametrize("act", ["fit", "evaluate", "predict"])
def test_a_class(act):
    model, x, y = a_run()
    before = model.get_weights()
    text = (
        f"{act}: expected callbacks as a list of Callback objects; got the class EarlyStopping. "
        "Make one: EarlyStopping()."
    )
    given = (x,) if act == "predict" else (x, y)
    with says(SettingError, text):
        getattr(model, act)(*given, callbacks=[EarlyStopping])
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


def test_something_else():
    model, x, y = a_run()
    with says(
        SettingError,
        "fit: expected callbacks as a list of Callback objects; got a str. See pellucid.callbacks.",
    ):
        model.fit(x, y, callbacks="early_stopping")
