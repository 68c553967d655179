"""Blocks shared among threads."""

import multiprocessing
import threading

import pytest

from pellucid.engines import blas, workers
from pellucid.engines.workers import in_turn, share


@pytest.fixture
def three_threads(monkeypatch):
    """As on a machine with three cores."""
    monkeypatch.setattr(blas, "usual_threads", lambda: 3)


def test_every_block_is_taken_once_and_always_by_the_same_share(three_threads):
    for _ in range(20):
        assert share(list, list(range(7))) == [[0, 3, 6], [1, 4], [2, 5]]


def test_the_shares_run_at_the_same_time(three_threads):
    """Each waits for the other two: one after another they would wait for ever."""
    all_here = threading.Barrier(3)
    names = share(lambda _: (all_here.wait(10), threading.current_thread().name)[1], [1, 2, 3])
    assert names[0] == threading.current_thread().name
    assert all(name.startswith("pellucid") for name in names[1:])


@pytest.mark.parametrize(("threads", "blocks"), [(None, [1, 2, 3]), (1, [1, 2]), (4, [1]), (4, [])])
def test_the_calling_thread_works_alone(monkeypatch, threads, blocks):
    monkeypatch.setattr(blas, "usual_threads", lambda: threads)
    found = share(lambda part: (threading.current_thread(), list(part)), blocks)
    assert found == [(threading.current_thread(), blocks)]


@pytest.mark.parametrize("wrong", [0, 1, 2])
def test_an_error_in_any_share_is_raised_when_all_have_ended(three_threads, wrong):
    ended = []

    def work(part):
        ended.append(part)
        if wrong in part:
            raise ValueError(f"block {wrong}")

    with pytest.raises(ValueError, match=f"block {wrong}"):
        share(work, [0, 1, 2])
    assert sorted(ended) == [[0], [1], [2]]


def test_work_that_shares_in_turn_does_it_in_its_own_thread(three_threads):
    """With all threads at their parts, none is left that could take a part of a part."""

    def inner(part):
        return threading.current_thread(), list(part)

    def outer(part):
        return threading.current_thread(), share(inner, [1, 2, 3])

    for thread, found in share(outer, [1, 2, 3]):
        assert found == [(thread, [1, 2, 3])]
    assert len(share(list, [1, 2, 3])) == 3


def test_a_kernel_that_does_not_hold_blas_shares_only_where_it_is_held(three_threads, monkeypatch):
    monkeypatch.setattr(blas, "is_held", lambda: False)
    assert share(list, [0, 1, 2], hold=False) == [[0, 1, 2]]
    monkeypatch.setattr(blas, "is_held", lambda: True)
    assert share(list, [0, 1, 2], hold=False) == [[0], [1], [2]]


def _in_a_child(answers):
    answers.put(share(list, [0, 1, 2]))


def test_a_forked_process_makes_threads_of_its_own(three_threads):
    share(list, [0, 1, 2])
    assert len(workers._idle) >= 2
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    child = context.Process(target=_in_a_child, args=(answers,))
    child.start()
    assert answers.get(timeout=20) == [[0], [1], [2]]
    child.join()


def test_blas_stays_held_from_the_first_shared_kernel_to_the_end_of_the_work(three_threads):
    before = blas.threads()
    held = None if before is None else 1
    with workers.at_work():
        assert blas.threads() == before
        with workers.at_work():
            share(list, [0, 1, 2])
            assert blas.threads() == held
        assert blas.threads() == held
        share(list, [0, 1, 2])
    assert blas.threads() == before
    share(list, [0, 1, 2])
    assert blas.threads() == before


def test_blocks_in_turn_come_once_each(three_threads):
    for _ in range(20):
        taken = []
        in_turn(taken.extend, range(50))
        assert sorted(taken) == list(range(50))


def test_a_thread_that_is_held_up_leaves_the_blocks_to_the_others(three_threads):
    """One waits until all other blocks are done: with fixed shares it would wait for ever."""
    done, all_done = [], threading.Event()

    def work(turns):
        for block in turns:
            if block == 0:
                assert all_done.wait(10)
            done.append(block)
            if len(done) == 8:
                all_done.set()

    in_turn(work, range(9))
    assert sorted(done) == list(range(9))
    assert done[-1] == 0


def test_an_interrupt_is_raised_when_no_thread_is_writing_any_more(three_threads, monkeypatch):
    """As Ctrl-C comes while the calling thread waits. The thread it waits for is not lent again."""
    go_on, ended = threading.Event(), []
    helpers = [workers._Helper(), workers._Helper()]
    monkeypatch.setattr(workers, "_idle", helpers.copy())

    class Interrupted:
        def acquire(self):
            go_on.set()
            raise KeyboardInterrupt

    helpers[0].ended, lock = Interrupted(), helpers[0].ended
    helpers[0].ended.release = lock.release

    def work(part):
        if part != [0]:
            assert go_on.wait(10)
            ended.append(part)

    with pytest.raises(KeyboardInterrupt):
        share(work, [0, 1, 2])
    assert sorted(ended) == [[1], [2]]
    assert workers._idle == helpers[1:]
    assert share(list, [0, 1, 2]) == [[0], [1], [2]]
