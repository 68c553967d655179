"""`pellucid check`: are a model's derivatives right? Each is compared with central differences."""

from argparse import Namespace
from pathlib import Path
from typing import Any

from pellucid.cli.building import build_model, load_parts
from pellucid.cli.options import OPTIONS, chosen
from pellucid.cli.saved import Array, open_model, rows_for
from pellucid.cli.settings import PRESETS, gather
from pellucid.graph.gradient_check import gradient_check

WRONG = 1  # the exit code when a derivative is wrong


def run(arguments: Namespace) -> int:
    """Print the table of the gradient check; the exit code is 1 where a derivative is wrong."""
    model, x, y = _model_and_rows(arguments)
    rows = chosen(vars(arguments), "rows")
    x, y = x[:rows], y[:rows]
    print(f"{model.count_params():,} parameters on {len(y)} rows, in float64")
    result = gradient_check(model, x, y, tolerance=chosen(vars(arguments), "tolerance"))
    print(result)
    return 0 if result.passed else WRONG


def _model_and_rows(arguments: Namespace) -> tuple[Any, Array, Array]:
    """A saved model, or a new one from a preset or a file of layers, and rows for it."""
    if arguments.model in PRESETS or Path(arguments.model).suffix == ".toml":
        asked = {option.name for option in OPTIONS} | {"data"}
        settings = gather({k: v for k, v in vars(arguments).items() if k in asked})
        parts = load_parts(settings)
        return build_model(settings, parts.data, 1), parts.x, parts.y
    model = open_model(arguments.model)
    x, y, _ = rows_for(model, arguments.data, "test")
    return model, x, y
