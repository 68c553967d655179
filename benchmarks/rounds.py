"""Taking turns: each figure comes from fresh processes, one peer after another, round by round."""

import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import jobs
from benchmarks.environments import PEERS, ROOT, Peer, can_run, python_of, variables

SECONDS = 3600  # that one process may take
BATCHES = (32, 64, 128, 256, 512, 1024)
ROWS = (1_000, 2_000, 5_000, 10_000, 20_000, 60_000)
SGEMM = Peer("sgemm", "pellucid", "sgemm_worker", "numpy")
PROFILE = Peer("profile", "pellucid", "profile_worker", "numpy")
PROFILED = ("mlp128", "cnn-bn")
Say = Callable[[str], None]


class WorkerError(Exception):
    """A worker that ended without a report; the text is the last line that it wrote."""


def start(peer: Peer, asked: dict[str, Any]) -> dict[str, Any]:
    """The report of one fresh process, with an empty folder for what it remembers.

    Raises WorkerError.
    """
    asked = asked | {"options": peer.options}
    module = f"benchmarks.peers.{peer.worker}"
    command = [python_of(peer.environment), "-m", module, json.dumps(asked)]
    with TemporaryDirectory() as cache:
        began = time.perf_counter()
        try:
            done = subprocess.run(
                command,
                cwd=ROOT,
                env=os.environ | variables(peer) | {"XDG_CACHE_HOME": cache},
                capture_output=True,
                text=True,
                timeout=SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            raise WorkerError(f"took more than {SECONDS} s") from error
        wall = time.perf_counter() - began
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        last = (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1]
        raise WorkerError(last.replace(str(ROOT), "."))
    report = json.loads(lines[-1])
    return {"ms": 1000 * wall} | report  # a cold start has no other time than its process's


def take_turns(names: list[str], rounds: int, asked: dict[str, Any], say: Say) -> dict[str, Any]:
    """What each peer makes of one job, and the machine's sgemm rate beside it.

    Each round begins with another peer: what ran just before is felt by the one that comes next. A
    peer that fails is named under `errors` with its last words, and not asked again.
    """
    reports: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    rates: list[float] = []
    errors: dict[str, str] = {}
    for number in range(rounds):
        rates.append(start(SGEMM, {})["gflops"])
        first = number * len(names) // rounds
        for name in (*names[first:], *names[:first]):
            if name in errors:
                continue
            try:
                report = start(PEERS[name], asked)
            except WorkerError as error:
                errors[name] = str(error)
                say(f"  {name}: {error}")
                continue
            reports[name].append(report)
            say(f"  round {number + 1}  {name:20} {report['ms']:10.3f} ms")
    found = {name: summary(each) for name, each in reports.items() if each and name not in errors}
    return {"sgemm_gflops": spread(rates), "peers": found, "errors": errors}


def summary(reports: list[dict[str, Any]]) -> dict[str, Any]:
    """The rounds of one peer as one: the median of what is measured, the last of the rest."""
    measured = ("ms", "epoch_s", "megabytes")
    return reports[-1] | {
        name: spread([report[name] for report in reports])
        for name in measured
        if name in reports[-1]
    }


def spread(values: list[float]) -> dict[str, float]:
    """The median, the lowest and the highest."""
    return {"median": statistics.median(values), "low": min(values), "high": max(values)}


def profile(rounds: int, say: Say) -> dict[str, Any]:
    """Where a step of Pellucid's spends its milliseconds: the median of each part, by job."""
    found = {}
    for job in PROFILED:
        say(f"profile of {job}")
        reports = [start(PROFILE, {"job": job}) for _ in range(rounds)]
        parts = reports[0]["parts"]
        found[job] = {
            "ms": spread([report["ms"] for report in reports]),
            "faults": statistics.median(report["faults"] for report in reports),
            "parts": {p: statistics.median(r["parts"][p] for r in reports) for p in parts},
        }
    return found


def linearity(rounds: int, say: Say) -> dict[str, Any]:
    """Pellucid's milliseconds a step by batch size, and seconds an epoch by rows."""
    found: dict[str, Any] = {"batch": {}, "rows": {}}
    for job in ("mlp128", "cnn"):
        say(f"linearity of {job}")
        per_epoch = 12_800 if job == "mlp128" else 1_024
        asked = [
            *(("batch", b, {"batch": b, "steps": max(per_epoch // b, 4)}) for b in BATCHES),
            *(("rows", n, {"rows": n, "epochs": 3 if n < max(ROWS) else 1}) for n in ROWS),
        ]
        points: dict[str, dict[int, list[float]]] = {"batch": {}, "rows": {}}
        for _ in range(rounds):
            for axis, at, settings in asked:
                report = start(PEERS["pellucid"], {"job": job} | settings)
                figure = report["ms"] if axis == "batch" else report["epoch_s"]
                points[axis].setdefault(at, []).append(figure)
        for axis, by_place in points.items():
            found[axis][job] = [[at, statistics.median(v)] for at, v in by_place.items()]
    return found


def measure(
    name: str, peers: list[str], rounds: int, settings: dict[str, Any], say: Say
) -> dict[str, Any]:
    """A job with the peers that can run it."""
    able = [peer for peer in peers if can_run(peer, jobs.JOBS[name])]
    say(name)
    figures = take_turns(able, rounds, {"job": name} | settings, say)
    return {"gflop": jobs.flops(jobs.JOBS[name]) / 1e9, "rounds": rounds} | figures
