"""The jobs of the benchmark: networks, data, batch sizes, optimisers, and what each step computes.

Every peer's worker imports this file, which needs nothing but Python. A network is a tuple of
layers in plain words; each worker builds it in its library's own way.
"""

import math
from typing import Any, NamedTuple

# -- layers ---------------------------------------------------------------------------------------


class Dense(NamedTuple):
    """x W + b."""

    units: int
    relu: bool = False


class Conv(NamedTuple):
    """Filters with a square kernel, over images (H, W, C)."""

    filters: int
    kernel: int = 3
    padding: str = "same"
    stride: int = 1
    bias: bool = False
    relu: bool = False


class BatchNorm(NamedTuple):
    """Each channel normalised, then scaled and shifted."""


class Relu(NamedTuple):
    """max(0, x)."""


class Pool(NamedTuple):
    """The largest of each window."""

    size: int


class Mean(NamedTuple):
    """The mean of each channel."""


class Flatten(NamedTuple):
    """An image as a vector."""


class Dropout(NamedTuple):
    """Some values left out in training."""

    rate: float


class Block(NamedTuple):
    """A residual block: two convolutions beside a shortcut, added (He et al. 2016)."""

    filters: int
    stride: int = 1


def block_parts(block: Block, shape: tuple) -> tuple[tuple, tuple]:
    """The block's layers, and those of its shortcut (none where the shape stays)."""
    filters, stride = block
    main = (Conv(filters, stride=stride), BatchNorm(), Relu(), Conv(filters), BatchNorm())
    changes = stride > 1 or shape[-1] != filters
    return main, (Conv(filters, kernel=1, stride=stride), BatchNorm()) if changes else ()


def output_shape(layer: Any, shape: tuple) -> tuple:
    """The shape of one example after this layer."""
    match layer:
        case Dense(units):
            return (units,)
        case Conv(filters, kernel, padding, stride):
            cut = kernel - 1 if padding == "valid" else 0
            return (*(-(-(length - cut) // stride) for length in shape[:2]), filters)
        case Pool(size):
            return (*(length // size for length in shape[:2]), shape[2])
        case Block(filters, stride):
            return (*(-(-length // stride) for length in shape[:2]), filters)
        case Flatten():
            return (math.prod(shape),)
        case Mean():
            return shape[-1:]
    return shape


def walk(layers: tuple, shape: tuple) -> list[tuple[Any, tuple]]:
    """Each layer with the shape that comes in; blocks taken apart, the shortcut last."""
    found = []
    for layer in layers:
        if isinstance(layer, Block):
            main, shortcut = block_parts(layer, shape)
            found += walk(main, shape) + walk(shortcut, shape)
        else:
            found.append((layer, shape))
        shape = output_shape(layer, shape)
    return found


# -- jobs -----------------------------------------------------------------------------------------


class Job(NamedTuple):
    """What is measured. An epoch is `steps` batches; `epochs` and one more warm up.

    What is timed comes in `turns`: each is as many whole epochs, or calls of a prediction, as take
    about `seconds`, and one at least.
    """

    name: str
    data: str
    layers: tuple
    batch: int
    optimizer: str  # "sgd" or "adam"
    rate: float
    steps: int
    epochs: int = 3
    momentum: float = 0.0
    loss: str = "cross-entropy"  # from scores; or "hinge", the sum form
    l2: float = 0.0  # times the sum of the squared weights, biases left out
    kind: str = "train"  # or "predict", or "cold"
    rows: int = 0  # of a prediction; of a training epoch, where it is not steps * batch
    seconds: float = 0.2
    turns: int = 12
    precision: str | None = None  # of products; None is float32


SHAPES = {"strips": (20,), "mnist": (784,), "digits": (28, 28, 1), "pixels": (3072,)}
SHAPES["cifar10"] = (32, 32, 3)

MLP = (Dense(153, relu=True), Dense(21, relu=True), Dense(10))
CNN = (
    *(Conv(32, padding="valid", bias=True, relu=True), Pool(2)),
    *(Conv(64, padding="valid", bias=True, relu=True), Pool(2)),
    *(Flatten(), Dropout(0.5), Dense(10)),
)
PAIRS = tuple(
    (Conv(w), BatchNorm(), Relu(), Conv(w), BatchNorm(), Relu(), Pool(2)) for w in (32, 64, 128)
)
RESNET = (
    *(Conv(16), BatchNorm(), Relu()),
    *(Block(16), Block(16), Block(16), Block(32, 2), Block(32), Block(32)),
    *(Block(64, 2), Block(64), Block(64), Mean(), Dense(10)),
)

RESNET18 = (
    *(Conv(64), BatchNorm(), Relu()),
    *(Block(64), Block(64), Block(128, 2), Block(128)),
    *(Block(256, 2), Block(256), Block(512, 2), Block(512), Mean(), Dense(10)),
)

MLP32 = Job("mlp32", "mnist", MLP, 32, "sgd", 0.02, steps=500, momentum=0.9)
LONG = {"epochs": 2, "turns": 6, "momentum": 0.9}  # a turn of the slower peers is three seconds
CNN_JOB = Job("cnn", "digits", CNN, 128, "adam", 0.001, steps=10)
_JOBS = [
    Job("tiny", "strips", (Dense(16, relu=True), Dense(3)), 32, "sgd", 0.1, steps=1000),
    MLP32,
    MLP32._replace(name="mlp128", batch=128, optimizer="adam", rate=0.001, steps=200),
    Job(
        "wide",
        "mnist",
        (Dense(1024, relu=True), Dense(1024, relu=True), Dense(10)),
        *(128, "adam", 0.001),
        steps=20,
    ),
    Job("svm", "pixels", (Dense(10),), 200, "sgd", 1e-3, 25, 12, loss="hinge", l2=1e-3),
    CNN_JOB,
    Job(
        "cnn-bn",
        "cifar10",
        (*PAIRS[0], *PAIRS[1], *PAIRS[2], Flatten(), Dense(10)),
        *(128, "sgd", 0.01, 3),
        **LONG,
    ),
    Job("resnet20", "cifar10", RESNET, 128, "sgd", 0.05, 3, **LONG),
    MLP32._replace(name="predict-mlp32-1", kind="predict", rows=1),
    MLP32._replace(name="predict-mlp32-10000", kind="predict", rows=10_000),
    CNN_JOB._replace(name="predict-cnn-1", kind="predict", rows=1),
    CNN_JOB._replace(name="predict-cnn-10000", kind="predict", rows=10_000),
    MLP32._replace(name="cold", kind="cold", steps=1, epochs=0),
]
JOBS = {job.name: job for job in _JOBS}
JOBS |= {
    f"{name}-bfloat16": JOBS[name]._replace(
        name=f"{name}-bfloat16", precision="mixed_bfloat16", turns=12
    )
    for name in ("wide", "cnn-bn", "resnet20")
}

GPU_JOBS = {  # of benchmarks/gpu.py
    job.name: job._replace(epochs=5)
    for job in (
        JOBS["mlp128"],
        JOBS["cnn-bn"]._replace(
            name="cnn-bn-1024", batch=1024, steps=40, precision="mixed_bfloat16"
        ),
        JOBS["resnet20"]._replace(
            name="resnet18-512",
            layers=RESNET18,
            batch=512,
            steps=40,
            precision="mixed_bfloat16",
        ),
    )
}


def is_image(job: Job) -> bool:
    """Whether the network looks at images."""
    return len(SHAPES[job.data]) == 3


def is_plain(job: Job) -> bool:
    """Whether the network is dense layers alone, trained on the cross-entropy."""
    return job.loss == "cross-entropy" and all(isinstance(layer, Dense) for layer in job.layers)


def flops(job: Job) -> float:
    """Operations in the matrix products of one step (a multiplication and an addition count 2).

    A product each for the forward pass, for dW and, but for the first layer, for dx; a prediction
    has the forward pass alone. Elementwise work, normalisation and the optimiser are not counted.
    """
    total, first = 0.0, True
    rows = job.rows if job.kind == "predict" else job.batch
    for layer, shape in walk(job.layers, SHAPES[job.data]):
        if isinstance(layer, Dense):
            one = 2.0 * math.prod(shape) * layer.units
        elif isinstance(layer, Conv):
            places = math.prod(output_shape(layer, shape))
            one = 2.0 * places * layer.kernel**2 * shape[-1]
        else:
            continue
        total += rows * one * (1 if job.kind == "predict" else 2 if first else 3)
        first = False
    return total
