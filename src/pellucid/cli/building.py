"""From settings to what `fit` takes: the data, and the model compiled for it."""

import math
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid import losses, optimizers, schedules
from pellucid.cli import layer_tables, presets
from pellucid.cli.options import OPTIONS
from pellucid.cli.settings import Settings
from pellucid.data import DataSet, load, split
from pellucid.errors import DataError, SettingError
from pellucid.layers import Input, Normalization
from pellucid.models import Sequential
from pellucid.random import set_random_seed
from pellucid.registry import arguments
from pellucid.training.arrays import joined

Array = np.ndarray
MOST_CLASSES = 10_000


@dataclass
class Parts:
    """The rows to train on, to validate on (or None), and to test on; `rows` tells all of them."""

    data: DataSet
    x: Array
    y: Array
    validation: tuple[Array, Array] | None
    test: tuple[Array, Array]
    rows: dict[str, Any]


def load_parts(settings: Settings) -> Parts:
    """The data of the settings, with what is held out for testing and validation.

    Both are held out by `pellucid.data.split`, class by class in proportion.
    """
    if settings.source is None:
        raise SettingError(
            "train", "DATA", "none", "Name it: pellucid train digits, a folder, or an .npz file."
        )
    size, seed = settings.value("image_size"), settings.value("seed")
    size = None if size is None else tuple(size)
    data = load(settings.source, image_size=size, channels=settings.value("channels"))
    rows = {"name": data.name, "checksum": checksum(data)}
    rows |= {"test_share": settings.value("test_share"), "seed": seed}
    data = data.held_out(rows["test_share"], seed)
    assert data.x_test is not None
    assert data.y_test is not None
    x, y, validation = data.x_train, data.y_train, None
    if share := settings.value("validation_share"):
        x, y, *held = split(x, y, share, seed)
        validation = held[0], held[1]
    return Parts(data, x, y, validation, (data.x_test, data.y_test), rows)


def checksum(data: DataSet) -> int:
    """A number that tells this training part from any other."""
    y = zlib.crc32(np.ascontiguousarray(data.y_train).data)
    return zlib.crc32(np.ascontiguousarray(data.x_train).data, y)


def build_model(settings: Settings, data: DataSet, steps: int) -> Sequential:
    """The model that the settings describe, built, adapted to the training data and compiled.

    `steps` is the number of batches in an epoch. The settings are resolved: what was left to the
    data or to a preset stands in them afterwards.
    """
    set_random_seed(settings.value("seed"))
    outputs, loss = _targets(settings, data)
    shape = data.x_train.shape[1:]
    if settings.layers:
        model = _stack(settings, shape, outputs)
    else:
        model = Sequential([Input(shape), *_preset(settings, shape, outputs)])
    adapt(model, data.x_train)
    measured = [] if loss.targets == "numbers" else ["accuracy"]
    precision = settings.value("precision")
    model.compile(_optimizer(settings, steps), loss, measured, precision=precision)
    image = data.preparation.to_config() if data.preparation else None
    model.notes = {"classes": _class_names(data), "image": image}
    return model


def adapt(model: Sequential, x: Array) -> None:
    """Measure mean and variance of the training data in every Normalization that was given none."""
    waiting = [n for n in model.layers if isinstance(n, Normalization) and n.mean is None]
    for layer in model.layers:
        if layer in waiting:
            layer.adapt(x)
            waiting.remove(layer)
        if not waiting:
            return
        x = joined([layer(x[i : i + 256]) for i in range(0, len(x), 256)])


def _stack(settings: Settings, shape: tuple[int, ...], outputs: int) -> Sequential:
    """The model of a file of layers, which no preset's settings go with."""
    assert settings.file is not None
    for option in OPTIONS:
        if option.table == "model" and settings.values.get(option.name) is not None:
            raise SettingError(
                option.flag,
                "a preset: linear, mlp or cnn",
                f"the layers of {settings.file}",
                "Set it in the file's layers.",
            )
    return layer_tables.stack(settings.layers, shape, outputs, settings.file)


def _preset(settings: Settings, shape: tuple[int, ...], outputs: int) -> list[Any]:
    """The layers of a preset: a cnn for images and an mlp for tables where none was named."""
    name = settings.value("model") or ("cnn" if len(shape) == 3 else "mlp")
    own = [o.name for o in OPTIONS if o.table == "model" and o.name in settings.values]
    given = {option: settings.values[option] for option in own if option != "model"}
    resolved = presets.resolve(name, given)
    settings.values |= {"model": name, **resolved}
    return presets.PRESETS[name](shape, outputs, **resolved)


def _targets(settings: Settings, data: DataSet) -> tuple[int, Any]:
    """The number of outputs and the loss: as given, else by what the targets are."""
    y, kind = data.y_train, data.y_train.dtype.kind
    loss: Any = None
    if settings.loss:
        with layer_tables.located(f"{settings.file}, [loss]"):
            loss = layer_tables.make(losses.registry, settings.loss)
    if y.ndim == 1 and kind in "iu":
        if loss is not None and loss.targets == "binary":
            return 1, loss
        loss = loss or losses.SparseCategoricalCrossentropy(from_logits=True)
        return _class_count(data), loss
    is_one_hot = y.ndim == 2 and kind in "iu" and bool((y.sum(axis=1) == 1).all() and y.min() == 0)
    if loss is None:
        one_hot = losses.CategoricalCrossentropy(from_logits=True)
        loss = one_hot if is_one_hot else losses.MeanSquaredError()
    return math.prod(y.shape[1:]), loss


def _class_count(data: DataSet) -> int:
    """How many classes the labels are of."""
    count = max(int(data.y_train.max()) + 1, len(data.class_names or []))
    if count > MOST_CLASSES:
        raise DataError(
            f"data {data.name!r}",
            f"class numbers below {MOST_CLASSES:,}",
            f"up to {count - 1:,}",
            "Save targets that are quantities as floating-point numbers.",
        )
    return count


def _class_names(data: DataSet) -> list[str] | None:
    """The names of the classes: their numbers where they have none, None for other targets."""
    y = data.y_train
    if y.dtype.kind not in "iu":
        return None
    count = _class_count(data) if y.ndim == 1 else y.shape[-1]
    names = list(data.class_names or [])
    return names + [str(k) for k in range(len(names), count)]


def _optimizer(settings: Settings, steps: int) -> Any:
    """The optimiser, its learning rate decaying once an epoch where that is asked for."""
    table = {"type": settings.value("optimizer"), **settings.optimizer}
    if (rate := settings.value("learning_rate")) is not None:
        table["learning_rate"] = rate
    with layer_tables.located("[optimizer]"):
        known = arguments(optimizers.registry.find(table["type"]))
        momentum = "beta_1" if "beta_1" in known else "momentum"
        if settings.value("momentum") is not None:
            table[momentum] = settings.value("momentum")
        optimizer = layer_tables.make(optimizers.registry, table)
    start = optimizer.learning_rate
    settings.values |= {"learning_rate": start, "momentum": getattr(optimizer, momentum, None)}
    if decay := settings.value("decay_rate"):
        optimizer.learning_rate = schedules.InverseTimeDecay(start, steps, decay, staircase=True)
    return optimizer
