"""The ways that optimisers take down a surface of two parameters."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pellucid import optimizers as known
from pellucid.errors import SettingError
from pellucid.graph import Tensor
from pellucid.insight.colours import GREY
from pellucid.insight.plots.frame import LINES, grid, legend, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

POINTS, LEVELS = 160, 14


class Paths(NamedTuple):
    """A surface `height` (P, P) over `w0` (P,) and `w1` (P,); each optimiser's steps (T, 2)."""

    w0: np.ndarray
    w1: np.ndarray
    height: np.ndarray
    paths: dict[str, np.ndarray]


def valley(w0: Any, w1: Any) -> Any:
    """A long valley, ten times steeper across than along: 0.05 w0^2 + 0.5 w1^2."""
    return 0.05 * w0 * w0 + 0.5 * w1 * w1


def optimizer_paths(
    function: Callable[[Any, Any], Any] = valley,
    optimizers: Mapping[str, Any] | None = None,
    start: tuple[float, float] = (-9.0, 3.0),
    ax: "Axes | None" = None,
    *,
    steps: int = 60,
    span: tuple[float, float, float, float] | None = None,
) -> "Figure":
    """The steps of several optimisers from the same start, on the contours of a function.

    `function(w0, w1)` of gates or operators, one number; its gradient comes from the graph, and the
    steps are the library's own. `optimizers` {title: optimiser or name}; SGD, momentum, RMSprop and
    Adam unless given. `span` (left, right, bottom, top) is what the paths cover unless given.
    Raises SettingError for no steps, or without matplotlib.
    """
    found = optimizer_paths_data(function, optimizers, start, steps=steps, span=span)
    figure, (panel,) = panels(ax, 1, 1, (6.8, 4.4))
    depths = found.height - found.height.min()
    levels = depths.max() * np.linspace(0.02, 1, LEVELS) ** 2
    contours = {"levels": levels, "colors": GREY, "linewidths": 0.9, "alpha": 0.6}
    panel.contour(found.w0, found.w1, depths, **contours)
    for (title, path), (colour, style) in zip(found.paths.items(), LINES, strict=False):
        panel.plot(*path.T, linestyle=style, color=colour, lw=2.0, marker="o", ms=3.2, label=title)
    panel.plot(*start, "o", color=GREY, ms=9, zorder=4)
    panel.annotate(
        "start", start, xytext=(9, 7), textcoords="offset points", color=GREY, fontsize=12
    )
    panel.set(xlim=(found.w0[0], found.w0[-1]), ylim=(found.w1[0], found.w1[-1]))
    panel.set_xlabel("$w_1$")
    panel.set_ylabel("$w_2$")
    panel.set_title(f"{steps} steps on the contours of the loss", pad=8)
    grid(panel)
    legend(panel)
    return figure


def optimizer_paths_data(
    function: Callable[[Any, Any], Any] = valley,
    optimizers: Mapping[str, Any] | None = None,
    start: tuple[float, float] = (-9.0, 3.0),
    *,
    steps: int = 60,
    span: tuple[float, float, float, float] | None = None,
) -> Paths:
    """Every step of every optimiser (the start is the first), and the surface around them."""
    if steps < 1:
        raise SettingError("optimizer_paths", "steps from 1", repr(steps), "Try 60.")
    chosen = _usual() if optimizers is None else optimizers
    paths = {title: _walk(function, known.get(o), start, steps) for title, o in chosen.items()}
    if span is None:
        points = np.concatenate(list(paths.values()))
        low, high = points.min(axis=0), points.max(axis=0)
        reach = 0.15 * np.maximum(high - low, 1e-3)
        (left, bottom), (right, top) = low - reach, high + reach
    else:
        left, right, bottom, top = span
    w0, w1 = np.linspace(left, right, POINTS), np.linspace(bottom, top, POINTS)
    a, b = np.meshgrid(w0, w1)
    height = np.asarray(function(Tensor(a), Tensor(b)).value)
    return Paths(w0, w1, height, paths)


def _usual() -> dict[str, Any]:
    """Optimisers to compare, with learning rates for which they get about as far."""
    return {
        "SGD": known.SGD(1.6),
        "momentum 0.8": known.SGD(0.4, momentum=0.8),
        "RMSprop": known.RMSprop(0.25),
        "Adam": known.Adam(0.5),
    }


def _walk(function: Any, optimizer: Any, start: tuple[float, float], steps: int) -> np.ndarray:
    """The start, and the point after each step; where it is no longer finite, the walk ends."""
    theta = np.array(start, "float64")
    path = [theta.copy()]
    for _ in range(steps):
        w = Tensor(theta.copy())
        function(w[0], w[1]).backward()
        assert w.grad is not None
        optimizer.apply(theta, w.grad)
        if not np.isfinite(theta).all():
            break
        path.append(theta.copy())
    return np.array(path)
