"""The named sets: from the package, from PELLUCID_DATA, from the cache, and from a server.

The server is a local one with small files made here, in the formats of the real ones.
"""

import gzip
import hashlib
import io
import os
import re
import tarfile
import threading
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pellucid.data import ImagePreparation, load, named
from pellucid.errors import DataError

RNG = np.random.default_rng(2)
GREY = RNG.integers(0, 256, (9, 28, 28), np.uint8)
RGB = RNG.integers(0, 256, (12, 32, 32, 3), np.uint8)
LABELS = np.arange(12, dtype=np.uint8) % 10


class Quiet(SimpleHTTPRequestHandler):
    requests = 0

    def do_GET(self):
        Quiet.requests += 1
        super().do_GET()

    def log_message(self, format, *args):
        """Keep the test's output clean."""


@pytest.fixture
def address(tmp_path, monkeypatch):
    """A server for the folder `served`, an empty cache, no PELLUCID_DATA; gives the address."""
    monkeypatch.delenv("PELLUCID_DATA", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(named, "cache_folder", lambda: tmp_path / "cache")
    (tmp_path / "served").mkdir()
    Quiet.requests = 0
    handler = partial(Quiet, directory=str(tmp_path / "served"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def real():
    """The folder with the real files."""
    folder = os.environ.get("PELLUCID_DATA")
    if not folder:
        pytest.skip("PELLUCID_DATA names no folder with the real sets")
    return Path(folder)


def serve(monkeypatch, address, folder, name, files, checksum=None):
    """Put files on the server and register them, with their right md5 unless another is given."""
    downloads = {}
    for file, content in files.items():
        (folder / "served" / file).write_bytes(content)
        right = "md5:" + hashlib.md5(content).hexdigest()
        downloads[f"{address}/{file}"] = checksum or right
    entry = replace(named.REGISTRY[name], downloads=downloads)
    monkeypatch.setitem(named.REGISTRY, name, entry)


def npz(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def idx(array):
    axes = np.array(array.shape, ">u4").tobytes()
    return gzip.compress(bytes([0, 0, 8, array.ndim]) + axes + array.tobytes())


def cifar(x, y, members=5):
    """CIFAR-10's archive: two images in each training file and the last two in the test file."""
    rows = np.column_stack([y, x.transpose(0, 3, 1, 2).reshape(len(x), -1)])
    names = [f"data_batch_{i}.bin" for i in range(1, members + 1)] + ["test_batch.bin"]
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        folder = tarfile.TarInfo("cifar-10-batches-bin")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for i, name in enumerate(reversed(names)):
            content = rows[len(rows) - 2 * i - 2 :][:2].tobytes()
            info = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def fashion_files():
    parts = {
        "train-images": GREY[:6], "train-labels": LABELS[:6],
        "t10k-images": GREY[6:], "t10k-labels": LABELS[6:9],
    }  # fmt: skip
    return {f"{name}.gz": idx(array) for name, array in parts.items()}


def test_digits_come_with_the_package(monkeypatch, tmp_path):
    monkeypatch.setenv("PELLUCID_DATA", str(tmp_path))
    data = load("digits")
    assert data.describe() == "digits: 1,438 training and 359 test images of 8 x 8 x 1, 10 classes"
    assert data.class_names == list("0123456789")
    assert data.preparation == ImagePreparation(8, 8, 1)
    # 178 182 177 183 181 182 181 179 174 180 of each digit, as the set's authors count them.
    both = np.bincount(data.y_train) + np.bincount(data.y_test)
    assert both.tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert abs(np.bincount(data.y_test) - both / 5).max() < 1
    greys = np.round(np.arange(17) * 255 / 16)
    np.testing.assert_array_equal(np.unique(data.x_train), greys)


def test_a_digit_survives_a_png(tmp_path):
    data = load("digits")
    for i in range(20):
        Image.fromarray(data.x_test[i, ..., 0]).save(tmp_path / "digit.png")
        image = data.preparation.prepare(tmp_path / "digit.png")
        np.testing.assert_array_equal(image, data.x_test[i])


def test_the_digits_have_their_licence_beside_them():
    folder = Path(named.__file__).parent
    text = (folder / "digits.LICENSE.txt").read_text()
    assert all(part in text for part in ("Alpaydin", "10.24432/C50P49", "CC BY 4.0", "changed"))
    assert (folder / "digits.npz").stat().st_size < 100_000


def test_every_set_has_its_class_names():
    assert [len(entry.class_names) for entry in named.REGISTRY.values()] == [10] * 4
    assert named.REGISTRY["fashion_mnist"].class_names[9] == "Ankle boot"
    assert named.REGISTRY["cifar10"].class_names[3] == "cat"


def test_the_folder_of_the_environment_comes_first(address, tmp_path, monkeypatch):
    monkeypatch.setenv("PELLUCID_DATA", str(tmp_path))
    arrays = {"x_train": RGB[:8], "y_train": LABELS[:8], "x_test": RGB[8:], "y_test": LABELS[8:]}
    np.savez(tmp_path / "cifar10_small.npz", **arrays)
    data = load("cifar10")
    assert data.name == "cifar10_small"
    assert data.class_names == named.THINGS
    np.testing.assert_array_equal(data.x_test, RGB[8:])
    np.savez(tmp_path / "cifar10.npz", **arrays)
    assert load("cifar10").name == "cifar10"
    assert Quiet.requests == 0


def test_mnist_is_downloaded_once(address, tmp_path, monkeypatch):
    monkeypatch.setenv("PELLUCID_DATA", str(tmp_path / "empty"))
    content = npz(x_train=GREY[:6], y_train=LABELS[:6], x_test=GREY[6:], y_test=LABELS[6:9])
    serve(monkeypatch, address, tmp_path, "mnist", {"mnist.npz": content})
    for _ in range(2):
        data = load("mnist")
        assert data.describe() == "mnist: 6 training and 3 test images of 28 x 28 x 1, 10 classes"
        np.testing.assert_array_equal(data.x_test[..., 0], GREY[6:])
    assert Quiet.requests == 1
    assert (tmp_path / "cache" / "mnist" / "mnist.npz").read_bytes() == content


def test_a_damaged_file_in_the_cache_is_replaced(address, tmp_path, monkeypatch):
    content = npz(x_train=GREY[:6], y_train=LABELS[:6], x_test=GREY[6:], y_test=LABELS[6:9])
    serve(monkeypatch, address, tmp_path, "mnist", {"mnist.npz": content})
    (tmp_path / "cache" / "mnist").mkdir(parents=True)
    (tmp_path / "cache" / "mnist" / "mnist.npz").write_bytes(content[:99])
    assert len(load("mnist").x_train) == 6


def test_fashion_mnist_is_parsed(address, tmp_path, monkeypatch):
    serve(monkeypatch, address, tmp_path, "fashion_mnist", fashion_files())
    data = load("fashion_mnist")
    assert data.name == "fashion_mnist"
    assert data.class_names == named.CLOTHES
    np.testing.assert_array_equal(data.x_train[..., 0], GREY[:6])
    np.testing.assert_array_equal(data.x_test[..., 0], GREY[6:])
    assert data.y_train.tolist() == [0, 1, 2, 3, 4, 5]
    assert data.y_test.tolist() == [6, 7, 8]
    assert data.x_train.flags.writeable


def test_cifar10_is_parsed(address, tmp_path, monkeypatch):
    serve(monkeypatch, address, tmp_path, "cifar10", {"cifar.tar.gz": cifar(RGB, LABELS)})
    data = load("cifar10")
    assert data.describe() == "cifar10: 10 training and 2 test images of 32 x 32 x 3, 10 classes"
    np.testing.assert_array_equal(data.x_train, RGB[:10])
    np.testing.assert_array_equal(data.x_test, RGB[10:])
    assert data.y_train.tolist() == LABELS[:10].tolist()
    assert data.x_train.flags.c_contiguous
    assert data.x_train.flags.writeable


def test_a_wrong_checksum_is_refused(address, tmp_path, monkeypatch):
    wrong = "md5:" + "0" * 32
    serve(monkeypatch, address, tmp_path, "mnist", {"mnist.npz": b"other"}, wrong)
    text = (
        f"data set 'mnist': expected a file with the checksum {wrong} from {address}/mnist.npz; got"
        " a file with another one, which is not used. Try again later. Put mnist.npz into"
        f" {tmp_path / 'cache' / 'mnist'} by hand, or set PELLUCID_DATA to a folder that has"
    )
    with pytest.raises(DataError, match=re.escape(text)):
        load("mnist")
    assert not list((tmp_path / "cache").rglob("*"))


def test_no_network_says_where_to_put_the_file(address, tmp_path, monkeypatch):
    closed = "http://127.0.0.1:1"
    serve(monkeypatch, closed, tmp_path, "fashion_mnist", fashion_files())
    text = f"data set 'fashion_mnist': expected to download {closed}/train-images.gz; got NewConn"
    mend = (
        f"Put train-images.gz into {tmp_path / 'cache' / 'fashion_mnist'} by hand, or set"
        " PELLUCID_DATA to a folder that has fashion_mnist.npz with x_train, y_train, x_test and"
    )
    with pytest.raises(DataError, match=re.escape(text)) as error:
        load("fashion_mnist")
    assert mend in str(error.value)


def test_files_put_into_the_cache_by_hand_are_used(address, tmp_path, monkeypatch):
    serve(monkeypatch, "http://127.0.0.1:1", tmp_path, "fashion_mnist", fashion_files())
    (tmp_path / "served").rename(tmp_path / "fashion_mnist")
    (tmp_path / "cache").mkdir()
    (tmp_path / "fashion_mnist").rename(tmp_path / "cache" / "fashion_mnist")
    assert len(load("fashion_mnist").x_train) == 6


def test_a_server_without_the_file(address, tmp_path, monkeypatch):
    serve(monkeypatch, address, tmp_path, "mnist", {"mnist.npz": b""})
    (tmp_path / "served" / "mnist.npz").unlink()
    with pytest.raises(DataError, match=r"expected to download .*; got HTTPError: 404 .*by hand"):
        load("mnist")


@pytest.mark.parametrize(
    "content",
    [b"no gzip", gzip.compress(b""), gzip.compress(b"\0\0\x0d\x01\0\0\0\0"), idx(GREY)[:500]],
)
def test_a_file_that_is_no_idx(address, tmp_path, monkeypatch, content):
    files = fashion_files() | {"t10k-images.gz": content}
    serve(monkeypatch, address, tmp_path, "fashion_mnist", files)
    path = str(tmp_path / "cache" / "fashion_mnist" / "t10k-images.gz")
    text = f"file {path!r}: expected a gzipped idx file of bytes; got something else. Download the"
    with pytest.raises(DataError, match=re.escape(text)):
        load("fashion_mnist")


def test_an_archive_that_is_not_cifar10(address, tmp_path, monkeypatch):
    files = {"cifar.tar.gz": cifar(RGB[:, :16], LABELS)}
    serve(monkeypatch, address, tmp_path, "cifar10", files)
    text = "expected rows of 3,073 bytes in data_batch_1..5.bin and test_batch.bin; got something"
    with pytest.raises(DataError, match=re.escape(text)):
        load("cifar10")


def test_the_cache_is_the_users():
    assert named.cache_folder().name == "pellucid"


def test_the_registered_checksums_and_addresses():
    downloads = {k: v for entry in named.REGISTRY.values() for k, v in entry.downloads.items()}
    assert len(downloads) == 6
    for address, checksum in downloads.items():
        assert address.startswith(("https://", named.FASHION))
        assert re.fullmatch(r"md5:[0-9a-f]{32}|sha256:[0-9a-f]{64}", checksum)


@pytest.mark.parametrize(
    ("name", "shape"), [("mnist", (28, 28, 1)), ("fashion_mnist", (28, 28, 1))]
)
def test_real_grey_sets(real, name, shape):
    data = load(name)
    assert data.x_train.shape == (60_000, *shape)
    assert data.x_test.shape == (10_000, *shape)
    assert sorted(set(data.y_test.tolist())) == list(range(10))
    assert (data.x_train.min(), data.x_train.max()) == (0, 255)


def test_real_cifar10(real):
    data = load("cifar10")
    assert data.x_train.shape[1:] == (32, 32, 3)
    assert data.name in ("cifar10", "cifar10_small")
    assert sorted(set(data.y_train.tolist())) == list(range(10))
