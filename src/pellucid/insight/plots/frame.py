"""What all pictures share: the figure and its panels, lines, legends, scales, rows of images.

A figure of its own has no background: its grey text and its colours are readable on white and on
black. Panels that are given keep their own look, and notes in them take the colour of their labels.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from pellucid.errors import SettingError
from pellucid.insight.colours import AMBER, BLUE, GREEN, GREY, ORANGE, PINK, SKY

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LINES = [  # a colour and a style for each line of a panel, so that colour is never the only sign
    *((BLUE, "-"), (ORANGE, "--"), (GREEN, "-."), (PINK, ":")),
    *((AMBER, (0, (5, 1))), (SKY, (0, (3, 1, 1, 1, 1, 1)))),
]
FORWARD = "viridis"  # the colour map of quantities that have no sign
DPI, SIZE = 160, 12  # dots an inch, and the text in points


# -- figures and panels ---------------------------------------------------------------------------


def panels(
    ax: "Axes | Sequence[Axes] | None",
    rows: int,
    columns: int,
    size: tuple[float, float],
    count: int | None = None,
) -> tuple["Figure", list["Axes"]]:
    """The panels to draw on, `count` (rows times columns) of them, and their figure.

    Without `ax` a new figure, each of its panels of this size in inches. A sequence of axes is
    taken as the panels. One axes is taken as the only panel, or is divided where there are several.
    Raises SettingError where fewer axes are given than there are panels, or without matplotlib.
    """
    count = rows * columns if count is None else count
    if isinstance(ax, Iterable):
        axes = list(np.ravel(cast(Any, ax)))
        if len(axes) < count:
            mend = "Leave ax out, or give one axes: it is divided."
            raise SettingError("ax", f"{count} axes, one a panel", f"{len(axes)}", mend)
        return cast("Figure", axes[0].get_figure(root=True)), axes[:count]
    if ax is not None:
        return cast("Figure", ax.get_figure(root=True)), _divided(ax, rows, columns, count)
    figure = new_figure((columns * size[0], rows * size[1]))
    axes = list(figure.subplots(rows, columns, squeeze=False).flat)
    for panel in axes[count:]:
        panel.remove()
    for panel in axes[:count]:
        plain(panel, GREY)
    return figure, axes[:count]


def new_figure(size: tuple[float, float]) -> "Figure":
    """A figure of this size in inches, without a background and without a window."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise SettingError(
            "a picture", "matplotlib", "none installed", "pip install 'pellucid[plots]'"
        ) from error
    figure = Figure(size, DPI, facecolor="none")
    figure.set_layout_engine("constrained", w_pad=0.12, h_pad=0.12)
    FigureCanvasAgg(figure)
    return figure


def _divided(ax: "Axes", rows: int, columns: int, count: int) -> list["Axes"]:
    """One axes as the only panel, or as the frame of several."""
    if count == 1:
        return [ax]
    colour = ink(ax)
    ax.set_axis_off()
    wide, high = 1 / (columns + 0.3 * (columns - 1)), 1 / (rows + 0.45 * (rows - 1))
    found = []
    for k in range(count):
        row, column = divmod(k, columns)
        place = (1.3 * wide * column, 1 - high - 1.45 * high * row, wide, high)
        panel = ax.inset_axes(place)
        plain(panel, colour)
        found.append(panel)
    return found


def plain(panel: "Axes", colour: str) -> None:
    """A panel without a background, its frame and its texts in one colour."""
    panel.set_facecolor("none")
    panel.tick_params(colors=colour, labelsize=SIZE)
    panel.spines[["top", "right"]].set_visible(False)
    panel.spines[:].set_color(colour)
    for text in (panel.title, panel.xaxis.label, panel.yaxis.label):
        text.set(color=colour, size=SIZE + 1)


def ink(panel: "Axes") -> str:
    """The colour of a panel's texts."""
    return cast(str, panel.xaxis.label.get_color())


# -- in a panel -----------------------------------------------------------------------------------


def grid(panel: "Axes", axis: str = "both") -> None:
    """Faint lines behind what is drawn."""
    panel.grid(axis=cast(Any, axis), color=GREY, alpha=0.25, linewidth=0.8)
    panel.set_axisbelow(True)


def legend(panel: "Axes", **settings: Any) -> None:
    """Which line is which, in the colour of the other texts, where lines leave room."""
    settings = {"frameon": False, "handlelength": 2.4, "fontsize": SIZE} | settings
    for text in panel.legend(**settings).get_texts():
        text.set_color(ink(panel))


def empty(panel: "Axes") -> None:
    """A panel without ticks and frame."""
    panel.set_xticks([])
    panel.set_yticks([])
    panel.spines[:].set_visible(False)


def scale(panel: "Axes", image: Any, label: str, **settings: Any) -> None:
    """What the colours of an image stand for, at the panel's right."""
    beside = panel.inset_axes((1.03, 0.0, 0.035, 1.0))
    bar = cast(Any, panel.get_figure(root=True)).colorbar(image, cax=beside, **settings)
    colour = ink(panel)
    bar.outline.set_visible(False)
    bar.ax.tick_params(colors=colour, labelsize=SIZE - 1, length=3)
    bar.ax.yaxis.get_offset_text().set_color(colour)
    bar.set_label(label, color=colour, size=SIZE)


def signed() -> Any:
    """The colour map of quantities with a sign: orange below 0, white at 0, blue above."""
    from matplotlib.colors import LinearSegmentedColormap

    stops = [*("#8a3c00", ORANGE, "#f5b98c", "#f7f7f7", "#8fc1e3", BLUE, "#00466f")]
    return LinearSegmentedColormap.from_list("orange-blue", stops)


def tiles(
    panel: "Axes",
    images: Sequence[Any],
    titles: Sequence[str],
    columns: int,
    title_colours: Sequence[str] = (),
    **settings: Any,
) -> Any:
    """Images (H, W), (H, W, 1) or (H, W, 3) side by side in one panel, each below its title.

    `settings` are those of `imshow`. Gives what `scale` takes.
    """
    colour, drawn = ink(panel), None
    H, W = max(np.shape(i)[0] for i in images), max(np.shape(i)[1] for i in images)
    gap = 0.08 * W
    head = 0.08 * H + (0.26 * max(H, W) if any(titles) else 0)
    for k, (image, title) in enumerate(zip(images, titles, strict=True)):
        row, column = divmod(k, columns)
        left, top = column * (W + gap), row * (H + head)
        image = np.asarray(image)
        image = image[..., 0] if image.ndim == 3 and image.shape[-1] == 1 else image
        extent = (left, left + W, top + H, top)
        drawn = panel.imshow(image, extent=extent, interpolation="nearest", **settings)
        own = title_colours[k] if title_colours else colour
        middle = left + W / 2
        text = panel.text(middle, top - 0.04 * H, title, ha="center", va="bottom", color=own)
        text.set_fontsize(SIZE - 1)
    rows = -(-len(images) // columns)
    panel.set(
        xlim=(-gap, min(columns, len(images)) * (W + gap)),
        ylim=(rows * (H + head) - head + gap, -head),
        aspect="equal",
    )
    empty(panel)
    return drawn


def tile_size(
    shape: tuple[int, ...], count: int, columns: int, side: float = 1.1, *, bar: bool = True
) -> tuple[float, float]:
    """The size in inches of a panel of `count` images of this shape, so many in a row.

    `bar`: whether a scale stands beside them.
    """
    H, W = shape[:2]
    rows, columns = -(-count // columns), min(columns, count)
    wide = columns * side * 1.08 * W / max(H, W) + (1.15 if bar else 0.15)
    high = rows * side * (0.26 + 1.08 * H / max(H, W)) + 0.5
    return max(wide, 2.6), max(high, 1.7)
