"""PyTorch's bare kernels called by hand, in the order in which Pellucid's torch engine calls them.

No layers, no graph, no metric, no progress line: what `fit` takes longer is what it costs. Networks
of dense layers, and those of convolutions without bias, batch normalisation and pooling.

Letters: x input of a layer, z its output, dv the gradient of the loss with respect to v; theta all
weights in one vector, g their gradient, v the velocity, m and s Adam's averages.
"""

import math
from collections.abc import Callable
from typing import Any

import torch

from benchmarks import jobs, material
from benchmarks.jobs import Job
from benchmarks.peers import protocol

aten = torch.ops.aten
EPSILON = 1e-3  # of batch normalisation
KEEP = 0.99  # of its moving averages
PAIR = [2, 2]


class Bare:
    """The network of a job as calls of kernels."""

    def __init__(self, job: Job) -> None:
        self.job, self.threads = job, torch.get_num_threads()
        self.layers = [layer for layer, _ in jobs.walk(job.layers, jobs.SHAPES[job.data])]
        kinds = (jobs.Dense, jobs.Conv, jobs.BatchNorm)
        own = [in_torchs_order(values) for values in material.weights(job)]
        size = sum(W.numel() for values in own for W in values)
        self.theta, self.g = torch.empty(size), torch.zeros(size)
        self.slots = [torch.zeros(size) for _ in range(2 if job.optimizer == "adam" else 1)]
        self.t, start = 0, 0
        self.weights: dict[int, list[Any]] = {}
        self.gradients: dict[int, list[Any]] = {}
        with_weights = [i for i, layer in enumerate(self.layers) if isinstance(layer, kinds)]
        for i, values in zip(with_weights, own, strict=True):
            for W in values:
                place = slice(start, start + W.numel())
                views = [placed(vector[place], W) for vector in (self.theta, self.g)]
                views[0].copy_(W)
                self.weights.setdefault(i, []).append(views[0])
                self.gradients.setdefault(i, []).append(views[1])
                start += W.numel()
        self.moving = {
            i: (torch.zeros(len(own[0])), torch.ones(len(own[0])))
            for i, own in self.weights.items()
            if isinstance(self.layers[i], jobs.BatchNorm)
        }

    def forward(self, x: Any, kept: list[Any] | None) -> Any:
        """The scores; `kept` gets what each layer's way back reads."""
        for i, layer in enumerate(self.layers):
            of_way_back: Any = x
            own = self.weights.get(i, [])
            match layer:
                case jobs.Dense():
                    z = torch.mm(x, own[0]).add_(own[1])
                    x = z.clamp_(min=0) if layer.relu else z
                    of_way_back = of_way_back, x
                case jobs.Conv():
                    x = torch.conv2d(x, own[0], None, 1, layer.kernel // 2)
                case jobs.BatchNorm() if kept is None:
                    mean, var = self.moving[i]
                    x = torch.batch_norm(x, *own, mean, var, False, 0.0, EPSILON, False)
                case jobs.BatchNorm():
                    x, mu, factor = aten.native_batch_norm(
                        x, *own, *self.moving[i], True, 1 - KEEP, EPSILON
                    )
                    of_way_back = of_way_back, mu, factor
                case jobs.Relu():
                    x = of_way_back = torch.relu(x)
                case jobs.Pool():
                    x, places = aten.max_pool2d_with_indices(x, PAIR, PAIR)
                    of_way_back = of_way_back, places
                case jobs.Flatten():
                    x = x.permute(0, 2, 3, 1).reshape(len(x), -1)
            if kept is not None:
                kept.append(of_way_back)
        return x

    def back(self, dz: Any, kept: list[Any]) -> None:
        """Every gradient, into its place."""
        for i in reversed(range(len(self.layers))):
            layer, seen, is_first = self.layers[i], kept[i], i == 0
            own, place = self.weights.get(i, []), self.gradients.get(i, [])
            match layer:
                case jobs.Dense():
                    x, z = seen
                    if layer.relu:
                        dz = aten.threshold_backward(dz, z, 0)
                    torch.mm(x.T, dz, out=place[0])
                    torch.sum(dz, dim=0, out=place[1])
                    dz = None if is_first else dz @ own[0].T
                case jobs.Conv():
                    pad = [layer.kernel // 2] * 2
                    settings = ([1, 1], pad, [1, 1], False, [0, 0], 1, [not is_first, True, False])
                    dz, dW, _ = aten.convolution_backward(dz, seen, own[0], None, *settings)
                    place[0].copy_(dW)
                case jobs.BatchNorm():
                    x, mu, factor = seen
                    dz, dgamma, dbeta = aten.native_batch_norm_backward(
                        *(dz, x, own[0], None, None, mu, factor, True, EPSILON, [True] * 3)
                    )
                    place[0].copy_(dgamma)
                    place[1].copy_(dbeta)
                case jobs.Relu():
                    dz = aten.threshold_backward(dz, seen, 0)
                case jobs.Pool():
                    x, places = seen
                    dz = aten.max_pool2d_with_indices_backward(
                        *(dz, x, PAIR, PAIR, [0, 0], [1, 1], False, places)
                    )
                case jobs.Flatten():
                    N, C, H, W = seen.shape
                    dz = dz.reshape(N, H, W, C).permute(0, 3, 1, 2)

    def update(self) -> None:
        """The optimiser's rule on all weights."""
        alpha = self.job.rate
        self.t += 1
        if self.job.optimizer == "adam":
            root = math.sqrt(1 - 0.999**self.t)
            aten._fused_adam_(
                *([self.theta], [self.g], [self.slots[0]], [self.slots[1]], []),
                [torch.tensor(float(self.t))],
                **{"lr": alpha, "beta1": 0.9, "beta2": 0.999, "eps": 1e-7 / root},
                **{"weight_decay": 0.0, "amsgrad": False, "maximize": False},
            )
        else:
            settings = {"weight_decay": 0.0, "momentum": self.job.momentum, "lr": -1.0}
            settings |= {"dampening": 1 + alpha, "nesterov": False, "maximize": False}
            aten._fused_sgd_([self.theta], [self.g], self.slots, **settings, is_first_step=False)

    def step(self, x: Any, y: Any) -> None:
        """Forward, backward, update."""
        kept: list[Any] = []
        ln_p = torch.log_softmax(self.forward(x, kept), dim=1)
        torch.nn.functional.nll_loss(ln_p, y).item()
        dz = ln_p.exp_()
        dz[torch.arange(len(y)), y] -= 1
        self.back(dz.div_(len(y)), kept)
        self.update()

    def batch(self, x: Any) -> Any:
        """Images with their channels where PyTorch looks for them: a view."""
        return x.permute(0, 3, 1, 2) if jobs.is_image(self.job) else x

    @torch.no_grad()
    def fit(self, x: Any, y: Any, epochs: int, after_epoch: Callable[[], None]) -> None:
        """Train on shuffled batches."""
        x, y = torch.from_numpy(x), torch.from_numpy(y)
        for _ in range(epochs):
            for rows in torch.randperm(len(x)).split(self.job.batch):
                batch = torch.index_select(x, 0, rows)
                self.step(self.batch(batch), torch.index_select(y, 0, rows))
            after_epoch()

    @torch.no_grad()
    def predict(self, x: Any) -> Any:
        """The scores."""
        return self.forward(self.batch(torch.from_numpy(x)), None).numpy()


def in_torchs_order(values: dict[str, Any]) -> list[Any]:
    """A layer's weights; filters (kh, kw, C, U) as (U, C, kh, kw), channels last in memory."""
    kernel, *others = map(torch.from_numpy, values.values())
    if kernel.ndim == 4:
        kernel = kernel.permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last)
    return [kernel, *others]


def placed(part: Any, W: Any) -> Any:
    """A part of a vector, seen as a weight that lies in memory as W does."""
    if W.ndim < 4:
        return part.view(W.shape)
    U, C, kh, kw = W.shape
    return part.view(U, kh, kw, C).permute(0, 3, 1, 2)


if __name__ == "__main__":
    protocol.main(Bare, {"torch": torch.__version__})
