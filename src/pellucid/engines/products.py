"""Large matrix products, cut in parts that the threads share.

OpenBLAS's own threads are quick to start, and spin for tens of milliseconds after a product: the
other kernels of a step then find no second core. Where products are large enough that our threads
start quickly beside them, they go the way of the convolutions: a part in each thread, with one BLAS
thread, so that whatever stands between two products may be shared as well.

Letters: a (M, K), b (K, N), y (M, N) = a b.
"""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np

from pellucid.engines import blas
from pellucid.engines.landing import place_for
from pellucid.engines.workers import in_turn

Array = Any
LARGE = 1e8  # multiplications and additions: some milliseconds of one core


def matmul(a: Array, b: Array) -> Array:
    """The matrix product; a large one of two matrices by parts of its longer side."""
    if a.ndim != 2 or b.ndim != 2:
        return a @ b
    (M, _), N = a.shape, b.shape[1]
    y = place_for((M, N), a.dtype, b.dtype)
    if 2.0 * a.size * N < LARGE:
        return a.dot(b, out=y)
    if y is None:
        y = np.empty((M, N), np.result_type(a, b))
    threads = blas.usual_threads() or 1
    longer = max(M, N)
    ends = [longer * i // threads for i in range(threads + 1)]
    parts = [slice(*pair) for pair in pairwise(ends)]

    def work(parts: Iterable[slice]) -> None:
        for part in parts:
            if N >= M:
                np.matmul(a, b[:, part], out=y[:, part])
            else:
                np.matmul(a[part], b, out=y[part])

    in_turn(work, parts)
    return y
