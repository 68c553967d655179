"""Single calculations with their numbers: the work of a layer, the way from scores to a loss."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pellucid import nn
from pellucid.errors import DataError
from pellucid.insight.plots.frame import BLACK, BLUE, ORANGE, SIZE, SKY, empty, ink, panels, signed
from pellucid.insight.plots.passes import chosen_layer, class_label, forward, one_example
from pellucid.insight.statistics import as_numpy

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


class Steps(NamedTuple):
    """Scores s, e^s and p = e^s / sum, each (C,); the right class y, and the loss -ln p[y]."""

    scores: np.ndarray
    exponentials: np.ndarray
    probabilities: np.ndarray
    y: int
    loss: float


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
    whole = forward(model, one_example(model, x, where))
    made = next(each for each in whole.made if each.layer is dense)
    given = as_numpy(made.taken)[0]
    W = as_numpy(dense.kernel)
    b = np.zeros(W.shape[1]) if dense.bias is None else as_numpy(dense.bias)
    g = getattr(dense.activation, "__name__", "g")
    a = as_numpy(made.value)[0]
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
        text = panel.text(left + j + 0.5, top + i + 0.5, f"{value:.2f}".replace("-", "−"))
        text.set(ha="center", va="center", fontsize=SIZE - 3)
        text.set_color("white" if abs(share) > 0.75 else BLACK)
    words = panel.text(left + values.shape[1] / 2, top - 0.12, title)
    words.set(ha="center", va="bottom", color=ink(panel), fontsize=SIZE)


def _sign(panel: "Axes", left: float, middle: float, sign: str, gap: float) -> float:
    """A sign between two matrices; gives where the next one begins."""
    text = panel.text(left + gap / 2, middle, sign, ha="center", va="center", color=ink(panel))
    text.set_fontsize(SIZE + 8)
    return left + gap


def score_to_loss(
    scores: Any, y: int, class_names: Sequence[str] | None = None, ax: "Axes | None" = None
) -> "Figure":
    """Softmax cross-entropy step by step: scores, exponentiate, normalise, -ln P(correct).

    `scores` (C,) or (1, C), as a model's last linear layer gives them, and `y` the number of the
    right class. Raises DataError for other scores or a class that is not there, and SettingError
    without matplotlib.
    """
    steps = score_to_loss_data(scores, y)
    C = len(steps.scores)
    figure, (panel,) = panels(ax, 1, 1, (8.6, 0.52 * C + 1.7))
    heads = ("score s", "exponentiate", "normalise", "loss")
    formulas = ("s = x W + b", "$e^s$", r"$p = e^s / \sum e^s$", r"$-\ln\,p$ of the right class")
    columns = (steps.scores, steps.exponentials, steps.probabilities)
    colour = ink(panel)
    for k in range(C):
        right = k == steps.y
        words = panel.text(0.0, k + 0.5, class_label(class_names, k), ha="right", va="center")
        words.set(color=BLUE if right else colour, fontsize=SIZE + 1)
        words.set_fontweight("bold" if right else "normal")
        for j, column in enumerate(columns):
            largest = float(np.abs(column).max()) or 1.0
            _bar(panel, 0.25 + 1.5 * j, k, float(column[k]), largest, right)
    for j, (head, formula) in enumerate(zip(heads, formulas, strict=True)):
        place = 0.85 + 1.5 * j if j < 3 else 5.35
        texts = panel.text(place, -0.62, head), panel.text(place, -0.12, formula)
        for text, size in zip(texts, (SIZE + 1, SIZE - 1), strict=True):
            text.set(ha="center", va="center", color=colour, fontsize=size)
    right_row = steps.y + 0.5
    p = steps.probabilities[steps.y]
    arrow = {"arrowstyle": "->", "color": BLUE, "lw": 1.8}
    panel.annotate("", (4.72, right_row), (4.42, right_row), arrowprops=arrow)
    text = panel.text(4.8, right_row, f"−ln {p:.3g} = {steps.loss:.3g}")
    text.set(ha="left", va="center", color=BLUE, fontsize=SIZE + 1, fontweight="bold")
    panel.set(xlim=(-0.75, 6.1), ylim=(C + 0.1, -1.0))
    empty(panel)
    return figure


def score_to_loss_data(scores: Any, y: int) -> Steps:
    """Each step by the library's own functions, in float64."""
    s = np.asarray(scores, "float64")
    s = s[0] if s.ndim == 2 and len(s) == 1 else s
    if s.ndim != 1 or len(s) < 2 or not np.isfinite(s).all() or not 0 <= y < len(s):
        raise DataError(
            "score_to_loss",
            "finite scores (C,) of two classes or more, and the number of one",
            f"scores {s.shape}, y {y!r}",
            "Give model(x[:1])[0] and y[0].",
        )
    exponentials = np.asarray(nn.exp(s))
    p = np.asarray(nn.softmax(s))
    loss = nn.sparse_softmax_cross_entropy(s[None], np.array([y]))
    return Steps(s, exponentials, p, int(y), float(np.asarray(loss)[0]))


def _bar(panel: "Axes", left: float, k: int, value: float, largest: float, right: bool) -> None:
    """A bar as long as its share of the largest, with its number."""
    from matplotlib.patches import Rectangle

    long = 0.62 * abs(value) / largest
    words = (f"{value:.3f}" if 0 <= largest <= 1 else f"{value:.2f}").replace("-", "−")
    colour = ORANGE if value < 0 else BLUE if right else SKY
    panel.add_patch(Rectangle((left + 0.55, k + 0.22), long, 0.56, fc=colour, lw=0, alpha=0.85))
    text = panel.text(left + 0.5, k + 0.5, words, ha="right")
    text.set(va="center", color=BLUE if right else ink(panel), fontsize=SIZE)
