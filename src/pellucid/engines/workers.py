"""All cores at work: the blocks of a kernel shared among threads, with one BLAS thread each.

NumPy uses several cores for products alone. A kernel that also copies and adds keeps them all busy
when each thread takes whole blocks of images through all of its steps; and a core that something
else is using then delays its own blocks only, not every product. Who takes which block is fixed,
so that the same number of threads gives the same sums to the bit.
"""

import os
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pellucid.engines import blas

Block = TypeVar("Block")
Result = TypeVar("Result")

_pools: dict[int, Any] = {}  # by how many threads share the work
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pools.clear)  # threads do not live on in a forked process


def share(work: Callable[[Sequence[Block]], Result], blocks: Sequence[Block]) -> list[Result]:
    """`work` on a share of the blocks in each thread; the results, in a fixed order.

    As many threads as BLAS would use; only the calling one where BLAS cannot be held to one.
    """
    n = min(blas.threads() or 1, len(blocks))
    if n <= 1:
        return [work(blocks)]
    with blas.one_thread():
        others = [_pool(n).submit(work, blocks[i::n]) for i in range(1, n)]
        try:
            return [work(blocks[::n])] + [other.result() for other in others]
        finally:
            for other in others:
                other.exception()  # wait: no thread may still be writing when this returns


def _pool(n: int) -> Any:
    """The n - 1 threads that share the work of n, made when they are first needed."""
    if n not in _pools:
        from concurrent.futures import ThreadPoolExecutor

        _pools[n] = ThreadPoolExecutor(n - 1, thread_name_prefix="pellucid")
    return _pools[n]
