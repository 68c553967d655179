"""Steps against the clock: a clock of the test's own, so that nothing depends on the machine."""

import numpy as np
import pytest

from pellucid.training import timing
from pellucid.training.copying import copied
from pellucid.training.timing import Rehearsal, seconds_a_step, take_turns

from .networks import data, make, same


class Clock:
    """Time that passes where someone says so."""

    def __init__(self):
        self.now, self.slept = 0.0, 0.0

    def perf_counter(self):
        return self.now

    def sleep(self, seconds):
        self.slept += seconds


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(timing, "time", clock)
    return clock


def runs(clock, calls, **seconds):
    """Who takes so many seconds a step; a list gives them turn by turn."""

    def run_of(name, each):
        def run(steps):
            calls.append((name, steps))
            taken = each.pop(0) if isinstance(each, list) else each
            clock.now += taken * steps
            return taken

        return run

    return {name: run_of(name, each) for name, each in seconds.items()}


def test_turns_alternate_and_the_quickest_counts(clock):
    calls = []
    a, b = [1e-3, 1.1e-3, 4e-3, *[1.1e-3] * 6, 1e-3, *[1.1e-3] * 6], [1.2e-3, *[1.3e-3] * 15]
    b[5] = 1.2e-3
    found = take_turns(runs(clock, calls, a=a, b=b))
    assert found == {"a": 1e-3, "b": 1.2e-3}
    names = [name for name, _ in calls]
    assert names[:6] == ["a", "b", "a", "b", "b", "a"]  # who was first is last the next time
    assert all(steps == 30 for name, steps in calls[2:] if name == "a")  # about 0.03 s
    assert all(steps == 25 for name, steps in calls[2:] if name == "b")
    assert clock.slept > 0


def test_who_is_far_behind_is_asked_once(clock):
    calls = []
    found = take_turns(runs(clock, calls, slow=0.01, quick=0.001))
    assert found == {"slow": 0.01, "quick": 0.001}
    assert calls == [("slow", 1), ("quick", 1), ("slow", 3), ("quick", 30)]


def test_one_slow_turn_leaves_nobody_behind(clock):
    calls = []
    a, b = [1e-3, 2.5e-3, *[1e-3] * 14], [1.2e-3] * 16
    assert take_turns(runs(clock, calls, a=a, b=b)) == {"a": 1e-3, "b": 1.2e-3}
    calls.clear()
    take_turns(runs(clock, calls, a=1e-3, b=2e-3))
    assert [name for name, _ in calls].count("b") == 1 + timing.SURE


def test_it_ends_in_time(clock):
    calls = []
    take_turns(runs(clock, calls, a=0.001, b=0.001))
    assert len(calls) == 2 * (1 + timing.ROUNDS)
    calls.clear()
    clock.now = 0.0
    take_turns(runs(clock, calls, a=0.15, b=0.15))
    assert len(calls) == 14  # six turns begin in two seconds, and one more
    calls.clear()
    clock.now = 0.0
    assert take_turns(runs(clock, calls, a=1.0, b=1.1)) == {"a": 1.0, "b": 1.1}
    assert calls == [("a", 1), ("b", 1)]  # the time is over: what these took has to do
    assert clock.now < 2.2  # two steps


def test_steps_too_quick_for_the_clock(clock):
    calls = []
    take_turns(runs(clock, calls, a=0.0, b=0.0))
    assert max(steps for _, steps in calls) == timing.MOST


def test_nobody_takes_turns():
    assert take_turns({}) == {}


def test_a_rehearsal_makes_the_steps_of_fit_and_leaves_its_weights():
    x, y = data(16)
    model = make()
    model.prepare(x, y, where="test")
    before, other = model.get_weights(), copied(model, model.optimizer)
    made = []
    step = other.train_step
    other.train_step = lambda *batch: made.append(1) or step(*batch)
    run = Rehearsal(other, iter([(x, y, None)] * 9))
    run.warm_up()
    assert run(3) > 0
    assert len(made) == 5  # another is not counted
    assert other.optimizer.iterations == 5
    theta = model.parameters.theta
    assert np.array_equal(other.parameters.theta, theta)  # at a learning rate of 0
    assert same(model.get_weights(), before)
    assert model.optimizer.iterations == 0


def test_seconds_of_several_copies(clock):
    x, y = data(16)
    model = make()
    model.prepare(x, y, where="test")
    copies = {"good": copied(model, model.optimizer), "bad": copied(model, model.optimizer)}
    copies["bad"].set_weights([np.full_like(w, np.nan) for w in model.get_weights()])
    assert seconds_a_step(copies, (x, y, None)).keys() == {"good"}


def test_tapes_are_run_where_fit_would_run_them():
    x, y = data(16)
    model = make()
    model.prepare(x, y, where="test")
    assert Rehearsal(copied(model, model.optimizer), iter([])).model.repeated is not None
    assert Rehearsal(copied(model, model.optimizer), iter([]), repeats=False).model.repeated is None
