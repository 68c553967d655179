"""A picture made for a light or for a dark background.

Pictures have no background, and a grey that is readable on white and on black. Where it is known
which of the two they will lie on, dark text on white, and light text on black, are better.
"""

from typing import TYPE_CHECKING, Any

from pellucid.insight.colours import BLUE, DARK, GREEN, GREY, LIGHT, ORANGE
from pellucid.settings import one_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = {  # what the colours of texts and lines become
    name: {GREY: tones.ink, BLUE: tones.blue, ORANGE: tones.orange, GREEN: tones.green}
    for name, tones in (("light", LIGHT), ("dark", DARK))
}


def suit(figure: "Figure", background: str) -> "Figure":
    """Give the texts, lines and arrows of a picture colours for a "light" or a "dark" background.

    Areas and what is written on them stay. The figure is changed and returned. It is for pictures
    of Pellucid as they are made, once. Raises SettingError for another background.
    """
    from matplotlib.axes import Axes
    from matplotlib.collections import LineCollection
    from matplotlib.colors import to_hex
    from matplotlib.lines import Line2D
    from matplotlib.spines import Spine
    from matplotlib.text import Text

    one_of("suit", "background", background, tuple(COLOURS))
    colours = COLOURS[background]
    for panel in figure.findobj(Axes):
        if isinstance(panel, Axes) and to_hex(panel.xaxis.label.get_color()) == GREY:
            panel.tick_params(which="both", colors=colours[GREY])
    for each in figure.findobj(lambda artist: isinstance(artist, Text | Line2D | Spine)):
        if isinstance(each, Spine):
            edge = to_hex(each.get_edgecolor())
            each.set_edgecolor(colours.get(edge, edge))
        elif isinstance(each, Text | Line2D):
            colour = to_hex(each.get_color())
            each.set_color(colours.get(colour, colour))
    for each in figure.findobj(LineCollection):
        if isinstance(each, LineCollection):
            swapped: Any = [_swapped(colour, colours) for colour in each.get_colors()]
            each.set_color(swapped)
    for arrow in _arrows(figure):
        arrow.set_edgecolor(_swapped(arrow.get_edgecolor(), colours))
        arrow.set_facecolor(_swapped(arrow.get_facecolor(), colours))
    return figure


def _arrows(figure: "Figure") -> list[Any]:
    """The arrows of a picture: those that stand alone, and those of annotations."""
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.text import Annotation

    noted = [getattr(each, "arrow_patch", None) for each in figure.findobj(Annotation)]
    return [*figure.findobj(FancyArrowPatch), *(arrow for arrow in noted if arrow is not None)]


def _swapped(colour: Any, colours: dict[str, str]) -> tuple[float, float, float, float]:
    """A colour's counterpart, as opaque as it is."""
    from matplotlib.colors import to_hex, to_rgba

    known = to_hex(colour)
    return to_rgba(colours.get(known, known), alpha=float(colour[3]))
