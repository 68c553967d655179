"""Validation: after which epochs, on which batches."""

import re

import numpy as np
import pytest

from pellucid.callbacks import EarlyStopping, ReduceLROnPlateau
from pellucid.errors import DataError, SettingError

from .networks import data, make, same
from .test_feeding import Lesson, Stream, cut, generator

X, Y = data(50)


def run(**settings):
    model = make()
    model.fit(X, Y, **{"epochs": 4, "verbose": 0, "validation_data": (X, Y)} | settings)
    return model


@pytest.mark.parametrize(
    ("freq", "epochs"), [(1, [1, 2, 3, 4]), (2, [2, 4]), (3, [3]), ([1, 4], [1, 4]), ({9}, [])]
)
def test_it_follows_the_epochs_that_are_asked_for(freq, epochs):
    every, some = run().history.history, run(validation_freq=freq).history.history
    assert some["loss"] == every["loss"]
    assert some.get("val_loss", []) == [every["val_loss"][epoch - 1] for epoch in epochs]


@pytest.mark.parametrize("freq", [0, -1, 1.5, None])
def test_another_frequency_is_refused(freq):
    text = "fit: expected validation_freq to be a whole number from 1, or a list of epochs; got "
    with pytest.raises(SettingError, match=re.escape(f"{text}{freq}. Try 1.")):
        run(validation_freq=freq)


def test_steps_are_the_first_batches_each_time():
    expected = run(validation_data=(X[:16], Y[:16])).history.history
    settings = {"validation_steps": 2}
    for source in (cut(), Lesson(cut()), Stream(cut())):
        found = run(validation_data=source, **settings).history.history
        assert found["val_loss"] == pytest.approx(expected["val_loss"], rel=1e-6)
    found = run(validation_batch_size=8, **settings).history.history
    assert found["val_loss"] == pytest.approx(expected["val_loss"], rel=1e-6)
    whole = run(validation_data=cut()).history.history["val_loss"]
    assert whole == pytest.approx(run().history.history["val_loss"], rel=1e-6)


def test_a_generator_goes_on_from_one_time_to_the_next():
    model = run(validation_data=generator(cut() * 4), validation_steps=7)
    assert model.history.history["val_loss"] == pytest.approx(
        run().history.history["val_loss"], rel=1e-6
    )


def test_it_draws_nothing_and_shuffles_nothing():
    assert same(run().get_weights(), run(validation_data=None).get_weights())
    lesson = Lesson(cut())
    run(validation_data=lesson, epochs=1)
    assert lesson.asked == list(range(7))


def test_who_watches_waits_for_the_epochs_with_validation():
    stop = EarlyStopping(min_delta=9.0, patience=1, verbose=0)
    assert run(callbacks=[stop], validation_freq=2, epochs=9).history.epoch == [0, 1, 2, 3]
    plateau = ReduceLROnPlateau(min_delta=9.0, patience=1, verbose=0)
    rates = run(callbacks=[plateau], validation_freq=2, epochs=6).history.history["learning_rate"]
    assert rates == pytest.approx([0.01] * 4 + [0.001] * 2)


def test_what_is_no_data_is_refused():
    text = (
        "validation_data of fit: expected (x, y), (x, y, sample_weight), or something that hands "
        "out batches; got a ndarray. Give validation_data=(x, y)."
    )
    with pytest.raises(DataError, match=re.escape(text)):
        run(validation_data=X)
    text = "validation_data of fit, batch 2, data: expected x and y of equal length;"
    with pytest.raises(DataError, match=re.escape(text)):
        run(validation_data=[(X, Y), (X, Y[:3])])
    text = "fit: expected validation_steps to be a whole number from 1, or None; got 0. Leave it"
    with pytest.raises(SettingError, match=re.escape(text)):
        run(validation_steps=0)
    assert np.isfinite(run(validation_steps=1).history.history["val_loss"]).all()
