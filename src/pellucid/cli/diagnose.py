"""`pellucid diagnose`: what is wrong with a run, from what its folder has.

The folder has the curves (history.csv), the model with what was seen while it trained, and the
settings, which say where the data are. What is missing is said, and done without.
"""

import csv
from argparse import Namespace
from pathlib import Path
from typing import Any

from pellucid.cli import run_folder
from pellucid.cli.building import load_parts
from pellucid.cli.saved import open_model, rows_for
from pellucid.cli.settings import read
from pellucid.errors import PellucidError
from pellucid.insight.diagnosis import Findings, diagnose_run

TABLES = ("data", "model", "layer", "loss", "optimizer", "fit")


def run(arguments: Namespace) -> int:
    """Print the findings, the worst first."""
    model = open_model(arguments.model)
    folder = Path(arguments.model).expanduser()
    history = curves(folder / run_folder.HISTORY) if folder.is_dir() else None
    rows, missing = _rows(model, folder, arguments.data)
    findings = diagnose_run(model, history, **rows)
    if arguments.json:
        print(_json(findings))
        return 0
    epochs = len((history or model.history.history).get("loss", []))
    print(f"{arguments.model}: {epochs} epoch{'' if epochs == 1 else 's'}")
    if missing:
        print(f"without the data, as {missing}")
    print(f"\n{findings}")
    return 0


def curves(path: Path) -> dict[str, list[float]] | None:
    """The figures of a run's history, one number an epoch; None where there is no such file."""
    if not path.is_file():
        return None
    found: dict[str, list[float]] = {}
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            for name, text in row.items():
                if name != "epoch" and (value := _number(text)) is not None:
                    found.setdefault(name, []).append(value)
    return found


def _number(text: Any) -> float | None:
    """A cell of the history as a number; None for one that is empty or holds a list."""
    try:
        return float(text) if text else None
    except ValueError:
        return None


def _rows(model: Any, folder: Path, data: str | None) -> tuple[dict[str, Any], str]:
    """What `diagnose_run` is given of the data, and why there are none."""
    try:
        if data is not None:
            x, y, _ = rows_for(model, data, "train")
            return {"x": x, "y": y}, ""
        if not (folder / run_folder.SETTINGS).is_file():
            return {}, "a model file does not say where they are: pellucid diagnose RUN DATA"
        settings = read(folder / run_folder.SETTINGS, TABLES)
        parts = load_parts(settings)
    except PellucidError as error:
        return {}, " ".join(str(error).split())
    given = {"x": parts.x, "y": parts.y, "validation_data": parts.validation}
    return given | {"batch_size": settings.value("batch_size")}, ""


def _json(findings: Findings) -> str:
    import json

    return json.dumps(findings.to_dicts())
