"""What is asked of PyTorch's CUDA, and in which order: a stand-in notes it, no GPU is needed."""

from contextlib import contextmanager

import numpy as np
import pytest
import torch

from pellucid.engines import find
from pellucid.engines.torch_graphs import (
    Draws,
    Graph,
    Pinned,
    Warming,
    on_device,
    tensors_in,
    told_of_memory,
)
from pellucid.errors import EngineError

from ..saying import says

CPU = torch.device("cpu")


class Stream:
    """A stream that says what it is told."""

    def __init__(self, told, name):
        self.told, self.name = told, name

    def wait_stream(self, other):
        self.told.append(f"{self.name} waits for {other.name}")

    def wait_event(self, event):
        self.told.append(f"{self.name} waits for {event.of}")


@pytest.fixture
def told(monkeypatch):
    """What was asked, in order."""
    said = []
    usual = Stream(said, "usual")

    class Event:
        """A copy that is done."""

        number = 0

        def record(self, stream):
            Event.number += 1
            self.of = f"copy {Event.number}"
            said.append(f"{stream.name} will say when {self.of} is done")

    class CUDAGraph:
        """A graph that knows its generators."""

        def register_generator_state(self, source):
            assert isinstance(source, torch.Generator)
            said.append("generator known")

        def replay(self):
            said.append("replay")

    def inside(name):
        @contextmanager
        def context(*given):
            said.append(f"into {name}")
            yield
            said.append(f"out of {name}")

        return context

    monkeypatch.setattr(torch.cuda, "Stream", lambda device: Stream(said, "side"))
    monkeypatch.setattr(torch.cuda, "current_stream", lambda device: usual)
    monkeypatch.setattr(torch.cuda, "stream", inside("side"))
    monkeypatch.setattr(torch.cuda, "graph", inside("graph"))
    monkeypatch.setattr(torch.cuda, "device", inside("device"))
    monkeypatch.setattr(torch.cuda, "CUDAGraph", CUDAGraph, raising=False)
    monkeypatch.setattr(torch.cuda, "Event", Event)
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda self: said.append("pinned") or self)
    monkeypatch.setattr(torch.Tensor, "record_stream", lambda self, s: said.append("kept for it"))
    return said


def test_a_step_is_captured_with_its_generators_and_replayed(told):
    stream = np.random.default_rng(3)
    draws = Draws(CPU)
    watched = torch.rand(4, generator=draws.source(stream))
    drawn = []

    def step():
        drawn.append(torch.rand(4, generator=draws.source(stream)))
        return drawn[-1]

    graph = Graph(CPU, step, draws)
    assert told == ["generator known", "into device", "into graph", "out of graph", "out of device"]
    assert graph.made is drawn[0]
    seeds = np.random.default_rng(3).integers(2**63, size=3)
    again = [torch.rand(4, generator=torch.Generator().manual_seed(int(seed))) for seed in seeds]
    assert torch.equal(watched, again[0])
    assert torch.equal(drawn[0], again[1])
    told.clear()
    assert graph.replay() is drawn[0]
    assert stream.bit_generator.state == advanced(2)  # the first is the captured step itself
    graph.replay()
    assert told == ["replay", "replay"]
    assert stream.bit_generator.state == advanced(3)
    assert torch.equal(torch.rand(4, generator=draws.sources[0][1]), again[2])


def advanced(count):
    """The state of the stream after so many seeds."""
    stream = np.random.default_rng(3)
    stream.integers(2**63, size=count)
    return stream.bit_generator.state


def test_draws_in_another_order_are_refused():
    one, other = np.random.default_rng(1), np.random.default_rng(2)
    draws = Draws(CPU)
    draws.source(one)
    draws.at = 0
    with pytest.raises(RuntimeError, match="come in another order"):
        draws.source(other)


def test_the_steps_before_are_made_on_a_side_stream(told):
    with Warming(CPU).aside():
        told.append("step")
    assert told == [
        *("side waits for usual", "into side", "step", "out of side", "usual waits for side"),
    ]


def test_the_next_batch_is_on_its_way_while_one_is_computed(told):
    batches = [(np.full(2, i, "float32"), torch.full((2,), i), None) for i in range(3)]

    def given():
        for i, batch in enumerate(batches, 1):
            told.append(f"batch {i} cut")
            yield batch

    found = []
    for x, y, weight in Pinned(CPU).ahead(given()):
        found.append((x[0].item(), y[0].item(), weight))
        told.append(f"step {len(found)}")
    assert found == [(0, 0, None), (1, 1, None), (2, 2, None)]
    copied = [f"{end} side" for end in ("into", "out of")]
    begins = [line for line in told if line.startswith(("batch", "step", "usual waits"))]
    assert begins == [
        *("batch 1 cut", "batch 2 cut", "usual waits for copy 1", "step 1"),
        *("batch 3 cut", "usual waits for copy 2", "step 2", "usual waits for copy 3", "step 3"),
    ]
    assert told.count("pinned") == 3  # what is on the device stays there
    assert told.count("kept for it") == 6
    assert [told.count(line) for line in copied] == [3, 3]


def test_an_error_comes_when_the_batches_before_it_are_done(told):
    def given():
        yield (np.zeros(2, "float32"),)
        yield (np.ones(2, "float32"),)
        raise ValueError("no third")

    batches = Pinned(CPU).ahead(given())
    assert [next(batches)[0][0].item() for _ in range(2)] == [0, 1]
    with pytest.raises(ValueError, match="no third"):
        next(batches)


def test_no_batch_is_ahead_of_none(told):
    assert list(Pinned(CPU).ahead(iter([]))) == []


def test_what_a_batch_consists_of():
    a, b = torch.zeros(1), torch.zeros(2)
    assert list(tensors_in(([a, b], None, a))) == [a, b, a]
    assert on_device(([a], None), CPU) == ([a], None)


def test_a_device_out_of_memory_is_one_line(monkeypatch):
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (int(0.5e9), int(24e9)))
    text = (
        "device cuda:0: expected enough memory for the step; got no more: 23.5 of 24.0 GB are "
        "taken. Make batch_size smaller, or end other programs that nvidia-smi lists."
    )
    with says(EngineError, text), told_of_memory(torch.device("cuda", 0)):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")
    with pytest.raises(RuntimeError, match="another"), told_of_memory(CPU):
        raise RuntimeError("another")


def test_a_processor_waits_for_nobody():
    engine = find("torch")
    assert not engine.far
    batches = iter([1])
    assert engine.ahead(batches) is batches
    engine.wait()
    with engine.at_work():
        assert not engine.looks_later
