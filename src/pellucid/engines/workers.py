"""All cores at work: the blocks of a kernel shared among threads, with one BLAS thread each.

NumPy uses several cores for products alone. A kernel that also copies and adds keeps them all busy
when each thread takes whole blocks of images through all of its steps; and a core that something
else is using then delays its own blocks only, not every product. Where results are added up, who
takes which block is fixed, so that the same number of threads gives the same sums to the bit.

OpenBLAS's own threads wait for their next product by spinning, for tens of milliseconds, and would
take the cores from these. So once a kernel has shared its blocks, BLAS stays held to one thread
until the work that it is part of (`at_work`) has ended; a model without such kernels never does,
and its products use BLAS's threads.
"""

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, TypeVar

from pellucid.engines import blas

Block = TypeVar("Block")
Result = TypeVar("Result")

_idle: list[Any] = []  # threads that wait for a part
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_idle.clear)  # threads do not live on in a forked process


class _ThisThread(threading.local):
    """Whether this thread is at its part of shared work."""

    sharing = False


_this_thread = _ThisThread()
_stages: list[ExitStack] = []  # the works under way, the outermost first


@contextmanager
def at_work() -> Iterator[None]:
    """Inside, BLAS stays held to one thread from the first shared kernel to the end."""
    with ExitStack() as stage:
        _stages.append(stage)
        try:
            yield
        finally:
            _stages.remove(stage)


def share(
    work: Callable[[Sequence[Block]], Result], blocks: Sequence[Block], *, hold: bool = True
) -> list[Result]:
    """`work` on a fixed share of the blocks in each thread; the results, in a fixed order.

    As many threads as BLAS would use; only the calling one where BLAS cannot be held to one, and
    inside work that is shared already. Without `hold`, also where nothing has held BLAS to one yet:
    for kernels that are not worth taking its threads from the products around them.
    """
    n = _threads(len(blocks), hold)
    return _together([partial(work, blocks if n == 1 else blocks[i::n]) for i in range(n)])


def in_turn(
    work: Callable[[Iterable[Block]], Any], blocks: Sequence[Block], *, hold: bool = True
) -> None:
    """As `share`, but each thread takes the next block when it has done one.

    So all are done at nearly the same time, whatever else the machine does. It is for work whose
    results do not depend on which thread did which block.
    """
    n = _threads(len(blocks), hold)
    if n == 1:
        work(blocks)
    else:
        _together([partial(work, _Turns(blocks))] * n)


def cut(n: int, step: int) -> list[slice]:
    """n rows in blocks of `step`; the last may be shorter."""
    return [slice(start, min(start + step, n)) for start in range(0, n, step)]


def longest(blocks: Sequence[slice]) -> int:
    """How many rows the longest of the blocks has."""
    return max((block.stop - block.start for block in blocks), default=0)


class _Turns:
    """An iterator that several threads may go through together: each block comes once."""

    def __init__(self, blocks: Iterable[Any]) -> None:
        self.ahead, self.lock = iter(blocks), threading.Lock()

    def __iter__(self) -> "_Turns":
        return self

    def __next__(self) -> Any:
        with self.lock:
            return next(self.ahead)


def _threads(blocks: int, hold: bool) -> int:
    """How many threads take part."""
    if blocks < 2 or _this_thread.sharing or not (hold or blas.is_held()):
        return 1
    return max(1, min(blas.usual_threads() or 1, blocks))


def _together(parts: Sequence[Callable[[], Result]]) -> list[Result]:
    """The parts, each in a thread of its own; the first in the calling one."""
    if len(parts) == 1:
        return [parts[0]()]
    if _stages and blas.threads() != 1:
        _stages[0].enter_context(blas.one_thread())
    with blas.one_thread(), _lent(len(parts) - 1) as helpers:
        with ExitStack() as ends:  # no thread may still be writing when this returns
            for helper, part in zip(helpers, parts[1:], strict=True):
                ends.callback(helper.wait)
                helper.begin(part)
            first = _own_part(parts[0])
        return [first, *(helper.result() for helper in helpers)]


def _own_part(part: Callable[[], Result]) -> Result:
    """One thread's part; what it shares in turn stays with it, as no thread is left."""
    _this_thread.sharing = True
    try:
        return part()
    finally:
        _this_thread.sharing = False


class _Helper:
    """A thread that takes one part after another. Two locks are the quickest way to wake it."""

    def __init__(self) -> None:
        self.begun, self.ended = threading.Lock(), threading.Lock()
        self.begun.acquire()
        self.ended.acquire()
        self.at_part = self.is_owed = self.interrupted = False
        threading.Thread(target=self._run, name="pellucid", daemon=True).start()

    def begin(self, part: Callable[[], Any]) -> None:
        """Let it take this part."""
        self.part, self.found, self.error = part, None, None
        self.at_part = self.is_owed = True
        self.begun.release()

    def wait(self) -> None:
        """Come back when it has ended its part; after an interrupt too, which is raised then."""
        if not self.is_owed:
            return
        try:
            self.ended.acquire()
            self.is_owed = False
        except BaseException:
            self.interrupted = True
            while self.at_part:
                time.sleep(0.001)
            raise

    def result(self) -> Any:
        """What its part gave, which is not kept here. Raises what that raised."""
        found, error = self.found, self.error
        self.found = self.error = None
        if error is not None:
            raise error
        return found

    def _run(self) -> None:
        while True:
            self.begun.acquire()
            try:
                self.found = _own_part(self.part)
            except BaseException as error:
                self.error = error
            del self.part
            self.at_part = False
            self.ended.release()


@contextmanager
def _lent(n: int) -> Iterator[list[_Helper]]:
    """So many threads that nobody else is using; they are made when they are first needed."""
    lent = [_free() for _ in range(n)]
    try:
        yield lent
    finally:
        _idle.extend([helper for helper in lent if not helper.interrupted])


def _free() -> _Helper:
    """A thread that waits, or a new one; of several that ask at once each gets its own."""
    try:
        return _idle.pop()
    except IndexError:
        return _Helper()
