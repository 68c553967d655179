"""Formulas that work element by element, on large arrays: taken by blocks.

A formula such as (x - mu) * scale + beta goes over its arrays once for each of its operations. On a
whole batch that is once through the memory each time; on a block that fits into the cache only the
first reading and the last writing are. NumPy starts its innermost loop anew for every row where
numbers of a row (mu: one a channel) are spread over many rows, so narrow rows are first put side by
side into wide ones. The blocks are shared among threads where other kernels have taken BLAS's
threads out of the way already.

Letters: arrays (..., C) of one shape; vectors (C,), one number a channel.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from pellucid.engines.formula import Formula, NotTraceable
from pellucid.engines.landing import place_for
from pellucid.engines.workers import cut, in_turn, longest

Array = Any
SMALL = 1 << 18  # bytes of an array that is not worth a second thread
BLOCK = 1 << 20  # bytes of each array at a time
WIDE = 1 << 14  # numbers in a row


def map_blocks(function: Callable, arrays: Sequence[Array], vectors: Sequence[Array]) -> Array:
    """function(*arrays, *vectors) in the arrays' shape."""
    if not is_large(*arrays):
        return function(*arrays, *vectors)
    rows, vectors = _wide(arrays, vectors)
    try:
        formula = Formula.of(function, rows, vectors)
    except NotTraceable:
        return function(*rows, *vectors).reshape(arrays[0].shape)
    result = np.empty(rows[0].shape, formula.dtype)
    blocks = _blocks(rows[0])

    def work(turns: Iterable[slice]) -> None:
        scratch = formula.scratch(longest(blocks))
        for block in turns:
            given = [*(r[block] for r in rows), *vectors]
            formula.into(result[block], given, scratch)

    in_turn(work, blocks, hold=False)
    return result.reshape(arrays[0].shape)


def sum_blocks(function: Callable, arrays: Sequence[Array], vectors: Sequence[Array]) -> Array:
    """The sum of function(*arrays, *vectors) over all axes but the last: (C,).

    Within a block BLAS adds, as a product with a row of ones: first wide rows, then what lies side
    by side in their sum. The sums of the blocks are added in float64.
    """
    C = arrays[0].shape[-1]
    if not is_large(*arrays):
        values = function(*arrays, *vectors).reshape(-1, C)
        return _total(values, place_for((C,), values.dtype))
    rows, vectors = _wide(arrays, vectors)
    try:
        formula = Formula.of(function, rows, vectors)
    except NotTraceable:
        return _total(function(*rows, *vectors).reshape(-1, C))
    blocks = _blocks(rows[0])
    sums: list[Any] = [None] * len(blocks)  # by block: who computed one changes no bit of the total

    def work(numbers: Iterable[int]) -> None:
        n = longest(blocks[:1])
        scratch, result = formula.scratch(n), np.empty((n, rows[0].shape[1]), formula.dtype)
        for k in numbers:
            given = [*(r[blocks[k]] for r in rows), *vectors]
            if formula.operations:
                values = result[: len(given[0])]
                formula.into(values, given, scratch)
            else:
                values = given[0]
            sums[k] = _by_channel(values, C)

    in_turn(work, range(len(blocks)), hold=False)
    return np.sum(sums, axis=0, dtype=np.float64).astype(sums[0].dtype)


def moments(x: Array) -> tuple[Array, Array]:
    """The mean and the variance of x (..., C) over all axes but the last, in one reading.

    Of d = x - c, with c the mean of the first block: mu = c + mean of d, and
    var = mean of d^2 - (mean of d)^2. The block is a part of x, so c lies within the square root of
    the number of blocks of standard deviations from mu, and the difference keeps its digits.
    """
    C = x.shape[-1]
    M = x.size // C
    (rows,), _ = _wide([x], [])
    first = rows[_blocks(rows)[0]].reshape(-1, C)
    start = first[0]
    c = start + (np.ones(len(first), x.dtype) @ (first - start)) / len(first)
    wide = np.tile(c, rows.shape[1] // C)

    def of(block: slice, d: Array) -> tuple[Array, Array]:
        np.subtract(rows[block], wide, out=d)
        return _by_channel(d, C), _by_channel(np.square(d, out=d), C)

    sums, squares = _sums_of_blocks(of, rows)
    mean = sums / M
    var = np.maximum(squares / M - mean**2, 0)
    return (c + mean).astype(x.dtype), var.astype(x.dtype)


def sums_around(dz: Array, x: Array, mu: Array) -> tuple[Array, Array]:
    """The sums of dz (x - mu) and of dz over all axes but the last, in one reading: (C,) each."""
    C = x.shape[-1]
    (slopes, rows), (wide,) = _wide([dz, x], [mu])

    def of(block: slice, d: Array) -> tuple[Array, Array]:
        np.subtract(rows[block], wide, out=d)
        return _by_channel(np.multiply(slopes[block], d, out=d), C), _by_channel(slopes[block], C)

    along, whole = _sums_of_blocks(of, rows)
    return along.astype(dz.dtype), whole.astype(dz.dtype)


def _sums_of_blocks(of: Callable[[slice, Array], Sequence[Array]], rows: Array) -> Sequence[Array]:
    """What `of` gives for each block of rows, added up in float64; it may write to an array.

    That has the block's shape. Who computed which block changes no bit of the sums.
    """
    blocks = _blocks(rows)
    found: list[Any] = [None] * len(blocks)

    def work(numbers: Iterable[int]) -> None:
        scratch = np.empty((longest(blocks[:1]), rows.shape[1]), rows.dtype)
        for k in numbers:
            block = blocks[k]
            found[k] = of(block, scratch[: block.stop - block.start])

    in_turn(work, range(len(blocks)), hold=False)
    return [np.sum(parts, axis=0, dtype=np.float64) for parts in zip(*found, strict=True)]


def is_large(*arrays: Array) -> bool:
    """Whether blocks pay. A plain number is no array, and is not large."""
    if getattr(arrays[0], "nbytes", 0) < SMALL:
        return False
    return all(array.flags.c_contiguous for array in arrays)


def _by_channel(rows: Array, C: int) -> Array:
    """The sum of wide rows, and of the channels that lie side by side in it: (C,)."""
    return _total(_total(rows).reshape(-1, C))


def _total(values: Array, place: Array | None = None) -> Array:
    """The sum of the rows, written to a place if one is given."""
    return values.T.dot(ones(len(values), values.dtype), out=place)


@lru_cache
def ones(n: int, dtype: Any) -> Array:
    """n ones, made once."""
    return _fixed(np.ones(n, dtype))


@lru_cache
def counted(n: int) -> Array:
    """The numbers from 0 to n - 1, made once."""
    return _fixed(np.arange(n))


def _fixed(array: Array) -> Array:
    """An array that nobody may write to."""
    array.flags.writeable = False
    return array


def _wide(arrays: Sequence[Array], vectors: Sequence[Array]) -> tuple[list[Array], list[Array]]:
    """Several rows side by side as one, and the vectors repeated to go with them."""
    C = arrays[0].shape[-1]
    n = arrays[0].size // C
    together = max(k for k in range(1, max(WIDE // C, 1) + 1) if n % k == 0)
    return [a.reshape(-1, together * C) for a in arrays], [np.tile(v, together) for v in vectors]


def _blocks(rows: Array) -> list[slice]:
    """The rows in blocks of about BLOCK bytes."""
    step = max(1, BLOCK // rows[0].nbytes)
    return cut(len(rows), step)
