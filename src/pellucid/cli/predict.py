"""`pellucid predict`: what a saved model says about images, or about the rows of an .npz file.

An image is prepared as those that the model was trained on were, by what the model file says.
"""

import json
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.cli.options import chosen
from pellucid.cli.saved import Array, class_names, open_model, preparation
from pellucid.data import ImagePreparation
from pellucid.data.images import SUFFIXES
from pellucid.errors import DataError
from pellucid.insight import class_probabilities

ROWS = 256  # how many inputs are in memory at a time


def run(arguments: Namespace) -> int:
    """Print one line for each input: the likeliest classes, or the numbers that come out."""
    model = open_model(arguments.model)
    names, form = class_names(model), preparation(model)
    top, answers = chosen(vars(arguments), "top"), []
    for labels, x in _in_batches(_inputs(arguments.files, form)):
        outputs = model.predict(x)
        for label, row in zip(labels, _shares(model, names, outputs), strict=True):
            answers.append(_answer(label, row, names, top))
            if not arguments.json:
                print(_line(answers[-1]))
    if arguments.json:
        print(json.dumps(answers, indent=2, ensure_ascii=False))
    return 0


def _shares(model: Any, names: list[str] | None, outputs: Array) -> Array:
    return outputs if names is None else class_probabilities(model, outputs)


def _answer(label: str, row: Array, names: list[str] | None, top: int) -> dict[str, Any]:
    """What is said about one input, as JSON has it."""
    if names is None:
        return {"input": label, "output": np.asarray(row, "float64").tolist()}
    best = [int(k) for k in np.argsort(-row, kind="stable")[:top]]
    likely = [{"class": names[k], "probability": float(row[k])} for k in best]
    return {"input": label, **likely[0], "top": likely}


def _line(answer: dict[str, Any]) -> str:
    """One input's answer as a person reads it."""
    if "output" in answer:
        numbers = np.ravel(answer["output"])
        return f"{answer['input']}: {'  '.join(f'{x:.6g}' for x in numbers)}"
    likely = (f"{each['class']} {100 * each['probability']:.1f} %" for each in answer["top"])
    return f"{answer['input']}: {', '.join(likely)}"


# -- inputs ---------------------------------------------------------------------------------------


def _in_batches(inputs: Iterator[tuple[str, Array]]) -> Iterator[tuple[list[str], Array]]:
    """Labels and rows, some at a time."""
    labels, rows = [], []
    for label, row in inputs:
        labels.append(label)
        rows.append(row)
        if len(rows) == ROWS:
            yield labels, np.stack(rows)
            labels, rows = [], []
    if rows:
        yield labels, np.stack(rows)


def _inputs(files: list[str], form: ImagePreparation | None) -> Iterator[tuple[str, Array]]:
    """Each input with what to call it: images, images below folders, rows of .npz files."""
    for name in files:
        path = Path(name).expanduser()
        if path.suffix.lower() == ".npz" and path.is_file():
            for i, row in enumerate(_rows(path)):
                yield f"{name}[{i}]", row if form is None else _image(form, row)
        elif form is None:
            raise DataError(
                name, "an .npz file, as the model takes no images", "another file", "Save the rows."
            )
        elif path.is_dir():
            yield from ((str(image), form.prepare(image)) for image in _images(path))
        else:
            yield name, form.prepare(path)


def _image(form: ImagePreparation, row: Array) -> Array:
    """A row of a file as an image of the model's; floating-point rows are taken as they are."""
    return form.prepare(row) if row.dtype.kind in "bu" else row


def _images(folder: Path) -> list[Path]:
    """The images below a folder."""
    found = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    if not found:
        raise DataError(
            str(folder), f"images ({', '.join(SUFFIXES)}) in it", "none", "Look at the path again."
        )
    return found


def _rows(path: Path) -> Array:
    """The rows in an .npz file: x, else x_test, else x_train."""
    import zipfile

    # np.load raises many things for a damaged file; the file is to blame.
    try:
        with zipfile.ZipFile(path), np.load(path, allow_pickle=False) as file:
            found = next((file[key] for key in ("x", "x_test", "x_train") if key in file), None)
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise DataError(
            str(path), "an .npz file of plain arrays", reason, "Write it with np.savez(path, x=x)."
        ) from error
    if found is None or found.ndim == 0:
        raise DataError(
            str(path), "an array x, x_test or x_train", "none", "Write it with np.savez(path, x=x)."
        )
    return found
