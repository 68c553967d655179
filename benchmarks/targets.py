"""Reading the targets, and judging figures by them."""

import itertools
import operator
import statistics
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

RATIOS = {  # by the table of targets: whose figure, which, and what it is called
    "ratio": ("pellucid", "ms", "time"),
    "torch-engine": ("pellucid-torch", "ms", "time on the torch engine"),
    "memory": ("pellucid", "megabytes", "peak memory"),
}
FILE = Path(__file__).with_suffix(".toml")


class Verdict(NamedTuple):
    """One target: what was to be reached, and what was. `reached` is None where it is not known."""

    job: str
    measure: str
    limit: float
    found: float | None
    reached: bool | None


def load(path: Path = FILE) -> dict[str, Any]:
    """The targets, by measure and job."""
    return tomllib.loads(path.read_text())


def ratio(
    figures: dict[str, Any], peer: str, field: str = "ms", whose: str = "pellucid"
) -> float | None:
    """Pellucid's figure over the peer's; None where one of them is missing."""
    return compared(figures, (whose, peer), field, operator.truediv)


def more(figures: dict[str, Any], peer: str) -> float | None:
    """The torch engine's milliseconds less the peer's; None where one of them is missing."""
    return compared(figures, ("pellucid-torch", peer), "ms", operator.sub)


def compared(
    figures: dict[str, Any], names: tuple[str, str], field: str, how: Callable[..., float]
) -> float | None:
    """The median of how two peers compare, over all that was measured of both at one moment."""
    own, other = (figures["peers"].get(name) for name in names)
    if not own or not other:
        return None
    return statistics.median(itertools.starmap(how, pairs(own, other, field)))


def pairs(own: Any, other: Any, field: str) -> list[tuple[float, float]]:
    """Two peers' milliseconds in each turn of each round; without turns, or of memory, the medians.

    >>> pairs({"turns": [[1, 2], [3, 4]]}, {"turns": [[5, 6], [7, 8]]}, "ms")
    [(1, 5), (2, 6), (3, 7), (4, 8)]
    """
    if field == "ms" and "turns" in own and "turns" in other:
        rounds = zip(own["turns"], other["turns"], strict=True)
        return [pair for turns in rounds for pair in zip(*turns, strict=True)]
    return [(own[field]["median"], other[field]["median"])]


def over_the_better(figures: dict[str, Any]) -> float | None:
    """The time where `fit` chose the engine, over that of the better one; None without both."""
    engines = [ratio(figures, p, whose="pellucid-auto") for p in ("pellucid", "pellucid-torch")]
    known = [found for found in engines if found is not None]
    return max(known) if len(known) == len(engines) else None


def gflops(figures: dict[str, Any], peer: str = "pellucid") -> float | None:
    """The rate of a job's matrix products in GFLOP/s."""
    own = figures["peers"].get(peer)
    return 1000 * figures["gflop"] / own["ms"]["median"] if own else None


def share_of_sgemm(figures: dict[str, Any], peer: str = "pellucid") -> float | None:
    """That rate over the machine's, measured in the same rounds."""
    rate = gflops(figures, peer)
    return None if rate is None else rate / figures["sgemm_gflops"]["median"]


def judge(measured: dict[str, Any], targets: dict[str, Any]) -> list[Verdict]:
    """A verdict for each target whose job and peer were run, in the order of the jobs."""
    found = []
    for job, figures in measured.items():
        for kind, (whose, field, words) in RATIOS.items():
            for peer, limit in targets.get(kind, {}).get(job, {}).items():
                if {peer, whose} <= figures["peers"].keys() | figures["errors"].keys():
                    value = ratio(figures, peer, field, whose)
                    found.append(verdict(job, f"{words} over {peer}'s", limit, value))
        if job in targets.get("milliseconds", {}):
            own = figures["peers"].get("pellucid")
            value = own["ms"]["median"] if own else None
            found.append(verdict(job, "milliseconds", targets["milliseconds"][job], value))
        if job in targets.get("auto", {}) and "pellucid-auto" in figures["peers"]:
            words, limit = 'time with engine="auto" over the better engine\'s', targets["auto"][job]
            found.append(verdict(job, words, limit, over_the_better(figures)))
        for peer, limit in targets.get("overhead", {}).get(job, {}).items():
            if {peer, "pellucid-torch"} <= figures["peers"].keys() | figures["errors"].keys():
                words = f"milliseconds on the torch engine more than {peer}'s"
                found.append(verdict(job, words, limit, more(figures, peer)))
        if job in targets.get("sgemm", {}):
            limit, value = targets["sgemm"][job], share_of_sgemm(figures)
            reached = None if value is None else value >= limit
            found.append(Verdict(job, "share of the sgemm rate, at least", limit, value, reached))
    return found


def judge_gpu(found: dict[str, Any], targets: dict[str, Any]) -> list[Verdict]:
    """A verdict for each target of a GPU; `found` is empty where none was at hand."""
    limits, verdicts = dict(targets["gpu"]), []
    share = limits.pop("busy")
    for job, peers in limits.items():
        own = found.get(job, {})
        for peer, limit in peers.items():
            value = own["pellucid"]["ms"]["median"] / own[peer]["ms"]["median"] if own else None
            verdicts.append(verdict(job, f"time over {peer} PyTorch's", limit, value))
        busy = own.get("pellucid", {}).get("busy")
        reached = None if busy is None else busy >= share
        verdicts.append(Verdict(job, "share of the time the GPU is busy", share, busy, reached))
    return verdicts


def verdict(job: str, measure: str, limit: float, value: float | None) -> Verdict:
    """A target that is reached at or below its limit."""
    return Verdict(job, measure, limit, value, None if value is None else value <= limit)


def short(verdicts: list[Verdict]) -> list[str]:
    """A line for each target that is not reached, or could not be judged."""
    return [
        f"{v.job}: {v.measure} {number(v.found)}, to reach {number(v.limit)}"
        for v in verdicts
        if not v.reached
    ]


def number(value: float | None) -> str:
    """Three significant digits, or a dash.

    >>> number(0.04567), number(1234.5), number(None)
    ('0.0457', '1234', '–')
    """
    if value is None:
        return "–"
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"
