"""Files that are no models, or no longer: each is refused with where, what, and the mend."""

import json
import re
import struct

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

import pellucid
from pellucid.errors import ModelFileError

from .networks import own_call, stack, steps

MEND = "Load the file that model.save(path) wrote; if this is it, it is damaged."


@pytest.fixture
def path(tmp_path):
    """A model file that can be loaded."""
    model = stack()
    steps(model)
    model.save(tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


def refused(path, text):
    with pytest.raises(ModelFileError, match=re.escape(text)):
        pellucid.load(path)


def rewrite(path, change):
    """The file with its JSON and tensors changed by a function of both."""
    with safe_open(path, framework="np") as file:
        about = json.loads(file.metadata()["pellucid"])
        names = file.keys()
        tensors = {name: file.get_tensor(name) for name in names}
    change(about, tensors)
    save_file(tensors, path, metadata={"pellucid": json.dumps(about)})


def test_what_is_not_there(tmp_path):
    text = f"{tmp_path / 'none'}: expected a model file; got nothing there. Look at the path again."
    refused(tmp_path / "none", text)
    refused(tmp_path, f"{tmp_path}: expected a model file; got nothing there.")


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x80\x04\x95 pickled", b"{}" * 50])
def test_what_is_not_safetensors(content, tmp_path):
    path = tmp_path / "other"
    path.write_bytes(content)
    refused(path, f"{path}: expected a model that Pellucid saved; got ")
    refused(path, MEND)


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}])
def test_safetensors_of_something_else(metadata, tmp_path):
    path = tmp_path / "other"
    save_file({"x": np.zeros(2)}, path, metadata=metadata)
    refused(path, "expected a model that Pellucid saved; got a safetensors file of something else.")


def test_number_types_that_numpy_lacks_are_not_looked_at_in_files_of_others(tmp_path):
    header = json.dumps({"x": {"dtype": "BF16", "shape": [1], "data_offsets": [0, 2]}}).encode()
    path = tmp_path / "other"
    path.write_bytes(struct.pack("<Q", len(header)) + header + b"\0\0")
    refused(path, "expected a model that Pellucid saved; got a safetensors file of something else.")


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.5, 0.99])
def test_files_that_were_cut_off(share, path):
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    refused(path, f"{path}: expected a model that Pellucid saved; got ")


def test_a_newer_format(path):
    rewrite(path, lambda about, tensors: about.update(format=99))
    text = "expected format 1 or older; got format 99. Install a newer Pellucid: pip install -U pel"
    refused(path, f"{path}: {text}")


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (lambda t: t.pop("weights/first/bias"), "weights/first/bias"),
        (lambda t: t.update({"weights/more": np.zeros(2)}), "weights/more"),
        (lambda t: t.update({"weights/first/bias": np.zeros(6)}), "weights/first/bias"),
        (lambda t: t.update({"optimizer/m": np.zeros(3)}), "optimizer/m"),
        (lambda t: t.pop("optimizer/s"), "optimizer/s"),
    ],
)
def test_tensors_missing_too_many_or_of_another_shape(change, names, path):
    rewrite(path, lambda about, tensors: change(tensors))
    name = names.removeprefix("weights/")
    text = "expected one tensor for each weight of the model that it describes; got a difference at"
    refused(path, f"{path}: {text} {name}. The file is damaged.")


@pytest.mark.parametrize("text", ["{", '"text"', "[1]", "null", '{"format": "new"}'])
def test_json_that_says_nothing(text, path):
    save_file({}, path, metadata={"pellucid": text})
    refused(
        path, f"{path}: expected a model that Pellucid saved; got a description that cannot be "
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda about: about.pop("model"),
        lambda about: about.pop("progress"),
        lambda about: about.pop("compiled"),
        lambda about: about["model"]["config"].update(layers=3),
        lambda about: about.update(random_states=[]),
        lambda about: about.update(random_states=[{}]),
        lambda about: about.update(model=None),
        lambda about: about["progress"].update(callbacks={"History 0": {}}),
        lambda about: about["compiled"].pop("optimizer"),
        lambda about: about["compiled"].pop("waiting"),
    ],
)
def test_a_description_with_something_amiss(change, path):
    rewrite(path, lambda about, tensors: change(about))
    text = f"{path}: expected a complete description of a model; got "
    refused(path, text)
    refused(path, "The file is damaged, or another version of Pellucid wrote it.")


def test_a_setting_out_of_range_is_named(path):
    def change(about, tensors):
        about["model"]["config"]["layers"][1]["config"]["units"] = -1

    rewrite(path, change)
    refused(path, f"{path}, Dense: expected units to be a whole number from 1; got -1.")


def test_a_name_in_a_file_is_only_looked_up(path):
    """A file cannot name a module's function, a class by its path, or anything else to run."""
    for name in ("os.system", "builtins.eval", "Layer", "__import__"):
        rewrite(path, lambda about, tensors, name=name: about["model"].update({"class": name}))
        refused(path, f"{path}, layer: expected a known layer; got {name!r}.")


def test_an_own_model_without_the_shape_of_its_data(tmp_path):
    model = own_call()
    steps(model)
    path = tmp_path / "model"
    model.save(path)
    rewrite(path, lambda about, tensors: about.update(input_shape=None))
    with pytest.raises(ModelFileError, match="expected a complete description of a model"):
        pellucid.load(path, {"OwnCall": type(model)})
