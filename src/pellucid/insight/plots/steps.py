"""The way from scores to a loss as a picture: a row a class or output, a column a step.

Steps with a number for each class have bars as long as the number's share of the column's largest.
A single number in between is what the column before it adds up to, and stands below that; the last
one is the loss. One unit of the panel is one inch.
"""

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pellucid.errors import DataError, SettingError
from pellucid.insight.colours import BLUE, GREY, ORANGE, SKY
from pellucid.insight.loss_steps import softmax_steps
from pellucid.insight.plots.frame import SIZE, empty, ink, panels
from pellucid.insight.plots.questions import class_label
from pellucid.insight.steps import IN_P, ScoreToLoss, texts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 12  # classes that have a row
ROW, GAP, BAR = 0.46, 0.4, 0.72  # the height of a row, the room between columns, the longest bar
ARROW = 0.25  # more room before the loss
LETTER, HEAD = 0.105, 20  # the width of a letter; letters in a line of a column's head


class Column(NamedTuple):
    """One step: its head, its numbers by row, what they add up to, and its width.

    A column that has one number for all rows has it in `single`.
    """

    head: str
    values: np.ndarray
    words: list[str]
    below: str
    width: float

    @property
    def is_single(self) -> bool:
        """Whether it is one number."""
        return len(self.values) == 1


def score_to_loss(
    scores: Any, y: int, class_names: Sequence[str] | None = None, ax: "Axes | None" = None
) -> "Figure":
    """Softmax cross-entropy step by step: scores, exponentials, normalised, -ln P(class).

    `scores` (C,) or (1, C), as a model's last linear layer gives them, and `y` the number of the
    right class. A model's own way to its loss, whatever that is, has the same picture:
    `model.trace(x, y).score_to_loss().picture(example)`. Raises DataError for other scores or a
    class that is not there, and SettingError without matplotlib.
    """
    return picture_of_steps(score_to_loss_data(scores, y), 0, class_names, ax)


def score_to_loss_data(scores: Any, y: int) -> ScoreToLoss:
    """The steps, as those of a model's trace: `steps["exp"]` (1, C), `steps.losses` (1,)."""
    s = np.asarray(scores, "float64")
    s = s[0] if s.ndim == 2 and len(s) == 1 else s
    if s.ndim != 1 or len(s) < 2 or not np.isfinite(s).all() or not 0 <= y < len(s):
        raise DataError(
            "score_to_loss",
            "finite scores (C,) of two classes or more, and the number of one",
            f"scores {s.shape}, y {y!r}",
            "Give model(x[:1])[0] and y[0].",
        )
    return softmax_steps(s[None], np.array([y]))


def picture_of_steps(
    steps: ScoreToLoss, example: int, class_names: Sequence[str] | None, ax: "Axes | None"
) -> "Figure":
    """Draw the steps of one example.

    Of more than twelve classes, those with the largest scores and the right one have a row. Raises
    SettingError for an example that is not there, for as many names as there are not classes, and
    without matplotlib.
    """
    if not 0 <= example < len(steps):
        mend = f"There are {len(steps):,}, counted from 0."
        raise SettingError("picture", "the number of an example", str(example), mend)
    made = [(name, np.atleast_1d(v[example])) for name, v in steps.steps if name != IN_P]
    C = max(len(values) for _, values in made)
    if class_names is not None and len(class_names) != C:
        received = f"{len(class_names)} names"
        raise SettingError("picture", f"a name for each of {C} classes", received, "")
    right = None if steps.correct is None else int(steps.correct[example])
    rows = _rows(made[0][1], right)
    names = [class_label(class_names, c) if C > 1 or class_names else "" for c in rows]
    names += [f"{C - MOST:,} more"] if C > MOST else []
    columns = _columns(made, rows)
    return _draw(columns, names, None if right is None else rows.index(right), steps.formula, ax)


def _rows(scores: np.ndarray, right: int | None) -> list[int]:
    """The classes that have a row."""
    if len(scores) <= MOST:
        return list(range(len(scores)))
    largest = [int(c) for c in np.argsort(-scores, kind="stable")[:MOST]]
    if right is not None and right not in largest:
        largest[-1] = right
    return sorted(largest)


def _columns(made: list[tuple[str, np.ndarray]], rows: list[int]) -> list[Column]:
    """The columns; what stands in between as a single number goes below the one before it."""
    columns: list[Column] = []
    for k, (name, values) in enumerate(made):
        write = texts(values)
        is_single, is_last = len(values) == 1, k == len(made) - 1
        if is_single and len(rows) > 1 and not is_last:
            columns[-1] = columns[-1]._replace(below=f"{name} {write(0)}")
            continue
        words = [write(0)] if is_single else [write(c) for c in rows]
        head = textwrap.fill(name.replace("-", "−"), HEAD, break_long_words=False)
        longest = LETTER * max(map(len, head.splitlines()))
        number = LETTER * max(map(len, words))
        width = max(longest, number if is_single else number + 0.08 + BAR)
        columns.append(Column(head, values[[0] if is_single else rows], words, "", width))
    return columns


# -- drawing --------------------------------------------------------------------------------------


def _draw(
    columns: list[Column], names: list[str], right: int | None, formula: str, ax: "Axes | None"
) -> "Figure":
    """All rows and columns. `right` is the row of the right class, where there is one."""
    rows = max(len(column.words) for column in columns)
    has_foot = len(names) > rows or any(column.below for column in columns)
    left = LETTER * max(map(len, names)) + (GAP if any(names) else 0.0)
    wide = left + sum(column.width + GAP for column in columns) + ARROW
    wide = max(wide, 0.95 * LETTER * len(formula) + 0.2)
    lines = max(column.head.count("\n") for column in columns) + 1
    top, bottom = -0.22 * lines - 0.55, ROW * (rows + has_foot)
    figure, (panel,) = panels(ax, 1, 1, (wide + 0.4, bottom - top + 0.35))
    formula = formula.replace("-", "−")
    _write(panel, wide / 2, top + 0.1, formula)
    for k, name in enumerate(names):
        _write(panel, left - GAP, ROW * (k + 0.5), name, "right", k == right)
    at = ROW * (0.5 + ((rows - 1) / 2 if right is None else right))
    for column in columns:
        is_loss = column is columns[-1]
        left += ARROW if is_loss else 0.0
        middle = left + column.width / 2
        _write(panel, middle, -0.08, column.head).set(va="bottom", fontsize=SIZE + 1)
        if column.is_single:
            _write(panel, middle, at, column.words[0], is_meant=is_loss)
        else:
            _bars(panel, column, left, right)
        if is_loss:
            places = left - GAP - ARROW + 0.06, middle - LETTER * len(column.words[0]) / 2 - 0.06
            arrow = {"arrowstyle": "->", "color": BLUE, "lw": 1.8}
            panel.annotate("", (places[1], at), (places[0], at), arrowprops=arrow)
        left += column.width + GAP
    panel.set(xlim=(-0.1, wide), ylim=(bottom + 0.05, top))
    empty(panel)
    return figure


def _write(
    panel: "Axes", x: float, y: float, words: str, side: str = "center", is_meant: bool = False
) -> Any:
    """A text; what is meant, the right class and the loss, in bold blue."""
    text = panel.text(x, y, words, va="center", fontsize=SIZE)
    text.set(ha=side, color=BLUE if is_meant else ink(panel))
    text.set_fontweight("bold" if is_meant else "normal")
    return text


def _bars(panel: "Axes", column: Column, left: float, right: int | None) -> None:
    """The numbers of a column, each with its bar, and what they add up to below a line."""
    from matplotlib.patches import Rectangle

    largest = float(np.abs(column.values).max()) or 1.0
    number = LETTER * max(map(len, column.words))
    edge = left + (column.width - number - 0.08 - BAR) / 2 + number
    for k, (value, words) in enumerate(zip(column.values, column.words, strict=True)):
        y = ROW * (k + 0.5)
        _write(panel, edge, y, words, "right", k == right).set_fontweight("normal")
        face = ORANGE if value < 0 else BLUE if k == right else SKY
        long, high = BAR * abs(float(value)) / largest, 0.6 * ROW
        place = edge + 0.08, y - high / 2
        panel.add_patch(Rectangle(place, long, high, fc=face, lw=0, alpha=0.85))
    if column.below:
        y, end = ROW * len(column.words), edge - LETTER * len(column.below)
        panel.plot([min(end, edge - number), edge], [y, y], color=GREY, lw=1.0)
        _write(panel, edge, y + ROW / 2, column.below, "right")
