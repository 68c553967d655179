"""A group by PyTorch's distributed package: gloo for arrays on processors, NCCL for those on GPUs.

NumPy's arrays are handed over in their own memory. Whatever goes wrong between processes becomes
one DistributedError: a process that dies closes its connections, and the others learn of it when
they next wait for it, within moments.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import numpy as np
import torch
from torch import distributed
from torch.distributed.distributed_c10d import PrefixStore
from torch.distributed.rendezvous import rendezvous

from pellucid.distributed.group import Group, Work
from pellucid.engines.engine import Array
from pellucid.errors import DistributedError

AGAIN = (
    "That one's own message says why. To start all of them again by themselves: torchrun "
    "--max-restarts 3; they go on from the last checkpoint."
)
# what PyTorch's errors say where a process has ended, or does not answer
GONE = ("losed by peer", "onnection reset", "onnection refused", "roken pipe", "losed connection")
LATE = ("imed out", "imeout")
SLOW = (
    "Look what the slowest process was doing; pellucid.distributed.join(timeout=...) waits longer."
)


class TorchGroup(Group):
    """The processes that torchrun started; they find each other by its environment variables."""

    def __init__(self, rank: int, size: int, local_rank: int, timeout: float) -> None:
        on_gpus = torch.cuda.is_available() and distributed.is_nccl_available()
        if on_gpus:
            torch.cuda.set_device(local_rank % torch.cuda.device_count())
        logging.getLogger("torch.distributed").setLevel(logging.ERROR)
        self.rank, self.size, self.timeout = rank, size, timeout
        self.is_ours = not distributed.is_initialized()
        if self.is_ours:
            with self.told():
                self._meet("cpu:gloo,cuda:nccl" if on_gpus else "gloo", timedelta(seconds=timeout))

    def _meet(self, backend: str, timeout: timedelta) -> None:
        """Find the others.

        Addresses are exchanged in a store that torchrun keeps, also when it starts all processes
        again: each time has a place of its own there, or they would find the addresses of the dead.
        """
        store, _, _ = next(rendezvous("env://", timeout=timeout))
        store.set_timeout(timeout)
        time = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
        place = PrefixStore(f"pellucid/{time} of {self.size}", store)
        distributed.init_process_group(
            backend, store=place, rank=self.rank, world_size=self.size, timeout=timeout
        )

    def start_sum(self, array: Array) -> Work:
        """Begin to add up the processes' arrays, each in its place."""
        with self.told():
            return Waiting(self, distributed.all_reduce(_tensor(array), async_op=True))

    def gathered(self, array: Array) -> list[Array]:
        """The arrays of all processes, by rank."""
        own = _tensor(array)
        found = [torch.empty_like(own) for _ in range(self.size)]
        with self.told():
            distributed.all_gather(found, own)
        return [each.numpy() for each in found] if isinstance(array, np.ndarray) else found

    def spread(self, array: Array) -> None:
        """Give the array of rank 0 to all, in its place."""
        with self.told():
            distributed.broadcast(_tensor(array), 0)

    def leave(self) -> None:
        """End the connections, unless another program made them."""
        if self.is_ours and distributed.is_initialized():
            distributed.destroy_process_group()

    @contextmanager
    def told(self) -> Iterator[None]:
        """Inside, what PyTorch raises becomes a DistributedError."""
        try:
            yield
        except (RuntimeError, ValueError) as error:
            text = (str(error).splitlines() or [type(error).__name__])[0]
            where = f"process {self.rank} of {self.size}"
            if any(word in text for word in GONE):
                received = "the end of another: its connection was closed"
                raise DistributedError(where, "all to go on together", received, AGAIN) from error
            if any(word in text for word in LATE):
                received = f"nothing from another for {self.timeout:g} seconds"
                raise DistributedError(where, "all to go on together", received, SLOW) from error
            mend = "See docs/scaling.md for how processes are started."
            raise DistributedError(where, "to work together", text, mend) from error


class Waiting:
    """A sum that is under way."""

    def __init__(self, group: TorchGroup, work: Any) -> None:
        self.group, self.work = group, work

    def wait(self) -> None:
        """Return when it is done. Raises DistributedError where another process has ended."""
        with self.group.told():
            self.work.wait()


def _tensor(array: Array) -> Any:
    """The array as PyTorch's, in the same memory."""
    return torch.from_numpy(array) if isinstance(array, np.ndarray) else array
