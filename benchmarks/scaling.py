"""How training goes on several processes: measured on this machine, and on paper for many GPUs.

    torchrun --nproc-per-node 2 -m benchmarks.scaling measure    a step of each job, one thread each
    python -m benchmarks.scaling paper                           the tables of docs/scaling.md

Letters, on paper: n GPUs, g of them in a machine, m = n / g machines; B bytes of the gradient, K
buckets; alpha the time that a message takes to start, beta bytes a second; t_f, t_b the forward
and the backward pass.
"""

import math
import statistics
import sys
from typing import NamedTuple

FIRST, OTHERS = 2**20, 25 * 2**20  # bytes of a bucket
MACHINE = 8


class Link(NamedTuple):
    """What a message costs on a connection: seconds to start, and bytes a second."""

    alpha: float
    beta: float


class Net(NamedTuple):
    """A network: its parameters (float32), and the step of one GPU in seconds."""

    name: str
    parameters: int
    step: float


BASE = 8.4e-6  # seconds that a ring takes to start
NVLINK, INFINIBAND = Link(3.4e-6, 300e9), Link(14e-6, 25e9)
NETS = [
    Net("ResNet-50, 256 images a GPU", 25_557_032, 256 / 938),
    Net("ResNet-50, 32 images a GPU", 25_557_032, 32 / 938),
    Net("cnn-bn, 128 images a GPU", 308_394, 0.002),
]


def ring(n: int, size: float, link: Link) -> float:
    """Seconds of an all-reduce of `size` bytes around a ring of n."""
    return 2 * (n - 1) * link.alpha + 2 * (n - 1) / n * size / link.beta


def tree(n: int, size: float, link: Link) -> float:
    """Seconds of an all-reduce up and down two trees of n at once."""
    return 2 * math.log2(n) * link.alpha + 2 * size / link.beta


def all_reduce(n: int, size: float, trees: bool = False) -> float:
    """Seconds of an all-reduce: inside of each machine, and of an eighth among machines.

    With `trees`, among machines the quicker of the two ways is taken.
    """
    if n <= 1:
        return 0.0
    g = min(n, MACHINE)
    among = ring(n // g, size / g, INFINIBAND)
    if trees:
        among = min(among, tree(n // g, size / g, INFINIBAND))
    return BASE + ring(g, size, NVLINK) + among


def buckets(size: float) -> list[float]:
    """The bytes of each bucket, in the order in which they leave."""
    first = min(size, FIRST)
    count = math.ceil((size - first) / OTHERS)
    return [first, *([(size - first) / count] * count)] if count else [first]


def step(net: Net, n: int, trees: bool = False) -> float:
    """Seconds of a step on n GPUs: a bucket leaves once it is ready and the one before has gone."""
    size = 4.0 * net.parameters
    forward, backward = net.step / 3, 2 * net.step / 3
    gone = done = 0.0
    for each in buckets(size):
        done += each
        ready = forward + backward * done / size
        gone = max(gone, ready) + all_reduce(n, each, trees)
    return max(gone, net.step)


def paper() -> None:
    """Print the tables."""
    print("| network | GPUs | all-reduce | step | efficiency | with trees |")
    print("|---|---|---|---|---|---|")
    for net in NETS:
        for n in (1, 8, 64, 1024):
            total, quicker = step(net, n), step(net, n, trees=True)
            sums = sum(all_reduce(n, each) for each in buckets(4.0 * net.parameters))
            times = [f"{1000 * t:.2f} ms" for t in (sums, total)]
            shares = [f"{100 * net.step / t:.1f} %" for t in (total, quicker)]
            print(f"| {' | '.join([net.name, f'{n:,}', *times, *shares])} |")


# -- measured here --------------------------------------------------------------------------------


def measure(rounds: int = 5) -> None:
    """Print the median step of each job: with a batch that stays, and with one that grows."""
    import torch
    from pellucid import distributed, use
    from pellucid.data import load

    torch.set_num_threads(1)
    size = distributed.size()
    digits = load("digits")
    for engine in ("numpy", "torch"):
        use(engine)
        for name, (model, images) in {"mlp": _mlp(), "cnn": _cnn()}.items():
            for kind, rows in (("same batch", images), ("same batch a process", images * size)):
                x, y = digits.x_train[:1024] / 16.0, digits.y_train[:1024]
                spent = _epochs(model(), x.astype("float32"), y, rows, rounds)
                steps = math.ceil(len(x) / rows)
                if distributed.is_first():
                    took = 1000 * statistics.median(spent) / steps
                    print(f"{engine} {name} {kind}: {rows} rows, {size} x 1 thread, {took:.2f} ms")


def _mlp():
    from pellucid import Input, Sequential
    from pellucid.layers import Dense, Flatten

    wide = [Dense(1024, "relu"), Dense(1024, "relu"), Dense(10)]
    return lambda: Sequential([Input((8, 8, 1)), Flatten(), *wide]), 128


def _cnn():
    from pellucid import Input, Sequential
    from pellucid.layers import BatchNormalization, Conv2D, Dense, Flatten

    def pair(filters):
        return [Conv2D(filters, 3, padding="same", activation="relu"), BatchNormalization()]

    return (
        lambda: Sequential(
            [Input((8, 8, 1)), *pair(32), *pair(32), *pair(64), *pair(64), Flatten(), Dense(10)]
        ),
        128,
    )


def _epochs(model, x, y, rows, rounds):
    """Seconds of each epoch but the first."""
    from pellucid.callbacks import Timer
    from pellucid.losses import SparseCategoricalCrossentropy

    clock = Timer()
    model.compile("sgd", SparseCategoricalCrossentropy(from_logits=True))
    model.fit(x, y, rows, rounds + 1, 0, clock)
    return clock.epochs[1:]


if __name__ == "__main__":
    {"paper": paper, "measure": measure}[sys.argv[1]]()
