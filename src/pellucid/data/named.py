"""The named data sets: what they are called, where they come from, and how their files are read.

`digits` is part of this package. The others are looked for in the folder that the environment
variable PELLUCID_DATA names, then in the user's cache, and else are downloaded into that cache with
a checksum. Their formats are arrays and bytes, never a pickle.

- digits: E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning
  Repository, 1998, doi 10.24432/C50P49, CC BY 4.0. Its grey values 0..16 are stored as
  round(v * 255 / 16), so that a digit saved as an 8-bit PNG and read again is the same array. Its
  test part is a fixed, stratified fifth: 359 of the 1,797 images.
- mnist: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits", 1998.
- fashion_mnist: H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST", arXiv:1708.07747, 2017, MIT.
- cifar10: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.
"""

import hashlib
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from pellucid.data.sets import Array, DataSet
from pellucid.data.tables import as_data_set, read_npz
from pellucid.errors import DataError

DIGITS = [str(digit) for digit in range(10)]
CLOTHES = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"]
CLOTHES += ["Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
THINGS = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


@dataclass(frozen=True)
class NamedSet:
    """Class names, file names looked for in PELLUCID_DATA, downloads {address: checksum}, reader.

    The reader gets the downloaded files in the order of the addresses.
    """

    class_names: list[str]
    local: tuple[str, ...] = ()
    downloads: Mapping[str, str] = field(default_factory=dict)
    reader: Callable[..., DataSet] = read_npz


def read_named(name: str) -> DataSet:
    """The named set; raises DataError where it is neither here nor to be had from its address."""
    entry = REGISTRY[name]
    data = _read_packaged(name) if name == "digits" else _read_local(entry)
    if data is None:
        files = [_fetch(name, entry, *download) for download in entry.downloads.items()]
        data = replace(entry.reader(*files), name=name)
    return replace(data, class_names=list(entry.class_names))


def cache_folder() -> Path:
    """The user's cache for downloaded sets: below XDG_CACHE_HOME, LOCALAPPDATA, or ~/.cache."""
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or "~/.cache"
    return Path(base).expanduser() / "pellucid"


def read_idx(*files: Path) -> DataSet:
    """Four gzipped idx files (training images and labels, test images and labels) as a data set.

    The format: two zero bytes, the type (8 is uint8), the number of axes, each axis as a big-endian
    32-bit number, then the values.
    """
    names = ("x_train", "y_train", "x_test", "y_test")
    return as_data_set(files[0], dict(zip(names, map(_read_idx_file, files), strict=True)), None)


def read_cifar10(path: Path) -> DataSet:
    """CIFAR-10's binary archive as a data set.

    The format: rows of 3,073 bytes, the label and then 32 x 32 red, green and blue values.
    """
    import tarfile

    parts = {"train": [f"data_batch_{i}.bin" for i in range(1, 6)], "test": ["test_batch.bin"]}
    read: dict[str, bytes] = {}
    with tarfile.open(path, "r:gz") as archive:
        for member in archive:
            if (file := archive.extractfile(member)) is not None:
                read[Path(member.name).name] = file.read()
    arrays: dict[str, Array] = {}
    for part, members in parts.items():
        data = b"".join(read.get(member, b"") for member in members)
        if len(data) == 0 or len(data) % 3073:
            raise _wrong_format(
                path, "rows of 3,073 bytes in data_batch_1..5.bin and test_batch.bin"
            )
        rows = np.frombuffer(data, np.uint8).reshape(-1, 3073)
        images = rows[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
        arrays[f"x_{part}"], arrays[f"y_{part}"] = np.ascontiguousarray(images), rows[:, 0]
    return as_data_set(path, arrays, None)


FASHION = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
REGISTRY = {
    "digits": NamedSet(DIGITS),
    "mnist": NamedSet(
        DIGITS,
        ("mnist.npz",),
        {
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz": "sha256:"
            "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
        },
    ),
    "fashion_mnist": NamedSet(
        CLOTHES,
        ("fashion_mnist.npz",),
        {
            FASHION + "train-images-idx3-ubyte.gz": "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            FASHION + "train-labels-idx1-ubyte.gz": "md5:25c81989df183df01b3e8a0aad5dffbe",
            FASHION + "t10k-images-idx3-ubyte.gz": "md5:bef4ecab320f06d8554ea6380940ec79",
            FASHION + "t10k-labels-idx1-ubyte.gz": "md5:bb300cfdad3c16e7a12a480ee83cd310",
        },
        read_idx,
    ),
    "cifar10": NamedSet(
        THINGS,
        ("cifar10.npz", "cifar10_small.npz"),
        {
            "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz": "md5:"
            "c32a1d4ab5d03f1284b67883e8d87530"
        },
        read_cifar10,
    ),
}


def _read_packaged(name: str) -> DataSet:
    from importlib import resources

    with resources.as_file(resources.files("pellucid.data") / f"{name}.npz") as path:
        return read_npz(path)


def _read_local(entry: NamedSet) -> DataSet | None:
    """The first of the set's files that PELLUCID_DATA has; its name then says which one it was."""
    folder = os.environ.get("PELLUCID_DATA")
    paths = [Path(folder).expanduser() / file for file in entry.local] if folder else []
    return next((read_npz(path) for path in paths if path.is_file()), None)


def _fetch(name: str, entry: NamedSet, address: str, checksum: str) -> Path:
    """The file from the cache, or from its address into the cache; only with the right checksum."""
    from pellucid.storage.atomic import write_bytes

    folder, file = cache_folder() / name, address.rsplit("/", 1)[1]
    path = folder / file
    if path.is_file() and _has(path.read_bytes(), checksum):
        return path
    by_hand = (
        f"Put {file} into {folder} by hand, or set PELLUCID_DATA to a folder that has"
        f" {entry.local[0]} with x_train, y_train, x_test and y_test."
    )
    try:
        content = _download(address)
    except OSError as error:
        raise DataError(
            f"data set {name!r}", f"to download {address}", str(error), by_hand
        ) from error
    if not _has(content, checksum):
        raise DataError(
            f"data set {name!r}",
            f"a file with the checksum {checksum} from {address}",
            "a file with another one, which is not used",
            f"Try again later. {by_hand}",
        )
    write_bytes(path, content)
    return path


def _download(address: str) -> bytes:
    """What is at the address. Raises OSError where it cannot be had."""
    import urllib3

    print(f"downloading {address}", file=sys.stderr)
    try:
        answer = urllib3.request("GET", address, retries=urllib3.Retry(2), timeout=30.0)
    except urllib3.exceptions.HTTPError as error:
        reason = getattr(error, "reason", None) or error
        raise OSError(f"{type(reason).__name__}: {reason}") from error
    if answer.status != 200:
        raise OSError(f"HTTPError: {answer.status} {answer.reason}")
    return answer.data


def _has(content: bytes, checksum: str) -> bool:
    """Whether the content has this checksum, written as "algorithm:digits"."""
    algorithm, digits = checksum.split(":")
    return hashlib.new(algorithm, content).hexdigest() == digits


def _read_idx_file(path: Path) -> Array:
    import gzip

    try:
        data = gzip.decompress(path.read_bytes())
        axes = data[3]
        shape = np.frombuffer(data, ">u4", axes, offset=4)
        if data[:3] != b"\0\0\x08":
            raise ValueError(f"the type is {data[:3]!r}")
        return np.frombuffer(data, np.uint8, offset=4 + 4 * axes).reshape(shape).copy()
    except (OSError, EOFError, ValueError, IndexError) as error:
        raise _wrong_format(path, "a gzipped idx file of bytes") from error


def _wrong_format(path: Path, expected: str) -> DataError:
    return DataError(f"file {str(path)!r}", expected, "something else", "Download the file again.")
