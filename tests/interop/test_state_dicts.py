"""Weights in PyTorch's names and order, in safetensors files that it writes and reads."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from pellucid import Input, Sequential, interop, load
from pellucid import layers as L
from pellucid.errors import ModelFileError

from .stacks import build, every_stack, ours, theirs

torch.set_num_threads(1)


@every_stack
def test_they_go_both_ways(name, rng, tmp_path):
    first, second = build(name, rng), build(name, rng)
    if name in ("a stack in a stack", "statistics behind a flatten"):
        second.set_weights(first.get_weights())  # what `adapt` measures is no weight in PyTorch
    x, path = rng.normal(size=(4, *first.input_shape[1:])), tmp_path / "weights.safetensors"
    interop.save_state_dict(first, path)
    module = interop.to_torch(second)
    missing, unexpected = module.load_state_dict(load_file(path), strict=False)
    assert all(each.endswith("num_batches_tracked") for each in missing)
    assert not unexpected
    np.testing.assert_allclose(ours(module(theirs(x))), first.predict(x), rtol=1e-9, atol=1e-9)
    save_file(module.state_dict(), path)
    interop.load_state_dict(second, path)
    for a, b in zip(first.get_weights(), second.get_weights(), strict=True):
        assert np.array_equal(a, b)


def test_files_that_do_not_fit_change_nothing(rng, tmp_path):
    model, path = build("dense", rng), tmp_path / "other"
    before = model.get_weights()
    interop.save_state_dict(build("convolutions", rng), path)
    with pytest.raises(ModelFileError, match=r"expected the weights 0\.weight, 0\.bias, 2\.weight"):
        interop.load_state_dict(model, path)
    wider = Sequential([Input((6,)), L.Dense(4, "relu"), L.Dense(4, "softmax", use_bias=False)])
    interop.save_state_dict(wider, path)
    with pytest.raises(ModelFileError, match=r"weight kernel: expected shape \(5, 6\); got shape"):
        interop.load_state_dict(model, path)
    path.write_bytes(b"no file")
    for wrong in (path, tmp_path / "nothing"):
        with pytest.raises(ModelFileError, match="expected a safetensors file; got"):
            interop.load_state_dict(model, wrong)
    assert all(map(np.array_equal, before, model.get_weights()))


def test_torch_is_not_needed(rng, tmp_path):
    model = build("convolutions", rng)
    model.save(tmp_path / "model")
    code = (
        "import sys; from pellucid import interop, load; "
        f"interop.save_state_dict(load({str(tmp_path / 'model')!r}), {str(tmp_path / 'out')!r}); "
        "print('torch' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "False\n"
    other = load(tmp_path / "model")
    for p in other.weights:
        p.assign(0.0)
    interop.load_state_dict(other, tmp_path / "out")
    assert all(map(np.array_equal, other.get_weights(), model.get_weights()))
