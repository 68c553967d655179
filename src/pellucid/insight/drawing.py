"""A drawing in SVG: a text that a browser shows, a notebook too, and that is saved as a file.

The drawing has a background of its own, light or dark as the reader's system is set. Where two
things are told apart by colour they also stand in different places.
"""

from collections.abc import Sequence
from html import escape
from pathlib import Path

from pellucid.errors import SettingError
from pellucid.insight.colours import DARK, LIGHT, Tones
from pellucid.storage.atomic import write_text

MONO = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"
WIDTH = 0.61  # of a character of these fonts, in their size; none of them is wider


def _colours(tones: Tones) -> str:
    """The rules of the style that differ between backgrounds."""
    return f"""
.pellucid text {{ fill: {tones.ink} }}
.pellucid .ground {{ fill: {tones.page} }}
.pellucid .wire {{ stroke: {tones.line} }}
.pellucid .gate {{ fill: {tones.fill}; stroke: {tones.note} }}
.pellucid .leaf {{ fill: {tones.pale_blue}; stroke: {tones.blue} }}
.pellucid .data {{ fill: {tones.fill}; stroke: {tones.line} }}
.pellucid .fold {{ fill: {tones.pale_amber}; stroke: {tones.amber} }}
.pellucid text.value {{ fill: {tones.value} }}
.pellucid text.gradient {{ fill: {tones.gradient} }}
.pellucid text.note, .pellucid text.below {{ fill: {tones.note} }}
"""


STYLE = f"""
.pellucid text {{ font-family: {MONO}; font-size: 12px; white-space: pre }}
.pellucid .wire {{ fill: none }}
.pellucid .wire, .pellucid rect {{ stroke-width: 1.5 }}
.pellucid .data {{ stroke-dasharray: 3 3 }}
.pellucid text.sign {{ font-size: 15px; text-anchor: middle; dominant-baseline: central }}
.pellucid text.name {{ font-weight: 600; text-anchor: middle; dominant-baseline: central }}
.pellucid text.part {{ font-size: 10.5px }}
.pellucid text.below {{ font-size: 10.5px; text-anchor: middle }}
.pellucid text.strong {{ font-weight: 700 }}
.pellucid [data-opens] {{ cursor: pointer }}
.pellucid [data-opens]:hover rect, .pellucid [data-opens].open rect {{ stroke-width: 3 }}
.pellucid [data-opens]:focus {{ outline: none }}
.pellucid [data-opens]:focus-visible rect {{ stroke-width: 3 }}
{_colours(LIGHT)}@media (prefers-color-scheme: dark) {{{_colours(DARK)}}}
"""
# What is drawn says its light colours itself, too, for programs that know nothing of styles.
WIRE = f'class="wire" fill="none" stroke="{LIGHT.line}"'
BOX = f'fill="{LIGHT.fill}" stroke="{LIGHT.note}"'


class Drawing:
    """An SVG drawing: `svg` is its text, `save(path)` writes it; a notebook shows it by itself."""

    def __init__(self, svg: str) -> None:
        self.svg = svg

    def save(self, path: str | Path) -> None:
        """Write the drawing to a file, all of it or nothing: `.svg`, or `.html` as a page.

        Raises SettingError for another ending, ModelFileError where it cannot be written.
        """
        ending = Path(path).suffix.lower()
        if ending not in (".svg", ".html"):
            mend = "A browser shows either; for PNG, open the .svg and export it."
            raise SettingError(
                "saving a drawing", "a path ending in .svg or .html", f"{path}", mend
            )
        write_text(path, self.svg if ending == ".svg" else self.page())

    def page(self) -> str:
        """The drawing as an HTML page of its own."""
        return (
            '<!doctype html>\n<meta charset="utf-8">\n<title>Pellucid</title>\n'
            '<meta name="color-scheme" content="light dark">\n'
            f"<body>{self._repr_html_()}</body>\n"
        )

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_html_(self) -> str:
        return f'<div style="overflow-x:auto">{self.svg}</div>'

    def __repr__(self) -> str:
        return f"{type(self).__name__} of {len(self.svg):,} characters of SVG; save('name.svg')"


def document(width: float, height: float, title: str, parts: Sequence[str], more: str = "") -> str:
    """A whole SVG of this size in pixels; `more` are attributes of its root."""
    w, h = f"{width:.0f}", f"{height:.0f}"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="pellucid" role="img" width="{w}"'
            f' height="{h}" viewBox="0 0 {w} {h}"{more}>',
            f"<title>{escape(title)}</title>",
            f"<style>{STYLE}</style>",
            f'<rect class="ground" width="{w}" height="{h}" rx="8" fill="{LIGHT.page}"/>',
            *parts,
            "</svg>\n",
        ]
    )


def text(x: float, y: float, content: str, kind: str, anchor: str = "") -> str:
    """A line of text at a place; `kind` is its class in the style, `anchor` as in SVG."""
    how = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}"{how}>{escape(content)}</text>'


def width_of(content: str, size: float = 12.0) -> float:
    """How wide a text is, in pixels, in a font of this size."""
    return len(content) * WIDTH * size
