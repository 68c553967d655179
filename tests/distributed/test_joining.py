"""Who finds whom, and what a process alone is told."""

import pytest

from pellucid import distributed
from pellucid.distributed import joining
from pellucid.errors import DistributedError, EngineError

from .groups import ThreadGroup, Threads

STARTED = {
    "RANK": "1",
    "WORLD_SIZE": "2",
    "LOCAL_RANK": "1",
    "MASTER_ADDR": "x",
    "MASTER_PORT": "1",
}


@pytest.fixture
def started(monkeypatch):
    for name, value in STARTED.items():
        monkeypatch.setenv(name, value)


def test_a_program_that_nobody_started_together_cannot_join():
    with pytest.raises(DistributedError) as raised:
        distributed.join()
    assert str(raised.value) == (
        "join: expected a program that torchrun has started; got no environment variable RANK. "
        "Start it so: torchrun --nproc-per-node 2 program.py"
    )


def test_joining_needs_pytorch(started, monkeypatch):
    monkeypatch.setattr(joining.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(EngineError, match="join: expected PyTorch, whose package connects"):
        distributed.group()


def test_the_environment_says_who_a_process_is(started):
    assert (distributed.rank(), distributed.size(), distributed.local_rank()) == (1, 2, 1)
    assert not distributed.is_first()
    with distributed.alone():
        assert distributed.is_first()
        assert distributed.group() is None


def test_one_process_of_torchrun_is_on_its_own(started, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "1")
    assert distributed.group() is None
    assert distributed.size() == 1


def test_a_group_is_joined_until_it_is_left():
    group = ThreadGroup(Threads(2), 1)
    assert distributed.enter(group) is distributed.group() is distributed.join()
    assert (distributed.rank(), distributed.size()) == (1, 2)
    distributed.leave()
    assert group.left
    assert distributed.group() is None


def test_a_step_lasts_as_long_as_it_is_made():
    group = ThreadGroup(Threads(2), 1)
    assert distributed.step() is None
    with distributed.in_step(group, counts=False):
        assert distributed.step() == (group, False)
        with distributed.alone():
            assert distributed.step() is None
    assert distributed.step() is None
