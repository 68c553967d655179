"""The settings of a run: from the shell and from TOML files in, one resolved TOML file out.

A file may have these tables, all of them optional; what a key means stands in `options.py`:

    [data]        source = "digits", image_size, channels, test_share
    [model]       preset = "cnn", hidden_layers, units, ...      or, in its place,
    [[layer]]     one table a layer (`layer_tables.py`), and
    [loss]        type = "SparseCategoricalCrossentropy", from_logits = true
    [optimizer]   type = "SGD", learning_rate, momentum, decay_rate, and its own: nesterov = true
    [fit]         batch_size, epochs, validation_share, patience, precision, seed,
                  verbose

A value given in the shell goes before one in the file of `--model`, that before one in the file of
`--settings`, and all before the default.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pellucid.cli.options import BY_NAME, GROUPS, OPTIONS
from pellucid.errors import SettingError, nearest

PRESETS = ("linear", "mlp", "cnn")
FREE = ("loss", "optimizer")  # tables that may have more keys: settings of the thing itself


@dataclass
class Settings:
    """What was asked for. `values` has only what was said; `value` adds the defaults.

    `layers`, `loss` and `optimizer` are tables as a file has them, `file` is that file.
    """

    source: str | None = None
    values: dict[str, Any] = field(default_factory=dict)
    layers: list[dict[str, Any]] = field(default_factory=list)
    loss: dict[str, Any] = field(default_factory=dict)
    optimizer: dict[str, Any] = field(default_factory=dict)
    file: Path | None = None

    def value(self, name: str) -> Any:
        """A setting, or its default."""
        return self.values.get(name, BY_NAME[name].default)


def gather(arguments: Mapping[str, Any]) -> Settings:
    """The settings that a command's arguments give, by name; those not given are not in them."""
    settings = Settings()
    if (path := arguments.get("settings")) is not None:
        settings = read(Path(path), ("data", "model", "layer", "loss", "optimizer", "fit"))
    given = {
        option.name: option.read(arguments[option.name], option.flag)
        for option in OPTIONS
        if option.name in arguments
    }
    if "model" in given:
        _set_model(settings, given["model"])
        if settings.layers:
            del given["model"]
    _override(settings, given, {})
    if arguments.get("data") is not None:
        settings.source = arguments["data"]
    return settings


def _set_model(settings: Settings, model: str) -> None:
    """Put a preset or a file's layers in the place of the model that the settings had."""
    for option in OPTIONS:
        if option.table == "model":
            settings.values.pop(option.name, None)
    settings.layers, settings.loss, settings.file = [], {}, None
    if model in PRESETS:
        return
    path = Path(model).expanduser()
    if path.suffix != ".toml" and not path.is_file():
        mend = nearest(model, PRESETS)
        raise SettingError("--model", "linear, mlp, cnn or a TOML file", repr(model), mend)
    found = read(path, ("layer", "loss", "optimizer", "fit"))
    if not found.layers:
        raise SettingError(
            str(path), "at least one [[layer]] table", "none", "Write: [[layer]] type = 'Dense'."
        )
    settings.layers, settings.loss, settings.file = found.layers, found.loss, path
    _override(settings, found.values, found.optimizer)


def _override(settings: Settings, values: dict[str, Any], optimizer: dict[str, Any]) -> None:
    """Let these values go first. What was set for one optimiser does not go to another."""
    before, after = settings.value("optimizer"), values.get("optimizer")
    if after is not None and after.lower() != before.lower():
        settings.optimizer = {}
        for name in ("learning_rate", "momentum"):
            settings.values.pop(name, None)
    settings.values |= values
    settings.optimizer |= optimizer


# -- files ----------------------------------------------------------------------------------------


def read(path: Path, tables: tuple[str, ...]) -> Settings:
    """The settings in a TOML file that may have these tables.

    Raises SettingError, with the file and the place in it, where it cannot be read or has a table,
    key or value that it should not have.
    """
    found = _parse(path)
    for table, content in found.items():
        wanted = list if table == "layer" else dict
        if table not in tables or not isinstance(content, wanted):
            known = ", ".join("[[layer]]" if name == "layer" else f"[{name}]" for name in tables)
            mend = nearest(table, tables) if table not in tables else "Write it as a table."
            raise SettingError(str(path), f"the tables {known}", repr(table), mend)
    source = found.get("data", {}).pop("source", None)
    settings = Settings(source, layers=found.get("layer", []), loss=found.get("loss", {}))
    settings.file = path if settings.layers else None
    for table in GROUPS:
        _take_in(settings, table, found.get(table, {}), path)
    return settings


def _take_in(settings: Settings, table: str, content: dict[str, Any], path: Path) -> None:
    """Sort a table's keys into the settings."""
    options = {option.in_file: option for option in OPTIONS if option.table == table}
    for key, value in content.items():
        where = f"{path}, [{table}] {key}"
        if key in options:
            settings.values[options[key].name] = options[key].read(value, where)
        elif table in FREE:
            settings.optimizer[key] = value
        else:
            known = ", ".join(options)
            raise SettingError(where, f"one of {known}", repr(key), nearest(key, options))


def _parse(path: Path) -> dict[str, Any]:
    """The file as a dictionary."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise SettingError(
            str(path), "a TOML file", reason.lower(), "Look at the path again."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        mend = "Texts stand in quotes; a layer begins with [[layer]]."
        raise SettingError(str(path), "TOML", str(error), mend) from error


def as_toml(settings: Settings) -> str:
    """The settings as the text of a file that `read` understands."""
    lines = ["# The settings of this run. To repeat it: pellucid train --settings settings.toml"]
    for table in GROUPS:
        content = {"source": settings.source} if table == "data" else {}
        content |= {o.in_file: settings.value(o.name) for o in OPTIONS if o.table == table}
        if settings.layers and table == "model":
            continue
        if table == "optimizer":
            content |= settings.optimizer
        lines += _table(f"[{table}]", content)
    for layer in settings.layers:
        lines += _table("[[layer]]", layer)
    lines += _table("[loss]", settings.loss) if settings.loss else []
    return "\n".join(lines) + "\n"


def _table(head: str, content: dict[str, Any]) -> list[str]:
    """A table's lines; what is not set is left out."""
    return ["", head, *(f"{_key(k)} = {_value(v)}" for k, v in content.items() if v is not None)]


def _key(key: str) -> str:
    bare = key.replace("_", "").replace("-", "")
    return key if bare.isascii() and bare.isalnum() else _value(key)


def _value(value: Any) -> str:
    """A value as TOML writes it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, str):  # a JSON text is a TOML text, but for one character
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value)
