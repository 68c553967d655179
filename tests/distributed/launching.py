"""Programs started as torchrun starts them, with one thread each, on this machine."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LONGEST = 300  # seconds; far more than any of them takes


def settings(**more):
    """The environment of a program: one thread, this source, and coverage where it is measured."""
    own = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    paths = [str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]
    own["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    if "coverage" in sys.modules and sys.modules["coverage"].Coverage.current() is not None:
        own |= {"COVERAGE_PROCESS_START": str(ROOT / "pyproject.toml")}
        own |= {"COVERAGE_FILE": str(ROOT / ".coverage")}
    return os.environ | own | more


def torchrun(n, *words, restarts=0, check=True):
    """A program with its words, as n processes."""
    start = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(n)]
    command = [sys.executable, *start, "--max-restarts", str(restarts), *map(str, words)]
    done = subprocess.run(
        command, env=settings(), cwd=HERE, capture_output=True, text=True, timeout=LONGEST
    )
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done
