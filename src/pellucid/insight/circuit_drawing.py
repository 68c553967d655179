"""Boxes placed and drawn: igraph's Sugiyama layout says which box stands in which row, we draw.

A circuit runs from left to right in columns. Each box has its place for itself: the gate, and to
its right a piece of its wire with room for the value above and the gradient below. A wire that
passes a column has a row of its own there. So no two texts can meet, whatever their lengths.

Sugiyama, Tagawa, Toda 1981: Methods for visual understanding of hierarchical system structures.
"""

import itertools
from html import escape
from typing import NamedTuple

from pellucid.errors import SettingError
from pellucid.insight.circuit_boxes import Box
from pellucid.insight.drawing import BOX, WIRE, text, width_of

MARGIN, GAP = 18.0, 34.0  # around the drawing; between columns, where wires bend
BETWEEN, PASSING = 10.0, 6.0  # between two boxes; half the room of a wire that passes a column
LINE = 14.0  # height of a line of text
PORT = 28.0  # distance of two inputs of one gate
ROUND = 17.0  # radius of a gate
Point = tuple[float, float]


class Size(NamedTuple):
    """How much room the parts of a box need: before the gate, the gate, its wire; above and below
    the wire."""

    before: float
    body: float
    after: float
    above: float
    below: float


class Sketch(NamedTuple):
    """Lines of SVG, and the width and height of what they draw."""

    lines: list[str]
    width: float
    height: float


class Column(NamedTuple):
    """The places of a column: its left end, the left end of its gates, and its right end."""

    left: float
    body: float
    right: float


def sketch(boxes: list[Box]) -> Sketch:
    """Place the boxes and draw them. Raises SettingError where igraph is not installed."""
    sizes = [_size(box) for box in boxes]
    layers = _layers(boxes)
    pitch = max(size.above for size in sizes) + max(size.below for size in sizes) + BETWEEN
    ys, routes = _rows(boxes, sizes, layers, pitch)
    top = MARGIN - min(y - size.above for y, size in zip(ys, sizes, strict=True))
    bottom = MARGIN + max(y + size.below for y, size in zip(ys, sizes, strict=True))
    bent = [y for bends in routes.values() for y, _ in bends]
    top = max([top, *(MARGIN - y for y in bent)])
    bottom = max([bottom, *(MARGIN + y for y in bent)])
    columns = _columns(layers, sizes)
    wires: list[str] = []
    shapes: list[str] = []
    for i, box in enumerate(boxes):
        own = columns[layers[i]]
        ports = _ports(box, ys[i], ys, routes, i)
        for wire, port in zip(box.wires, ports, strict=True):
            bends = routes.get((wire.source, i), [])
            start = (columns[layers[wire.source]].right, ys[wire.source])
            wires.append(_wire(columns, start, bends, (own.left, port)))
            wires.append(_line((own.left, port), (own.body, port)))
            shapes += _port(own, port, wire.letter, wire.part)
        shapes += _box(box, sizes[i], own, ys[i], ports)
    moved = [f'<g transform="translate(0 {top:.1f})">', *wires, *shapes, "</g>"]
    return Sketch(moved, max(column.right for column in columns) + MARGIN, top + bottom)


# -- places ---------------------------------------------------------------------------------------


def _size(box: Box) -> Size:
    """The room that a box needs."""
    texts = [t for wire in box.wires for t in (wire.letter, wire.part)]
    before = max([0.0, *(width_of(t, 10.5) + 8 for t in texts if t)])
    body = max(2 * ROUND, width_of(box.title, 15 if box.kind == "gate" else 12) + 20)
    body = max(body, width_of(box.note, 10.5) + 20)
    after = max([10.0, *(width_of(line) for line in (*box.value, box.gradient))]) + 14
    half = max(ROUND, PORT * (len(box.wires) - 1) / 2 + (11 if len(box.wires) > 2 else 4)) + 2
    parts = any(wire.part for wire in box.wires)
    return Size(before, body, after, max(half, LINE * len(box.value) + 6), half + 8 * parts)


def _layers(boxes: list[Box]) -> list[int]:
    """The column of each box: after all that feed it, and a leaf right before what it feeds."""
    depth = [0] * len(boxes)
    for _ in boxes:  # until nothing moves: a fold may stand before some that feed it
        before = list(depth)
        for i, box in enumerate(boxes):
            depth[i] = max([depth[i], *(depth[wire.source] + 1 for wire in box.wires)])
        if depth == before:
            break
    nearest: dict[int, int] = {}
    for i, box in enumerate(boxes):
        for wire in box.wires:
            nearest[wire.source] = min(nearest.get(wire.source, depth[i]), depth[i])
    return [
        nearest[i] - 1 if not box.wires and i in nearest else depth[i]
        for i, box in enumerate(boxes)
    ]


def _rows(
    boxes: list[Box], sizes: list[Size], layers: list[int], pitch: float
) -> tuple[list[float], dict[tuple[int, int], list[tuple[float, int]]]]:
    """The height of each box, and where the wires between two boxes bend: (height, column)."""
    try:
        import igraph
    except ImportError as error:
        raise SettingError(
            "a circuit", "igraph", "none installed", "pip install 'pellucid[plots]'"
        ) from error
    edges = sorted({(wire.source, i) for i, box in enumerate(boxes) for wire in box.wires})
    levels, short, passing = list(layers), [], {}
    for start, end in edges:  # a wire gets a place of its own in each column that it passes
        passing[start, end] = range(len(levels), len(levels) + layers[end] - layers[start] - 1)
        levels += range(layers[start] + 1, layers[end])
        stops = [start, *passing[start, end], end]
        short += itertools.pairwise(stops)
    graph = igraph.Graph(n=len(levels), edges=short, directed=True)
    found = graph.layout_sugiyama(layers=levels, hgap=1, vgap=1, maxiter=100).coords
    needs = [(size.above, size.below) for size in sizes]
    needs += [(PASSING, PASSING)] * (len(levels) - len(sizes))
    ys = _apart([pitch * row for row, _ in found], levels, needs)
    bends = {edge: [(ys[k], levels[k]) for k in places] for edge, places in passing.items()}
    return ys[: len(boxes)], bends


def _apart(ys: list[float], levels: list[int], needs: list[tuple[float, float]]) -> list[float]:
    """The heights, moved as little as possible so that no two in one column touch.

    A layout may put two vertices of one layer at the same place. The order in a column stays:
    neighbours that come too near become a block, which moves to the mean of where they were.
    """
    placed = list(ys)
    for level in set(levels):
        column = sorted((k for k, each in enumerate(levels) if each == level), key=lambda k: ys[k])
        down = 0.0  # from the first in the column to this one, if all stood as near as they can
        blocks: list[tuple[float, list[tuple[int, float]]]] = []
        for k, after in zip(column, [*column[1:], None], strict=True):
            block = ys[k] - down, [(k, down)]
            while blocks and blocks[-1][0] > block[0]:
                mean, members = blocks.pop()
                count = len(members) + len(block[1])
                total = mean * len(members) + block[0] * len(block[1])
                block = total / count, members + block[1]
            blocks.append(block)
            if after is not None:
                down += needs[k][1] + needs[after][0] + BETWEEN
        for mean, members in blocks:
            for k, offset in members:
                placed[k] = mean + offset
    return placed


def _columns(layers: list[int], sizes: list[Size]) -> list[Column]:
    """The columns from left to right, each as wide as its boxes need."""
    columns, x = [], MARGIN
    for layer in range(max(layers) + 1):
        own = [size for size, place in zip(sizes, layers, strict=True) if place == layer]
        before = max((size.before for size in own), default=0.0)
        behind = max((size.body + size.after for size in own), default=0.0)
        columns.append(Column(x, x + before, x + before + behind))
        x = columns[-1].right + GAP
    return columns


def _ports(
    box: Box, y: float, ys: list[float], routes: dict[tuple[int, int], list], i: int
) -> list[float]:
    """The height at which each wire comes in: in the order of where they come from."""

    def origin(k: int) -> float:
        source = box.wires[k].source
        bends = routes.get((source, i), [])
        return bends[-1][0] if bends else ys[source]

    order = sorted(range(len(box.wires)), key=origin)
    first = y - PORT * (len(order) - 1) / 2
    ports = [0.0] * len(order)
    for rank, k in enumerate(order):
        ports[k] = first + PORT * rank
    return ports


# -- lines ----------------------------------------------------------------------------------------


def _wire(columns: list[Column], start: Point, bends: list[tuple[float, int]], end: Point) -> str:
    """From the end of one box's own piece of wire to the input of another."""
    path, (x, y) = f"M{start[0]:.1f} {start[1]:.1f}", start
    for height, column in bends:
        path += _bend(x, y, columns[column].left, height) + f"H{columns[column].right:.1f}"
        x, y = columns[column].right, height
    return f'<path {WIRE} d="{path}{_bend(x, y, *end)}"/>'


def _bend(x0: float, y0: float, x1: float, y1: float) -> str:
    """From one height to another between two columns, level at both ends."""
    middle = (x0 + x1) / 2
    return f"C{middle:.1f} {y0:.1f} {middle:.1f} {y1:.1f} {x1:.1f} {y1:.1f}"


def _line(a: Point, b: Point) -> str:
    """A straight piece of wire."""
    path = f"M{a[0]:.1f} {a[1]:.1f}L{b[0]:.1f} {b[1]:.1f}"
    return f'<path {WIRE} d="{path}"/>'


def _port(column: Column, y: float, letter: str, part: str) -> list[str]:
    """What stands at an input: its letter above the wire, its part of the gradient below."""
    found = []
    if letter:
        found.append(text(column.left + 3, y - 4, letter, "note part"))
    if part:
        found.append(text(column.left + 3, y + 11, part, "gradient part"))
    return found


def _box(box: Box, size: Size, column: Column, y: float, ports: list[float]) -> list[str]:
    """A gate, leaf or fold with its own piece of wire, value and gradient."""
    x, middle = column.body, column.body + size.body / 2
    lines = [_line((x + size.body, y), (column.right, y))]
    height = 2 * ROUND
    if len(ports) > 2:
        height = max(ports) - min(ports) + 22
    else:  # the wires of a round gate meet in its middle
        lines += [_line((x, port), (x + ROUND, y)) for port in ports]
    radius = {"leaf": 17, "data": 3, "fold": 6}.get(box.kind, ROUND)
    lines.append(
        f'<rect class="{box.kind}" x="{x:.1f}" y="{y - height / 2:.1f}" width="{size.body:.1f}"'
        f' height="{height:.1f}" rx="{radius}" {BOX}/>'
    )
    lines += _texts(box, middle, x + size.body + 6, y)
    if box.opens is None:
        return lines
    label = escape(f"unfold {box.title}")
    head = f'<g data-opens="{box.opens}" tabindex="0" role="button" aria-label="{label}">'
    return [head, *lines, "</g>"]


def _texts(box: Box, middle: float, start: float, y: float) -> list[str]:
    """What is written in a box and, from `start` on, at its wire."""
    kind = "sign" if box.kind == "gate" else "name"
    if box.note:
        lines = [text(middle, y - 6, box.title, kind), text(middle, y + 11, box.note, "below")]
    else:
        lines = [text(middle, y, box.title, kind)]
    for k, line in enumerate(reversed(box.value)):
        lines.append(text(start, y - 6 - LINE * k, line, "value"))
    if box.gradient:
        lines.append(text(start, y + 15, box.gradient, "gradient"))
    return lines
