"""On an NVIDIA GPU: Pellucid's own `fit` beside PyTorch's steps.

    python -m benchmarks.gpu --write

It takes the Python that it is started with, whose PyTorch has to be built for CUDA, and prints
milliseconds a step, ratios and targets; `--write` puts them on the page. PyTorch is measured

- `eager`: a loop over data that lie on the GPU,
- `graphed`: the same step, captured by hand as a CUDA graph once, and replayed,
- `compiled`: the same loop with `torch.compile(mode="max-autotune")`; images are channels-last.

Each figure is the median of fresh processes that take turns. How busy the GPU is comes from a
profile of an epoch of Pellucid's: the share of the time in which some kernel runs. With
`--device cpu` all of it is tried out on few rows, and nothing is captured: those figures say
nothing.
"""

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks import bench, jobs, material, report, rounds, targets
from benchmarks.environments import ROOT
from benchmarks.jobs import Job

ROUNDS, WARM_UP = 5, 2  # processes; epochs that are not timed
MARK = "end of an epoch"  # in the profile
TRIAL = {"batch": 2, "steps": 1, "epochs": 1}  # on a processor
PEERS = {
    "mlp128": ("pellucid", "eager", "graphed"),
    "cnn-bn-1024": ("pellucid", "eager", "compiled"),
    "resnet18-512": ("pellucid", "eager", "compiled"),
}


def made(peer: str, job: Job, device: str) -> Any:
    """What trains: it has `fit(x, y, epochs, after_epoch)`."""
    if peer == "pellucid":
        from benchmarks.peers.pellucid_worker import Pellucid

        return Pellucid(job, engine=f"torch:{device}")
    from benchmarks.peers.torch_on_gpu import PEERS as KINDS

    return KINDS[peer](job, "channels-last" if jobs.is_image(job) else "default", device)


def measured(peer: str, name: str, device: str) -> dict[str, Any]:
    """Milliseconds a step of one peer, in this process; of Pellucid how busy the GPU was, too."""
    import torch

    on_gpu = device != "cpu"
    job = jobs.GPU_JOBS[name]._replace(**{} if on_gpu else TRIAL)
    wait: Callable[[], None] = torch.cuda.synchronize if on_gpu else lambda: None
    x, y = material.load(job)
    ends: list[float] = []

    def after_epoch() -> None:
        wait()
        ends.append(time.perf_counter())

    trained = made(peer, job, device)
    trained.fit(x, y, WARM_UP + job.epochs, after_epoch)
    taken = [b - a for a, b in itertools.pairwise(ends[WARM_UP - 1 :])]
    found = {"ms": 1000 * statistics.median(taken) / job.steps, "torch": torch.__version__}
    if peer == "pellucid" and on_gpu:
        found |= {"busy": busy(trained, x, y, wait), "gpu": torch.cuda.get_device_name()}
    return found


def busy(trained: Any, x: Any, y: Any, wait: Callable[[], None]) -> float:
    """The share of an epoch, the third of a `fit`, in which some kernel ran, by a profile of it."""
    from torch.autograd import DeviceType
    from torch.profiler import ProfilerActivity, profile, record_function

    def after_epoch() -> None:
        wait()
        with record_function(MARK):
            pass

    with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as seen:
        trained.fit(x, y, 3, after_epoch)
    events = seen.events() or []
    marks = sorted(e.time_range.start for e in events if e.name == MARK)
    kernels = [
        (e.time_range.start, e.time_range.end)
        for e in events
        if e.device_type == DeviceType.CUDA and e.name != MARK
    ]
    return covered(kernels, marks[1], marks[2])


def covered(spans: list[tuple[float, float]], start: float, end: float) -> float:
    """The share of the time from start to end that lies in at least one of the spans.

    >>> covered([(0, 2), (1, 3), (6, 9)], 1, 8)
    0.5714285714285714
    """
    total, reached = 0.0, start
    for a, b in sorted(spans):
        a, b = max(a, reached), min(b, end)
        if b > a:
            total += b - a
            reached = b
    return total / (end - start)


def take_turns(device: str, times: int) -> dict[str, Any]:
    """What every peer makes of every job: fresh processes, one after another, round by round."""
    found: dict[str, Any] = {}
    for name, peers in PEERS.items():
        seen: dict[str, list[Any]] = {peer: [] for peer in peers}
        for _, peer in itertools.product(range(times), peers):
            seen[peer].append(started(peer, name, device))
            bench.say(f"{name}  {peer:10} {seen[peer][-1]['ms']:10.3f} ms")
        found[name] = {
            peer: own[-1] | {"ms": rounds.spread([each["ms"] for each in own])}
            for peer, own in seen.items()
        }
    return found


def started(peer: str, name: str, device: str) -> dict[str, Any]:
    """The report of a fresh process."""
    words = ["--alone", peer, name, "--device", device]
    command = [sys.executable, "-m", "benchmarks.gpu", *words]
    paths = os.pathsep.join([str(ROOT), str(ROOT / "src")])
    environment = os.environ | {"PYTHONPATH": paths}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def main(words: list[str] | None = None) -> None:
    """Measure, judge, print, and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu")
    parser.add_argument("--device", default="cuda:0")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--write", action="store_true", help="put the figures on the page")
    parser.add_argument("--alone", nargs=2, metavar=("PEER", "JOB"), help="one, in this process")
    asked = parser.parse_args(words)
    if asked.write and asked.device == "cpu":
        parser.error("the page takes a GPU's figures: --write goes with one")
    if asked.alone:
        out, sys.stdout = sys.stdout, sys.stderr  # where the progress line goes
        print(json.dumps(measured(*asked.alone, asked.device)), file=out, flush=True)
        return
    found = take_turns(asked.device, asked.rounds)
    verdicts = targets.judge_gpu(found, targets.load())
    print(report.aligned(report.on_gpu(found)), report.aligned(report.judged(verdicts)), sep="\n\n")
    if asked.write:
        results = json.loads((bench.DOCS / "performance.json").read_text()) | {"gpu": found}
        bench.write(results, targets.judge(results["jobs"], targets.load()))


if __name__ == "__main__":
    main()
