"""Formulas that work element by element, on large arrays: taken by blocks.

A formula such as (x - mu) * scale + beta goes over its arrays once for each of its operations. On a
whole batch that is once through the memory each time; on a block that fits into the cache only the
first reading and the last writing are. NumPy starts its innermost loop anew for every row where
numbers of a row (mu: one a channel) are spread over many rows, so narrow rows are first put side by
side into wide ones. The blocks are shared among threads where other kernels have taken BLAS's
threads out of the way already.

Letters: arrays (..., C) of one shape; vectors (C,), one number a channel.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pellucid.engines.workers import share

Array = Any
SMALL = 1 << 18  # bytes of an array that is not worth a second thread
BLOCK = 1 << 19  # bytes of each array at a time
WIDE = 4096  # numbers in a row


def map_blocks(function: Callable, arrays: Sequence[Array], vectors: Sequence[Array]) -> Array:
    """function(*arrays, *vectors) in the arrays' shape."""
    first = arrays[0]
    if not _is_large(arrays):
        return function(*arrays, *vectors)
    rows, vectors = _wide(arrays, vectors)
    blocks = _blocks(rows[0])
    start = function(*(r[blocks[0]] for r in rows), *vectors)
    result = np.empty(rows[0].shape, start.dtype)
    result[blocks[0]] = start

    def work(blocks: Sequence[slice]) -> None:
        for block in blocks:
            result[block] = function(*(r[block] for r in rows), *vectors)

    share(work, blocks[1:], hold=False)
    return result.reshape(first.shape)


def sum_blocks(function: Callable, arrays: Sequence[Array], vectors: Sequence[Array]) -> Array:
    """The sum of function(*arrays, *vectors) over all axes but the last: (C,).

    Within a block BLAS adds, as a product with a row of ones; the sums of the blocks are added in
    float64.
    """
    C = arrays[0].shape[-1]
    if not _is_large(arrays):
        return _total(function(*arrays, *vectors).reshape(-1, C))
    rows, vectors = _wide(arrays, vectors)
    blocks = _blocks(rows[0])
    sums: list[Any] = [None] * len(blocks)  # by block: who computed one changes no bit of the total

    def work(numbers: Sequence[int]) -> None:
        for k in numbers:
            sums[k] = _total(function(*(r[blocks[k]] for r in rows), *vectors))

    share(work, range(len(blocks)), hold=False)
    total = np.sum(sums, axis=0, dtype=np.float64).reshape(-1, C).sum(axis=0)
    return total.astype(sums[0].dtype)


def _is_large(arrays: Sequence[Array]) -> bool:
    """Whether blocks pay. A plain number is no array, and is not large."""
    if getattr(arrays[0], "nbytes", 0) < SMALL:
        return False
    return all(array.flags.c_contiguous for array in arrays)


def _total(values: Array) -> Array:
    """The sum of the rows."""
    return np.ones(len(values), values.dtype) @ values


def _wide(arrays: Sequence[Array], vectors: Sequence[Array]) -> tuple[list[Array], list[Array]]:
    """Several rows side by side as one, and the vectors repeated to go with them."""
    C = arrays[0].shape[-1]
    n = arrays[0].size // C
    together = max(k for k in range(1, max(WIDE // C, 1) + 1) if n % k == 0)
    return [a.reshape(-1, together * C) for a in arrays], [np.tile(v, together) for v in vectors]


def _blocks(rows: Array) -> list[slice]:
    """The rows in blocks of about BLOCK bytes."""
    step = max(1, BLOCK // rows[0].nbytes)
    return [slice(start, start + step) for start in range(0, len(rows), step)]
