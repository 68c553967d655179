"""Whether this process trains together with others, and who they are.

`torchrun --nproc-per-node 2 program.py` starts the same program so many times, and tells each in
environment variables which one it is. The first `fit` or `evaluate` then joins them by itself;
`join()` does so earlier, and waits as long as it is told. Without those variables nothing here
costs anything, and PyTorch is not imported.

Letters: r the rank of a process, counted from 0; R how many there are, the `size`.
"""

import atexit
import importlib.util
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from pellucid.distributed.group import Group
from pellucid.errors import DistributedError, EngineError

NEEDED = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
TIMEOUT = 600.0  # seconds that hanging processes are waited for, as PyTorch does on GPUs

_joined: dict[str, Group] = {}


class Step(NamedTuple):
    """A step that the processes of a group make together.

    `counts`: whether this process has rows of the batch at all; one that has none goes through the
    step with rows that count nothing.
    """

    group: Group
    counts: bool


class _ThisThread(threading.local):
    """What this thread is at: on its own, or at its part of a step that all make together."""

    alone = 0
    step: "Step | None" = None


_at = _ThisThread()


def join(timeout: float = TIMEOUT) -> Group:
    """Join the processes that torchrun started; the second time, give the same group.

    `timeout`: seconds that a process waits for the others before it gives up. Raises
    DistributedError where there are none, or they do not come; EngineError without PyTorch.
    """
    if "group" in _joined:
        return _joined["group"]
    missing = [name for name in NEEDED if name not in os.environ]
    if missing:
        raise DistributedError(
            "join",
            "a program that torchrun has started",
            f"no environment variable {missing[0]}",
            "Start it so: torchrun --nproc-per-node 2 program.py",
        )
    if importlib.util.find_spec("torch") is None:
        mend = "pip install 'pellucid[torch]' brings it."
        raise EngineError("join", "PyTorch, whose package connects processes", "none", mend)
    from pellucid.distributed.torch_group import TorchGroup

    r, R, local = (int(os.environ[name]) for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK"))
    return enter(TorchGroup(r, R, local, timeout))


def enter(group: Group) -> Group:
    """Take a group as the one that this process trains in, until `leave`."""
    _joined["group"] = group
    atexit.register(leave)
    return group


def leave() -> None:
    """Leave the group: what follows is this process's alone."""
    atexit.unregister(leave)
    group = _joined.pop("group", None)
    if group is not None:
        group.leave()


def started_together() -> bool:
    """Whether torchrun has started this process as one of several."""
    return all(name in os.environ for name in NEEDED) and os.environ["WORLD_SIZE"] != "1"


def group() -> Group | None:
    """The group that work is shared in, joined now if need be; None for a process on its own."""
    if _at.alone or not ("group" in _joined or started_together()):
        return None
    found = join()
    return found if found.size > 1 else None


def rank() -> int:
    """Which process this is, counted from 0; 0 for one on its own."""
    if "group" in _joined:
        return _joined["group"].rank
    return int(os.environ["RANK"]) if started_together() else 0


def size() -> int:
    """How many processes train together; 1 for one on its own."""
    if "group" in _joined:
        return _joined["group"].size
    return int(os.environ["WORLD_SIZE"]) if started_together() else 1


def local_rank() -> int | None:
    """Which of the processes on this machine this is, and so which GPU is its own."""
    return int(os.environ["LOCAL_RANK"]) if started_together() else None


def is_first() -> bool:
    """Whether this process writes and prints for all: rank 0, or one that works on its own."""
    return _at.alone > 0 or rank() == 0


@contextmanager
def alone() -> Iterator[None]:
    """Inside, this process works on its own: `fit` and `evaluate` share nothing, `save` writes."""
    _at.alone += 1
    try:
        yield
    finally:
        _at.alone -= 1


# -- a step that all make together ----------------------------------------------------------------


@contextmanager
def in_step(group: Group, counts: bool) -> Iterator[None]:
    """Inside, layers may ask the other processes for their share of a number: see `Step`."""
    before, _at.step = _at.step, Step(group, counts)
    try:
        yield
    finally:
        _at.step = before


def step() -> Step | None:
    """The step that is being made together; None in one of this process alone."""
    return None if _at.alone else _at.step
