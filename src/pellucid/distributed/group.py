"""What processes that train together do together: add up arrays, and tell each other things.

Every method here is called by all processes of the group, in the same order; each returns when its
own part is done. What all get is the same to the bit: it is added up, or put in order, by rank.

Letters: r the rank of a process, counted from 0; R how many there are, the `size`.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from pellucid.distributed.packing import pack, unpack
from pellucid.engines import Array


class Work(Protocol):
    """A sum that is under way."""

    def wait(self) -> Any:
        """Return when the array holds the sum; on a GPU, when what follows there will see it."""


class Group(ABC):
    """The processes, as one of them sees them: its own `rank`, and their number `size`."""

    rank: int
    size: int

    @abstractmethod
    def start_sum(self, array: Array) -> Work:
        """Begin to add up the processes' arrays of one shape, each in its place.

        The array must not be touched until the work that is given is done.
        """

    @abstractmethod
    def gathered(self, array: Array) -> list[Array]:
        """The arrays of all processes, of one shape and type, by rank."""

    @abstractmethod
    def spread(self, array: Array) -> None:
        """Give the array of rank 0 to all, in its place."""

    @abstractmethod
    def leave(self) -> None:
        """End the connections."""

    # -- what follows from these --------------------------------------------------------------

    def sum(self, array: Array) -> None:
        """Add up the processes' arrays of one shape, each in its place."""
        self.start_sum(array).wait()

    def any(self, yes: bool) -> bool:
        """Whether any process says yes."""
        votes = np.array([float(yes)])
        self.sum(votes)
        return bool(votes[0] > 0)

    def gather(self, data: Any) -> list[Any]:
        """What each process has to say, by rank: plain data and arrays, as `packing` takes them."""
        own = pack(data)
        lengths = [int(n[0]) for n in self.gathered(np.array([own.size]))]
        padded = np.zeros(max(lengths), np.uint8)
        padded[: own.size] = own
        all_of_them = self.gathered(padded)
        return [unpack(raw[:n]) for raw, n in zip(all_of_them, lengths, strict=True)]

    def broadcast(self, data: Any) -> Any:
        """What rank 0 has to say; what the others give is not looked at."""
        own = pack(data if self.rank == 0 else None)
        length = np.array([own.size])
        self.spread(length)
        raw = own if self.rank == 0 else np.empty(int(length[0]), np.uint8)
        self.spread(raw)
        return unpack(raw)

    def mean(self, arrays: Sequence[Any]) -> list[Any]:
        """The mean over the processes of each array of NumPy's, in float64.

        It is what rank 0 has plus the mean of how far the others are from it: arrays that are the
        same everywhere stay so to the bit.
        """
        own = np.concatenate([np.asarray(a, "float64").reshape(-1) for a in arrays])
        first = own.copy()
        self.spread(first)
        apart = own - first
        self.sum(apart)
        ends = np.cumsum([a.size for a in arrays])[:-1]
        parts = np.split(first + apart / self.size, ends)
        return [part.reshape(a.shape) for part, a in zip(parts, arrays, strict=True)]
