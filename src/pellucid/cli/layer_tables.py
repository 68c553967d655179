"""A model as a TOML file: one [[layer]] table a layer, from the input to the output.

    [[layer]]
    type = "Normalization"        # measured on the training data

    [[layer]]
    type = "Conv2D"
    filters = 32
    kernel_size = 3
    activation = "relu"
    kernel_regularizer = { type = "L2", l2 = 0.0001 }

    [[layer]]
    type = "Flatten"

    [[layer]]
    type = "Dense"
    units = "outputs"             # as many as the data have classes, or targets numbers

The types and their settings are those of `pellucid.layers`; an error names the file, the line and
the layer. Losses and optimisers are written in the same way.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pellucid.errors import PellucidError, SettingError, nearest
from pellucid.layers import Input
from pellucid.layers import registry as layers
from pellucid.layers.joining import Joining
from pellucid.models import Model, Sequential
from pellucid.registry import Registry, arguments

OUTPUTS = "outputs"
NOT_IN_A_STACK = (Model, Joining)


def stack(
    tables: list[dict[str, Any]], shape: tuple[int, ...], outputs: int, file: Path
) -> Sequential:
    """The model of the layer tables, built for rows of this shape.

    Raises what the layers raise, with the file, line and number of the layer in front.
    """
    model = Sequential([Input(shape)])
    lines = _lines(file)
    for number, table in enumerate(tables, 1):
        line = f", line {lines[number - 1]}" if len(lines) == len(tables) else ""
        with located(f"{file}{line}, layer {number}"):
            filled = {k: outputs if v == OUTPUTS else v for k, v in table.items()}
            layer = make(layers, filled)
            if isinstance(layer, NOT_IN_A_STACK):
                raise SettingError(
                    "type", "a layer that takes one input", table["type"], "Write it in Python."
                )
            model.add(layer)
    return model


def make(registry: Registry, table: dict[str, Any]) -> Any:
    """The thing of `type`, with the other keys as its settings."""
    settings = {key: _nested(value) for key, value in table.items() if key != "type"}
    name = table.get("type")
    if not isinstance(name, str):
        mend = f"Write type = {min(registry.names.values())!r}, for one."
        raise SettingError(registry.kind, "a text for the key type", repr(name), mend)
    thing = registry.find(name)
    known = arguments(thing)
    for key in settings:
        if key not in known:
            expected = f"one of {', '.join(known)}"
            raise SettingError(f"{name} {key}", expected, repr(key), nearest(key, known))
    return thing(**settings)


@contextmanager
def located(where: str) -> Iterator[None]:
    """Put the place in front of every error that the tables' content leads to."""
    try:
        yield
    except PellucidError as error:
        at = f"{where}: {error.where}"
        raise type(error)(at, error.expected, error.received, error.mend) from error
    except (TypeError, ValueError, AttributeError) as error:
        reason = str(error).replace(".__init__() ", ": ")
        raise SettingError(where, "settings that it can take", reason, "See its help().") from error


def _nested(value: Any) -> Any:
    """A table inside a table as the settings of an initialiser, regulariser or schedule."""
    if isinstance(value, dict) and "type" in value:
        rest = {key: _nested(each) for key, each in value.items() if key != "type"}
        return {"class": value["type"], "config": rest}
    return value


def _lines(file: Path) -> list[int]:
    """The lines of the file on which its layer tables begin."""
    text = file.read_text(encoding="utf-8").splitlines()
    return [n for n, line in enumerate(text, 1) if re.match(r"\s*\[\[\s*layer\s*\]\]", line)]
