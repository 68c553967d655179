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
    with suppress(OSError):  # systems other than Linux have no such file
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


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
