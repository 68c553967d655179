"""Files that cannot be read or written: what was there before is there after."""

import errno
import json
import os

import numpy as np
import pytest
from PIL import Image
from safetensors import safe_open
from safetensors.numpy import save_file

from pellucid import Input, Sequential, data, load
from pellucid.cli.main import main
from pellucid.errors import DataError, ModelFileError
from pellucid.layers import Dense

from ..saying import says

DAMAGED = "Load the file that model.save(path) wrote; if this is it, it is damaged."
NOT_KNOWN = (
    "A newer Pellucid may know it; your own layers and functions go into "
    "load(path, custom_objects={'name': thing})."
)


@pytest.fixture
def path(tmp_path):
    """A model file."""
    Sequential([Input((4,)), Dense(2)]).save(tmp_path / "model")
    return tmp_path / "model"


def rewrite(path, change):
    """Change what the file says about its model."""
    with safe_open(path, framework="np") as file:
        about, names = json.loads(file.metadata()["pellucid"]), file.keys()
        tensors = {name: file.get_tensor(name) for name in names}
    change(about, about["model"]["config"]["layers"][0])
    save_file(tensors, path, metadata={"pellucid": json.dumps(about)})


# -- models ---------------------------------------------------------------------------------------


def test_a_model_that_is_not_there(tmp_path):
    text = f"{tmp_path / 'm'}: expected a model file; got nothing there. Look at the path again."
    with says(ModelFileError, text):
        load(tmp_path / "m")


@pytest.mark.parametrize("content", [b"", b"hello", b"\x89HDF\r\n\x1a\n" + b"0" * 100])
def test_a_file_that_is_no_model(content, path):
    path.write_bytes(content)
    with pytest.raises(ModelFileError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: expected a model that Pellucid saved; got ")
    assert str(caught.value).endswith(DAMAGED)
    assert path.read_bytes() == content


def test_a_safetensors_file_of_something_else(path):
    save_file({"weight": np.zeros(2)}, path)
    text = f"{path}: expected a model that Pellucid saved; got a safetensors file of something else"
    with says(ModelFileError, f"{text}. {DAMAGED}"):
        load(path)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_model_that_was_cut_off(share, path):
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(ModelFileError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: expected a model that Pellucid saved; got ")
    assert str(caught.value).endswith(DAMAGED)


def test_a_model_of_a_newer_format(path):
    rewrite(path, lambda about, layer: about.update(format=2))
    text = (
        f"{path}: expected format 1 or older; got format 2. "
        "Install a newer Pellucid: pip install -U pellucid."
    )
    with says(ModelFileError, text):
        load(path)


@pytest.mark.parametrize("given", [0, -1, "1", None])
def test_a_model_of_no_format(given, path):
    rewrite(path, lambda about, layer: about.update(format=given))
    text = f"{path}: expected a model that Pellucid saved; got a description that cannot be read."
    with says(ModelFileError, f"{text} {DAMAGED}"):
        load(path)


def test_a_setting_from_a_newer_version(path):
    rewrite(path, lambda about, layer: layer["config"].update(unit_shape=3))
    text = f"{path}, Dense: expected known arguments; got 'unit_shape'. Did you mean 'units'?"
    with says(ModelFileError, f"{text} {NOT_KNOWN}"):
        load(path)


def test_a_layer_from_a_newer_version(path):
    rewrite(path, lambda about, layer: layer.update({"class": "Denser"}))
    text = f"{path}, layer: expected a known layer; got 'Denser'. Did you mean 'Dense'?"
    with says(ModelFileError, f"{text} {NOT_KNOWN}"):
        load(path)


def test_a_setting_that_an_older_version_did_not_have_is_the_default(path):
    rewrite(path, lambda about, layer: layer["config"].pop("learning_rate_multiplier"))
    assert load(path).layers[0].learning_rate_multiplier == 1


def test_an_entry_that_another_version_did_not_have(path):
    rewrite(path, lambda about, layer: about.pop("notes"))
    text = (
        f"{path}: expected a complete description of a model; got KeyError: 'notes'. "
        "The file is damaged, or another version of Pellucid wrote it."
    )
    with says(ModelFileError, text):
        load(path)


def test_weights_of_another_model(path):
    rewrite(path, lambda about, layer: layer["config"].update(units=3))
    text = (
        f"{path}: expected one tensor for each weight of the model that it describes; got a "
        "difference at dense/kernel, dense/bias. The file is damaged."
    )
    with says(ModelFileError, text):
        load(path)


# -- saving ---------------------------------------------------------------------------------------


class Full:
    """A file on a disk without room."""

    def __init__(self, file):
        self.file = file

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.file.close()

    def write(self, content):
        self.file.write(content[:10])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("step", ["write", "fsync", "open"])
def test_a_disk_that_is_full_or_cannot_be_written_to(step, path, monkeypatch):
    def refuse(*arguments, **settings):
        raise OSError(number, os.strerror(number))

    number = errno.EROFS if step == "open" else errno.ENOSPC
    before, really = path.read_bytes(), type(path).open
    model = load(path)
    if step == "write":
        monkeypatch.setattr(type(path), "open", lambda *given: Full(really(*given)))
    else:
        monkeypatch.setattr(*((os, "fsync") if step == "fsync" else (type(path), "open")), refuse)
    text = (
        f"writing {path}: expected a folder that can be written to, with room on its disk; got "
        f"{os.strerror(number)}. Choose another path; nothing was changed."
    )
    with says(ModelFileError, text):
        model.save(path)
    monkeypatch.undo()
    assert os.listdir(path.parent) == ["model"]
    assert path.read_bytes() == before


def test_a_path_without_a_name(path):
    text = "writing: expected the path of a file; got '.'. Name a file: model.safetensors, say."
    with says(ModelFileError, text):
        load(path).save("")


# -- data -----------------------------------------------------------------------------------------


def pictures(root, *names):
    """A folder of small images."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (5, 5)).save(root / name)


def test_an_image_that_cannot_be_read(tmp_path):
    pictures(tmp_path, "cat/1.png", "dog/1.png")
    bad = tmp_path / "dog" / "2.png"
    bad.write_bytes(b"no image")
    text = (
        f"folder '{tmp_path}': expected images that can be read; got 1 of 3 that cannot, the first "
        f"'{bad}' (UnidentifiedImageError: cannot identify image file '{bad}'). Remove them, or "
        "save them again with an image editor."
    )
    with says(DataError, text):
        data.load(tmp_path)


def test_a_folder_with_one_class(tmp_path):
    pictures(tmp_path, "cat/1.png", "cat/2.png")
    text = (
        f"folder '{tmp_path}': expected one subfolder of images for each of at least two classes; "
        "got the one subfolder 'cat'. Put the images of each class into a subfolder with the name "
        "of the class."
    )
    with says(DataError, text):
        data.load(tmp_path)


def test_a_file_of_objects(tmp_path):
    path = tmp_path / "data.npz"
    np.savez(path, x_train=np.array([{1: 2}], object), y_train=np.zeros(1))
    text = (
        f"file '{path}': expected an .npz file of plain arrays; got an object array 'x_train', "
        "which could hide code. Save numbers, with np.savez_compressed(path, x_train=..., "
        "y_train=...)."
    )
    with says(DataError, text):
        data.load(path)


# -- the shell ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("evaluate MODEL digits", "MODEL: expected a model file; got nothing there. Look at the"),
        ("train mnits", "data 'mnits': expected one of digits, mnist, fashion_mnist, cifar10, a"),
        ("train digits --epochs 0", "--epochs: expected a whole number from 1 up; got '0'. It is"),
        ("train digits --activation rleu", "activation: expected a known activation; got 'rleu'."),
        ("train digits --optimizer adm", "[optimizer]: optimizer: expected a known optimizer; got"),
    ],
)
def test_a_command_says_it_in_one_line(arguments, text, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(arguments.split()) == 2
    printed = capsys.readouterr().err
    assert printed.startswith(f"pellucid: {text}")
    assert printed.count("\n") == 1
    assert os.listdir(tmp_path) == []
