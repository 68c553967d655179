"""What a worker does in its turns, by a clock that goes on with each epoch and each wait."""

from types import SimpleNamespace

import numpy as np
import pytest
from benchmarks.peers import protocol

from benchmarks import jobs

EPOCH = 0.25  # seconds of one epoch, and of one call


class World:
    """A library whose epochs and calls take their time by the clock, and what happened in it."""

    threads = 2

    def __init__(self):
        self.now, self.log = 0.0, []

    def fit(self, x, y, epochs, after_epoch):
        self.log.append(f"fit {epochs}")
        for _ in range(epochs):
            self.now += EPOCH
            self.log.append("epoch")
            after_epoch()

    def predict(self, x):
        self.now += EPOCH
        self.log.append("predict")
        return np.zeros((len(x), 3), np.float32)

    def wait(self):
        self.now += 100.0
        self.log.append("wait")


@pytest.fixture
def world(data, monkeypatch):
    made = World()
    clock = SimpleNamespace(perf_counter=lambda: made.now)
    monkeypatch.setattr(protocol, "time", clock)
    return made


@pytest.mark.parametrize(("seconds", "each"), [(0.5, 2), (0.01, 1)])
def test_a_training_takes_whole_epochs_in_each_turn(world, seconds, each):
    job = jobs.JOBS["tiny"]._replace(steps=5, epochs=3, seconds=seconds, turns=3)
    report = protocol.train(job, lambda: world, world.wait)
    turn = ["wait"] + ["epoch"] * each
    warm = ["predict", "fit 4", *["epoch"] * 4, "predict"]
    assert world.log == [*warm, f"fit {1 + 3 * each}", "epoch", *turn * 3]
    assert report["turns"] == [1000 * EPOCH / 5] * 3
    assert (report["ms"], report["epoch_s"]) == (1000 * EPOCH / 5, EPOCH)


def test_a_prediction_is_called_in_each_turn_until_it_has_taken_its_time(world):
    job = jobs.JOBS["tiny"]._replace(kind="predict", rows=2, seconds=0.5, turns=3)
    report = protocol.predict(job, lambda: world, world.wait)
    assert world.log == ["predict"] * 2 + ["wait", "predict", "predict"] * 3
    assert (report["ms"], report["turns"]) == (1000 * EPOCH, [1000 * EPOCH] * 3)


def test_the_first_epoch_tells_nothing_where_there_is_another(world):
    def slow_first(x, y, epochs, after_epoch):
        for number in range(epochs):
            world.now += EPOCH if number else 10.0
            after_epoch()

    world.fit = slow_first
    job = jobs.JOBS["tiny"]
    assert protocol.epochs_of_a_fit(job._replace(epochs=2), world, [], []) == [EPOCH] * 2
    assert protocol.epochs_of_a_fit(job._replace(epochs=0), world, [], []) == [10.0]
