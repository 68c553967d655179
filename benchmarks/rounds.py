"""Taking turns: each figure comes from fresh processes, those of all peers beside each other.

In each round of a job every peer has a process. One of them computes at a time, for a fraction of a
second, and then the next: what is compared was measured at almost the same moment, whatever the
machine's speed was then. How a turn is passed is in `peers/turns.py`. Only what is timed from
outside, a cold start, has processes that follow each other.
"""

import json
import os
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, Any, NamedTuple

from benchmarks import jobs
from benchmarks.environments import PEERS, ROOT, Peer, can_run, python_of, variables
from benchmarks.peers import turns

SECONDS = 3600  # that one process may take
PAUSE = 0.15  # seconds before each turn: OpenBLAS' threads look for more work for 0.11, then sleep
BATCHES = (32, 64, 128, 256, 512, 1024)
ROWS = (1_000, 2_000, 5_000, 10_000, 20_000, 60_000)
SGEMM = Peer("sgemm", "pellucid", "sgemm_worker", "numpy")
PROFILE = Peer("profile", "pellucid", "profile_worker", "numpy")
PROFILED = ("mlp128", "cnn-bn")
Say = Callable[[str], None]
Report = dict[str, Any]


class WorkerError(Exception):
    """A worker that ended without a report; the text is the last line that it wrote."""


class Worker(NamedTuple):
    """A process that waits for its turns, and what it wrote of errors."""

    process: subprocess.Popen[str]
    errors: IO[str]
    latest: float  # when it must have ended

    def go(self) -> None:
        """Give it the turn."""
        assert self.process.stdin
        with suppress(BrokenPipeError):  # it has ended: `answer` finds out why
            os.write(self.process.stdin.fileno(), f"{turns.GO}\n".encode())

    def answer(self) -> Report | None:
        """Wait until the turn is over: the report if that was the last one, else None.

        Raises WorkerError.
        """
        assert self.process.stdout
        last = ""
        for line in self.process.stdout:
            if line.strip() == turns.READY:
                return None
            last = line
        code = self.process.wait()
        if code or not last:
            raise WorkerError(self.last_words())
        return json.loads(last)

    def last_words(self) -> str:
        """Why the process ended, in a line."""
        if time.monotonic() >= self.latest:
            return f"took more than {SECONDS} s"
        self.errors.seek(0)
        lines = self.errors.read().strip().splitlines()
        last = (lines or [f"exit {self.process.returncode}"])[-1]
        return last.replace(str(ROOT), ".")


@contextmanager
def started(peer: Peer, asked: dict[str, Any]) -> Iterator[Worker]:
    """A fresh process of a peer, with an empty folder for what it remembers.

    It is gone at the end of the block, or after `SECONDS`.
    """
    module = f"benchmarks.peers.{peer.worker}"
    words = json.dumps(asked | {"options": peer.options})
    with (
        TemporaryDirectory() as cache,
        TemporaryFile("w+", errors="replace") as errors,
        subprocess.Popen(
            [python_of(peer.environment), "-m", module, words],
            cwd=ROOT,
            env=os.environ | variables(peer) | {"XDG_CACHE_HOME": cache},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        timer = threading.Timer(SECONDS, process.kill)
        timer.daemon = True
        try:
            latest = time.monotonic() + SECONDS
            timer.start()
            yield Worker(process, errors, latest)
        finally:
            timer.cancel()
            process.kill()
            process.wait()


def start(peer: Peer, asked: dict[str, Any]) -> Report:
    """The report of one fresh process that is alone and has all its turns at once.

    Raises WorkerError.
    """
    began = time.perf_counter()
    with started(peer, asked) as worker:
        while (report := worker.answer()) is None:
            worker.go()
        wall = time.perf_counter() - began
    return {"ms": 1000 * wall} | report  # a cold start has no other time than its process's


def take_turns(names: list[str], rounds: int, asked: dict[str, Any], say: Say) -> dict[str, Any]:
    """What each peer makes of one job, and the machine's sgemm rate beside it.

    Each round begins with another peer. A peer that fails is named under `errors` with its last
    words, and not asked again. Raises WorkerError where the sgemm rate cannot be measured.
    """
    one_round = one_by_one if jobs.JOBS[asked["job"]].kind == "cold" else side_by_side
    peers = {"sgemm": SGEMM} | {name: PEERS[name] for name in names}
    reports: dict[str, list[Report]] = {name: [] for name in peers}
    errors: dict[str, str] = {}
    for number in range(rounds):
        first = number * len(peers) // rounds
        order = [name for name in turned(list(peers), first) if name not in errors]
        found = one_round({name: peers[name] for name in order}, asked, errors, say)
        if "sgemm" in errors:
            raise WorkerError(f"sgemm: {errors['sgemm']}")
        for name, report in found.items():
            reports[name].append(report)
            if name in names:
                say(f"  round {number + 1}  {name:20} {report['ms']:10.3f} ms")
    rates = [report["gflops"] for report in reports.pop("sgemm")]
    found = {name: summary(each) for name, each in reports.items() if each and name not in errors}
    return {"sgemm_gflops": spread(rates), "peers": found, "errors": errors}


def one_by_one(
    peers: dict[str, Peer], asked: dict[str, Any], errors: dict[str, str], say: Say
) -> dict[str, Report]:
    """The reports of processes that follow each other."""
    reports = {}
    for name, peer in peers.items():
        with noted(name, errors, say):
            reports[name] = start(peer, asked)
    return reports


def side_by_side(
    peers: dict[str, Peer], asked: dict[str, Any], errors: dict[str, str], say: Say
) -> dict[str, Report]:
    """The reports of processes that are there at once, of which one computes at a time.

    They are started one after another. Each turn begins with another peer, and every second one
    goes the other way round, so that nobody always follows the same one.
    """
    reports: dict[str, Report] = {}
    workers: dict[str, Worker] = {}
    number = 0
    with ExitStack() as stack:
        while waiting := [name for name in peers if name not in reports and name not in errors]:
            order = turned(waiting, number)
            for name in reversed(order) if number % 2 else order:
                time.sleep(PAUSE)
                with noted(name, errors, say):
                    if name in workers:
                        workers[name].go()
                    else:
                        workers[name] = stack.enter_context(started(peers[name], asked))
                    if report := workers[name].answer():
                        reports[name] = report
            number += 1
    return reports


@contextmanager
def noted(name: str, errors: dict[str, str], say: Say) -> Iterator[None]:
    """The last words of a worker that fails inside are put among the errors."""
    try:
        yield
    except WorkerError as error:
        errors[name] = str(error)
        say(f"  {name}: {error}")


def turned(names: list[str], by: int) -> list[str]:
    """The names from another place on, round and round.

    >>> turned(["a", "b", "c"], 4)
    ['b', 'c', 'a']
    """
    first = by % len(names)
    return names[first:] + names[:first]


def summary(reports: list[Report]) -> Report:
    """The rounds of one peer as one: the median of what is measured, the last of the rest.

    The turns of every round are kept.
    """
    found = dict(reports[-1])
    for name in ("ms", "epoch_s", "megabytes"):
        if name in found:
            found[name] = spread([report[name] for report in reports])
    if "turns" in found:
        found["turns"] = [report["turns"] for report in reports]
    return found


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
        few = [{"epochs": 1, "turns": 3 if n < max(ROWS) else 1} for n in ROWS]
        asked = [
            *(("batch", b, {"batch": b, "steps": max(per_epoch // b, 4)}) for b in BATCHES),
            *(("rows", n, {"rows": n} | own) for n, own in zip(ROWS, few, strict=True)),
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
