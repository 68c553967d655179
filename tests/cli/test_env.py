"""`pellucid env`: what computes here, and what is said about it."""

import json
import subprocess
import sys

import numpy as np

import pellucid
from pellucid.cli import env
from pellucid.cli.main import main
from pellucid.engines import machine

FAST = {
    "blas": "scipy-openblas 0.3", "blas_threads": 8, "cores": 8, "thread_settings": {},
    "gpu": None, "torch": "2.0", "matplotlib": "3.9", "engine": "numpy",
}  # fmt: skip

NO_ADVICE = {"advice": []}


def test_the_facts_are_true(capsys, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert main(["env", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["pellucid"], said["numpy"]) == (pellucid.__version__, np.__version__)
    assert said["engine"] == "numpy"
    assert said["cores"] >= 1
    assert said["thread_settings"]["OMP_NUM_THREADS"] == "3"
    assert said["features"]


def test_a_person_gets_lines(capsys):
    assert main(["env"]) == 0
    said = capsys.readouterr().out
    for word in ("Pellucid", "NumPy", "BLAS", "processor", "features", "GPU", "PyTorch"):
        assert f"\n{word}" in f"\n{said}"


def test_a_fast_machine_needs_no_advice():
    assert env.advice(FAST) == []


def test_what_is_missing_is_said():
    slow = FAST | {"blas": "netlib 3.1", "blas_threads": 1, "gpu": "H100"}
    slow |= {"torch": None, "matplotlib": None, "thread_settings": {"OMP_NUM_THREADS": "1"}}
    said = "\n".join(env.advice(slow))
    assert "1 of 8 cores because of OMP_NUM_THREADS=1" in said
    assert "without a fast BLAS" in said
    assert "the GPU (H100) is not used: PyTorch, which would, is not installed: pip" in said
    assert "PyTorch is not installed; for its kernels and GPUs: pip install" in said
    assert "pip install 'pellucid[plots]'" in said
    assert env.advice(FAST | {"blas_threads": 2}) == ["products use 2 of 8 cores"]
    assert env.advice(FAST | {"blas_threads": None}) == []
    lines = env.described(env.facts() | slow | {"advice": env.advice(slow)})
    assert "  ! PyTorch is not installed" in lines
    assert "PyTorch     not installed" in lines


def test_it_is_said_whether_the_processor_multiplies_in_bfloat16(monkeypatch):
    monkeypatch.setattr(machine, "_cpuinfo", lambda name: "fpu avx2 avx512_bf16")
    assert env.facts()["bfloat16"] == ["avx512_bf16"]
    assert "avx512_bf16: mixed_bfloat16 may be quicker" in env.described(env.facts() | NO_ADVICE)
    monkeypatch.setattr(machine, "_cpuinfo", lambda name: "fpu avx2")
    assert env.facts()["bfloat16"] == []
    assert "mixed_bfloat16 saves no time" in env.described(env.facts() | NO_ADVICE)
    monkeypatch.setattr(machine, "_cpuinfo", lambda name: None)
    assert env.facts()["bfloat16"] is None
    assert "bfloat16    unknown" in env.described(env.facts() | NO_ADVICE)


def test_a_package_that_is_not_there_has_no_version():
    assert env.version("numpy") == np.__version__
    assert env.version("no-such-package-anywhere") is None


def test_the_gpu_is_asked_of_the_driver(monkeypatch):
    monkeypatch.setattr(env.sys, "platform", "linux")
    monkeypatch.setattr(env.shutil, "which", lambda name: None)
    assert env.gpu() is None
    monkeypatch.setattr(env.shutil, "which", lambda name: "/bin/nvidia-smi")

    def answer(code, text):
        result = subprocess.CompletedProcess([], code, text, "")
        monkeypatch.setattr(env.subprocess, "run", lambda *a, **k: result)
        return env.gpu()

    assert answer(0, "H100\nH200\n") == "H100, H200"
    assert answer(0, "") is None
    assert answer(9, "failed") is None

    def broken(*words, **settings):
        raise OSError

    monkeypatch.setattr(env.subprocess, "run", broken)
    assert env.gpu() is None
    monkeypatch.setattr(env.sys, "platform", "darwin")
    monkeypatch.setattr(env.platform, "machine", lambda: "arm64")
    assert env.gpu() == "Apple silicon"


def test_torch_is_not_imported_to_be_asked():
    code = "from pellucid.cli.main import main; main(['env'])"
    code += "; import sys; print('torch' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.endswith("False\n")


def test_the_engine_in_use_is_named(capsys):
    assert main(["env", "--engine", "torch"]) == 0
    said = capsys.readouterr().out
    assert "engine torch:cpu\n" in said
    assert f"PyTorch     {env.version('torch')}, in use on cpu\n" in said
    assert main(["env"]) == 0
    said = capsys.readouterr().out
    assert "engine numpy\n" in said
    assert f"PyTorch     {env.version('torch')}, at hand: --engine torch\n" in said


def test_why_the_gpu_is_not_used(monkeypatch):
    import torch

    found = FAST | {"gpu": "H100"}
    monkeypatch.setattr(env.sys, "platform", "linux")
    monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: False)
    (said,) = env.advice(found)
    assert "the GPU (H100) is not used: PyTorch 2" in said
    assert "built for the processor alone. Install one that is built for CUDA" in said
    monkeypatch.setattr(torch.backends.cuda, "is_built", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert "none whose driver works. Install NVIDIA's driver" in env.advice(found)[0]
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert "nobody asked for it. Say --device cuda" in env.advice(found)[0]
    assert env.advice(found | {"engine": "torch:cuda:0"}) == []
    monkeypatch.setattr(env.sys, "platform", "darwin")
    assert "computes on processors and NVIDIA's GPUs" in env.advice(found)[0]
