"""What Pellucid costs before it does anything: megabytes installed, seconds to import, to get help.

Makes a fresh environment in a temporary folder, installs the base package into it, and prints a
table; times are medians over fresh processes, taken in turn. Run it by `make footprint`.
"""

import statistics
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

ROUNDS = 7
LIMITS = {"megabytes": 120, "import over numpy": 0.06, "help": 0.3}


def megabytes(folder: Path, without: tuple[str, ...] = ()) -> float:
    """The size of all files below a folder, but for the top-level entries named."""
    kept = (p for p in folder.rglob("*") if not p.relative_to(folder).parts[0].startswith(without))
    return sum(p.stat().st_size for p in kept if p.is_file()) / 1e6


def seconds(commands: dict[str, list[str]]) -> dict[str, float]:
    """The median wall time of each command, run in turn."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(ROUNDS):
        for name, command in commands.items():
            start = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(taken) for name, taken in times.items()}


def main() -> int:
    """Install, measure, print; 1 where a limit is missed."""
    root = Path(__file__).resolve().parents[1]
    with tempfile.TemporaryDirectory() as folder:
        environment = Path(folder) / "venv"
        venv.create(environment, with_pip=True)
        bin_folder = environment / "bin"
        pip = [str(bin_folder / "pip"), "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, str(root)], check=True)
        (site,) = environment.glob("lib/python*/site-packages")
        tools = ("pip", "setuptools", "pkg_resources", "_distutils_hack", "distutils-precedence")
        size, whole = megabytes(site, without=tools), megabytes(site)
        python = str(bin_folder / "python")
        taken = seconds(
            {
                "python": [python, "-c", "pass"],
                "numpy": [python, "-c", "import numpy"],
                "pellucid": [python, "-c", "import numpy, pellucid"],
                "model": [python, "-c", "from pellucid import Sequential, layers, losses"],
                "help": [str(bin_folder / "pellucid"), "--help"],
            }
        )
    over = taken["pellucid"] - taken["numpy"]
    print(f"site-packages, base install      {size:7.1f} MB  (with pip and setuptools {whole:.1f})")
    print(f"python -c pass                   {taken['python']:7.3f} s")
    print(f"import numpy                     {taken['numpy']:7.3f} s")
    print(f"import numpy, pellucid           {taken['pellucid']:7.3f} s  ({over:+.3f} s)")
    print(f"from pellucid import Sequential  {taken['model']:7.3f} s")
    print(f"pellucid --help                  {taken['help']:7.3f} s")
    found = {"megabytes": whole, "import over numpy": over, "help": taken["help"]}
    missed = [name for name, limit in LIMITS.items() if found[name] > limit]
    print(f"missed: {', '.join(missed)}" if missed else "all limits kept")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
