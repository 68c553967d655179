"""Which class is taken for which, as a picture. C counts classes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pellucid.insight.colours import BLACK, BLUE, GREY, ORANGE, PALE, WHITE
from pellucid.insight.confusion import confusion_counts
from pellucid.insight.plots.frame import SIZE, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_CLASSES = 20  # with more, a cell is too small for its number


def confusion_matrix(
    y_true: Any, y_pred: Any, class_names: Sequence[str] | None = None, ax: "Axes | None" = None
) -> "Figure":
    """Which class is taken for which: a row for each true class, a column for each predicted one.

    `y_true` are class numbers or one-hot rows, `y_pred` class numbers or the scores that
    `model.predict` gives. What is right is blue and what is wrong orange, each the darker the
    larger its share of the row. Raises what `confusion_counts` raises, and SettingError without
    matplotlib.
    """
    counts = confusion_matrix_data(y_true, y_pred, class_names)
    C = len(counts)
    side = min(max(0.52 * C + 1.6, 4.2), 12.0)
    figure, (panel,) = panels(ax, 1, 1, (side, side))
    for i in range(C):
        for j in range(C):
            if counts[i, j] or C <= MOST_CLASSES:
                _cell(panel, i, j, int(counts[i, j]), int(counts[i].sum()), C)
    panel.set(xlim=(-0.5, C - 0.5), ylim=(C - 0.5, -0.5), aspect="equal")
    names = [str(k) for k in range(C)] if class_names is None else list(class_names)
    turned = 90 if max(map(len, names)) > 3 else 0
    step = -(-C // 40)
    panel.set_xticks(range(0, C, step), names[::step], rotation=turned)
    panel.set_yticks(range(0, C, step), names[::step])
    panel.tick_params(length=0)
    right = int(counts.trace())
    panel.set_title(f"{right:,} of {int(counts.sum()):,} right", pad=10)
    panel.set_xlabel("predicted class")
    panel.set_ylabel("true class")
    return figure


def confusion_matrix_data(
    y_true: Any, y_pred: Any, class_names: Sequence[str] | None = None
) -> Any:
    """The counts (C, C) of the picture: `confusion_counts` with as many classes as names."""
    return confusion_counts(y_true, y_pred, None if class_names is None else len(class_names))


def _cell(panel: "Axes", i: int, j: int, count: int, total: int, classes: int) -> None:
    """One count: its colour by its share of the row, its text where there is room."""
    from matplotlib.colors import to_rgb
    from matplotlib.patches import Rectangle

    place = {"xy": (j - 0.46, i - 0.46), "width": 0.92, "height": 0.92, "linewidth": 0}
    if count == 0:
        panel.add_patch(Rectangle(**place, color=GREY, alpha=0.09))
        return
    full = BLUE if i == j else ORANGE
    share = count / total if i == j else min(1.0, 2 * count / total)
    pairs = zip(to_rgb(PALE[full]), to_rgb(full), strict=True)
    colour = [p + share * (f - p) for p, f in pairs]
    panel.add_patch(Rectangle(**place, color=colour))
    if classes <= MOST_CLASSES:
        text = WHITE if i == j and share > 0.6 else BLACK
        size = SIZE - (2 if classes > 10 else 0) - (2 if count > 999 else 0)
        panel.text(j, i, str(count), ha="center", va="center", color=text, fontsize=size)
