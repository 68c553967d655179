"""Schedules: the learning rate by its formula."""

import json

import pytest

from pellucid import schedules
from pellucid.errors import SettingError
from pellucid.schedules import ExponentialDecay, InverseTimeDecay, LearningRateSchedule

from .saying import says

KINDS = [InverseTimeDecay, ExponentialDecay]


def test_the_decay_of_the_notes_by_epoch():
    # alpha0 / (1 + decay_rate epoch), for epochs of 7 batches: 0.2, 0.1, 0.0667, 0.05
    alpha = InverseTimeDecay(0.2, decay_steps=7, decay_rate=1.0, staircase=True)
    for epoch in range(4):
        for batch in range(7):
            assert alpha(7 * epoch + batch) == pytest.approx(0.2 / (1 + epoch))


def test_inverse_time_decay_between_epochs():
    alpha = InverseTimeDecay(0.2, decay_steps=10, decay_rate=0.5)
    assert alpha(0) == 0.2
    assert alpha(5) == pytest.approx(0.2 / 1.25)
    assert alpha(20) == pytest.approx(0.1)


def test_exponential_decay():
    alpha = ExponentialDecay(0.2, decay_steps=10, decay_rate=0.25)
    assert alpha(0) == 0.2
    assert alpha(5) == pytest.approx(0.1)
    assert alpha(20) == pytest.approx(0.2 / 16)
    stairs = ExponentialDecay(0.2, decay_steps=10, decay_rate=0.25, staircase=True)
    assert stairs(9) == 0.2
    assert stairs(10) == pytest.approx(0.05)


@pytest.mark.parametrize("kind", KINDS)
def test_settings_go_through_json(kind):
    first = kind(0.1, 5, 0.9, staircase=True)
    config = json.loads(json.dumps({"class": kind.__name__, "config": first.get_config()}))
    second = schedules.get(config)
    assert second.get_config() == first.get_config()
    assert second.name == kind.__name__
    assert second(12) == first(12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["initial_learning_rate", "decay_steps"])
@pytest.mark.parametrize("value", [0, -1])
def test_settings_that_are_refused(kind, name, value):
    settings = {"initial_learning_rate": 0.1, "decay_steps": 5, "decay_rate": 0.5, name: value}
    text = f"{kind.__name__}: expected {name} above 0; got {value}. Give {name} a positive number."
    with says(SettingError, text):
        kind(**settings)


def test_every_schedule_is_tested_here():
    assert set(schedules.registry.known.values()) == set(KINDS)


def test_a_schedule_of_ones_own():
    class Steps(LearningRateSchedule):
        def __init__(self, rates):
            self.rates = rates

        def __call__(self, step):
            return self.rates[min(step, len(self.rates) - 1)]

    assert Steps([0.1, 0.01])(7) == 0.01
    assert Steps([0.1]).get_config() == {"rates": [0.1]}
    with pytest.raises(TypeError, match=r"LearningRateSchedule needs a method __call__"):
        LearningRateSchedule()(0)
