"""A processor in the place of a GPU: PyTorch's engine as it works on a device that is far.

Its graph records every call of PyTorch's kernels, with the memory of its result, and replays just
these: what was computed in Python while the step was captured stays as it was then, as in a CUDA
graph. A number that is read inside is an error, as there.
"""

from contextlib import nullcontext

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from pellucid.engines.torch_engine import TorchEngine
from pellucid.engines.torch_graphs import one_ahead

READ = torch.ops.aten._local_scalar_dense.default


class Reads(TorchDispatchMode):
    """Counts how often a number is read from an array."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.count += function is READ
        return function(*args, **kwargs or {})


class Recorder(TorchDispatchMode):
    """Notes every call and its results."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        if function is READ:
            raise RuntimeError("operation not permitted when stream is capturing")
        results = function(*args, **kwargs or {})
        self.calls.append((function, args, kwargs or {}, results))
        return results


class FakeGraph:
    """What the recorder noted, made again in the same memory."""

    def __init__(self, step, draws):
        self.draws, self.is_new = draws, True
        draws.begin_anew()
        draws.at = 0
        with Recorder() as recorder:
            self.made = step()
        draws.at = None
        self.calls = recorder.calls

    def replay(self):
        """The step; the first was made when it was captured."""
        if not self.is_new:
            self.draws.begin_anew()
            for function, args, kwargs, results in self.calls:
                again = function(*args, **kwargs)
                self.keep(function, results, again)
        self.is_new = False
        return self.made

    @staticmethod
    def keep(function, results, again):
        """Put what a call gave where it gave it before; views and changed arrays lie there."""
        several = isinstance(results, tuple | list)
        pairs = zip(results, again, strict=True) if several else [(results, again)]
        for place, value in pairs:
            aliases = any(each.alias_info for each in function._schema.returns)
            if isinstance(place, torch.Tensor) and not aliases:
                place.copy_(value)


class FarEngine(TorchEngine):
    """PyTorch's engine that takes the processor for a GPU."""

    def __init__(self):
        super().__init__(torch.device("cpu"))
        self.label, self.on_host, self.far = "torch:far", False, True
        self.free = 1 << 30
        self.graphs = []

    def wait(self):
        """Nothing to wait for."""

    def free_memory(self):
        """As a test says."""
        return self.free

    def ahead(self, batches):
        """The next batch is asked for as on a GPU, though none is copied."""
        return one_ahead(batches)

    def aside(self):
        """Without streams."""
        return nullcontext()

    def chance_kept(self):
        """As on a processor."""
        return torch.random.fork_rng([])

    def captured(self, step, draws):
        """A graph of the recorder's."""
        self.draws = draws
        try:
            self.graphs.append(FakeGraph(step, draws))
        finally:
            self.draws = None
        return self.graphs[-1]
