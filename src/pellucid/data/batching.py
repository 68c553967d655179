"""Which rows come together in a training step: one epoch's batches, in order or shuffled."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import SettingError
from pellucid.settings import known_seed, whole

Rows = slice | NDArray[np.intp]


def batches(
    n: int, batch_size: int, *, seed: int | None = None, epoch: int = 0, start: int = 0
) -> Iterator[Rows]:
    """The rows of each batch of one epoch over n rows; the last batch may be smaller.

    Without a seed: slices in order, so that indexing with them copies nothing. With one: index
    arrays, which cut a permutation of all rows that depends only on (seed, epoch), namely
    `default_rng(SeedSequence(seed, spawn_key=(epoch,))).permutation(n)`. A run that stopped
    therefore goes on at batch `start` of `epoch` with the batches it would have had.

    Raises SettingError for a batch size below 1, a negative seed or epoch, or a start that is past
    the end.

    >>> list(batches(5, 2))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    >>> [rows.tolist() for rows in batches(5, 2, seed=1, epoch=3, start=1)]
    [[1, 0], [3]]
    """
    whole("batches", "n", n, 0)
    whole("batches", "batch_size", batch_size, 1)
    whole("batches", "epoch", epoch, 0)
    known_seed("batches", seed)
    count = -(-n // batch_size)
    if not 0 <= start <= count:
        raise SettingError(
            "batches",
            f"start from 0 to {count}, the number of batches",
            f"{start}",
            "An epoch that is finished goes on with start=0 of the next one.",
        )
    cuts = (slice(i, min(i + batch_size, n)) for i in range(start * batch_size, n, batch_size))
    if seed is None:
        return cuts
    source = np.random.SeedSequence(seed, spawn_key=(epoch,))
    order = np.random.default_rng(source).permutation(n)
    return (order[cut] for cut in cuts)
