"""The network as circles and lines: units, weights, and what a dropout leaves of them.

Lines are weights: blue above 0 and orange below, the wider the larger. Of many units the first and
the last ones are drawn.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pellucid.errors import SettingError
from pellucid.insight.plots.chain import Column, columns_of
from pellucid.insight.plots.frame import (
    BLACK,
    BLUE,
    FORWARD,
    GREY,
    ORANGE,
    SIZE,
    WHITE,
    empty,
    ink,
    panels,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FEW_LINES, FEW_UNITS = 24, 9  # with so many, weights and units have room for their numbers


class Column2D(NamedTuple):
    """Where a column is drawn: its x, and the y of each unit that is drawn, by its number."""

    x: float
    places: dict[int, float]
    is_cut: bool


def network_diagram(
    model: Any, x: Any = None, ax: "Axes | None" = None, *, most: int = 10, numbers: bool = True
) -> "Figure":
    """A model as units and weights, with the values of one example where `x` is given.

    Each layer is a column: dense layers as units with a line for every weight, convolutions and
    pooling as stacks of maps. Up to `most` units of a column are drawn. With `numbers`, values and
    weights are written where there is room. Raises SettingError for a model that is not built or
    that branches, ShapeError where x is not one example, and SettingError without matplotlib.
    """
    return _draw(network_diagram_data(model, x), ax, most, numbers)


def network_diagram_data(model: Any, x: Any = None) -> list[Column]:
    """The columns of the drawing, each with its shape, weights, biases and values."""
    return columns_of(model, x)


def thinned_network(
    model: Any, x: Any = None, ax: "Axes | None" = None, *, most: int = 12
) -> "Figure":
    """What one step of training sees of a network with dropout: dropped units are crossed out.

    The mask is that which the model's own dropout layers draw for `x`, one example (zeros unless
    given); the next step of training draws the same one. Raises SettingError for a model without
    `Dropout`, and what `network_diagram` raises. Srivastava et al. 2014, figure 1.
    """
    return _draw(thinned_network_data(model, x), ax, most, numbers=False)


def thinned_network_data(model: Any, x: Any = None) -> list[Column]:
    """The columns of the network, with `kept` for those that a dropout thins."""
    if x is None:
        columns_of(model)  # says what does not fit
        x = np.zeros(model.input_shape[1:])
    columns = columns_of(model, x, training=True)
    if not any(column.kept is not None for column in columns):
        raise SettingError(
            "thinned_network",
            "a model with a Dropout layer of a rate above 0",
            f"model {model.label} without",
            "Add Dropout(0.5) behind a hidden layer.",
        )
    return columns


# -- drawing --------------------------------------------------------------------------------------


def _draw(columns: list[Column], ax: "Axes | None", most: int, numbers: bool) -> "Figure":
    """All columns, and the weights between them."""
    tallest = max(min(c.shape[0], most) if c.is_units else 4 for c in columns)
    size = (1.9 * len(columns) + 0.4, min(max(0.62 * tallest + 1.3, 2.8), 7.5))
    figure, (panel,) = panels(ax, 1, 1, size)
    placed = [_place(c, k, most) for k, c in enumerate(columns)]
    lines = 0
    for k in range(1, len(columns)):
        if columns[k].weights is not None and columns[k - 1].is_units:
            lines = len(placed[k - 1].places) * len(placed[k].places)
            with_numbers = numbers and lines <= FEW_LINES
            _weights(panel, columns[k - 1 : k + 1], placed[k - 1 : k + 1], with_numbers)
        else:
            _band(panel, placed[k - 1], placed[k])
    for column, place in zip(columns, placed, strict=True):
        if column.is_units:
            _units(panel, column, place, numbers)
        else:
            _maps(panel, column, place)
        _words(panel, column, place)
    panel.set(xlim=(-0.45, len(columns) - 0.55), ylim=(-0.62, 0.6))
    empty(panel)
    return figure


def _place(column: Column, x: int, most: int) -> Column2D:
    """Where the units of a column stand: from 0.5 at the top to -0.5 at the bottom."""
    count = column.shape[0] if column.is_units else 1
    if count <= most:
        shown, slots = list(range(count)), count
    else:  # a slot in the middle stays free for the dots
        half = (most - 1) // 2
        shown, slots = [*range(half), *range(count - half, count)], 2 * half + 1
    step = min(1.0 / max(slots, 1), 0.22)
    top = 0.5 * step * (slots - 1)
    half = len(shown) // 2
    places = {}
    for slot, unit in enumerate(shown):
        place = slot + (1 if count > most and slot >= half else 0)
        places[unit] = top - place * step
    return Column2D(float(x), places, count > most)


def _weights(panel: "Axes", ends: list[Column], at: list[Column2D], numbers: bool) -> None:
    """A line for each weight between the units that are drawn."""
    from matplotlib.collections import LineCollection

    W, (left, right), (start, end) = ends[1].weights, ends, at
    assert W is not None
    largest = float(np.abs(W).max()) or 1.0
    lines, colours, widths, dashes = [], [], [], []
    for i, yi in start.places.items():
        for j, yj in end.places.items():
            gone = not (_stays(left, i) and _stays(right, j))
            share = abs(float(W[i, j])) / largest
            colour = GREY if gone else BLUE if W[i, j] > 0 else ORANGE
            lines.append([(start.x, yi), (end.x, yj)])
            colours.append((*_rgb(colour), 0.16 if gone else 0.3 + 0.65 * share))
            widths.append(0.6 if gone else 0.5 + 2.6 * share)
            dashes.append((0, (1, 3)) if gone else "-")
            if numbers:
                _weight(panel, lines[-1], float(W[i, j]), colour, len(start.places))
    drawn = LineCollection(lines, colors=colours, linewidths=widths, linestyles=dashes, zorder=1)
    panel.add_collection(drawn)


def _weight(panel: "Axes", line: Any, value: float, colour: str, count: int) -> None:
    """A weight's number on its line, at a third of the way, where lines have not crossed yet."""
    (x0, y0), (x1, y1) = line
    t = 0.3
    text = panel.text(
        x0 + t * (x1 - x0), y0 + t * (y1 - y0), f"{value:.2g}", ha="center", va="center", zorder=3
    )
    text.set(color=colour, fontsize=SIZE - 2 - (2 if count > 4 else 0), fontweight="bold")
    text.set_bbox({"boxstyle": "round,pad=0.12", "fc": WHITE, "ec": "none", "alpha": 0.88})


def _band(panel: "Axes", start: Column2D, end: Column2D) -> None:
    """What leads from one column to the next where its weights are not single lines."""
    low0, high0 = _reach(start)
    low1, high1 = _reach(end)
    x = [start.x + 0.12, end.x - 0.12, end.x - 0.12, start.x + 0.12]
    panel.fill(x, [high0, high1, low1, low0], color=GREY, alpha=0.16, lw=0, zorder=0)


def _reach(place: Column2D) -> tuple[float, float]:
    """From where to where a column reaches."""
    ys = place.places.values()
    margin = 0.06 if len(place.places) > 1 else 0.16
    return min(ys) - margin, max(ys) + margin


def _units(panel: "Axes", column: Column, place: Column2D, numbers: bool) -> None:
    """A circle for each unit, its colour and number its value where there is one."""
    count = len(place.places)
    size = float(np.clip(4200 / max(count, 5) ** 1.25, 60, 560))
    colours, edges = _colours(column, place)
    xs, ys = [place.x] * count, list(place.places.values())
    panel.scatter(xs, ys, s=size, c=colours, edgecolors=edges, linewidths=1.6, zorder=2)
    gone = [y for i, y in place.places.items() if not _stays(column, i)]
    panel.scatter([place.x] * len(gone), gone, s=size * 0.5, c=GREY, marker="x", lw=2, zorder=3)
    if place.is_cut:
        panel.text(place.x, 0, "⋮", ha="center", va="center", color=ink(panel), fontsize=SIZE + 6)
    if column.values is not None and numbers and count <= FEW_UNITS:
        for i, y in place.places.items():
            text = f"{column.values[i]:.2g}"
            colour = BLACK if _light(colours[list(place.places).index(i)]) else WHITE
            size = SIZE - 2 - (2 if count > 6 else 0) - (1 if len(text) > 4 else 0)
            panel.text(
                place.x, y, text, ha="center", va="center", color=colour, fontsize=size, zorder=4
            )


def _colours(column: Column, place: Column2D) -> tuple[list[Any], list[str]]:
    """The filling and the edge of each unit's circle."""
    from matplotlib import colormaps

    if column.values is None:
        fill: list[Any] = ["#e3e3e3"] * len(place.places)
    else:
        low, high = float(column.values.min()), float(column.values.max())
        spread = (high - low) or 1.0
        shares = [(float(column.values[i]) - low) / spread for i in place.places]
        fill = [colormaps[FORWARD](0.08 + 0.84 * share) for share in shares]
    for k, i in enumerate(place.places):
        if not _stays(column, i):
            fill[k] = (1, 1, 1, 0.15)
    return fill, [GREY] * len(place.places)


def _maps(panel: "Axes", column: Column, place: Column2D) -> None:
    """A stack of maps, as squares that lie one over another."""
    from matplotlib.patches import Rectangle

    count = min(column.shape[-1] if len(column.shape) == 3 else 1, 5)
    wide, high = 0.26, 0.26
    for k in range(count):
        shift = (k - (count - 1) / 2) * 0.035
        corner = place.x - wide / 2 + shift, -high / 2 - 1.6 * shift
        colour = PALE_GREYS[k % 2]
        panel.add_patch(Rectangle(corner, wide, high, fc=colour, ec=GREY, lw=1.2, zorder=2 + k))


PALE_GREYS = ("#d3e6f3", "#e8eff5")


def _words(panel: "Axes", column: Column, place: Column2D) -> None:
    """Above a column how many units it has, below it what it is."""
    shape = " x ".join(map(str, column.shape))
    above = f"{shape} unit{'s' if column.shape[0] > 1 else ''}" if column.is_units else shape
    above = above.replace("units", "numbers").replace("unit", "number") if place.x == 0 else above
    colour = ink(panel)
    panel.text(place.x, 0.6, above, ha="center", va="bottom", color=colour, fontsize=SIZE)
    panel.text(place.x, -0.6, column.title, ha="center", va="top", color=colour, fontsize=SIZE)


def _stays(column: Column, unit: int) -> bool:
    """Whether a unit is not dropped."""
    return column.kept is None or bool(column.kept[unit])


def _rgb(colour: str) -> tuple[float, float, float]:
    from matplotlib.colors import to_rgb

    return to_rgb(colour)


def _light(colour: Any) -> bool:
    """Whether black reads better on a colour than white."""
    red, green, blue = _rgb(colour)
    return 0.299 * red + 0.587 * green + 0.114 * blue > 0.5
