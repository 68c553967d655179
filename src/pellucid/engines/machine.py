"""What machine this is, as far as speed depends on it: processor, cores, threads, GPUs.

Nothing here takes time or imports anything, so that it can be asked before each run.
"""

import os
import platform
from contextlib import suppress
from pathlib import Path
from typing import Any

from pellucid.engines import blas

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
BFLOAT16 = ("avx512_bf16", "amx_bf16")  # as Linux calls them
GPUS = "/proc/driver/nvidia/gpus"  # where NVIDIA's driver lists them on Linux
SEEN = "CUDA_VISIBLE_DEVICES"


def facts() -> dict[str, Any]:
    """The machine as a plain dictionary: where it is the same, a step takes the same time."""
    return {
        "processor": processor(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": cores(),
        "blas_threads": blas.usual_threads(),
        "thread_settings": thread_settings(),
        "gpus": [*_gpus(), os.environ.get(SEEN, "")],
    }


def processor() -> str:
    """The processor's name, as far as the system tells it."""
    return _cpuinfo("model name") or platform.processor() or platform.machine()


def bfloat16() -> list[str] | None:
    """The processor's own instructions for products in bfloat16; None where nobody can say."""
    flags = _cpuinfo("flags")
    return None if flags is None else [name for name in BFLOAT16 if name in flags.split()]


def _cpuinfo(name: str) -> str | None:
    """What Linux says of the first processor."""
    with suppress(OSError):  # other systems have no such file
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith(name):
                return line.split(":", 1)[1].strip()
    return None


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def thread_settings() -> dict[str, str]:
    """What the environment says of threads."""
    return {name: os.environ[name] for name in THREADS if name in os.environ}


def _gpus() -> list[str]:
    """NVIDIA's GPUs by name, where the driver lists them."""
    found = []
    with suppress(OSError):
        for folder in sorted(Path(GPUS).iterdir()):
            lines = (folder / "information").read_text().splitlines()
            found += [line.split(":", 1)[1].strip() for line in lines if line.startswith("Model")]
    return found
