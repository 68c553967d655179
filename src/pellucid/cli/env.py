"""`pellucid env`: what computes here, how fast it can be, and what is missing for more."""

import json
import os
import platform
import shutil
import subprocess
import sys
from argparse import Namespace
from importlib import metadata
from typing import Any

import numpy as np

import pellucid
from pellucid.engines import chooses, in_use, why_no_cuda
from pellucid.engines.blas import threads as blas_threads
from pellucid.engines.machine import bfloat16, cores, processor, thread_settings

INSTALL = "pip install 'pellucid[torch]'"
FAST_BLAS = ("openblas", "mkl", "accelerate", "blis")


def run(arguments: Namespace) -> int:
    """Print what there is, and below it what is missing."""
    found = facts()
    found["advice"] = advice(found)
    print(json.dumps(found, indent=2) if arguments.json else described(found))
    return 0


def facts() -> dict[str, Any]:
    """What there is, by name, as JSON can hold it."""
    config: Any = np.show_config(mode="dicts") or {}
    blas = config.get("Build Dependencies", {}).get("blas", {})
    simd = config.get("SIMD Extensions", {})
    return {
        "pellucid": pellucid.__version__,
        "engine": "auto" if chooses() else in_use().label,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "numpy": np.__version__,
        "blas": f"{blas.get('name', 'unknown')} {blas.get('version', '')}".strip(),
        "blas_threads": blas_threads(),
        "thread_settings": thread_settings(),
        "processor": processor(),
        "cores": cores(),
        "features": [*simd.get("baseline", []), *simd.get("found", [])],
        "features_missing": simd.get("not found", []),
        "bfloat16": bfloat16(),
        "gpu": gpu(),
        "torch": version("torch"),
        "matplotlib": version("matplotlib"),
        "data_folder": os.environ.get("PELLUCID_DATA"),
    }


def advice(found: dict[str, Any]) -> list[str]:
    """What could make it faster, or is missing, in sentences."""
    said = []
    threads, cores = found["blas_threads"], found["cores"]
    if threads is not None and threads < cores:
        settings = ", ".join(f"{k}={v}" for k, v in found["thread_settings"].items())
        said.append(
            f"products use {threads} of {cores} cores"
            + (f" because of {settings}; unset it to use all" if settings else "")
        )
    if not any(name in found["blas"].lower() for name in FAST_BLAS):
        said.append("NumPy was built without a fast BLAS: install its wheel, pip install numpy")
    if found["gpu"] and "cuda" not in found["engine"]:
        said.append(f"the GPU ({found['gpu']}) is not used: {why_not_the_gpu(found)}")
    if found["torch"] is None:
        said.append(f"PyTorch is not installed; for its kernels and GPUs: {INSTALL}")
    if found["matplotlib"] is None:
        said.append("matplotlib is not installed; for pictures: pip install 'pellucid[plots]'")
    return said


def why_not_the_gpu(found: dict[str, Any]) -> str:
    """Why a GPU that is there does not compute, and what to do."""
    if found["torch"] is None:
        return f"PyTorch, which would, is not installed: {INSTALL}"
    if sys.platform == "darwin":
        return "PyTorch's engine here computes on processors and NVIDIA's GPUs"
    import torch

    if (why := why_no_cuda(torch)) is not None:
        return f"{why[0]}. {why[1]}"
    return "nobody asked for it. Say --device cuda, or pellucid.use('torch', device='cuda')"


def described(found: dict[str, Any]) -> str:
    """The facts and the advice for a person."""
    threads = "" if found["blas_threads"] is None else f", {found['blas_threads']} threads"
    missing = ", ".join(found["features_missing"])
    rows = {
        "Pellucid": f"{found['pellucid']}, engine {found['engine']}",
        "Python": f"{found['python']} on {found['system']}",
        "NumPy": found["numpy"],
        "BLAS": found["blas"] + threads,
        "processor": f"{found['processor']}, {found['cores']} cores",
        "features": ", ".join(found["features"]) + (f" (not here: {missing})" if missing else ""),
        "bfloat16": bfloat16_line(found["bfloat16"]),
        "GPU": found["gpu"] or "none found",
        "PyTorch": torch_line(found),
        "matplotlib": found["matplotlib"] or "not installed",
        "data folder": found["data_folder"] or "PELLUCID_DATA is not set; downloads are cached",
    }
    lines = [f"{name:<12}{value}" for name, value in rows.items()]
    return "\n".join([*lines, *(f"  ! {sentence}" for sentence in found["advice"])])


def bfloat16_line(instructions: list[str] | None) -> str:
    """Whether mixed_bfloat16 can be quicker on this processor."""
    if instructions is None:
        return "unknown"
    if not instructions:
        return "not in this processor: mixed_bfloat16 saves no time on it"
    return f"{', '.join(instructions)}: mixed_bfloat16 may be quicker, on PyTorch's engine"


def torch_line(found: dict[str, Any]) -> str:
    """PyTorch's version, and whether it computes."""
    if found["torch"] is None:
        return "not installed"
    device = found["engine"].removeprefix("torch:")
    return found["torch"] + (
        ", at hand: --engine torch" if device == found["engine"] else f", in use on {device}"
    )


# -- one fact each --------------------------------------------------------------------------------


def version(package: str) -> str | None:
    """The version that is installed, found without importing it."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def gpu() -> str | None:
    """The names of the NVIDIA GPUs that the driver knows, or on a Mac of Apple silicon its own."""
    if sys.platform == "darwin" and platform.machine() == "arm64":
        return "Apple silicon"
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return None
    try:
        command = [tool, "--query-gpu=name", "--format=csv,noheader"]
        result = subprocess.run(command, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return ", ".join(result.stdout.splitlines()) or None if result.returncode == 0 else None
