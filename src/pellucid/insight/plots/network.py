"""The network as circles and lines: units, weights, and what a dropout leaves of them.

Lines are weights: blue above 0 and orange below, the wider the larger. Of many units the first and
the last ones are drawn.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pellucid.errors import SettingError
from pellucid.insight.colours import BLACK, BLUE, GREY, ORANGE, PALE, WHITE
from pellucid.insight.measuring import with_minus
from pellucid.insight.plots.chain import Column, columns_of
from pellucid.insight.plots.frame import FORWARD, SIZE, empty, ink, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FEW_LINES = 24  # with so many between two columns, weights have room for their numbers


STEP, MARGIN = 0.66, 0.42  # inches from unit to unit, and from the units to the words
MAP = 0.72  # the side of a map in inches


class Place(NamedTuple):
    """Where a column is drawn, in inches: its x, and the y of each unit that is drawn."""

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
    was_given = x is not None
    if not was_given:
        columns_of(model)  # says what does not fit
        x = np.zeros(model.input_shape[1:])
    columns = columns_of(model, x, training=True)
    if not was_given:
        columns = [column._replace(values=None) for column in columns]
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
    """All columns, and the weights between them. One unit of the panel is one inch."""
    few = numbers and len(columns) < 6
    across = 2.3 if few else 1.75
    placed = [_place(column, across * k, most) for k, column in enumerate(columns)]
    reach = max(max(place.places.values()) for place in placed) + MARGIN
    reach = max(reach, MAP / 2 + MARGIN) if any(not c.is_units for c in columns) else reach
    lines = max(column.title.count("\n") for column in columns) + 1
    wide, below = across * (len(columns) - 1) + 1.5, reach + 0.24 * lines
    figure, (panel,) = panels(ax, 1, 1, (wide + 0.3, reach + below + 0.55))
    for k in range(1, len(columns)):
        if columns[k].weights is not None and columns[k - 1].is_units:
            count = len(placed[k - 1].places) * len(placed[k].places)
            with_numbers = numbers and count <= FEW_LINES
            _weights(panel, columns[k - 1 : k + 1], placed[k - 1 : k + 1], with_numbers)
        else:
            _band(panel, placed[k - 1], placed[k])
    for column, place in zip(columns, placed, strict=True):
        if column.is_units:
            _units(panel, column, place, numbers)
        else:
            _maps(panel, column, place)
        _words(panel, column, place, reach)
    panel.set(xlim=(-0.75, wide - 0.75), ylim=(-below, reach + 0.25), aspect="equal")
    empty(panel)
    return figure


def _place(column: Column, x: float, most: int) -> Place:
    """Where the units of a column stand, from its top to its bottom around 0."""
    count = column.shape[0] if column.is_units else 1
    if count <= most:
        shown, slots = list(range(count)), count
    else:  # a slot in the middle stays free for the dots
        half = (most - 1) // 2
        shown, slots = [*range(half), *range(count - half, count)], 2 * half + 1
    step = min(STEP, 5.0 / slots)
    top, half, places = 0.5 * step * (slots - 1), len(shown) // 2, {}
    for slot, unit in enumerate(shown):
        place = slot + (1 if count > most and slot >= half else 0)
        places[unit] = top - place * step
    return Place(x, places, count > most)


def _weights(panel: "Axes", ends: list[Column], at: list[Place], numbers: bool) -> None:
    """A line for each weight between the units that are drawn and not dropped."""
    from matplotlib.collections import LineCollection

    W, (left, right), (start, end) = ends[1].weights, ends, at
    assert W is not None
    largest = float(np.abs(W).max()) or 1.0
    lines, colours, widths = [], [], []
    for row, (i, yi) in enumerate(start.places.items()):
        for j, yj in end.places.items():
            if not (_stays(left, i) and _stays(right, j)):
                continue
            share = abs(float(W[i, j])) / largest
            colour = BLUE if W[i, j] > 0 else ORANGE
            lines.append([(start.x, yi), (end.x, yj)])
            colours.append((*_rgb(colour), 0.3 + 0.65 * share))
            widths.append(0.5 + 2.6 * share)
            if numbers:
                share = row / max(len(start.places) - 1, 1) if len(end.places) > 1 else 0.0
                along = 0.38 + 0.34 * share
                _weight(panel, lines[-1], float(W[i, j]), colour, along)
    panel.add_collection(LineCollection(lines, colors=colours, linewidths=widths, zorder=1))


def _weight(panel: "Axes", line: Any, value: float, colour: str, along: float) -> None:
    """A weight's number on its line, part of the way along."""
    (x0, y0), (x1, y1) = line
    place = x0 + along * (x1 - x0), y0 + along * (y1 - y0)
    text = panel.text(*place, short(value), ha="center", va="center", zorder=3)
    text.set(color=BLACK, fontsize=SIZE - 3)
    text.set_bbox({"boxstyle": "round,pad=0.14", "fc": PALE[colour], "ec": "none"})


def short(value: float) -> str:
    """A number in few letters, with a proper minus."""
    return with_minus(f"{value:.2f}" if abs(value) < 10 else f"{value:.0f}")


def _band(panel: "Axes", start: Place, end: Place) -> None:
    """What leads from one column to the next where its weights are not single lines."""
    (low0, high0), (low1, high1) = _reach(start), _reach(end)
    x = [start.x + 0.3, end.x - 0.42, end.x - 0.42, start.x + 0.3]
    panel.fill(x, [high0, high1, low1, low0], color=GREY, alpha=0.16, lw=0, zorder=0)


def _reach(place: Place) -> tuple[float, float]:
    """From where to where a column reaches."""
    ys = place.places.values()
    margin = 0.2 if len(place.places) > 1 else MAP / 2
    return min(ys) - margin, max(ys) + margin


def _units(panel: "Axes", column: Column, place: Place, numbers: bool) -> None:
    """A circle for each unit, its colour and number its value where there is one."""
    from matplotlib.patches import Circle

    ys = list(place.places.values())
    step = ys[0] - ys[1] if len(ys) > 1 else STEP
    radius = 0.38 * step
    colours = _colours(column, place)
    for (i, y), colour in zip(place.places.items(), colours, strict=True):
        panel.add_patch(Circle((place.x, y), radius, fc=colour, ec=GREY, lw=1.5, zorder=2))
        if not _stays(column, i):
            cross = {"color": GREY, "lw": 1.8, "zorder": 3}
            d = 0.7 * radius
            panel.plot([place.x - d, place.x + d], [y - d, y + d], **cross)
            panel.plot([place.x - d, place.x + d], [y + d, y - d], **cross)
        elif column.values is not None and numbers and step > 0.9 * STEP:
            text = panel.text(place.x, y, short(float(column.values[i])), zorder=4)
            text.set(ha="center", va="center_baseline", fontsize=SIZE - 3)
            text.set_color(BLACK if _light(colour) else WHITE)
    if place.is_cut:
        panel.text(place.x, 0, "⋮", ha="center", va="center", color=ink(panel), fontsize=SIZE + 6)


def _colours(column: Column, place: Place) -> list[Any]:
    """The filling of each unit's circle: the lighter, the larger its value among its column's."""
    from matplotlib import colormaps

    fill: list[Any] = ["#e3e3e3"] * len(place.places)
    if column.values is not None:
        low, high = min(float(column.values.min()), 0.0), max(float(column.values.max()), 0.0)
        spread = (high - low) or 1.0
        shares = [(float(column.values[i]) - low) / spread for i in place.places]
        fill = [colormaps[FORWARD](0.08 + 0.84 * share) for share in shares]
    for k, i in enumerate(place.places):
        if not _stays(column, i):
            fill[k] = "none"
    return fill


def _maps(panel: "Axes", column: Column, place: Place) -> None:
    """A stack of maps, as squares that lie one over another."""
    from matplotlib.patches import Rectangle

    count = min(column.shape[-1] if len(column.shape) == 3 else 1, 5)
    for k in range(count):
        shift = (k - (count - 1) / 2) * 0.1
        corner = place.x - MAP / 2 + shift, -MAP / 2 - shift
        face = PALE[BLUE] if k % 2 == 0 else "#e8eff5"
        panel.add_patch(Rectangle(corner, MAP, MAP, fc=face, ec=GREY, lw=1.2, zorder=2 + k))


def _words(panel: "Axes", column: Column, place: Place, reach: float) -> None:
    """Above a column how many units it has, below it what it is."""
    above = " x ".join(map(str, column.shape))
    if column.is_units:
        word = "number" if place.x == 0 else "unit"
        above = f"{above} {word}{'s' if column.shape[0] > 1 else ''}"
    look: dict[str, Any] = {"ha": "center", "color": ink(panel), "fontsize": SIZE}
    panel.text(place.x, reach, above, va="bottom", **look)
    panel.text(place.x, -reach, column.title, va="top", **look)


def _stays(column: Column, unit: int) -> bool:
    """Whether a unit is not dropped."""
    return column.kept is None or bool(column.kept[unit])


def _rgb(colour: Any) -> tuple[float, float, float]:
    """A colour as red, green and blue from 0 to 1."""
    from matplotlib.colors import to_rgb

    return to_rgb(colour)


def _light(colour: Any) -> bool:
    """Whether black reads better on a colour than white."""
    red, green, blue = _rgb(colour)
    return 0.299 * red + 0.587 * green + 0.114 * blue > 0.5
