"""Which engine computes, and what is said where one is not there."""

import copy
import subprocess
import sys

import numpy as np
import pytest
import torch

import pellucid
from pellucid import Tensor, engines, nn
from pellucid.engines import choosing, engine_of, find, in_use, numpy_engine
from pellucid.errors import EngineError, GraphError

from ..saying import says


def test_an_engine_is_found_by_its_name():
    assert find("numpy") is find("numpy", "cpu") is numpy_engine
    assert find("torch") is find("torch:cpu") is find("torch", "cpu") is find("torch:cpu", "cpu")
    assert find(find("torch")) is find("torch")
    assert repr(find("torch")) == "engine torch:cpu"
    assert copy.deepcopy(find("torch")) is find("torch")


def test_what_is_new_is_of_the_engine_in_use(engine):
    assert in_use() is engine
    assert engine_of([1.0]) is engine_of(None) is engine_of(2) is engine
    assert engine_of(Tensor([1.0, 2.0])) is engine
    assert engine_of(nn.relu([1.0, -2.0])) is engine


def test_what_is_there_stays_where_it_is(engine):
    ours, theirs = np.ones(2), torch.ones(2)
    assert engine_of(ours) is engine_of(Tensor(ours)) is engine_of(np.float32(1)) is numpy_engine
    if engine is not numpy_engine:
        assert engine_of(theirs) is engine_of(Tensor(theirs)) is engine
        assert engine_of(torch.nn.Parameter(theirs)) is engine


def test_numbers_and_data_go_where_the_tensors_are():
    engine = find("torch")
    t = Tensor(engine.asarray(np.array([1.0, 2.0])))
    for found in (1.0 - t, t * [3.0, 4.0], np.array([1.0, 2.0]) * t, nn.maximum(0, t)):
        assert engine_of(found) is engine
        assert isinstance(found, Tensor)
    ours = Tensor(np.array([1.0, 2.0]))
    assert engine_of(ours * [1.0, 2.0]) is numpy_engine
    text = (
        "a gate: expected tensors of engine torch:cpu; got one of engine numpy. "
        "Move the model first: model.to('torch:cpu'); or make the tensor there."
    )
    with says(GraphError, text):
        t * ours


def test_use_is_a_public_name():
    assert pellucid.use is engines.use
    pellucid.use("torch", device="cpu")
    assert in_use() is find("torch")
    pellucid.use("numpy")
    assert in_use() is numpy_engine


def test_an_unknown_engine_is_refused():
    text = "engine: expected numpy or torch; got 'tensorflow'. There is: numpy, torch."
    with says(EngineError, text):
        pellucid.use("tensorflow")
    with says(EngineError, "engine: expected numpy or torch; got 'pytorch'. Did you mean 'torch'?"):
        pellucid.use("pytorch")
    assert in_use() is numpy_engine


@pytest.mark.parametrize("name", ["gpu", "cuda:x", "cpu:0", "tpu:1"])
def test_an_unknown_device_is_refused(name):
    with pytest.raises(EngineError, match=r"a device: cpu, cuda, or cuda:0 and so on; got") as e:
        find("torch", name)
    assert "\n" not in str(e.value)


def test_numpy_has_one_device():
    text = (
        "engine numpy: expected device cpu; got 'cuda'. "
        "Use the engine torch: pellucid.use('torch', device='cuda')."
    )
    with says(EngineError, text):
        find("numpy", "cuda")
    with says(EngineError, "engine: expected one device; got cuda:1 and cuda:0. Name it once."):
        find("torch:cuda:1", "cuda:0")


def test_torch_that_is_not_installed(monkeypatch):
    monkeypatch.setattr(choosing.importlib.util, "find_spec", lambda name: None)
    text = (
        "engine torch: expected PyTorch; got none installed. "
        "pip install 'pellucid[torch]' brings it."
    )
    with says(EngineError, text):
        find("torch")


def test_torch_that_was_built_for_the_processor(monkeypatch):
    monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: False)
    text = (
        f"device cuda: expected a GPU that PyTorch can use; got PyTorch {torch.__version__}, "
        "built for the processor alone. Install one that is built for CUDA: "
        "https://pytorch.org/get-started/locally."
    )
    with says(EngineError, text):
        find("torch", "cuda")


def test_a_driver_that_is_missing(monkeypatch):
    monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    text = (
        "device cuda:0: expected a GPU that PyTorch can use; got no GPU, or none whose driver "
        "works. Install NVIDIA's driver, and see that nvidia-smi lists the GPU."
    )
    with says(EngineError, text):
        find("torch:cuda:0")


@pytest.mark.parametrize(("count", "there"), [(1, "cuda:0"), (4, "cuda:0 to cuda:3")])
def test_a_gpu_that_is_not_there(monkeypatch, count, there):
    monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    text = f"engine torch: expected a device that is here: {there}; got cuda:7. Choose one."
    with says(EngineError, text):
        find("torch", "cuda:7")
    assert find("torch", "cuda").label == find("torch", "cuda:0").label == "torch:cuda:0"
    choosing._made.pop(torch.device("cuda", 0))


def test_torch_is_imported_when_it_is_asked_for():
    code = "import pellucid; from pellucid import Sequential, layers; "
    code += "Sequential([layers.Input((2,)), layers.Dense(2)]); "
    code += "import sys; print('torch' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "False\n"


def test_auto_is_in_use_inside_alone():
    with engines.using("auto"):
        assert engines.chooses()
        assert in_use() is numpy_engine
        with engines.using("torch"):
            assert not engines.chooses()
            assert in_use() is find("torch")
        assert engines.chooses()
    assert not engines.chooses()
    with pytest.raises(EngineError), engines.using("tensorflow"):
        pass
    assert in_use() is numpy_engine


def test_what_is_installed(monkeypatch):
    assert engines.installed() == [numpy_engine, find("torch")]
    monkeypatch.setattr(choosing, "why_no_cuda", lambda torch: None)
    there = {("torch", None): "torch", ("torch", "cuda"): "cuda"}
    monkeypatch.setattr(choosing, "find", lambda name, device=None: there[name, device])
    assert engines.installed() == [numpy_engine, "torch", "cuda"]
    monkeypatch.setattr(choosing.importlib.util, "find_spec", lambda name: None)
    assert engines.installed() == [numpy_engine]
