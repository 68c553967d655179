"""A saved model and what its file says about it: classes, how an image is prepared, which rows were
held out from training.

A model that was saved from Python says as much as its `notes` do: "classes" (a list of names) and
"image" (`ImagePreparation.to_config()`); for what is missing its input shape is asked.
"""

from typing import Any, NamedTuple

import numpy as np

from pellucid.cli.building import checksum
from pellucid.cli.run_folder import model_file
from pellucid.data import DataSet, ImagePreparation, load
from pellucid.errors import DataError, nearest
from pellucid.storage import load as load_model

Array = np.ndarray


def open_model(path: str) -> Any:
    """The model of a file or of a run's folder."""
    return load_model(model_file(path))


def preparation(model: Any) -> ImagePreparation | None:
    """How an image becomes an input of the model; None where the model does not take images."""
    if (config := model.notes.get("image")) is not None:
        return ImagePreparation.from_config(config)
    shape = tuple(model.input_shape[1:])
    return ImagePreparation(*shape) if len(shape) == 3 and shape[-1] in (1, 3) else None


def class_names(model: Any) -> list[str] | None:
    """The names of the classes, their numbers where they have none; None for other outputs."""
    if model.notes.get("classes"):
        return list(model.notes["classes"])
    if getattr(model.loss, "targets", None) == "numbers":
        return None
    outputs = model.output_shape[-1]
    return [str(k) for k in range(max(outputs, 2))]


class Rows(NamedTuple):
    """Rows to measure a model on, and what they are in words."""

    x: Array
    y: Array
    what: str


def rows_for(model: Any, source: str, part: str) -> Rows:
    """The rows of a data set in the form that the model takes; `part`: test, train or all.

    Where the data have no test part of their own: if they are those that the model was trained on,
    the same rows as then are held out; else all rows are for testing.
    """
    form = preparation(model)
    size = None if form is None else (form.height, form.width)
    data = load(source, image_size=size, channels=form and form.channels)
    known = model.notes.get("data", {})
    if data.x_test is None and known.get("checksum") == checksum(data):
        data = data.held_out(known["test_share"], known["seed"])
    x, y, what = _part(data, part)
    return Rows(x, _renumbered(model, data, y), f"{data.name}: {len(y):,} {what} rows")


def _part(data: DataSet, part: str) -> tuple[Array, Array, str]:
    """The arrays of a part, and what to call it."""
    if data.x_test is None or data.y_test is None:
        return data.x_train, data.y_train, "new"
    if part == "all":
        x, y = (data.x_train, data.x_test), (data.y_train, data.y_test)
        return np.concatenate(x), np.concatenate(y), "training and test"
    if part == "train":
        return data.x_train, data.y_train, "training"
    return data.x_test, data.y_test, "test"


def _renumbered(model: Any, data: DataSet, y: Array) -> Array:
    """Labels with the model's numbers for the classes' names."""
    known, names = class_names(model), data.class_names
    if known is None or names is None or names == known:
        return y
    for name in names:
        if name not in known:
            mend = nearest(name, known)
            raise DataError(f"data {data.name!r}", "classes of the model", repr(name), mend)
    return np.array([known.index(name) for name in names])[y]
