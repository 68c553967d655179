"""The colours of all drawings and pictures, in one place.

They are Okabe and Ito's, which the colour-blind can tell apart; where two things are told apart by
colour they differ in something else as well. What is known to lie on a light or a dark background
has the tones of that background.
"""

from typing import NamedTuple

BLUE, ORANGE, GREEN = "#0072b2", "#d55e00", "#009e73"
PINK, AMBER, SKY = "#cc79a7", "#e69f00", "#56b4e9"
GREY = "#7a7a7a"  # readable on white and on black
BLACK, WHITE = "#1a1a1a", "#ffffff"
PALE = {BLUE: "#d3e6f3", ORANGE: "#f9dfca", GREEN: "#cdeae0", PINK: "#f3dfea", AMBER: "#faeacb"}


class Tones(NamedTuple):
    """The colours on one background.

    `page` is the background; `ink`, `note` and `line` are texts, lesser texts and lines; `fill` is
    the inside of a box. `blue`, `orange` and `green` are the colours of lines and large texts,
    `value` and `gradient` the blue and the orange of small ones. `pale_blue` and `pale_amber` are
    insides of boxes, `amber` the edge of the latter.
    """

    page: str
    ink: str
    note: str
    line: str
    fill: str
    blue: str
    orange: str
    green: str
    value: str
    gradient: str
    pale_blue: str
    pale_amber: str
    amber: str


LIGHT = Tones(
    page=WHITE,
    ink="#333a41",
    note="#57606a",
    line="#8c959f",
    fill="#f3f5f7",
    blue=BLUE,
    orange=ORANGE,
    green=GREEN,
    value="#005a8f",
    gradient="#b34700",
    pale_blue=PALE[BLUE],
    pale_amber=PALE[AMBER],
    amber="#b07d00",
)
DARK = Tones(
    page="#16191d",
    ink="#c9d1d9",
    note="#a8b1bb",
    line="#7d8590",
    fill="#262b31",
    blue="#3d9be0",
    orange="#f07f2e",
    green="#1fbf94",
    value="#6cc0f5",
    gradient="#f0a05a",
    pale_blue="#14293a",
    pale_amber="#332a12",
    amber=AMBER,
)
