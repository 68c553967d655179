"""A drawing in SVG: a text that a browser shows, a notebook too, and that is saved as a file.

Colours are Okabe and Ito's, which the colour-blind can tell apart, and where two things are told
apart by colour they also stand in different places. The drawing has a background of its own, light
or dark as the reader's system is set.
"""

from collections.abc import Sequence
from html import escape
from pathlib import Path

from pellucid.errors import SettingError
from pellucid.storage.atomic import write_text

MONO = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"
WIDTH = 0.61  # of a character of these fonts, in their size; none of them is wider

# Plain colours for every program that shows SVG, and others where a dark page is wanted.
STYLE = f"""
.pellucid text {{ font-family: {MONO}; font-size: 12px; fill: #1f2328; white-space: pre }}
.pellucid .ground {{ fill: #ffffff }}
.pellucid .wire {{ fill: none; stroke: #8c959f; stroke-width: 1.5 }}
.pellucid .gate {{ fill: #f3f5f7; stroke: #57606a; stroke-width: 1.5 }}
.pellucid .leaf {{ fill: #e4eef7; stroke: #0072b2; stroke-width: 1.5 }}
.pellucid .data {{ fill: #f3f5f7; stroke: #8c959f; stroke-width: 1.5; stroke-dasharray: 3 3 }}
.pellucid .fold {{ fill: #fdf3dc; stroke: #b07d00; stroke-width: 1.5 }}
.pellucid text.sign {{ font-size: 15px; text-anchor: middle; dominant-baseline: central }}
.pellucid text.name {{ font-weight: 600; text-anchor: middle; dominant-baseline: central }}
.pellucid text.value {{ fill: #005a8f }}
.pellucid text.gradient {{ fill: #b34700 }}
.pellucid text.part {{ font-size: 10.5px }}
.pellucid text.note {{ fill: #57606a }}
.pellucid text.below {{ fill: #57606a; font-size: 10.5px; text-anchor: middle }}
.pellucid text.strong {{ font-weight: 700 }}
.pellucid [data-opens] {{ cursor: pointer }}
.pellucid [data-opens]:hover rect, .pellucid [data-opens].open rect {{ stroke-width: 3 }}
.pellucid [data-opens]:focus {{ outline: none }}
.pellucid [data-opens]:focus-visible rect {{ stroke-width: 3 }}
@media (prefers-color-scheme: dark) {{
.pellucid text {{ fill: #e6edf3 }}
.pellucid .ground {{ fill: #16191d }}
.pellucid .wire {{ stroke: #7d8590 }}
.pellucid .gate {{ fill: #262b31; stroke: #a8b1bb }}
.pellucid .leaf {{ fill: #14293a; stroke: #56b4e9 }}
.pellucid .data {{ fill: #262b31; stroke: #7d8590 }}
.pellucid .fold {{ fill: #332a12; stroke: #e69f00 }}
.pellucid text.value {{ fill: #6cc0f5 }}
.pellucid text.gradient {{ fill: #f0a05a }}
.pellucid text.note, .pellucid text.below {{ fill: #a8b1bb }}
}}
"""


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
            f'<rect class="ground" width="{w}" height="{h}" rx="8" fill="#ffffff"/>',
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
