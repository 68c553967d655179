"""The accuracy page, made of the figures of all trainings and of the programs as they stand."""

import ast
import statistics
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.environments import PEERS
from benchmarks.recipes import RECIPES, Verdict, accuracies, judge
from benchmarks.report import Rows, table

PROGRAMS = Path(__file__).with_name("programs.py")
Run = dict[str, Any]  # the figures of one training

HEAD = """# Accuracy

What networks built and trained with Pellucid reach on real data, and the programs that do it. This
page is written by `make accuracy`, and nothing on it is edited by hand. The figures of every
training are in [accuracy.json](accuracy.json), what is asked for in
[recipes.py](../benchmarks/recipes.py).
"""
HOW = """Each figure is the share of the test images that the network gets right, as the mean over
{seeds} seeds, and beside it the lowest and the highest. It is taken after the epoch that is named,
never after the best one; nothing in a training looks at the test images but the measuring. Settings
were tried out on training images that were held out for it. MNIST and Fashion-MNIST are the usual
60,000 training and 10,000 test images; the small CIFAR-10 has 5,000 and 1,000. Every training is a
fresh process. What time they take is not said here: other work may run beside them, and speed has a
benchmark of its own (`make bench`).
"""
BESIDE = """The same network, starting weights drawn by the same law, optimiser, schedule, batches,
epochs and augmentation, written for PyTorch by hand in
[torch_recipe.py](../benchmarks/peers/torch_recipe.py). One image in 1,000 is 0.001.
"""
CODE = """Each recipe is a whole program: `model = mnist_dense(data.load("mnist"))` trains one.
Where it has settings, they stand beside its title. All begin with the same imports, at the top of
[programs.py](../benchmarks/programs.py).
"""


def page(runs: list[Run], seeds: int, missing: list[str]) -> str:
    """The whole page as Markdown."""
    parts = [
        *(HEAD, "## Machine and versions", facts(runs), "## How it is measured"),
        *(HOW.format(seeds=seeds), "## Figures", table(figures(runs, seeds))),
        *("## Beside PyTorch", BESIDE, table(beside(runs))),
        *failures(runs, seeds, missing),
        *("## The recipes", CODE, *listings()),
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def of(runs: list[Run], recipe: str) -> dict[str, list[Run]]:
    """The runs of a recipe by library."""
    return {
        library: [r for r in runs if (r["recipe"], r["library"]) == (recipe, library)]
        for library in RECIPES[recipe].libraries
    }


def figures(runs: list[Run], seeds: int) -> Rows:
    """What was reached: a row for each thing asked."""
    head = ["recipe", "network", "parameters", "epochs", "accuracy", "asked", "reached"]
    rows = [head]
    for name, recipe in RECIPES.items():
        by_library = of(runs, name)
        own = by_library["pellucid"]
        size = f"{own[0]['parameters']:,}" if own else "–"
        for verdict in judge(recipe, by_library, seeds):
            last = len(own[0]["accuracy"]) if own else None
            epochs = str(verdict.epoch or last or "–")
            cells = [epochs, spread(accuracies(own, verdict.epoch)), verdict.asked, word(verdict)]
            rows.append([recipe.title, recipe.network, size, *cells])
    return rows


def word(verdict: Verdict) -> str:
    """Whether it is reached, in a word."""
    return {True: "yes", False: "**no**", None: "not known"}[verdict.reached]


def found(verdict: Verdict) -> str:
    """What was found: an accuracy, or a number of parameters."""
    return f"{verdict.found:,}" if isinstance(verdict.found, int) else f"{verdict.found:.4f}"


def spread(values: list[float]) -> str:
    """The mean, the lowest and the highest.

    >>> spread([0.974, 0.976, 0.9765])
    '0.9755 (0.9740 to 0.9765)'
    """
    if not values:
        return "–"
    return f"{statistics.mean(values):.4f} ({min(values):.4f} to {max(values):.4f})"


def beside(runs: list[Run]) -> Rows:
    """Pellucid's figure and PyTorch's, where both were asked for."""
    rows = [["recipe", "Pellucid", "PyTorch", "difference"]]
    for name, recipe in RECIPES.items():
        if "torch" not in recipe.libraries:
            continue
        both = list(of(runs, name).values())
        means = [statistics.mean(accuracies(own)) for own in both if own]
        difference = f"{means[0] - means[1]:+.4f}" if len(means) == 2 else "–"
        rows.append([recipe.title, *(spread(accuracies(own)) for own in both), difference])
    return rows


def failures(runs: list[Run], seeds: int, missing: list[str]) -> list[str]:
    """What is not reached, and what is not known: said plainly, and left out where all is well."""
    lines = [
        f"- {recipe.title}: {verdict.asked}, and it is {found(verdict)}"
        for name, recipe in RECIPES.items()
        for verdict in judge(recipe, of(runs, name), seeds)
        if verdict.reached is False
    ]
    lines += [f"- not trained: {piece}" for piece in missing]
    return ["## What is not reached", "\n".join(lines)] if lines else []


def facts(runs: list[Run]) -> str:
    """The machines, the days, and the versions of everything, each once."""
    machines = dict.fromkeys(
        ", ".join(f"{name}: {value}" for name, value in run["machine"].items()) for run in runs
    )
    versions = dict.fromkeys(
        f"{PEERS[run['library']].title}: "
        + ", ".join(f"{name} {version}" for name, version in run["versions"].items())
        for run in runs
    )
    days = sorted({run["day"] for run in runs})
    when = (
        f"measured: {' to '.join(dict.fromkeys([days[0], days[-1]]))}" if days else "not measured"
    )
    return "\n".join(f"- {line}" for line in [*machines, when, *versions])


@cache
def programs() -> dict[str, str]:
    """The source of each program by its name; the file is read and not run."""
    text = PROGRAMS.read_text()
    found = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    return {node.name: ast.get_source_segment(text, node) or "" for node in found}


def bare(source: str) -> str:
    """The code without its docstrings and comments."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)


def listings() -> list[str]:
    """Each program once, below the titles of the recipes that it trains."""
    found = []
    for name, source in programs().items():
        own = [recipe for recipe in RECIPES.values() if recipe.program == name]
        found.append("### " + name)
        found.append("; ".join(described(recipe.title, recipe.settings) for recipe in own) + ".")
        found.append(f"```python\n{source}\n```")
    return found


def described(title: str, settings: dict[str, Any]) -> str:
    """A recipe's title, and its settings where it has some."""
    said = ", ".join(f"{name}={value!r}" for name, value in settings.items())
    return f"{title}: `{said}`" if said else title
