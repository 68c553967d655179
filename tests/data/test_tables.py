"""Reading .npz files: shapes and types as promised, and no object is ever unpickled."""

import os
import re

import numpy as np
import pytest

from pellucid.data import ImagePreparation, load
from pellucid.errors import DataError

X = np.arange(6 * 4 * 5, dtype=np.uint8).reshape(6, 4, 5)
Y = np.arange(6, dtype=np.uint8) % 3


def saved(folder, **arrays):
    np.savez_compressed(folder / "some.npz", **arrays)
    return folder / "some.npz"


def refused(text, path):
    with pytest.raises(DataError, match=re.escape(text)):
        load(path)


def test_images_get_their_channel_axis_and_labels_are_int64(tmp_path):
    data = load(saved(tmp_path, x_train=X, y_train=Y[:, None], x_test=X[:2], y_test=Y[:2]))
    assert data.name == "some"
    assert data.x_train.shape == (6, 4, 5, 1)
    assert data.x_train.dtype == np.uint8
    assert data.y_train.shape == (6,)
    assert data.y_train.dtype == data.y_test.dtype == np.int64
    assert data.x_test.shape == (2, 4, 5, 1)
    assert data.preparation == ImagePreparation(4, 5, 1)
    assert data.class_names is None
    np.testing.assert_array_equal(data.x_train[..., 0], X)


def test_a_table_keeps_its_shape_and_type(tmp_path):
    x, y = np.random.default_rng(0).normal(size=(6, 2)).astype(np.float32), np.linspace(0, 1, 6)
    data = load(str(saved(tmp_path, x_train=x, y_train=y)))
    np.testing.assert_array_equal(data.x_train, x)
    assert (data.x_train.dtype, data.y_train.dtype) == (np.float32, np.float64)
    assert (data.x_test, data.y_test, data.preparation) == (None, None, None)


def test_class_names_are_read_and_odd_channels_have_no_preparation(tmp_path):
    x = np.zeros((6, 4, 5, 4), np.uint8)
    data = load(saved(tmp_path, x_train=x, y_train=Y, class_names=np.array(["a", "b", "c"])))
    assert data.class_names == ["a", "b", "c"]
    assert data.preparation is None


def test_images_are_resized_on_request_and_rgba_becomes_rgb(tmp_path):
    path = saved(tmp_path, x_train=X, y_train=Y, x_test=X, y_test=Y)
    data = load(path, image_size=(8, 6), channels=3)
    assert data.x_train.shape == data.x_test.shape == (6, 8, 6, 3)
    assert data.preparation == ImagePreparation(8, 6, 3)
    rgba = saved(tmp_path, x_train=np.zeros((6, 4, 5, 4), np.uint8), y_train=Y)
    clear = load(rgba, image_size=4)
    assert clear.x_train.shape == (6, 4, 4, 3)
    assert (clear.x_train == 255).all()
    assert load(path, channels=1).x_train.shape == (6, 4, 5, 1)


def test_object_arrays_are_refused_and_not_unpickled(tmp_path):
    class Harm:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "harmed"),))

    path = saved(tmp_path, x_train=X, y_train=np.array([Harm()] * 6, object))
    refused(
        f"file {str(path)!r}: expected an .npz file of plain arrays; got an object array 'y_train',"
        " which could hide code. Save numbers, with np.savez_compressed",
        path,
    )
    assert not (tmp_path / "harmed").exists()


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x80\x04."])
def test_a_file_that_is_no_npz(tmp_path, content):
    path = tmp_path / "some.npz"
    path.write_bytes(content)
    refused("expected an .npz file of plain arrays; got BadZipFile: File is not a zip file.", path)


def test_a_damaged_file(tmp_path):
    path = saved(tmp_path, x_train=X, y_train=Y)
    data = bytearray(path.read_bytes())
    data[60:90] = bytes(30)
    path.write_bytes(data)
    refused(f"file {str(path)!r}: expected an .npz file of plain arrays; got ", path)


def test_missing_arrays(tmp_path):
    mend = "Save it with np.savez_compressed(path, x_train=..., y_train=...)."
    text = "expected the arrays x_train and y_train, and x_test and y_test both or neither; got "
    refused(f"{text}x_train. {mend}", saved(tmp_path, x_train=X))
    refused(f"{text}none of them. {mend}", saved(tmp_path, images=X))
    refused(f"{text}x_test, x_train, y_train. ", saved(tmp_path, x_train=X, y_train=Y, x_test=X))


def test_parts_that_do_not_fit_each_other(tmp_path):
    path = saved(tmp_path, x_train=X, y_train=Y, x_test=X[:, :3], y_test=Y)
    refused(
        "expected x_test with rows like those of x_train, (4, 5, 1) of uint8; got (3, 5, 1)", path
    )


def test_arrays_are_checked(tmp_path):
    path = saved(tmp_path, x_train=X, y_train=Y, x_test=X, y_test=Y[:5])
    refused(f"file {str(path)!r}, test part: expected x and y of equal length; got 6 rows", path)


def test_text_labels_are_refused(tmp_path):
    path = saved(tmp_path, x_train=X, y_train=np.array(list("aabbcc")))
    refused(
        f"file {str(path)!r}, train part: expected y as an array of numbers; got an array", path
    )
