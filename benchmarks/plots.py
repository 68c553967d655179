"""The picture of how the cost grows, from the results: `python -m benchmarks.plots JSON SVG`."""

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

AXES = {
    "batch": ("batch size", "milliseconds a step"),
    "rows": ("rows in an epoch, batch 128", "seconds an epoch"),
}


def draw(linearity: dict[str, Any], path: Path) -> None:
    """Both measures against their sizes, on logarithmic axes; dotted: exactly linear."""
    mpl.rcParams["svg.hashsalt"] = "pellucid"  # the same figures give the same file
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    for axes, (kind, (across, up)) in zip(figure.subplots(1, 2), AXES.items(), strict=True):
        for job, points in linearity[kind].items():
            sizes, costs = zip(*points, strict=True)
            (line,) = axes.loglog(sizes, costs, "o-", label=job)
            linear = [costs[-1] * size / sizes[-1] for size in sizes]
            axes.loglog(sizes, linear, ":", color=line.get_color())
        axes.set(xlabel=across, ylabel=up)
        axes.legend(frameon=False)
        axes.spines[["top", "right"]].set_visible(False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    draw(json.loads(Path(sys.argv[1]).read_text())["linearity"], Path(sys.argv[2]))
