"""Reading drawings back."""

import itertools
import re
import xml.etree.ElementTree as ET
from typing import NamedTuple

NS = "{http://www.w3.org/2000/svg}"


class Text(NamedTuple):
    """A line of text: what it says, its class, and the rectangle that it fills at most."""

    content: str
    kind: str
    left: float
    top: float
    right: float
    bottom: float


def texts(svg):
    """What a drawing says, in its order."""
    return [t.content for t in placed(svg)]


def placed(svg):
    """Every text of a drawing with its place, but for parts that are shut."""
    found = []

    def go(element, dx, dy):
        if "none" in element.get("style", ""):
            return
        if move := re.match(r"translate\(([-\d.]+) ([-\d.]+)\)", element.get("transform", "")):
            dx, dy = dx + float(move[1]), dy + float(move[2])
        if element.tag == f"{NS}text" and element.text:
            found.append(_text(element, dx, dy))
        for child in element:
            go(child, dx, dy)

    go(ET.fromstring(svg), 0.0, 0.0)
    return found


def _text(element, dx, dy):
    kind, x, y = element.get("class"), float(element.get("x")) + dx, float(element.get("y")) + dy
    size = 15 if "sign" in kind else 10.5 if "part" in kind or "below" in kind else 12
    width = len(element.text) * 0.602 * size
    is_middle = (
        kind.split()[0] in ("sign", "name", "below") or element.get("text-anchor") == "middle"
    )
    left = x - width / 2 if is_middle else x
    base = y + size * 0.35 if kind in ("sign", "name") else y
    return Text(element.text, kind, left, base - 0.75 * size, left + width, base + 0.2 * size)


def inside_the_page(svg):
    """No text leaves the drawing."""
    root = ET.fromstring(svg)
    w, h = float(root.get("width")), float(root.get("height"))
    out = [t for t in placed(svg) if t.left < 0 or t.right > w or t.top < 0 or t.bottom > h]
    assert out == []


def nothing_overlaps(svg):
    """No text lies on another, and none but its own in a box."""
    found = placed(svg)
    touching = [
        (a.content, b.content)
        for a, b in itertools.combinations(found, 2)
        if a.left < b.right and b.left < a.right and a.top < b.bottom and b.top < a.bottom
    ]
    assert touching == []
