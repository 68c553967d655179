import threading
import time

from benchmarks.peers.profile_worker import Clock


def test_a_part_inside_another_counts_for_itself(monkeypatch):
    clock, ticks = Clock(), iter([0.0, 1.0, 4.0, 10.0])
    monkeypatch.setattr(time, "perf_counter", lambda: next(ticks))
    inner = clock.timed("products", lambda a, b: a * b)
    assert clock.timed("elementwise", lambda a: inner(a, b=3) + 1)(2) == 7
    assert clock.spent == {"products": 3.0, "elementwise": 7.0}


def test_other_threads_are_not_timed():
    clock, made = Clock(), []
    call = clock.timed("products", lambda: made.append(1))
    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    assert made == [1]
    assert not clock.spent
