"""Drawn windows, and images that they slide over."""

from hypothesis import strategies as st

from pellucid.engines import Window

PAIR = st.tuples(st.integers(1, 3), st.integers(1, 3))
SIDES = st.tuples(st.integers(0, 2), st.integers(0, 2))


@st.composite
def windows(draw, dilation=PAIR, padding=None):
    """A window and the (H, W) of an image in which it has room."""
    padding = draw(padding if padding is not None else st.tuples(SIDES, SIDES))
    window = Window(draw(PAIR), draw(PAIR), padding, draw(dilation))
    size = [
        max(1, reach - sum(sides)) + draw(st.integers(0, 4))
        for reach, sides in zip(window.reach, padding, strict=True)
    ]
    return window, tuple(size)
