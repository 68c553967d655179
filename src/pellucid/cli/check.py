"""`pellucid check`: are a model's derivatives right? Each is compared with central differences."""

from argparse import Namespace
from pathlib import Path
from typing import Any

from pellucid.cli.building import build_model, load_parts
from pellucid.cli.options import BY_NAME
from pellucid.cli.saved import Array, open_model, rows_for
from pellucid.cli.settings import PRESETS, gather
from pellucid.graph.gradient_check import gradient_check

WRONG = 1  # the exit code when a derivative is wrong


def run(arguments: Namespace) -> int:
    """Print the table of the gradient check; the exit code is 1 where a derivative is wrong."""
    model, x, y = _model_and_rows(arguments)
    x, y = x[: arguments.rows], y[: arguments.rows]
    print(f"{model.count_params():,} parameters on {len(y)} rows, in float64")
    result = gradient_check(model, x, y, tolerance=arguments.tolerance)
    print(result)
    return 0 if result.passed else WRONG


def _model_and_rows(arguments: Namespace) -> tuple[Any, Array, Array]:
    """A saved model, or a new one from a preset or a file of layers, and rows for it."""
    if arguments.model in PRESETS or Path(arguments.model).suffix == ".toml":
        settings = gather({name: v for name, v in vars(arguments).items() if name in (*BY_NAME, "data")})
        parts = load_parts(settings)
        return build_model(settings, parts.data, 1), parts.x, parts.y
    model = open_model(arguments.model)
    x, y, _ = rows_for(model, arguments.data, "test")
    return model, x, y
