"""The peers, and the environment of each: made on first use, from pinned requirements.

They lie in `.venv-bench/`, one a peer, and are made anew when their requirements change.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from benchmarks import jobs
from benchmarks.footprint import megabytes
from benchmarks.jobs import Job

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / ".venv-bench"
REQUIREMENTS = Path(__file__).parent / "requirements"
CORES = 2
TOOLS = ("pip", "setuptools", "pkg_resources", "_distutils_hack", "distutils-precedence")
XLA = {"XLA_FLAGS": "--xla_cpu_experimental_ynn_fusion_type="}


class Peer(NamedTuple):
    """Who is measured: its name in tables, its environment, worker and settings."""

    title: str
    environment: str
    worker: str
    imports: str
    options: dict[str, str] = {}
    settings: dict[str, str] = {}


PEERS = {
    "pellucid": Peer("Pellucid", "pellucid", "pellucid_worker", "pellucid.layers"),
    "pellucid-torch": Peer(
        "Pellucid on torch", "torch", "pellucid_worker", "pellucid.layers", {"engine": "torch"}
    ),
    "pellucid-auto": Peer(
        "Pellucid, auto", "torch", "pellucid_worker", "pellucid.layers", {"engine": "auto"}
    ),
    "numpy": Peer("NumPy by hand", "pellucid", "numpy_worker", "numpy"),
    "torch": Peer("PyTorch", "torch", "torch_worker", "torch"),
    "bare": Peer("Bare kernels", "torch", "bare_worker", "torch"),
    "torch-channels-last": Peer(
        "PyTorch channels-last", "torch", "torch_worker", "torch", {"layout": "channels-last"}
    ),
    "keras-torch": Peer(
        "Keras on torch", "keras-torch", "keras_worker", "keras", {}, {"KERAS_BACKEND": "torch"}
    ),
    "keras-jax": Peer(
        "Keras on JAX", "keras-jax", "keras_worker", "keras", {}, XLA | {"KERAS_BACKEND": "jax"}
    ),
    "jax": Peer("JAX", "jax", "jax_worker", "jax", {}, XLA),
    "scikit-learn": Peer(
        "scikit-learn", "scikit-learn", "sklearn_worker", "sklearn.neural_network"
    ),
}


def can_run(peer: str, job: Job) -> bool:
    """Whether this peer has what the job needs."""
    if job.precision is not None:
        return peer in ("pellucid-torch", "torch-channels-last" if jobs.is_image(job) else "torch")
    match peer:
        case "pellucid-torch":
            return job.name != "cold"
        case "pellucid-auto":
            return job.kind == "train"
        case "numpy":
            return job.name == "tiny"
        case "bare":
            return job.name in ("mlp32", "cnn-bn")
        case "torch-channels-last":
            return jobs.is_image(job)
        case "scikit-learn":
            return jobs.is_plain(job)
    return True


def python_of(environment: str) -> str:
    """The Python of an environment, which is made first if it has to be."""
    folder = HOME / environment
    python, mark = folder / "bin" / "python", folder / "installed"
    wanted = (REQUIREMENTS / f"{environment}.txt").read_text()
    if not mark.exists() or mark.read_text() != wanted:
        print(f"making the environment of {environment}", file=sys.stderr, flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        file = str(REQUIREMENTS / f"{environment}.txt")
        subprocess.run([*pip, "-r", file], check=True, cwd=ROOT)
        mark.write_text(wanted)
    return str(python)


def variables(peer: Peer) -> dict[str, str]:
    """What a process of this peer finds in its environment, besides what is there already."""
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return {
        **dict.fromkeys(threads, str(CORES)),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]),
        "KERAS_HOME": str(HOME / "keras-settings"),
        **peer.settings,
    }


def keep_to_cores() -> int:
    """Keep this process and those it starts to two cores; how many there are in fact."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
        return len(os.sched_getaffinity(0))
    return min(CORES, os.cpu_count() or 1)


def installed_megabytes(peer: str) -> float:
    """What the peer's packages weigh, without the tools that every environment has."""
    (site,) = (HOME / PEERS[peer].environment).glob("lib/python*/site-packages")
    size = megabytes(site, without=TOOLS)
    return size + megabytes(ROOT / "src") if peer == "pellucid" else size
