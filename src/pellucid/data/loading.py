"""The one door to data: `load` takes a name, a folder or a file, and gives a DataSet."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from pellucid.data.folders import read_folder
from pellucid.data.images import ImagePreparation
from pellucid.data.named import REGISTRY, read_named
from pellucid.data.sets import Array, DataSet
from pellucid.data.tables import is_images, read_npz
from pellucid.errors import DataError, SettingError, nearest


def names() -> list[str]:
    """The named data sets that `load` knows.

    >>> names()
    ['digits', 'mnist', 'fashion_mnist', 'cifar10']
    """
    return list(REGISTRY)


def load(
    source: str | Path,
    *,
    image_size: int | tuple[int, int] | None = None,
    channels: int | None = None,
    test_fraction: float | None = None,
    seed: int = 0,
) -> DataSet:
    """A data set by name (see `names`), from a folder of images, or from an .npz file.

    A folder has one subfolder a class (see `folders.py`); a file has x_train, y_train and, where
    there are, x_test, y_test. `image_size` (one number for a square, or height and width) and
    `channels` (1 or 3) say what the images are made into; without them they keep their own. With
    `test_fraction`, a source without a test part has that share of its rows held out, by `split`
    with `seed`; a source with one keeps its own.

    A name wins over a folder of the same name; "./digits" is the folder. Raises DataError for what
    is not there or cannot be read, and SettingError for a size or channels that no image can have.

    >>> load("digits").describe()
    'digits: 1,438 training and 359 test images of 8 x 8 x 1, 10 classes'
    """
    size = _height_and_width(image_size)
    if isinstance(source, str) and source in REGISTRY:
        data = _reshape(read_named(source), size, channels)
    elif (path := Path(source).expanduser()).is_dir():
        data = read_folder(path, size, channels)
    elif path.is_file() and path.suffix.lower() == ".npz":
        data = _reshape(read_npz(path), size, channels)
    else:
        raise _not_found(source, path)
    return data if test_fraction is None else data.held_out(test_fraction, seed)


def _height_and_width(image_size: int | tuple[int, int] | None) -> tuple[int, int] | None:
    if image_size is None:
        return None
    if isinstance(image_size, tuple | list) and len(image_size) == 2:
        return image_size[0], image_size[1]
    if isinstance(image_size, int):
        return image_size, image_size
    raise SettingError(
        "load", "image_size as a number or (height, width)", repr(image_size), "Say image_size=32."
    )


def _reshape(data: DataSet, size: tuple[int, int] | None, channels: int | None) -> DataSet:
    """The set with its images in another size or number of channels."""
    if size is None and channels is None:
        return data
    if not is_images(data.x_train):
        raise DataError(
            f"data set {data.name!r}",
            "images (uint8, (N, H, W, C)), to give them a size or channels",
            f"rows of shape {data.x_train.shape[1:]} and {data.x_train.dtype}",
            "Leave image_size and channels out.",
        )
    height, width, own = data.x_train.shape[1:]
    if channels is None:
        channels = 1 if own < 3 else 3
    form = ImagePreparation(*(size or (height, width)), channels)

    def prepared(x: Array) -> Array:
        return np.stack([form.prepare(image) for image in x])

    x_test = None if data.x_test is None else prepared(data.x_test)
    return replace(data, x_train=prepared(data.x_train), x_test=x_test, preparation=form)


def _not_found(source: str | Path, path: Path) -> DataError:
    received, mend = "no such name, folder or file", nearest(str(source), REGISTRY)
    if path.exists():
        received, mend = "a file of another kind", "For one image see ImagePreparation.prepare."
    elif path.name != str(source) or path.suffix:
        mend = f"Check the path; it is looked for from {str(Path.cwd())!r}."
    expected = f"one of {', '.join(REGISTRY)}, a folder of images, or an .npz file"
    return DataError(f"data {str(source)!r}", expected, received, mend)
