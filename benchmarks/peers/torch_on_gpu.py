"""PyTorch's ways to make a step quick on a GPU: captured by hand, and compiled."""

from collections.abc import Callable
from typing import Any

import torch

from benchmarks.jobs import Job
from benchmarks.peers.torch_worker import Torch

FIRST = 3  # steps before one is captured, as PyTorch's documentation has it


class Graphed(Torch):
    """A step that is captured once and replayed, on batches that are copied to one place."""

    def __init__(self, job: Job, layout: str, device: str) -> None:
        super().__init__(job, layout, device)
        for group in self.optimizer.param_groups:
            if "capturable" in group:
                group["capturable"] = self.device.type == "cuda"

    def fit(self, x: Any, y: Any, epochs: int, after_epoch: Callable[[], None]) -> None:
        """Train on whole batches."""
        x, y = self.tensor(x), torch.from_numpy(y).to(self.device)
        self.network.train()
        batch = self.job.batch
        here = x[:batch].clone(), y[:batch].clone()
        replay = self.captured(*here)
        for _ in range(epochs):
            for rows in torch.randperm(len(x), device=self.device).split(batch):
                for place, of in zip(here, (x, y), strict=True):
                    torch.index_select(of, 0, rows, out=place)
                replay()
            after_epoch()

    def captured(self, x: torch.Tensor, y: torch.Tensor) -> Callable[[], None]:
        """The step on these two arrays; as it is, on a processor."""
        if self.device.type != "cuda":
            return lambda: self.step(x, y)
        aside = torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(FIRST):
                self.step(x, y)
        torch.cuda.current_stream().wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self.step(x, y)
        return graph.replay


class Compiled(Torch):
    """The network compiled for the batch, with the kernels chosen by trying them out."""

    def __init__(self, job: Job, layout: str, device: str) -> None:
        super().__init__(job, layout, device)
        if self.device.type == "cuda":  # a processor would need a C++ compiler
            self.network = torch.compile(self.network, mode="max-autotune")


PEERS = {"eager": Torch, "graphed": Graphed, "compiled": Compiled}
