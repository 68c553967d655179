"""What bfloat16 does to accuracy: recipes of the accuracy page, in float32 and in mixed precision.

`python -m benchmarks.precision` trains each on the PyTorch engine, from several seeds, and prints
the share of the test images that is right: the mean, and in brackets that of each seed. It ends
with 1 where the means differ by more than the limit. `--recipe` takes a part of it. PELLUCID_DATA
names the folder of the data.
"""

import argparse
import os
import statistics
import sys
from functools import partialmethod
from pathlib import Path
from typing import Any
from unittest import mock

import pellucid as pl
from pellucid.callbacks import Callback

from benchmarks.peers import pellucid_recipe
from benchmarks.recipes import RECIPES

SEEDS = 3
LIMIT = 0.003  # between the means of the two
PRECISIONS = ("float32", "mixed_bfloat16")
EPOCHS = {"fashion-dense": 10, "fashion-conv": 4}  # that are made of a recipe's own


class Until(Callback):
    """Ends a run after so many epochs."""

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """The epoch is over."""
        self.model.stop_training = epoch + 1 >= self.epochs


def accuracy(name: str, precision: str, seed: int) -> float:
    """What a recipe reaches on the test images, told of the precision behind its back."""
    recipe = RECIPES[name]
    compiled = partialmethod(pl.Sequential.compile, precision=precision)
    fitted = partialmethod(pl.Sequential.fit, verbose=0, callbacks=[Until(EPOCHS[name])])
    with (
        mock.patch.object(pl.Sequential, "compile", compiled),
        mock.patch.object(pl.Sequential, "fit", fitted),
    ):
        file = Path(os.environ["PELLUCID_DATA"]) / f"{recipe.data}.npz"
        shares, _ = pellucid_recipe.train(recipe, file, seed)
    return shares[-1]


def compared(name: str) -> float:
    """By how much the means differ; a line is printed for each precision."""
    means = []
    for precision in PRECISIONS:
        found = [accuracy(name, precision, seed) for seed in range(SEEDS)]
        means.append(statistics.mean(found))
        each = ", ".join(f"{share:.4f}" for share in found)
        print(f"{name}, {EPOCHS[name]} epochs, {precision}: {means[-1]:.4f} ({each})")
    return means[1] - means[0]


def main(given: list[str] | None = None) -> int:
    """Train, compare, print; 1 where the limit is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.precision", description=__doc__)
    parser.add_argument("--recipe", choices=EPOCHS, action="append", help="only this one")
    pl.use("torch")
    missed = False
    for name in parser.parse_args(given).recipe or EPOCHS:
        difference = compared(name)
        is_near = abs(difference) <= LIMIT
        missed = missed or not is_near
        points, limit, verdict = 100 * difference, 100 * LIMIT, "reached" if is_near else "SHORT"
        print(f"{name}: {points:+.2f} points, at most {limit:.1f} asked: {verdict}")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
