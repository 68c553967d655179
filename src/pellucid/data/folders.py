"""A folder of images as a data set: one subfolder a class, its name the name of the class.

    flowers/daisy/001.jpg             or, with a part for testing,   flowers/train/daisy/001.jpg
    flowers/tulip/001.jpg                                            flowers/test/tulip/001.jpg

Class k is the k-th subfolder in the order of their names. Files that are hidden or have no image's
suffix are ignored. How an image becomes an array stands in `images.py`.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.data.images import SUFFIXES, ImagePreparation, is_grey, upright_size
from pellucid.data.sets import Array, DataSet
from pellucid.errors import DataError

LONGEST_SIDE = 128
MOST_BYTES = 2 * 1024**3


def read_folder(
    root: Path, image_size: tuple[int, int] | None = None, channels: int | None = None
) -> DataSet:
    """The images (N, H, W, C) below a folder, labelled by their subfolder.

    Without `image_size` it is the images' own where all have the same, else `common_size` decides.
    Without `channels` it is 1 where every training image shows only grey (an RGB file may), else 3.

    Raises DataError for a folder that is not laid out so, for unreadable images (the first is
    named, all are counted), and for images that without a given size would take over 2 GiB.
    """
    train, test = _parts(root)
    classes = _classes(train)
    files = [file for images in classes.values() for file in images]
    is_size_given = image_size is not None
    if image_size is None:
        image_size = common_size(_each(upright_size, root, files))
    if channels is None:
        channels = 1 if all(_is_grey(file) for file in files) else 3
    preparation = ImagePreparation(*image_size, channels)
    if not is_size_given:
        _check_bytes(root, len(files), preparation)

    names = list(classes)
    x_train, y_train = _read(root, classes, names, preparation)
    data = DataSet(root.resolve().name, x_train, y_train, None, None, names, preparation)
    if test is not None:
        found = {folder.name: _images(folder) for folder in _subfolders(test)}
        _check_test(test, found, names)
        data.x_test, data.y_test = _read(root, found, names, preparation)
    return data


def common_size(sizes: Iterable[tuple[int, int]]) -> tuple[int, int]:
    """One (height, width) for images of many: their own where all agree.

    Else the median height and the median width, both shrunk alike until the longer is at most 128:
    large enough to recognise things in, small enough to train on without a GPU.

    >>> common_size([(28, 28), (28, 28)]), common_size([(300, 400), (300, 400), (600, 800)])
    ((28, 28), (96, 128))
    """
    array = np.array(list(sizes))
    if (array == array[0]).all():
        return int(array[0, 0]), int(array[0, 1])
    height, width = np.median(array, axis=0)
    scale = min(1.0, LONGEST_SIDE / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def _parts(root: Path) -> tuple[Path, Path | None]:
    """The folders of the training and test classes: `train` and `test` where both are there."""
    train, test = root / "train", root / "test"
    if all(part.is_dir() and _subfolders(part) for part in (train, test)):
        return train, test
    return root, None


def _visible(folder: Path) -> list[Path]:
    paths = (path for path in folder.iterdir() if not path.name.startswith("."))
    return sorted(paths, key=lambda path: path.name)


def _subfolders(folder: Path) -> list[Path]:
    return [path for path in _visible(folder) if path.is_dir()]


def _images(folder: Path) -> list[Path]:
    return [path for path in _visible(folder) if path.suffix.lower() in SUFFIXES and path.is_file()]


def _classes(folder: Path) -> dict[str, list[Path]]:
    """The images of each class, at least two classes and none of them empty."""
    classes = {path.name: _images(path) for path in _subfolders(folder)}
    if len(classes) < 2:
        found = f"the one subfolder {next(iter(classes))!r}" if classes else "no subfolder"
        loose = len(_images(folder))
        inner = next((folder / name for name in classes if _subfolders(folder / name)), None)
        mend = "Put the images of each class into a subfolder with the name of the class."
        raise DataError(
            f"folder {str(folder)!r}",
            "one subfolder of images for each of at least two classes",
            found + (f" and {loose} images beside it" if loose else ""),
            mend if inner is None else f"If the classes are in it, load {str(inner)!r}.",
        )
    empty = [name for name, images in classes.items() if not images]
    if empty:
        raise DataError(
            f"folder {str(folder)!r}",
            f"images ({', '.join(SUFFIXES)}) in every subfolder",
            f"none in {', '.join(map(repr, empty))}",
            "Remove a subfolder that is no class. Parts for training and testing are called"
            " 'train' and 'test', and have the classes' subfolders in them.",
        )
    return classes


def _check_test(folder: Path, found: dict[str, list[Path]], names: list[str]) -> None:
    unknown = [name for name in found if name not in names]
    if unknown or not any(found.values()):
        raise DataError(
            f"folder {str(folder)!r}",
            "images in subfolders that the training part has too",
            f"the class {unknown[0]!r}" if unknown else "no images",
            f"The training classes are: {', '.join(names)}.",
        )


def _check_bytes(root: Path, count: int, form: ImagePreparation) -> None:
    size = count * form.height * form.width * form.channels
    if size > MOST_BYTES:
        raise DataError(
            f"folder {str(root)!r}",
            "an image_size for images this large",
            f"{count:,} images of {form.height} x {form.width}, {size / 1024**3:.1f} GiB of memory",
            f"Say image_size=128, or image_size=({form.height}, {form.width}) to keep them so.",
        )


def _read(
    root: Path, classes: dict[str, list[Path]], names: list[str], form: ImagePreparation
) -> tuple[Array, Array]:
    files = [file for images in classes.values() for file in images]
    labels = [names.index(name) for name, images in classes.items() for _ in images]
    x = np.empty((len(files), form.height, form.width, form.channels), np.uint8)

    def fill(file: Path, image: Array) -> None:
        image[...] = form.prepare(file)

    _each(fill, root, files, x)
    return x, np.array(labels, np.int64)


def _is_grey(file: Path) -> bool:
    """Whether the file shows only grey; an unreadable one counts so, `_read` will report it."""
    try:
        return is_grey(file)
    except DataError:
        return True


def _each(work: Callable[..., Any], root: Path, files: list[Path], *columns: Any) -> list[Any]:
    """`work(file, ...)` for every file, in threads; one error for all the files that fail."""
    from concurrent.futures import ThreadPoolExecutor

    def attempt(*row: Any) -> Any:
        try:
            return work(*row)
        except DataError as error:
            return error

    with ThreadPoolExecutor() as pool:
        results = list(pool.map(attempt, files, *columns))
    failed = [i for i, result in enumerate(results) if isinstance(result, DataError)]
    if failed:
        raise DataError(
            f"folder {str(root)!r}",
            "images that can be read",
            f"{len(failed)} of {len(files)} that cannot, the first"
            f" {str(files[failed[0]])!r} ({results[failed[0]].received})",
            "Remove them, or save them again with an image editor.",
        ) from results[failed[0]]
    return results
