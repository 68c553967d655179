"""Where a model of two numbers decides how: the plane in the colours of its answers.

One model, or several side by side: the same data with more units, or with a stronger penalty for
large weights.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pellucid.errors import SettingError, ShapeError
from pellucid.insight.colours import AMBER, BLUE, GREEN, GREY, ORANGE, PALE, PINK, WHITE
from pellucid.insight.outputs import class_numbers, class_probabilities
from pellucid.insight.plots.frame import FORWARD, panels, scale
from pellucid.insight.plots.questions import predict

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CLASSES = (BLUE, ORANGE, GREEN, PINK, AMBER)
MARKS = "osD^v"
POINTS = 160  # along each side of the plane


class Plane(NamedTuple):
    """A model's answers over a plane of P x P points.

    `x0` (P,) and `x1` (P,): the points. `values` (P, P, C): the probability of each class, the row
    for x1; of a model of numbers C is 1, its output. `is_classes`: which of the two it is.
    """

    x0: np.ndarray
    x1: np.ndarray
    values: np.ndarray
    is_classes: bool


def decision_boundary(
    model: Any,
    x: Any,
    y: Any = None,
    ax: "Axes | None" = None,
    *,
    margin: float = 0.15,
    labels: tuple[str, str] = ("$x_1$", "$x_2$"),
) -> "Figure":
    """Which class a model of two numbers gives where, with the examples x (N, 2) of classes y.

    The darker a colour, the surer the model; the line is where the largest probability changes
    hands. A model of numbers shows its output instead. `margin`: how far the plane goes beyond the
    examples, as a share of their range. Raises ShapeError unless the model takes two numbers,
    SettingError for more than five classes or without matplotlib.
    """
    figure, (panel,) = panels(ax, 1, 1, (4.6, 4.0))
    _draw(panel, decision_boundary_data(model, x, margin=margin), x, y)
    panel.set_xlabel(labels[0])
    panel.set_ylabel(labels[1])
    return figure


def decision_boundary_data(
    model: Any, x: Any, *, margin: float = 0.15, points: int = POINTS
) -> Plane:
    """The model's answers over the plane that the examples x (N, 2) lie in."""
    x = np.asarray(x, float)
    takes = model.input_shape if model.built else (None, *x.shape[1:])
    if isinstance(takes, list) or tuple(takes[1:]) != (2,) or x.ndim != 2 or x.shape[1] != 2:
        raise ShapeError(
            "decision_boundary",
            "a model of two numbers, (N, 2), and such examples",
            f"a model of {takes}, examples {x.shape}",
            "A plane has two axes: train a model on two of the features.",
        )
    low, high = x.min(axis=0), x.max(axis=0)
    reach = margin * np.where(high > low, high - low, 1.0)
    x0, x1 = (np.linspace(low[k] - reach[k], high[k] + reach[k], points) for k in (0, 1))
    plane = np.stack(np.meshgrid(x0, x1), axis=-1)
    outputs = predict(model, plane.reshape(-1, 2))
    is_classes = getattr(model.loss, "targets", None) not in (None, "numbers")
    if outputs.ndim != 2 or (outputs.shape[1] != 1 and not is_classes):
        raise SettingError(
            "decision_boundary",
            "a model compiled with a loss of classes, or one with one output",
            f"outputs {outputs.shape}",
            "Compile it with a cross-entropy, say.",
        )
    values = class_probabilities(model, outputs) if is_classes else outputs
    if is_classes and values.shape[1] > len(CLASSES):
        raise SettingError(
            "decision_boundary",
            f"at most {len(CLASSES)} classes, each in a colour of its own",
            f"{values.shape[1]}",
            "Draw some of them.",
        )
    return Plane(x0, x1, values.reshape(points, points, -1), is_classes)


def decision_boundaries(
    models: Mapping[str, Any],
    x: Any,
    y: Any = None,
    ax: "Axes | Sequence[Axes] | None" = None,
    *,
    columns: int = 3,
    margin: float = 0.15,
) -> "Figure":
    """The decision boundaries of several models {title: model} on the same examples, side by side.

    So one sees what the number of units does, or the strength of regularisation. Raises what
    `decision_boundary` raises.
    """
    planes = decision_boundaries_data(models, x, margin=margin)
    columns = min(columns, len(planes))
    rows = -(-len(planes) // columns)
    figure, found = panels(ax, rows, columns, (3.4, 3.3), len(planes))
    for k, (panel, (title, plane)) in enumerate(zip(found, planes.items(), strict=True)):
        _draw(panel, plane, x, y, small=True)
        panel.set_title(title, pad=6)
        if k >= len(planes) - columns:
            panel.set_xlabel("$x_1$")
        if k % columns == 0:
            panel.set_ylabel("$x_2$")
    return figure


def decision_boundaries_data(
    models: Mapping[str, Any], x: Any, *, margin: float = 0.15
) -> dict[str, Plane]:
    """The answers of each model over the same plane, by the models' titles."""
    if not models:
        raise SettingError("decision_boundaries", "{title: model}", "none", "Give at least one.")
    return {
        title: decision_boundary_data(model, x, margin=margin) for title, model in models.items()
    }


# -- drawing --------------------------------------------------------------------------------------


def _draw(panel: "Axes", plane: Plane, x: Any, y: Any, small: bool = False) -> None:
    """The plane in its colours, and the examples on it."""
    extent = (plane.x0[0], plane.x0[-1], plane.x1[0], plane.x1[-1])
    x, size = np.asarray(x, float), 18 if small else 28
    if plane.is_classes:
        panel.imshow(_colours(plane.values), extent=extent, origin="lower", aspect="auto")
        winner = plane.values.argmax(axis=-1)
        for k in range(1, plane.values.shape[-1]):
            others = np.delete(plane.values, k, axis=-1).max(axis=-1)
            if (winner == k).any():
                lead = plane.values[..., k] - others
                panel.contour(plane.x0, plane.x1, lead, [0.0], colors=GREY, linewidths=1.6)
        classes = np.zeros(len(x), int) if y is None else class_numbers(y, "decision_boundary")
        for k in np.unique(classes):
            rows, colour = x[classes == k], GREY if y is None else CLASSES[k % len(CLASSES)]
            mark = MARKS[k % len(MARKS)]
            panel.scatter(*rows.T, s=size, c=colour, marker=mark, edgecolors=WHITE, linewidths=0.6)
    else:
        panel_of = {"extent": extent, "origin": "lower", "aspect": "auto", "cmap": FORWARD}
        image = panel.imshow(plane.values[..., 0], **panel_of)
        colours = GREY if y is None else np.asarray(y, float).reshape(len(x), -1)[:, 0]
        known = {} if y is None else {"cmap": FORWARD, "norm": image.norm}
        panel.scatter(*x.T, s=size, c=colours, edgecolors=WHITE, linewidths=0.8, **known)
        scale(panel, image, "output")
    panel.set(xlim=extent[:2], ylim=extent[2:])


def _colours(probabilities: np.ndarray) -> np.ndarray:
    """A colour for each point: from pale, where the classes are alike, to that of the winner."""
    from matplotlib.colors import to_rgb

    C = probabilities.shape[-1]
    winner, largest = probabilities.argmax(axis=-1), probabilities.max(axis=-1)
    sure = np.clip((largest - 1 / C) / (1 - 1 / C), 0, 1)[..., None]
    pale = np.array([to_rgb(PALE[c]) for c in CLASSES])[winner]
    full = np.array([to_rgb(c) for c in CLASSES])[winner]
    return pale + 0.36 * sure * (full - pale)
