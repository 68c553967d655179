"""The benchmark: Pellucid beside its peers, job by job. Run it by `make bench`, or in part by

    python -m benchmarks.bench --job mlp32 --peer torch

It needs Python alone: every environment is made on first use. Each job is a run of its own: in each
of its rounds the processes of all peers are there at once and pass the turn. A whole run writes
`docs/performance.md`, `docs/performance.json` and the picture; a part prints its tables, and if it
is told to (`--write`) puts its jobs in the place of the same ones on the page. The figures of each
job are in `benchmarks/results/` as soon as it is done; `--resume` goes on with a whole run that was
cut off.
"""

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks import environments, report, rounds, targets
from benchmarks.environments import PEERS, ROOT
from benchmarks.footprint import seconds
from benchmarks.jobs import JOBS

RESULTS = Path(__file__).parent / "results"
DOCS = ROOT / "docs"
ROUNDS, QUICK_ROUNDS = 5, 3
QUICK_JOBS = ["mlp32", "cnn"]
QUICK_PEERS = ["pellucid", "torch", "keras-jax"]
QUICK = {"epochs": 1, "seconds": 0.2, "turns": 3}  # fewer and shorter turns
UNITS = {"avx2": "AVX2", "avx512f": "AVX-512", "avx512_bf16": "AVX512-BF16", "amx_bf16": "AMX"}
MORE = ("profile", "footprint", "linearity")  # what a whole run measures besides the jobs


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench")
    parser.add_argument("--quick", action="store_true", help="a part, in about three minutes")
    parser.add_argument(
        "--job", action="append", default=[], help="only this, or all that begin so"
    )
    parser.add_argument("--peer", action="append", default=[], choices=PEERS, help="only this")
    parser.add_argument("--rounds", type=int, help=f"rounds of processes (default {ROUNDS})")
    parser.add_argument("--steps", type=int, help="steps an epoch: fewer, to try a worker out")
    parser.add_argument("--write", action="store_true", help="put a part into the page also")
    parser.add_argument("--resume", action="store_true", help="go on with a whole run")
    parser.add_argument("--from", dest="known", type=Path, help="write the page from these results")
    asked = parser.parse_args(words)
    for name in asked.job:
        if not any(job.startswith(name) for job in (*JOBS, *MORE)):
            parser.error(f"no job begins with {name!r}; there are {', '.join((*JOBS, *MORE))}")
    if asked.write and (asked.quick or asked.peer or asked.steps or asked.rounds):
        parser.error("the page takes whole jobs: --write goes with --job alone")
    return asked


def chosen_jobs(asked: argparse.Namespace) -> list[str]:
    """The jobs to run: those named, or whose name goes on after a hyphen (predict)."""
    whole = [*JOBS, *MORE]
    if asked.job:
        exact = {name for name in asked.job if name in whole}
        begun = tuple(name for name in asked.job if name not in whole)
        return [job for job in whole if job in exact or (begun and job.startswith(begun))]
    return QUICK_JOBS if asked.quick else whole


def chosen_peers(asked: argparse.Namespace) -> list[str]:
    """The peers to run; Pellucid always, the rest as asked."""
    named = asked.peer or (QUICK_PEERS if asked.quick else list(PEERS))
    return [peer for peer in PEERS if peer in named or peer == "pellucid"]


def is_whole(asked: argparse.Namespace) -> bool:
    """Whether this is a run whose figures belong on the page."""
    return not (asked.quick or asked.job or asked.peer or asked.steps or asked.rounds)


def run(asked: argparse.Namespace, results: dict[str, Any], file: Path) -> dict[str, Any]:
    """Measure what is asked for and is not among the results yet; each goes to the file at once."""
    if "PELLUCID_DATA" not in os.environ:
        sys.exit("PELLUCID_DATA must name a folder with mnist.npz and cifar10_small.npz.")
    here = machine(environments.keep_to_cores())
    if results.setdefault("machine", here) != here:
        if not asked.write:
            sys.exit(f"Those figures are of another machine: {results['machine']}, here {here}.")
        move(results, here)
    peers = chosen_peers(asked)
    for environment in dict.fromkeys(PEERS[peer].environment for peer in peers):
        environments.python_of(environment)
    results["rounds"] = rounds_of(asked)
    settings = QUICK if asked.quick else {}
    settings = settings | ({"steps": asked.steps, "epochs": 1} if asked.steps else {})
    for name in chosen_jobs(asked):
        if asked.resume and name in (*results["jobs"], *results):
            continue
        if name == "profile":
            results[name] = rounds.profile(results["rounds"], say)
        elif name == "footprint":
            results[name] = footprint(peers)
        elif name == "linearity":
            results[name] = rounds.linearity(results["rounds"], say)
        else:
            figures = rounds.measure(name, peers, results["rounds"], settings, say)
            put(results, name, figures)
        results.get("elsewhere", {}).pop(name, None)
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(results, indent=1) + "\n")
    return results


def move(results: dict[str, Any], here: dict[str, Any]) -> None:
    """Go on with the results on this machine; those so far are noted as of the one before."""
    before, elsewhere = results["machine"], results.setdefault("elsewhere", {})
    for name in (*results["jobs"], *(name for name in MORE if name in results)):
        elsewhere.setdefault(name, before)
    results["machine"] = here


def rounds_of(asked: argparse.Namespace) -> int:
    """How often everything is measured."""
    return asked.rounds or (QUICK_ROUNDS if asked.quick else ROUNDS)


def put(results: dict[str, Any], name: str, figures: dict[str, Any]) -> None:
    """A job's figures among the results, the jobs in their order, what they are made of beside."""
    now = datetime.datetime.now(datetime.UTC)
    jobs = results["jobs"] | {name: figures | {"measured": now.strftime("%Y-%m-%d")}}
    results["jobs"] = {job: jobs[job] for job in JOBS if job in jobs}
    found = {peer: own.pop("versions") for peer, own in figures["peers"].items()}
    known = results.setdefault("versions", {}) | found
    results["versions"] = {peer: known[peer] for peer in PEERS if peer in known}


def say(text: str) -> None:
    """How far the run is."""
    print(text, file=sys.stderr, flush=True)


def machine(cores: int) -> dict[str, Any]:
    """What computes."""
    facts = {}
    cpu = "/proc/cpuinfo"
    for path, key in ((cpu, "model name"), (cpu, "flags"), ("/proc/meminfo", "MemTotal")):
        file = Path(path)
        lines = file.read_text().splitlines() if file.exists() else []
        facts[key] = next((line.split(":", 1)[1] for line in lines if line.startswith(key)), "")
    kilobytes, flags = facts["MemTotal"].split(), facts["flags"].split()
    units = [name for flag, name in UNITS.items() if flag in flags]
    return {
        "processor": facts["model name"].strip() or platform.processor() or platform.machine(),
        "vector units": ", ".join(units) or "not known",
        "cores": os.cpu_count(),
        "cores used": cores,
        "memory": f"{int(kilobytes[0]) / 1e6:.0f} GB" if kilobytes else "not known",
        "system": f"{platform.system()}, {platform.machine()}",
    }


def footprint(peers: list[str]) -> dict[str, dict[str, float]]:
    """Megabytes installed and seconds to import, of each environment once."""
    say("footprint")
    guests = ("numpy", "pellucid-torch", "pellucid-auto", "bare")  # in others' environments
    own = [p for p in peers if p not in guests]
    kinds = {PEERS[p].environment: p for p in reversed(own)}
    commands = {}
    for name in [p for p in peers if p in kinds.values()]:
        peer = PEERS[name]
        settings = [f"{key}={value}" for key, value in environments.variables(peer).items()]
        python = environments.python_of(peer.environment)
        commands[name] = ["env", *settings, python, "-c", f"import {peer.imports}"]
    return {
        name: {"megabytes": environments.installed_megabytes(name), "import_s": taken}
        for name, taken in seconds(commands).items()
    }


def write(results: dict[str, Any], verdicts: list[targets.Verdict]) -> None:
    """The page, its figures and its picture."""
    file = DOCS / "performance.json"
    file.write_text(json.dumps(results, indent=1) + "\n")
    if "linearity" in results:
        picture = str(DOCS / "pictures" / "linearity.svg")
        command = [environments.python_of("plots"), "-m", "benchmarks.plots", str(file), picture]
        subprocess.run(command, check=True, cwd=ROOT)
    page = report.page(results, verdicts, report.NOTES.read_text())
    (DOCS / "performance.md").write_text(page)
    say("wrote docs/performance.md and docs/performance.json")


def known(asked: argparse.Namespace, whole: Path) -> dict[str, Any]:
    """The results to which this run adds: none, those cut off, or those of the page."""
    page = DOCS / "performance.json"
    file = asked.known or (whole if asked.resume else page if asked.write else None)
    return json.loads(file.read_text()) if file and file.exists() else {"jobs": {}}


def main(words: list[str] | None = None) -> None:
    """Measure (or read), judge, print, and write."""
    asked = arguments(words)
    whole = RESULTS / "whole.json"
    results = known(asked, whole)
    if not asked.known:
        results = run(asked, results, whole if is_whole(asked) else RESULTS / "part.json")
    verdicts = targets.judge(results["jobs"], targets.load())
    for rows in (report.times(results["jobs"]), report.ratios(results["jobs"])):
        print(report.aligned(rows), end="\n\n")
    short = targets.short(verdicts)
    print(report.tally(verdicts), *(["Short:", *short] if short else []), sep="\n")
    if asked.write or asked.known or is_whole(asked):
        write(results, verdicts)


if __name__ == "__main__":
    main()
