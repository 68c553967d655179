"""The way of one example from its scores to its loss, as a drawing: a column of numbers a step."""

from typing import Any

import numpy as np

from pellucid.errors import SettingError
from pellucid.insight.drawing import Drawing, document, text, width_of
from pellucid.insight.score_to_loss import IN_P
from pellucid.insight.statistics import digits, short

MARGIN, TOP, ROW, GAP = 18.0, 46.0, 34.0, 30.0
MOST = 12  # classes that have a row


def score_picture(result: Any, example: int, class_names: list[str] | None) -> Drawing:
    """Draw the steps of `result` (a `ScoreToLoss`) for one example.

    With more than twelve classes, those of the largest scores and the right one. Raises
    SettingError for an example that is not there, or as many names as there are not classes.
    """
    if not 0 <= example < len(result):
        received, mend = str(example), f"There are {len(result):,}, counted from 0."
        raise SettingError("picture", "the number of an example", received, mend)
    steps = [step for step in result.steps if step.name != IN_P]
    columns = [(name, np.atleast_1d(values[example])) for name, values in steps]
    C = max(len(values) for _, values in columns)
    if class_names is not None and len(class_names) != C:
        received = f"{len(class_names)} names"
        raise SettingError("picture", f"a name for each of {C} classes", received, "")
    right = None if result.correct is None else int(result.correct[example])
    rows = _rows(columns, C, right)
    names = class_names or [str(c) for c in range(C)]
    x, lines = MARGIN, []
    if C > 1:
        head = "class" if right is not None else "output"
        width = max(width_of(each, 12.5) for each in [head, *(names[c] for c in rows)]) + 8
        lines.append(text(x, 28, head, "note", "start"))
        for k, c in enumerate(rows):
            y = TOP + ROW * (k + 0.5) + 4
            lines.append(text(x, y, names[c], "strong" if c == right else "plain", "start"))
        x += width
    for number, (name, values) in enumerate(columns):
        x = _column(lines, x, name, values, rows, right, is_first=number == 0)
    return Drawing(
        document(x + MARGIN, TOP + ROW * len(rows) + MARGIN - 4, "from scores to the loss", lines)
    )


def _rows(columns: list[tuple[str, Any]], C: int, right: int | None) -> list[int]:
    """The classes that have a row."""
    if C <= MOST:
        return list(range(C))
    largest = np.argsort(-columns[0][1], kind="stable")[:MOST]
    keep = {int(c) for c in largest[: MOST - 1]} | {int(largest[-1]) if right is None else right}
    return sorted(keep)


def _column(
    lines: list[str],
    x: float,
    name: str,
    values: Any,
    rows: list[int],
    right: int | None,
    *,
    is_first: bool,
) -> float:
    """Draw one step from x on, after an arrow from the step before; gives the right end."""
    write = short if (values == np.round(values)).all() else digits
    single = len(values) == 1
    at = rows.index(right) if right is not None else (len(rows) - 1) / 2
    cells = (
        [(at, write(float(values[0])), right is not None or len(rows) == 1)]
        if single
        else [(k, write(float(values[c])), c == right) for k, c in enumerate(rows)]
    )
    middle = TOP + ROW * (at + 0.5)
    if not is_first:
        lines.append(
            f'<path class="wire" fill="none" stroke="#8c959f" d="M{x + 6:.1f} {middle:.1f}'
            f'H{x + GAP - 6:.1f}m-6 -4l6 4l-6 4"/>'
        )
    x += GAP if not is_first else 8
    width = max(width_of(name), *(width_of(cell, 13) + 20 for _, cell, _ in cells))
    lines.append(text(x + width / 2, 28, name, "note", "middle"))
    for k, cell, is_right in cells:
        y = TOP + ROW * k
        kind = "leaf" if is_right else "gate"
        lines.append(
            f'<rect class="{kind}" x="{x:.1f}" y="{y + 3:.1f}" width="{width:.1f}"'
            f' height="{ROW - 6:.0f}" rx="5" fill="#f3f5f7" stroke="#57606a"/>'
        )
        lines.append(text(x + width / 2, y + ROW / 2 + 4, cell, "plain", "middle"))
    return x + width
