"""Activation functions with their slopes, both from the library's own gates."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pellucid import activations
from pellucid.errors import SettingError
from pellucid.graph import Tensor
from pellucid.insight.colours import BLUE, GREY, ORANGE
from pellucid.insight.plots.frame import grid, legend, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

THE_NOTES = ("linear", "sigmoid", "tanh", "relu", "leaky_relu", "softmax")
ZEROS = 3  # scores of 0 that stand beside z


class Activation(NamedTuple):
    """g(z) and its slope dg/dz at each z; whether g also looks at the scores beside z."""

    z: np.ndarray
    value: np.ndarray
    slope: np.ndarray
    beside: bool


def activation_curves(
    functions: Any = THE_NOTES,
    ax: "Axes | Sequence[Axes] | None" = None,
    *,
    reach: float = 5.0,
    columns: int = 3,
) -> "Figure":
    """Activation functions over z from -reach to reach, each with its slope.

    `functions`: names of `pellucid.activations`, functions made of gates, or one of them. A
    function that looks at all scores of an example, as softmax does, is drawn for one score z
    beside three of 0. Raises SettingError for a name that is not known, or without matplotlib.
    """
    curves = activation_curves_data(functions, reach=reach)
    columns = min(columns, len(curves))
    rows = -(-len(curves) // columns)
    figure, found = panels(ax, rows, columns, (3.6, 3.0), len(curves))
    for k, (panel, (name, curve)) in enumerate(zip(found, curves.items(), strict=True)):
        panel.axhline(0, color=GREY, lw=0.8, alpha=0.6)
        panel.axvline(0, color=GREY, lw=0.8, alpha=0.6)
        panel.plot(curve.z, curve.value, color=BLUE, lw=2.6, label="g(z)")
        panel.plot(curve.z, curve.slope, "--", color=ORANGE, lw=2.2, label="slope g'(z)")
        low = min(curve.value.min(), curve.slope.min(), 0.0)
        high = max(curve.value.max(), curve.slope.max())
        bottom, top = max(low, -1.6), min(max(high, 1.0), 2.6)
        panel.set(ylim=(bottom - 0.15, top + 0.15), xlim=(-reach, reach))
        panel.set_title(name.replace("_", " ") + (" (beside three 0s)" if curve.beside else ""))
        if k >= len(curves) - columns:
            panel.set_xlabel("z")
        if k == 0:
            legend(panel, loc="upper left", handlelength=1.8)
        grid(panel)
    return figure


def activation_curves_data(
    functions: Any = THE_NOTES, *, reach: float = 5.0, points: int = 401
) -> dict[str, Activation]:
    """Values and slopes by the functions' names, in float64."""
    several = [functions] if isinstance(functions, str) or callable(functions) else functions
    if not several or not reach > 0:
        received = f"{functions!r}, reach {reach}"
        raise SettingError("activation_curves", "functions, and a reach above 0", received, "")
    known = {_name(each): activations.get(each) for each in several}
    z = np.linspace(-reach, reach, points)
    return {name: _curve(function, z) for name, function in known.items()}


def _curve(function: Callable[..., Any], z: np.ndarray) -> Activation:
    """The function of z, and of z beside scores of 0 where that is another thing."""
    alone, beside = Tensor(z[:, None]), Tensor(np.pad(z[:, None], ((0, 0), (0, ZEROS))))
    value = function(beside)
    same = _alike(function, alone, value)
    first = value[:, 0]
    first.sum().backward()
    assert beside.grad is not None
    return Activation(z, np.asarray(first.value), beside.grad[:, 0], not same)


def _alike(function: Callable[..., Any], alone: Tensor, value: Tensor) -> bool:
    """Whether the scores beside z do not matter."""
    if value.shape[1] != 1 + ZEROS:  # glu gives half as many as it takes
        return False
    return np.array_equal(function(alone).value[:, 0], value.value[:, 0])


def _name(function: Any) -> str:
    """What to call a function."""
    if isinstance(function, str):
        return function
    return getattr(function, "__name__", None) or type(function).__name__
