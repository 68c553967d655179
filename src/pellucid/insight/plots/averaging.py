"""The exponentially weighted average of a stream of numbers, with and without its correction."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pellucid.averages import bias_correction, smooth
from pellucid.errors import DataError
from pellucid.insight.colours import GREY
from pellucid.insight.plots.frame import LINES, grid, legend, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class Average(NamedTuple):
    """V_t / (1 - beta^t) after each value, and V_t itself, which starts too near to 0."""

    corrected: np.ndarray
    plain: np.ndarray


def exponential_average(
    values: Any,
    betas: Sequence[float] = (0.5, 0.9, 0.98),
    ax: "Axes | None" = None,
    *,
    plain: bool = True,
    labels: tuple[str, str] = ("step t", "value"),
) -> "Figure":
    """A stream of numbers and its averages V_t = beta V_(t-1) + (1 - beta) theta_t.

    `values` (T,). Each beta has a line with the bias correction and, with `plain`, a thin one
    without it. Raises DataError unless the values are a row of numbers, SettingError for a beta
    outside 0 .. 1 or without matplotlib.
    """
    averages = exponential_average_data(values, betas)
    theta = np.asarray(values, float)
    figure, (panel,) = panels(ax, 1, 1, (6.8, 4.0))
    t = np.arange(1, len(theta) + 1)
    panel.plot(t, theta, "o", color=GREY, ms=3.5, alpha=0.6, mew=0, label=r"$\theta_t$")
    for (beta, average), (colour, style) in zip(averages.items(), LINES, strict=False):
        steps = round(1 / (1 - beta))
        label = rf"$\beta$ = {beta:g}: about {steps} steps"
        panel.plot(t, average.corrected, linestyle=style, color=colour, lw=2.4, label=label)
        if plain:
            panel.plot(t, average.plain, linestyle=style, color=colour, lw=1.2, alpha=0.65)
    panel.set_xlabel(labels[0])
    panel.set_ylabel(labels[1])
    panel.margins(x=0.02)
    grid(panel)
    legend(panel, markerscale=2.0)
    if plain:
        panel.set_title("thin: without the bias correction", pad=8)
    return figure


def exponential_average_data(
    values: Any, betas: Sequence[float] = (0.5, 0.9, 0.98)
) -> dict[float, Average]:
    """The averages of `values` (T,) for each beta."""
    theta = np.asarray(values, float)
    if theta.ndim != 1 or not len(theta):
        raise DataError(
            "exponential_average", "a row of numbers (T,)", f"shape {theta.shape}", "Give a list."
        )
    found = {}
    for beta in betas:
        corrected = np.array(smooth(map(float, theta), beta))
        weight = np.array([bias_correction(beta, t) for t in range(1, len(theta) + 1)])
        found[beta] = Average(corrected, corrected * weight)
    return found
