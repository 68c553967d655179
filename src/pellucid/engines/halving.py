"""Max pooling with windows of 2 x 2 that lie side by side: what nearly every network uses.

The larger of each two neighbours in a row, then of each two rows: with the left one, and the upper
one, winning a tie, that is the first of the four that is the largest.

Letters: x (n, H, W, C) images, z (n, P, Q, C) output, P = H // 2, Q = W // 2. A last row or column
without a partner is left out.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pellucid.engines.window import Window

Array = Any
WINDOW = Window((2, 2), (2, 2))


def halve(x: Array, z: Array, winner: Sequence[Array] | None) -> None:
    """Write z, and where each winner lies: is_right (n, 2 P, Q, C), is_below (n, P, Q, C).

    Where nobody asks for that, rows come first: they are longer.
    """
    P = z.shape[1]
    if winner is None:
        np.maximum(*_columns(np.maximum(x[:, : 2 * P : 2], x[:, 1 : 2 * P : 2]), z), out=z)
        return
    left, right = _columns(x, z)
    best = np.maximum(left, right)
    above, below = best[:, ::2], best[:, 1::2]
    np.maximum(above, below, out=z)
    is_right, is_below = winner
    np.greater(right, left, out=is_right)
    np.greater(below, above, out=is_below)


def halve_dx(dz: Array, is_right: Array, is_below: Array, dx: Array) -> None:
    """Write each dz where its winner lies in dx, and 0 elsewhere."""
    rows = np.empty(is_right.shape, dz.dtype)
    np.multiply(dz, is_below, out=rows[:, 1::2])
    np.subtract(dz, rows[:, 1::2], out=rows[:, ::2])
    left, right = _columns(dx, dz)
    np.multiply(rows, is_right, out=right)
    np.subtract(rows, right, out=left)
    _, P, Q, _ = dz.shape
    dx[:, 2 * P :] = 0
    dx[:, :, 2 * Q :] = 0


def _columns(x: Array, z: Array) -> tuple[Array, Array]:
    """The left and the right one of each two neighbours in a row: (n, 2 P, Q, C)."""
    _, P, Q, _ = z.shape
    return x[:, : 2 * P, : 2 * Q : 2], x[:, : 2 * P, 1 : 2 * Q : 2]
