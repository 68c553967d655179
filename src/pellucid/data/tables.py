"""Arrays from an .npz file: x_train, y_train and, where there are, x_test, y_test, class_names.

An array of Python objects could only be read by unpickling, which can run any code; it is refused.
"""

from pathlib import Path
from typing import Any

import numpy as np

from pellucid.data.checking import check
from pellucid.data.images import ImagePreparation
from pellucid.data.sets import Array, DataSet
from pellucid.errors import DataError

KEYS = ("x_train", "y_train", "x_test", "y_test")


def read_npz(path: Path) -> DataSet:
    """The data set in an .npz file.

    uint8 arrays (N, H, W) or (N, H, W, C) are images and get their channel axis; any other x keeps
    its shape and type. Whole-number or bool y become int64 labels, (N, 1) becoming (N,).

    Raises DataError for a file that is not .npz, lacks x_train or y_train, holds object arrays, or
    whose arrays do not fit each other (see `check`).
    """
    arrays = _read_arrays(path)
    names = arrays.pop("class_names", None)
    if not {"x_train", "y_train"} <= arrays.keys() or ("x_test" in arrays) != ("y_test" in arrays):
        raise DataError(
            f"file {str(path)!r}",
            "the arrays x_train and y_train, and x_test and y_test both or neither",
            ", ".join(sorted(arrays)) or "none of them",
            "Save it with np.savez_compressed(path, x_train=..., y_train=...).",
        )
    return as_data_set(path, arrays, None if names is None else [str(name) for name in names])


def as_data_set(path: Path, arrays: dict[str, Array], names: list[str] | None) -> DataSet:
    """The arrays of a file, checked, in the shapes that a DataSet promises."""
    for part in ("train", "test"):
        if f"x_{part}" in arrays:
            check(
                arrays[f"x_{part}"], arrays[f"y_{part}"], where=f"file {str(path)!r}, {part} part"
            )
    shaped = {k: _images(v) if k[0] == "x" else _labels(v) for k, v in arrays.items()}
    x = shaped["x_train"]
    other = shaped.get("x_test", x)
    if other.shape[1:] != x.shape[1:] or other.dtype != x.dtype:
        raise DataError(
            f"file {str(path)!r}",
            f"x_test with rows like those of x_train, {x.shape[1:]} of {x.dtype}",
            f"{other.shape[1:]} of {other.dtype}",
            "Prepare both in the same way.",
        )
    is_plain = is_images(x) and x.shape[3] in (1, 3)
    form = ImagePreparation(*x.shape[1:]) if is_plain else None
    test = shaped.get("x_test"), shaped.get("y_test")
    return DataSet(path.stem, x, shaped["y_train"], *test, names, form)


def is_images(x: Array) -> bool:
    """Whether an array is a stack of images: uint8 (N, H, W, C) with C from 1 to 4."""
    return x.dtype == np.uint8 and x.ndim == 4 and x.shape[3] in (1, 2, 3, 4)


def _images(x: Array) -> Array:
    return x[..., None] if x.dtype == np.uint8 and x.ndim == 3 else x


def _labels(y: Array) -> Array:
    if y.dtype.kind not in "iub":
        return y
    return (y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y).astype(np.int64)


def _read_arrays(path: Path) -> dict[str, Any]:
    import zipfile

    key = ""
    # np.load and the decoders below it raise many things for a damaged file; the file is to blame.
    try:
        arrays = {}
        with zipfile.ZipFile(path), np.load(path, allow_pickle=False) as file:
            for key in (*KEYS, "class_names"):
                if key in file:
                    arrays[key] = file[key]
        return arrays
    except Exception as error:
        is_object = "Object arrays" in str(error)
        raise DataError(
            f"file {str(path)!r}",
            "an .npz file of plain arrays",
            f"an object array {key!r}, which could hide code"
            if is_object
            else f"{type(error).__name__}: {error}",
            "Save numbers, with np.savez_compressed(path, x_train=..., y_train=...).",
        ) from error
