"""The figures of a training run over its epochs, as they are and smoothed.

A smooth curve is the bias-corrected exponential average of `pellucid.averages`: each point is a
mean of the epochs so far, the last of which count most.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pellucid.averages import smooth
from pellucid.errors import DataError
from pellucid.insight.colours import BLUE, ORANGE
from pellucid.insight.plots.frame import grid, legend, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FEW = 25  # points that are marked, each


class Curve(NamedTuple):
    """One line: the epochs, counted from 1, its values, and those smoothed."""

    epochs: np.ndarray
    values: np.ndarray
    smoothed: np.ndarray


def learning_curve(
    history: Any, ax: "Axes | Sequence[Axes] | None" = None, *, beta: float = 0.0
) -> "Figure":
    """The loss and each metric over the epochs, in training and, where measured, in validation.

    `history` is what `fit` returns, a model, or a dictionary {figure: one number an epoch}; figures
    of several numbers are left out. With `beta` the lines are smoothed over about 1 / (1 - beta)
    epochs, and what was measured stands faintly behind them. Each figure has a panel; `ax` is one
    panel for the first of them, or a sequence with one for each. Raises DataError where there are
    no epochs, and SettingError without matplotlib or for a beta of 1 and above.
    """
    curves = learning_curve_data(history, beta)
    axes: Any = ax if ax is None or isinstance(ax, Sequence | np.ndarray) else [ax]
    count = len(curves) if ax is None else len(axes)
    figure, found = panels(axes, 1, count, (5.2, 3.8))
    for panel, (name, lines) in zip(found, curves.items(), strict=False):
        styles = ((BLUE, "-"), (ORANGE, "--"))
        for (part, curve), style in zip(lines.items(), styles, strict=False):
            _curve(panel, curve, part, *style, smoothed=beta > 0)
        panel.set_xlabel("epoch")
        about = f" (mean of about {round(1 / (1 - beta))} epochs)" if beta else ""
        panel.set_ylabel(f"{name}{about}")
        panel.locator_params(axis="x", integer=True)
        panel.margins(x=0.03)
        grid(panel)
        legend(panel)
    return figure


def learning_curve_data(history: Any, beta: float = 0.0) -> dict[str, dict[str, Curve]]:
    """The lines of each panel: {"loss": {"training": Curve, "validation": Curve}, ...}."""
    figures = history
    while hasattr(figures, "history"):  # a model has a History, which has the dictionary
        figures = figures.history
    figures = {name: list(values) for name, values in dict(figures).items() if len(values)}
    figures = {name: v for name, v in figures.items() if not getattr(v[0], "shape", ())}
    if not figures:
        raise DataError(
            "learning_curve", "at least one epoch", "none", "Train first: model.fit(x, y)."
        )
    curves = {}
    for name, values in figures.items():
        if not name.startswith("val_"):
            curves[name] = {"training": _smoothed(values, beta)}
            if (other := f"val_{name}") in figures:
                curves[name]["validation"] = _smoothed(figures[other], beta)
    return curves


def _smoothed(values: list[float], beta: float) -> Curve:
    """The values of an epoch each, and their average."""
    averages = smooth(map(float, values), beta)
    return Curve(np.arange(1, len(values) + 1), np.array(values, float), np.array(averages))


def _curve(panel: "Axes", curve: Curve, part: str, colour: str, style: str, smoothed: bool) -> None:
    """One line over the epochs."""
    marker = "o" if len(curve.values) <= FEW else None
    if smoothed:
        panel.plot(curve.epochs, curve.values, style, color=colour, lw=1.2, alpha=0.4)
        marker = None
    shown = curve.smoothed if smoothed else curve.values
    panel.plot(curve.epochs, shown, style, color=colour, marker=marker, ms=4, lw=2.2, label=part)
