"""The recipes of the accuracy page: which data and program each takes, and what it has to reach.

Plain data, which needs nothing but Python. The programs themselves are in `programs.py`, and those
of PyTorch, for the recipes that are compared, in `peers/torch_recipe.py`.
"""

import statistics
from collections.abc import Sequence
from typing import Any, NamedTuple


class Ask(NamedTuple):
    """An accuracy to reach on the test images, as the mean over the seeds.

    `kind`: "at least" or "at most" the limit, or "within" the limit of PyTorch's mean. `epoch` is
    counted from 1; None is the last.
    """

    kind: str
    limit: float
    epoch: int | None = None


class Recipe(NamedTuple):
    """One program with its data and what is asked of it. `smaller_than`: its parameters' limit."""

    title: str
    network: str
    data: str
    program: str
    asks: tuple[Ask, ...]
    settings: dict[str, Any] = {}
    smaller_than: int | None = None

    @property
    def libraries(self) -> tuple[str, ...]:
        """Who trains it: Pellucid, and PyTorch where its figure is asked for."""
        beside = any(ask.kind == "within" for ask in self.asks)
        return ("pellucid", "torch") if beside else ("pellucid",)


DEEP = "784, ten layers of 100, 10"
RECIPES = {
    "mnist-dense": Recipe(
        "MNIST, dense",
        "784-100-10, relu",
        "mnist",
        "mnist_dense",
        (Ask("at least", 0.955, epoch=1), Ask("at least", 0.974, epoch=10)),
    ),
    "mnist-conv": Recipe(
        "MNIST, convolutional",
        "3x3 of 32 and 64, each pooled; dropout 0.5",
        "mnist",
        "mnist_conv",
        (Ask("at least", 0.990, epoch=5),),
    ),
    "fashion-dense": Recipe(
        "Fashion-MNIST, dense",
        "784-256-128-64-10, relu",
        "fashion_mnist",
        "fashion_dense",
        (Ask("at least", 0.885),),
    ),
    "fashion-conv": Recipe(
        "Fashion-MNIST, convolutional",
        "3x3 of 32, 64 and 96, each pooled, with batch norm; dropout 0.3",
        "fashion_mnist",
        "fashion_conv",
        (Ask("at least", 0.915),),
        smaller_than=100_000,
    ),
    "cifar-svm": Recipe(
        "Small CIFAR-10, linear",
        "3072-10, multi-class hinge with L2",
        "cifar10_small",
        "cifar_svm",
        (Ask("within", 0.01),),
    ),
    "cifar-conv": Recipe(
        "Small CIFAR-10, convolutional",
        "3x3 of 32, 64 and 128, two each with batch norm, pooled",
        "cifar10_small",
        "cifar_conv",
        (Ask("within", 0.01),),
    ),
    "deep-sigmoid": Recipe(
        "MNIST, ten sigmoid layers, Glorot weights",
        DEEP,
        "mnist",
        "ten_layers",
        (Ask("at most", 0.2),),
        {"activation": "sigmoid", "initializer": "glorot_uniform"},
    ),
    "deep-sigmoid-small": Recipe(
        "MNIST, ten sigmoid layers, normal weights of 0.05",
        DEEP,
        "mnist",
        "ten_layers",
        (Ask("at most", 0.2),),
        {"activation": "sigmoid", "initializer": "random_normal"},
    ),
    "deep-relu": Recipe(
        "MNIST, ten relu layers, He weights",
        DEEP,
        "mnist",
        "ten_layers",
        (Ask("at least", 0.95),),
        {"activation": "relu", "initializer": "he_normal"},
    ),
}


class Verdict(NamedTuple):
    """What was asked, and what was found: an accuracy, or a number of parameters.

    `reached` is None where figures are missing.
    """

    asked: str
    epoch: int | None
    found: float | None
    reached: bool | None


def accuracies(runs: Sequence[dict[str, Any]], epoch: int | None = None) -> list[float]:
    """The accuracy of each run after an epoch, counted from 1, or after its last."""
    return [run["accuracy"][-1 if epoch is None else epoch - 1] for run in runs]


def judge(recipe: Recipe, runs: dict[str, list[dict[str, Any]]], seeds: int) -> list[Verdict]:
    """A verdict for each thing asked; `runs` has each library's runs, one a seed.

    Nothing is reached before every library has as many runs as there are seeds.
    """
    whole = all(len(runs.get(library, [])) >= seeds for library in recipe.libraries)
    own, found = runs.get("pellucid", []), []
    for ask in recipe.asks:
        mean = statistics.mean(accuracies(own, ask.epoch)) if own else None
        reached = None
        if whole and mean is not None:
            if ask.kind == "within":
                other = statistics.mean(accuracies(runs["torch"], ask.epoch))
                reached = round(abs(mean - other), 6) <= ask.limit
            else:
                reached = mean >= ask.limit if ask.kind == "at least" else mean <= ask.limit
        found.append(Verdict(words(ask), ask.epoch, mean, reached))
    if recipe.smaller_than is not None:
        size = own[0]["parameters"] if own else None
        reached = None if size is None else size < recipe.smaller_than
        asked = f"fewer than {recipe.smaller_than:,} parameters"
        found.append(Verdict(asked, None, size, reached))
    return found


def words(ask: Ask) -> str:
    """What is asked, in words.

    >>> words(Ask("at least", 0.955, epoch=1)), words(Ask("within", 0.01))
    ('at least 0.955 after 1 epoch', "within 0.01 of PyTorch's")
    """
    if ask.kind == "within":
        return f"within {ask.limit} of PyTorch's"
    after = f" after {ask.epoch} epoch{'s' * (ask.epoch > 1)}" if ask.epoch else ""
    return f"{ask.kind} {ask.limit}{after}"
