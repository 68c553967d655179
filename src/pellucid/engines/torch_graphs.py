"""Steps on a GPU as CUDA graphs, and the data on their way to it.

A step is many kernels, and for a small network the processor takes longer to ask for them than the
GPU to compute them. A CUDA graph is a step that was asked for once: `replay` makes all of it again
by one call, on the same memory. So what changes from step to step has to lie in memory that stays,
nothing inside may wait for the device, and draws need generators that the graph knows.

Data that do not fit on the device come through pinned memory, which it reads by itself: the next
batch is on its way while one is computed.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch

from pellucid.engines import memory
from pellucid.engines.engine import Engine
from pellucid.engines.torch_arrays import TorchArrays, from_numpy
from pellucid.errors import EngineError

SEEDS = 2**63  # a draw on a GPU begins from a whole number below this


class Draws:
    """The draws of a step in order: each a generator of the device, and the stream of its seeds.

    While a step is made to be watched, each draw gets a generator of its own, from the seed that is
    the next number of its stream. Those are then given to the graph, and are seeded anew before
    each replay; so that a replay draws what the step itself would have drawn.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.sources: list[tuple[Any, torch.Generator]] = []
        self.at: int | None = None  # the next of them, while the step is captured

    def source(self, stream: Any) -> torch.Generator:
        """The generator of the next draw, which belongs to this stream."""
        if self.at is None:
            self.sources.append((stream, torch.Generator(self.device)))
            return self._seeded(*self.sources[-1])
        known, source = self.sources[self.at]
        if known is not stream:
            raise RuntimeError("the draws of the step come in another order")
        self.at += 1
        return source

    def begin_anew(self) -> None:
        """Before a step: seed all generators."""
        for stream, source in self.sources:
            self._seeded(stream, source)

    @staticmethod
    def _seeded(stream: Any, source: torch.Generator) -> torch.Generator:
        source.manual_seed(int(stream.integers(SEEDS)))
        return source


class Watch:
    """What was seen of a step before it is captured: its draws, and why it cannot be, if so."""

    def __init__(self, draws: Draws) -> None:
        self.draws, self.why = draws, ""


class Graph:
    """A step that was captured. `made` is what it gave: arrays that each replay writes into."""

    def __init__(self, device: torch.device, step: Callable[[], Any], draws: Draws) -> None:
        self.draws = draws
        self.graph = torch.cuda.CUDAGraph()
        for _, source in self.draws.sources:
            self.graph.register_generator_state(source)
        self.draws.begin_anew()
        self.draws.at = 0
        with torch.cuda.device(device), torch.cuda.graph(self.graph):
            self.made = step()
        self.draws.at = None
        self.is_new = True

    def replay(self) -> Any:
        """Make the step, with what its arrays hold now."""
        if not self.is_new:  # for the first, capturing has seeded the generators
            self.draws.begin_anew()
        self.is_new = False
        self.graph.replay()
        return self.made


class Warming:
    """A stream beside the usual one, on which the steps before a capture are made.

    cuDNN and cuBLAS take their memory and choose their kernels there, as a capture must not.
    """

    def __init__(self, device: torch.device) -> None:
        self.device, self.stream = device, torch.cuda.Stream(device)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Inside, this thread's kernels go to the side stream; afterwards, the usual one waits."""
        usual = torch.cuda.current_stream(self.device)
        self.stream.wait_stream(usual)
        with torch.cuda.stream(self.stream):
            yield
        usual.wait_stream(self.stream)


def one_ahead(things: Iterator[Any]) -> Iterator[Any]:
    """The same things, each asked for before the one that precedes it is given.

    An error in the making of one comes when all before it have been given.
    """
    end = object()
    coming = next(things, end)
    while coming is not end:
        failed: Exception | None = None
        try:
            following = next(things, end)
        except Exception as error:
            following, failed = end, error
        yield coming
        if failed is not None:
            raise failed
        coming = following


class Pinned:
    """Batches on their way to a device, one ahead of the one that is computed."""

    def __init__(self, device: torch.device) -> None:
        self.device, self.stream = device, torch.cuda.Stream(device)

    def ahead(self, batches: Iterator[Any]) -> Iterator[Any]:
        """The same batches, the arrays of the host among them on the device."""
        for begun in one_ahead(map(self.begin, batches)):
            yield self.arrived(*begun)

    def begin(self, batch: Any) -> tuple[Any, torch.cuda.Event]:
        """Ask for the copies of a batch; the device makes them beside its work."""
        event = torch.cuda.Event()
        with torch.cuda.stream(self.stream):
            brought = on_device(batch, self.device)
            event.record(self.stream)
        return brought, event

    def arrived(self, batch: Any, event: torch.cuda.Event) -> Any:
        """The batch, once the usual stream has been told to wait for it."""
        usual = torch.cuda.current_stream(self.device)
        usual.wait_event(event)
        for array in tensors_in(batch):
            array.record_stream(usual)  # its memory is not given to others before that is done
        return batch


def on_device(batch: Any, device: torch.device) -> Any:
    """A batch with its arrays on the device, those of the host by way of pinned memory."""
    if isinstance(batch, tuple | list):
        return type(batch)(on_device(part, device) for part in batch)
    if batch is None or (isinstance(batch, torch.Tensor) and batch.device == device):
        return batch
    array = batch if isinstance(batch, torch.Tensor) else from_numpy(batch)
    return array.pin_memory().to(device, non_blocking=True)


def tensors_in(batch: Any) -> Iterator[torch.Tensor]:
    """Every array of a batch."""
    if isinstance(batch, tuple | list):
        for part in batch:
            yield from tensors_in(part)
    elif isinstance(batch, torch.Tensor):
        yield batch


@contextmanager
def told_of_memory(device: torch.device) -> Iterator[None]:
    """Inside, a device that is out of memory is one clear line. Raises EngineError."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        torch.cuda.empty_cache()
        free, whole = torch.cuda.mem_get_info(device)
        raise EngineError(
            f"device {device}",
            "enough memory for the step",
            f"no more: {(whole - free) / 1e9:.1f} of {whole / 1e9:.1f} GB are taken",
            "Make batch_size smaller, or end other programs that nvidia-smi lists.",
        ) from error


class OnDevice(Engine):
    """What PyTorch's engine does with a device as such: work on it, wait for it, capture steps."""

    xp: TorchArrays

    def __init__(self, device: torch.device) -> None:
        self.device, self.on_host = device, device.type == "cpu"
        self.far = not self.on_host
        self.draws: Draws | None = None  # those of a step that is to be captured

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Inside, PyTorch watches no array, and memory of the host stays with the process.

        A GPU that is out of memory says so in one line.
        """
        before, self.looks_later = self.looks_later, self.far
        of_host = memory.kept() if self.on_host else nullcontext()
        try:
            with torch.no_grad(), told_of_memory(self.device), of_host:
                yield
        finally:
            self.looks_later = before

    def free_memory(self) -> int:
        """The bytes of the device that nobody has taken."""
        return torch.cuda.mem_get_info(self.device)[0]

    def ahead(self, batches: Iterator[Any]) -> Iterator[Any]:
        """The same batches; on a GPU the next is on its way while one is computed."""
        return batches if self.on_host else Pinned(self.device).ahead(batches)

    @contextmanager
    def warming_up(self) -> Iterator[Watch]:
        """Inside, a step is made as it will be captured: on a side stream, its draws noted."""
        watch, before = Watch(Draws(self.device)), self.xp.brought
        self.draws = watch.draws
        try:
            with self.aside():
                yield watch
        finally:
            self.draws = None
        if self.xp.brought != before:
            watch.why = "it brings numbers from the host"

    def aside(self) -> AbstractContextManager[None]:
        """Inside, work goes to a stream beside the usual one."""
        return Warming(self.device).aside()

    def captured(self, step: Callable[[], Any], draws: Draws) -> Graph:
        """The step as a CUDA graph."""
        self.draws = draws
        try:
            return Graph(self.device, step, draws)
        finally:
            self.draws = None

    def wait(self) -> None:
        """Come back when the device has done all that it was asked for."""
        if not self.on_host:
            torch.cuda.synchronize(self.device)

    @contextmanager
    def chance_kept(self) -> Iterator[None]:
        """Inside, draws from PyTorch's own generators leave no trace."""
        with torch.random.fork_rng([] if self.on_host else [self.device]):
            yield
