"""How a batch is divided among processes: each row to one of them, and what each then counts.

Letters: r a process, R how many there are; N rows of the whole batch, N_r of them process r's.
"""

from collections.abc import Callable
from typing import NamedTuple


class Share(NamedTuple):
    """A process's share of a batch.

    `rows`: N; `own`: N_r; `part`: how much of the batch's loss its own is, as the loss divides. The
    gradient of the whole batch is the sum of every process's times its part.
    """

    rows: int
    own: int
    part: float


def place(n: int, rank: int, size: int) -> slice:
    """Which of n rows are those of a process: as many for each, or one more for the first ones.

    >>> [place(7, rank, 3) for rank in range(3)]
    [slice(0, 3, None), slice(3, 5, None), slice(5, 7, None)]
    """
    each, more = divmod(n, size)
    start = rank * each + min(rank, more)
    return slice(start, start + each + (rank < more))


def share(n: int, mine: slice, divisor: Callable[[slice], float | None], size: int) -> Share:
    """The share of a process that has the rows `mine` of n.

    `divisor` says what the loss of some of the rows divides by. Where it is None, the batch's loss
    is the sum of all. Where nothing counts at all, the parts are alike.
    """
    own = mine.stop - mine.start
    whole = divisor(slice(0, n))
    if not own:
        return Share(n, 0, 0.0)
    if whole is None:
        return Share(n, own, 1.0)
    ours = divisor(mine) or 0.0
    return Share(n, own, ours / whole if whole else 1 / size)


def filled(mine: slice) -> slice:
    """The rows that a process goes through: its own, or the first, which then counts nothing."""
    return mine if mine.stop > mine.start else slice(0, 1)
