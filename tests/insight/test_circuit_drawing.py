"""Boxes placed."""

import itertools
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.errors import SettingError
from pellucid.insight.circuit_boxes import Box, Wire
from pellucid.insight.circuit_drawing import _apart, _layers, sketch
from pellucid.insight.drawing import document

from .svg import inside_the_page, nothing_overlaps

TEXTS = st.sampled_from(["", "1", "−0.25", "(32, 64)", "[1 2 3 4]"])


@st.composite
def graphs(draw):
    """Boxes, each fed by some of those before it."""
    boxes = []
    for i in range(draw(st.integers(1, 14))):
        sources = draw(st.lists(st.integers(0, i - 1), max_size=3)) if i else []
        wires = [Wire(s, draw(st.sampled_from(["", "W"])), draw(TEXTS)) for s in sources]
        kind = "gate" if wires else "leaf"
        boxes.append(Box(kind, draw(TEXTS), draw(st.lists(TEXTS, max_size=2)), draw(TEXTS), wires))
    return boxes


@given(graphs())
def test_no_graph_has_texts_that_meet(boxes):
    found = sketch(boxes)
    svg = document(found.width, found.height, "any", found.lines)
    nothing_overlaps(svg)
    inside_the_page(svg)


@given(st.lists(st.tuples(st.floats(-50, 50), st.integers(0, 2)), min_size=1, max_size=12))
def test_what_is_too_near_is_moved_apart_and_keeps_its_order(places):
    ys, levels = [y for y, _ in places], [level for _, level in places]
    moved = _apart(ys, levels, [(5.0, 5.0)] * len(ys))
    for level in set(levels):
        column = sorted((k for k in range(len(ys)) if levels[k] == level), key=lambda k: ys[k])
        gaps = [moved[b] - moved[a] for a, b in itertools.pairwise(column)]
        assert all(gap >= 20 - 1e-9 for gap in gaps)


def test_what_has_room_stays():
    assert _apart([0.0, 100.0, 40.0], [0, 0, 1], [(5.0, 5.0)] * 3) == [0.0, 100.0, 40.0]
    assert _apart([0.0, 0.0], [0, 0], [(5.0, 5.0)] * 2) == [-10.0, 10.0]


def test_without_igraph_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "igraph", None)
    with pytest.raises(SettingError) as error:
        sketch([Box("leaf", "x")])
    assert str(error.value) == (
        "a circuit: expected igraph; got none installed. pip install 'pellucid[plots]'"
    )


def test_a_fold_that_stands_before_what_feeds_it():
    wired = [Box("leaf", "a"), Box("fold", "f", wires=[Wire(0), Wire(3)]), Box("leaf", "b")]
    wired.append(Box("gate", "g", wires=[Wire(2)]))
    assert _layers(wired) == [1, 2, 0, 1]
