"""What Pellucid's recipes reach on real data. Run it by `make accuracy`, or in part by

    python -m benchmarks.accuracy --recipe mnist-dense --seed 0

It needs Python alone: the environments are made on first use. Every training is a fresh process,
and its figures are kept in `benchmarks/results/accuracy.json` as soon as they are there: a run that
was stopped goes on, and a recipe whose code was changed is trained anew. When nothing is missing,
`docs/accuracy.md` and `docs/accuracy.json` are written.
"""

import argparse
import datetime
import hashlib
import json
import os
import sys
from pathlib import Path
from typing import NamedTuple

from benchmarks import accuracy_page, environments, report, rounds
from benchmarks.accuracy_page import Run
from benchmarks.bench import DOCS, RESULTS, machine, say
from benchmarks.environments import PEERS
from benchmarks.recipes import RECIPES, Recipe

KNOWN = RESULTS / "accuracy.json"
TORCH = Path(__file__).parent / "peers" / "torch_recipe.py"
SEEDS = 3


class Piece(NamedTuple):
    """One training."""

    recipe: str
    library: str
    seed: int

    def __str__(self) -> str:
        return f"{self.recipe}, {PEERS[self.library].title}, seed {self.seed}"


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.accuracy",
        description="Train Pellucid's recipes on real data and write docs/accuracy.md. The folder "
        "PELLUCID_DATA has mnist.npz, fashion_mnist.npz and cifar10_small.npz.",
        epilog="Figures that are known are not made again: remove benchmarks/results/accuracy.json "
        "to start anew. The page is written when no recipe and seed is missing.",
    )
    parser.add_argument(
        "--recipe",
        action="append",
        default=[],
        choices=RECIPES,
        metavar="NAME",
        help=f"only this one; may be given again. There are {', '.join(RECIPES)}",
    )
    parser.add_argument("--seeds", type=int, default=SEEDS, help=f"how many (default {SEEDS})")
    parser.add_argument("--seed", type=int, help="only this one, counted from 0")
    parser.add_argument(
        "--from",
        dest="known",
        type=Path,
        metavar="FILE",
        help="write the page anew from these figures, and train nothing",
    )
    asked = parser.parse_args(given)
    if asked.seeds < 1 or (asked.seed is not None and asked.seed < 0):
        parser.error("--seeds counts from 1, --seed from 0")
    return asked


def pieces(names: list[str], seeds: list[int]) -> list[Piece]:
    """All trainings of these recipes, one seed after another."""
    return [
        Piece(name, library, seed)
        for name in names
        for seed in seeds
        for library in RECIPES[name].libraries
    ]


def piece_of(run: Run) -> Piece:
    """The training that these figures come from."""
    return Piece(run["recipe"], run["library"], run["seed"])


def valid(runs: list[Run], wanted: list[Piece]) -> dict[Piece, Run]:
    """The figures of the wanted trainings that are there, and were made by the code as it is."""
    found = {piece_of(run): run for run in runs}
    return {
        piece: found[piece]
        for piece in wanted
        if piece in found
        and found[piece]["program"] == fingerprint(RECIPES[piece.recipe], piece.library)
    }


def fingerprint(recipe: Recipe, library: str) -> str:
    """A short name for what trains a recipe: another one where its code is changed.

    That is Pellucid's program alone, and the whole file of PyTorch's.
    """
    own = accuracy_page.programs()[recipe.program] if library == "pellucid" else TORCH.read_text()
    code = accuracy_page.bare(own) + json.dumps(recipe.settings)
    return hashlib.sha256(code.encode()).hexdigest()[:12]


def train(piece: Piece) -> Run:
    """One training in a fresh process. Raises WorkerError."""
    program = fingerprint(RECIPES[piece.recipe], piece.library)
    peer = PEERS[piece.library]._replace(worker=f"{piece.library}_recipe")
    made = rounds.start(peer, {"recipe": piece.recipe, "seed": piece.seed})
    figures = {name: made[name] for name in ("accuracy", "parameters", "seconds", "versions")}
    day = f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}"
    return piece._asdict() | figures | {"program": program, "day": day}


def run(wanted: list[Piece], file: Path) -> list[Run]:
    """Train what is missing, and keep each training's figures as soon as they are there."""
    runs = load(file) if file.exists() else []
    there = valid(runs, wanted)
    todo = [piece for piece in wanted if piece not in there]
    if todo and "PELLUCID_DATA" not in os.environ:
        sys.exit("PELLUCID_DATA must name the folder with the data: see --help.")
    facts = machine(environments.keep_to_cores())
    for number, piece in enumerate(todo, 1):
        say(f"{number} of {len(todo)}: {piece}")
        try:
            figures = train(piece) | {"machine": facts}
        except rounds.WorkerError as error:
            say(f"  {error}")
            continue
        say(f"  {figures['accuracy'][-1]:.4f} after {figures['seconds']:.0f} s")
        runs = [own for own in runs if piece_of(own) != piece] + [figures]
        save(runs, file)
    return runs


def load(file: Path) -> list[Run]:
    """The figures in a file."""
    return json.loads(file.read_text())


def save(runs: list[Run], file: Path) -> None:
    """Write all figures, a line a training: whole, or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.write_text("[\n" + ",\n".join(map(json.dumps, runs)) + "\n]\n")
    part.replace(file)


def main(given: list[str] | None = None) -> None:
    """Train (or read), print the table, and write the page when nothing is missing."""
    asked = arguments(given)
    seeds = list(range(asked.seeds)) if asked.seed is None else [asked.seed]
    names = [name for name in RECIPES if name in asked.recipe or not asked.recipe]
    runs = load(asked.known) if asked.known else run(pieces(names, seeds), KNOWN)
    number = max(asked.seeds, SEEDS)
    whole = pieces(list(RECIPES), list(range(number)))
    found = valid(runs, whole)
    missing = [str(piece) for piece in whole if piece not in found]
    runs = list(found.values())
    print(report.aligned(accuracy_page.figures(runs, number)))
    print(*(["Missing:", *missing] if missing else ["Nothing is missing."]), sep="\n")
    if asked.known or not missing:
        save(runs, DOCS / "accuracy.json")
        (DOCS / "accuracy.md").write_text(accuracy_page.page(runs, number, missing))
        say("wrote docs/accuracy.md and docs/accuracy.json")


if __name__ == "__main__":
    main()
