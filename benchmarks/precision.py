"""What bfloat16 does to accuracy: programs of the accuracy page, in float32 and in mixed precision.

`python -m benchmarks.precision` trains each on the PyTorch engine, from several seeds, and prints
the share of the test images that is right: the mean, and in brackets that of each seed. It ends
with 1 where the means differ by more than the limit. `--network` takes a part of it. PELLUCID_DATA
names the folder of the data.
"""

import argparse
import os
import statistics
import sys
from functools import partialmethod
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import pellucid as pl
from pellucid.callbacks import Callback

from benchmarks import programs

SEEDS = 3
LIMIT = 0.003  # between the means of the two
PRECISIONS = ("float32", "mixed_bfloat16")


class Training(NamedTuple):
    """A program on a set of images, and how many of its epochs are made."""

    program: str
    data: str
    epochs: int


TRAININGS = {
    "dense": Training("fashion_dense", "fashion_mnist", 10),
    "conv": Training("fashion_conv", "fashion_mnist", 1),
}


class Until(Callback):
    """Ends a run after so many epochs."""

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """The epoch is over."""
        self.model.stop_training = epoch + 1 >= self.epochs


def accuracy(training: Training, data: Any, precision: str, seed: int) -> float:
    """What the program reaches on the test images, told of the precision behind its back."""
    pl.set_random_seed(seed)
    compiled = partialmethod(pl.Sequential.compile, precision=precision)
    fitted = partialmethod(pl.Sequential.fit, verbose=0, callbacks=[Until(training.epochs)])
    with (
        mock.patch.object(pl.Sequential, "compile", compiled),
        mock.patch.object(pl.Sequential, "fit", fitted),
    ):
        model = getattr(programs, training.program)(data)
    return model.history.history["val_accuracy"][-1]


def compared(name: str, training: Training, data: Any) -> float:
    """By how much the means differ; a line is printed for each precision."""
    means = []
    for precision in PRECISIONS:
        found = [accuracy(training, data, precision, seed) for seed in range(SEEDS)]
        means.append(statistics.mean(found))
        each = ", ".join(f"{share:.4f}" for share in found)
        print(f"{name}, {training.epochs} epochs, {precision}: {means[-1]:.4f} ({each})")
    return means[1] - means[0]


def main(given: list[str] | None = None) -> int:
    """Train, compare, print; 1 where the limit is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.precision", description=__doc__)
    parser.add_argument("--network", choices=TRAININGS, action="append", help="only this one")
    names = parser.parse_args(given).network or list(TRAININGS)
    pl.use("torch")
    missed = False
    for name in names:
        training = TRAININGS[name]
        file = Path(os.environ["PELLUCID_DATA"]) / f"{training.data}.npz"
        difference = compared(name, training, pl.data.load(file))
        missed = missed or abs(difference) > LIMIT
        verdict = "reached" if abs(difference) <= LIMIT else "SHORT"
        print(f"{name}: {100 * difference:+.2f} points, at most {100 * LIMIT:.1f} asked: {verdict}")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
