"""The page of results, made of the results alone and of the notes beside this file."""

from pathlib import Path
from typing import Any

from benchmarks.environments import PEERS
from benchmarks.jobs import Job
from benchmarks.targets import Verdict, gflops, judge_gpu, load, number, ratio, share_of_sgemm

NOTES = Path(__file__).with_name("notes.md")
Rows = list[list[str]]

HEAD = """# Performance

This page is written by `make bench`; all peers of a job were measured in one run, and nothing is
edited by hand but the notes. The figures, with every round's extremes, are in
[performance.json](performance.json); the jobs are described in
[jobs.py](../benchmarks/jobs.py), the targets in [targets.toml](../benchmarks/targets.toml).
"""
HOW = """Each figure is the median of {rounds}. In a round the processes of all peers are there at
once, and one of them computes at a time: they pass {turns} turns of about {seconds} s each round
(fewer and longer ones of long steps), in an order that changes. A ratio of times is the median over
all turns of what was measured at the same moment, as the machine's speed changes from one second to
the next: it need not be the ratio of the two figures. Only the processes of a cold start follow
each other, and its ratios are those of the figures. ± is half of the distance from the quickest
process to the slowest. All peers use {cores} cores, begin with the same weights, and see the same
rows, shuffled anew each epoch; what warms up is not timed. Each process begins with an empty folder
for what it remembers. Pellucid trains by its own `fit`, with its metric and progress line on; Keras
by its `fit`, with its metric and without a progress bar; PyTorch by a plain loop over tensors in
memory; JAX by one compiled scan over an epoch's batches (networks with convolutions by a compiled
step: inside the scan those are many times slower); scikit-learn by `MLPClassifier.partial_fit`.
"Pellucid, auto" is told nothing of engines but `auto`, and chooses one before its first epoch.
"Bare kernels" are PyTorch's, called by hand in the order in which Pellucid's torch engine calls
them, without a metric or a progress line: what that engine takes longer is what the rest of
Pellucid costs. A dash says that the peer has nothing for the job, or could not run it.

All compute in float32, but where a job is named after bfloat16: its products are in that type, by
`precision="mixed_bfloat16"` on Pellucid's torch engine and by `torch.autocast` in PyTorch. A
processor without bfloat16 rounds to it and multiplies in float32 in the first case, and in the
second has PyTorch's plain kernels for it.

Keras on TensorFlow is left out, for the size of that install.
"""
WITHOUT_TURNS = """Of these rows each process timed itself to its end before the next was started,
and the ratios are those of the figures: {jobs}.
"""


def page(results: dict[str, Any], verdicts: list[Verdict], notes: str) -> str:
    """The whole page as Markdown."""
    measured = results["jobs"]
    parts = [
        *(HEAD, "## Machine and versions", facts(results)),
        *("## How it is measured", *how(results)),
        "## Time",
        "Milliseconds a step; a call, where the job is a prediction; the whole process, where it "
        "is a cold start.",
        table(times(measured)),
        "Pellucid's time over the peer's: below 1, Pellucid (on NumPy) is ahead.",
        table(ratios(measured)),
        *("## Targets", tally(verdicts), table(judged(verdicts))),
        "## Rate of matrix products",
        "Operations of the matrix products alone, over the time of the whole step, and over the "
        "rate of a 2048 x 2048 x 2048 product by NumPy, measured in the same rounds.",
        table(rates(measured)),
        *("## Peak memory", "Megabytes of the process at its largest, data included."),
        table(memory(measured)),
        *profiles(results),
        *weight(results),
        *growth(results),
        *gpu(results),
        "## The same training",
        "The loss on the first 256 rows, before and after: all begin alike, and fall alike. "
        "Predictions show the loss of what was predicted.",
        table(losses(measured)),
        notes.strip(),
    ]
    if failed := failures(measured):
        parts += ["## What could not run", failed]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def how(results: dict[str, Any]) -> list[str]:
    """How the figures were measured."""
    cores = results["machine"]["cores used"]
    usual = {name: Job._field_defaults[name] for name in ("turns", "seconds")}
    words = HOW.format(rounds=how_often(results), cores=cores, **usual)
    others = without_turns(results["jobs"])
    return [words, WITHOUT_TURNS.format(jobs=", ".join(others))] if others else [words]


def without_turns(measured: dict[str, Any]) -> list[str]:
    """The jobs whose processes followed each other, but for the cold start."""
    return [
        job
        for job, figures in measured.items()
        if job != "cold" and not any("turns" in own for own in figures["peers"].values())
    ]


def how_often(results: dict[str, Any]) -> str:
    """How many processes each figure comes from."""
    usual = results["rounds"]
    others: dict[int, list[str]] = {}
    for job, figures in results["jobs"].items():
        if (n := figures.get("rounds", usual)) != usual:
            others.setdefault(n, []).append(job)
    more = [f" ({n} where it is of {', '.join(jobs)})" for n, jobs in others.items()]
    return "".join([f"{usual} fresh processes", *more])


def table(rows: Rows) -> str:
    """Rows, the first being the heading, as a Markdown table with numbers to the right."""
    head, *body = rows
    line = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, line, *body])


def aligned(rows: Rows) -> str:
    """The same rows for a terminal: columns of one width."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )


def shown(measured: dict[str, Any]) -> list[str]:
    """The peers that have a figure anywhere, in their usual order."""
    return [p for p in PEERS if any(p in figures["peers"] for figures in measured.values())]


def by_peer(measured: dict[str, Any], cell: Any, peers: list[str] | None = None) -> Rows:
    """A row a job, a column a peer; `cell(figures, peer)` is asked where there is a figure."""
    peers = shown(measured) if peers is None else peers
    rows = [["", *(PEERS[peer].title for peer in peers)]]
    for job, figures in measured.items():
        cells = [cell(figures, p) if p in figures["peers"] else "–" for p in peers]
        rows.append([job, *cells])
    return rows


def times(measured: dict[str, Any]) -> Rows:
    """Milliseconds, with their spread."""
    return by_peer(measured, lambda figures, peer: with_spread(figures["peers"][peer]["ms"]))


def with_spread(figure: dict[str, float]) -> str:
    """A median and half of the distance between the extremes, in percent of it.

    >>> with_spread({"median": 2.0, "low": 1.9, "high": 2.3})
    '2 ± 10 %'
    """
    half = 50 * (figure["high"] - figure["low"]) / figure["median"]
    return f"{number(figure['median'])} ± {half:.0f} %"


def ratios(measured: dict[str, Any]) -> Rows:
    """Pellucid's time over each peer's, of the jobs that it computes on NumPy."""
    measured = {job: figures for job, figures in measured.items() if "pellucid" in figures["peers"]}
    others = [peer for peer in shown(measured) if peer != "pellucid"]
    return by_peer(measured, lambda figures, peer: number(ratio(figures, peer)), others)


def memory(measured: dict[str, Any]) -> Rows:
    """Peak megabytes."""
    return by_peer(measured, lambda f, peer: f"{f['peers'][peer]['megabytes']['median']:.0f}")


def losses(measured: dict[str, Any]) -> Rows:
    """The loss before and after training."""

    def cell(figures: dict[str, Any], peer: str) -> str:
        own = figures["peers"][peer]
        both = [own[name] for name in ("loss_before", "loss_after") if name in own]
        return " → ".join(f"{loss:.3f}" for loss in both) or "–"

    return by_peer({job: f for job, f in measured.items() if job != "cold"}, cell)


def rates(measured: dict[str, Any]) -> Rows:
    """GFLOP of a job, and the rate that each peer reaches."""

    def cell(figures: dict[str, Any], peer: str) -> str:
        share = share_of_sgemm(figures, peer) or 0.0
        return f"{number(gflops(figures, peer))} ({100 * share:.0f} %)"

    measured = {job: figures for job, figures in measured.items() if job != "cold"}
    rows = by_peer(measured, cell)
    rows[0][1:1] = ["GFLOP", "sgemm, GFLOP/s"]
    for row, figures in zip(rows[1:], measured.values(), strict=True):
        row[1:1] = [number(figures["gflop"]), with_spread(figures["sgemm_gflops"])]
    return rows


def judged(verdicts: list[Verdict]) -> Rows:
    """Each target with what was found."""
    words = {True: "reached", False: "**short**", None: "not known"}
    rows = [
        [v.job, v.measure, number(v.limit), number(v.found), words[v.reached]] for v in verdicts
    ]
    return [["job", "measure", "to reach", "found", ""], *rows]


def tally(verdicts: list[Verdict]) -> str:
    """How many are reached."""
    return f"{sum(v.reached is True for v in verdicts)} of {len(verdicts)} targets are reached."


def facts(results: dict[str, Any]) -> str:
    """The machine, and the versions of everything."""
    lines = [f"- {name}: {value}" for name, value in results["machine"].items()]
    versions = {
        PEERS[peer].title: ", ".join(f"{name} {version}" for name, version in own.items())
        for peer, own in results["versions"].items()
    }
    lines += [f"- {title}: {own}" for title, own in versions.items()]
    days: dict[str, list[str]] = {}
    for job, figures in results["jobs"].items():
        days.setdefault(figures["measured"], []).append(job)
    measured = [f"{day} ({', '.join(own)})" if len(days) > 1 else day for day, own in days.items()]
    lines.append(f"- measured: {'; '.join(measured)}")
    others: dict[str, list[str]] = {}
    for name, own in results.get("elsewhere", {}).items():
        kind = f"{own['processor']}, vector units {own.get('vector units', 'not noted')}"
        others.setdefault(kind, []).append(name)
    lines += [f"- on another machine ({kind}): {', '.join(own)}" for kind, own in others.items()]
    return "\n".join(lines)


def profiles(results: dict[str, Any]) -> list[str]:
    """Where a step's time goes, where that was measured."""
    measured = results.get("profile", {})
    if not measured:
        return []
    words = (
        "Parts of Pellucid's own step, timed in the main thread of a run of their own. Copies are "
        "batches taken from the data and windows laid out for a product; Python is all that is "
        "none of the others: the loop, the layers, the graph, the metric, the progress line. "
        "Page faults say how much memory was asked of the system anew in each step."
    )
    parts = list(next(iter(measured.values()))["parts"])
    rows = [["", "ms a step", *parts, "page faults"]]
    for job, own in measured.items():
        shares = [f"{100 * own['parts'][p] / own['ms']['median']:.0f} %" for p in parts]
        rows.append([job, with_spread(own["ms"]), *shares, f"{own['faults']:.1f}"])
    return ["## Where a step's time goes", words, table(rows)]


def weight(results: dict[str, Any]) -> list[str]:
    """Install size and import time, where they were measured."""
    footprint = results.get("footprint", {})
    if not footprint:
        return []
    rows = [["", "install, MB", "import, s"]]
    for peer, own in footprint.items():
        rows.append([PEERS[peer].title, f"{own['megabytes']:.0f}", f"{own['import_s']:.2f}"])
    words = "All packages that the peer needs, without pip; a fresh process that imports it."
    return ["## Install and import", words, table(rows)]


def growth(results: dict[str, Any]) -> list[str]:
    """How the cost grows with the batch and with the data, where it was measured."""
    measured = results.get("linearity", {})
    if not measured:
        return []
    picture = "![Cost against batch size, and against rows](pictures/linearity.svg)"
    parts = ["## Growth with the batch and with the data", picture]
    for axis, title, unit in (
        ("batch", "batch size", "Microseconds a row, by batch size"),
        ("rows", "rows", "Microseconds a row, by the rows of an epoch"),
    ):
        points = measured[axis]
        places = [at for at, _ in next(iter(points.values()))]
        scale = 1e3 if axis == "batch" else 1e6
        rows = [[title, *(f"{at:,}" for at in places)]]
        for job, own in points.items():
            rows.append([job, *(number(scale * cost / at) for at, cost in own)])
        parts += [f"{unit}: level where the cost is linear.", table(rows)]
    return parts


def gpu(results: dict[str, Any]) -> list[str]:
    """What was measured on a GPU, or that nothing was; and what is to be reached there."""
    found = results.get("gpu", {})
    if found:
        own = next(iter(found.values()))["pellucid"]
        words = f"{own['gpu']}, PyTorch {own['torch']}: milliseconds a step."
        parts = [words, table(on_gpu(found))]
    else:
        parts = ["**Unmeasured: no GPU was at hand.** `python -m benchmarks.gpu` measures this:"]
    return ["## On a GPU", *parts, table(judged(judge_gpu(found, load())))]


def on_gpu(found: dict[str, Any]) -> Rows:
    """Milliseconds a step, by job and peer."""
    peers = list(dict.fromkeys(peer for own in found.values() for peer in own))
    rows = [["", *peers]]
    for job, own in found.items():
        cells = [with_spread(own[p]["ms"]) if p in own else "–" for p in peers]
        rows.append([job, *cells])
    return rows


def failures(measured: dict[str, Any]) -> str:
    """The last words of every worker that failed."""
    return "\n".join(
        f"- {job}, {PEERS[peer].title}: `{words}`"
        for job, figures in measured.items()
        for peer, words in figures["errors"].items()
    )
