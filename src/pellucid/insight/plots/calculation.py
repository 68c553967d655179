"""The work of a dense layer on one example, as a calculation with its numbers."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pellucid.insight.colours import BLACK
from pellucid.insight.measuring import as_numpy, with_minus
from pellucid.insight.plots.frame import SIZE, empty, ink, panels, signed
from pellucid.insight.plots.questions import chosen_layer, one_example
from pellucid.insight.watching import activation_of, watch

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class Work(NamedTuple):
    """A dense layer on one example: x (D,), W (D, U), b (U,), z = x W + b (U,), a = g(z) (U,)."""

    x: np.ndarray
    W: np.ndarray
    b: np.ndarray
    z: np.ndarray
    a: np.ndarray
    activation: str
    layer: str


def layer_work(
    model: Any, x: Any, layer: Any = None, ax: "Axes | None" = None, *, most: int = 10
) -> "Figure":
    """What a hidden layer does with one example: a = g(x W + b), as numbers in their places.

    Blue is above 0, orange below. `layer` is the first dense one unless given; of more than `most`
    inputs or units the first ones are shown. Raises SettingError for a model without dense layers,
    ShapeError where x is not one example, and SettingError without matplotlib.
    """
    work = layer_work_data(model, x, layer)
    D, U = min(len(work.x), most), min(len(work.z), most)
    figure, (panel,) = panels(ax, 1, 1, (0.62 * (D + U + 1) + 3.2, 0.5 * max(D, 4) + 1.5))
    gap, left = 1.15, 0.0
    middle = D / 2
    _matrix(panel, work.x[None, :D], left, middle - 0.5, f"x ({len(work.x)},)")
    left = _sign(panel, left + D, middle, "·", gap)
    _matrix(panel, work.W[:D, :U], left, 0, f"W {work.W.shape}")
    left = _sign(panel, left + U, middle, "+", gap)
    rows = (work.b, "b"), (work.z, "z = x W + b"), (work.a, f"a = {work.activation}(z)")
    place = middle - 2.1
    for k, (values, name) in enumerate(rows):
        _matrix(panel, values[None, :U], left, place + 1.9 * k, name)
    left += U
    top, bottom = min(0.0, place) - 0.9, max(float(D), place + 4.9) + 0.15
    panel.set(xlim=(-0.15, left + 0.15), ylim=(bottom, top), aspect="equal")
    empty(panel)
    return figure


def layer_work_data(model: Any, x: Any, layer: Any = None) -> Work:
    """The arrays of the calculation."""
    from pellucid.layers import Dense

    where = "layer_work"
    dense = chosen_layer(model, layer, lambda each: isinstance(each, Dense), where, "a Dense layer")
    whole = watch(model, one_example(model, x, where))
    call = next(each for each in whole.listed if each.original is dense)
    given = as_numpy(call.inputs[0])[0]
    W = np.asarray(dense.kernel.value)
    b = np.zeros(W.shape[1]) if dense.bias is None else np.asarray(dense.bias.value)
    g = activation_of(dense) or "linear"
    a = as_numpy(call.output)[0]
    return Work(given, W.copy(), b.copy(), given @ W + b, a, g, dense.label)


def _matrix(panel: "Axes", values: np.ndarray, left: float, top: float, title: str) -> None:
    """Numbers in squares, coloured by their size among these."""
    from matplotlib.patches import Rectangle

    colours, largest = signed(), float(np.abs(values).max()) or 1.0
    for (i, j), value in np.ndenumerate(values):
        share = value / largest
        corner = left + j + 0.03, top + i + 0.03
        face = colours(0.5 + 0.36 * share)
        panel.add_patch(Rectangle(corner, 0.94, 0.94, fc=face, lw=0))
        text = panel.text(left + j + 0.5, top + i + 0.5, with_minus(f"{value:.2f}"))
        text.set(ha="center", va="center", fontsize=SIZE - 3)
        text.set_color("white" if abs(share) > 0.75 else BLACK)
    words = panel.text(left + values.shape[1] / 2, top - 0.12, title)
    words.set(ha="center", va="bottom", color=ink(panel), fontsize=SIZE)


def _sign(panel: "Axes", left: float, middle: float, sign: str, gap: float) -> float:
    """A sign between two matrices; gives where the next one begins."""
    text = panel.text(left + gap / 2, middle, sign, ha="center", va="center", color=ink(panel))
    text.set_fontsize(SIZE + 8)
    return left + gap
