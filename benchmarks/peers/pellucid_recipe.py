"""A recipe trained by Pellucid: the program as the accuracy page shows it."""

from pathlib import Path

import pellucid as pl

from benchmarks import programs
from benchmarks.peers import recipe_protocol
from benchmarks.recipes import Recipe


def train(recipe: Recipe, file: Path, seed: int) -> tuple[list[float], int]:
    """The accuracy after each epoch, and the number of parameters."""
    pl.set_random_seed(seed)
    model = getattr(programs, recipe.program)(pl.data.load(file), **recipe.settings)
    return model.history.history["val_accuracy"], model.count_params()


if __name__ == "__main__":
    recipe_protocol.main(train, {"pellucid": pl.__version__})
