"""What the workers of the accuracy recipes share: one process, one training, one line of JSON.

A worker is started with `{"recipe": name, "seed": number}` as its only argument. It gives this file
a function that trains a recipe and returns the accuracy on the test images after each epoch, and
the number of parameters. What the library prints goes to /dev/null.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.recipes import RECIPES, Recipe

Train = Callable[[Recipe, Path, int], tuple[list[float], int]]


def main(train: Train, versions: dict[str, str]) -> None:
    """Train what the argument asks for and print the report."""
    asked: dict[str, Any] = json.loads(sys.argv[1])
    recipe = RECIPES[asked["recipe"]]
    file = Path(os.environ["PELLUCID_DATA"]) / f"{recipe.data}.npz"
    out, start = sys.stdout, time.perf_counter()
    with open(os.devnull, "w") as nowhere:
        sys.stdout = nowhere
        accuracy, parameters = train(recipe, file, asked["seed"])
    report = {
        "accuracy": [round(float(value), 6) for value in accuracy],
        "parameters": parameters,
        "seconds": round(time.perf_counter() - start, 2),
        "versions": {"python": sys.version.split()[0], "numpy": np.__version__} | versions,
    }
    print(json.dumps(report), file=out, flush=True)
