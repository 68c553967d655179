"""The one door: names, what they give, and what is said of a source that is none."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pellucid.data import ImagePreparation, load, names
from pellucid.errors import DataError, SettingError


def test_names():
    assert names() == ["digits", "mnist", "fashion_mnist", "cifar10"]


def test_an_unknown_name_suggests_the_nearest():
    text = (
        "data 'mnits': expected one of digits, mnist, fashion_mnist, cifar10, a folder of images, "
        "or an .npz file; got no such name, folder or file. Did you mean 'mnist'?"
    )
    with pytest.raises(DataError, match=re.escape(text)):
        load("mnits")


def test_a_path_that_is_not_there():
    text = f"folder or file. Check the path; it is looked for from {str(Path.cwd())!r}."
    for path in ("nowhere/flowers", "flowers.npz"):
        with pytest.raises(DataError, match=re.escape(text)):
            load(path)


def test_a_file_of_another_kind(tmp_path):
    (tmp_path / "x.csv").write_text("1,2")
    with pytest.raises(DataError, match=r"got a file of another kind. For one image see ImagePrep"):
        load(tmp_path / "x.csv")


def test_a_name_wins_over_a_folder_and_a_path_over_a_name(tmp_path, monkeypatch):
    for name in ("0", "1"):
        (tmp_path / "digits" / name).mkdir(parents=True)
        Image.new("L", (3, 3)).save(tmp_path / "digits" / name / "a.png")
    monkeypatch.chdir(tmp_path)
    assert len(load("digits").x_train) == 1438
    assert len(load("./digits").x_train) == 2
    assert len(load(Path("digits")).x_train) == 2


def test_a_share_is_held_out_only_on_request(tmp_path):
    y = np.repeat(np.arange(5), 10)
    np.savez(tmp_path / "a.npz", x_train=np.arange(50.0)[:, None], y_train=y)
    path = tmp_path / "a.npz"
    assert load(path).x_test is None
    data = load(path, test_fraction=0.3, seed=4)
    assert np.bincount(data.y_test).tolist() == [3] * 5
    np.testing.assert_array_equal(data.x_test, load(path, test_fraction=0.3, seed=4).x_test)
    assert (data.x_test != load(path, test_fraction=0.3, seed=5).x_test).any()
    assert len(load("digits", test_fraction=0.9).x_test) == 359


def test_size_and_channels_of_a_named_set():
    data = load("digits", image_size=16)
    assert data.x_train.shape == (1438, 16, 16, 1)
    assert data.x_test.shape == (359, 16, 16, 1)
    rgb = load("digits", channels=3)
    assert rgb.preparation == ImagePreparation(8, 8, 3)
    np.testing.assert_array_equal(rgb.x_test, np.repeat(load("digits").x_test, 3, axis=3))


def test_a_table_has_no_image_size(tmp_path):
    np.savez(tmp_path / "a.npz", x_train=np.zeros((4, 2)), y_train=np.zeros(4))
    text = (
        "data set 'a': expected images (uint8, (N, H, W, C)), to give them a size or channels; "
        "got rows of shape (2,) and float64. Leave image_size and channels out."
    )
    with pytest.raises(DataError, match=re.escape(text)):
        load(tmp_path / "a.npz", image_size=8)


@pytest.mark.parametrize("size", ["32", (1, 2, 3), 3.5])
def test_an_image_size_of_another_form(size):
    text = f"load: expected image_size as a number or (height, width); got {size!r}. Say image_size"
    with pytest.raises(SettingError, match=re.escape(text)):
        load("digits", image_size=size)


def test_channels_that_no_image_has():
    with pytest.raises(SettingError, match=r"expected 1 channel \(grey\) or 3 .*; got 2\."):
        load("digits", channels=2)


def test_importing_the_package_imports_nothing_heavy():
    code = (
        "import sys, pellucid.data as d; "
        "print([m for m in ('PIL', 'urllib3', 'tarfile') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
