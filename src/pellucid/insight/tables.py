"""Rows of short texts as a table: aligned for a terminal, or as HTML for a notebook.

Rows come in groups (the arrays of one layer, say), with some room or a line between them.
"""

from collections.abc import Sequence
from html import escape

Row = Sequence[str]
GAP = "  "
CELL = "padding:2px 10px;border:0;background:none;font-variant-numeric:tabular-nums;"
LINE = "border-top:1px solid rgba(128,128,128,.45);"


def aligned(head: Row, groups: Sequence[Sequence[Row]], left: int = 1) -> str:
    """The table as lines of text: `left` columns stand left, the others right.

    >>> print(aligned(("name", "n"), [[("a", "1"), ("bc", "10")]]))
    name   n
    ────────
    a      1
    bc    10
    """
    rows = [row for group in groups for row in group]
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    rule = "─" * (sum(widths) + len(GAP) * (len(widths) - 1))

    def line(row: Row) -> str:
        cells = [
            text.ljust(w) if i < left else text.rjust(w)
            for i, (text, w) in enumerate(zip(row, widths, strict=True))
        ]
        return GAP.join(cells).rstrip()

    is_spaced = any(len(group) > 1 for group in groups) and len(groups) > 1
    parts = ["\n".join(line(row) for row in group) for group in groups]
    return "\n".join([line(head), rule, ("\n\n" if is_spaced else "\n").join(parts)])


def as_html(title: Sequence[str], head: Row, groups: Sequence[Sequence[Row]], left: int = 1) -> str:
    """The table as HTML, in the colours of the page that it stands on. The title is some lines."""

    def cells(row: Row, tag: str, style: str) -> str:
        made = [
            f'<{tag} style="{CELL}{style}text-align:{"left" if i < left else "right"}">'
            f"{escape(text)}</{tag}>"
            for i, text in enumerate(row)
        ]
        return f'<tr style="background:none">{"".join(made)}</tr>'

    body = [
        cells(row, "td", LINE if i == 0 else "") for group in groups for i, row in enumerate(group)
    ]
    above = "".join(f"<div>{escape(line)}</div>" for line in title)
    return (
        f'<div style="overflow-x:auto">{above}<table style="border-collapse:collapse;'
        f'font-size:90%;margin:6px 0"><thead>{cells(head, "th", "font-weight:600;")}</thead>'
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )
