"""Pictures of a training run, by matplotlib's objects alone: no window opens, no global state.

Every function draws on `ax`, or makes a figure of its own, and returns the figure; save it with
`figure.savefig(path)`. A figure of its own has no background: its grey text and its colours (of
Okabe and Ito's palette, which the colour-blind can tell apart) are readable on white and on black.
The same numbers without a picture: the history itself, and `confusion_counts`.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

from pellucid.errors import DataError, SettingError
from pellucid.insight.confusion import confusion_counts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GREY, BLUE, ORANGE = "#7a7a7a", "#0072b2", "#d55e00"
PALE_BLUE, PALE_ORANGE, BLACK, WHITE = "#d3e6f3", "#f9dfca", "#1a1a1a", "#ffffff"
DPI, SIZE = 160, 12  # dots an inch, and the text in points
MOST_CLASSES = 20  # with more, a cell is too small for its number


def learning_curve(history: Any, ax: "Axes | Sequence[Axes] | None" = None) -> "Figure":
    """The loss and each metric over the epochs, in training and, where measured, in validation.

    `history` is what `fit` returns, a model, or a dictionary {figure: one number an epoch}; figures
    of several numbers are left out. Each figure has a panel; `ax` is one panel for the first of
    them, or a sequence with one for each. Raises DataError where there are no epochs, and
    SettingError without matplotlib.
    """
    curves = _curves(history)
    figure, axes = _panels(ax, len(curves), (5.2, 3.8))
    for panel, (name, lines) in zip(axes, curves.items(), strict=False):
        for (part, values), style in zip(
            lines.items(), ((BLUE, "-"), (ORANGE, "--")), strict=False
        ):
            _curve(panel, values, part, *style)
        panel.set_xlabel("epoch")
        panel.set_ylabel(name)
        panel.locator_params(axis="x", integer=True)
        panel.margins(x=0.03)
        panel.grid(color=GREY, alpha=0.25, linewidth=0.8)
        panel.set_axisbelow(True)
        _legend(panel)
    return figure


def confusion_matrix(
    y_true: Any, y_pred: Any, class_names: Sequence[str] | None = None, ax: "Axes | None" = None
) -> "Figure":
    """Which class is taken for which: a row for each true class, a column for each predicted one.

    `y_true` are class numbers or one-hot rows, `y_pred` class numbers or the scores that
    `model.predict` gives. What is right is blue and what is wrong orange, each the darker the
    larger its share of the row. Raises what `confusion_counts` raises, and SettingError without
    matplotlib.
    """
    counts = confusion_counts(y_true, y_pred, None if class_names is None else len(class_names))
    C = len(counts)
    side = min(max(0.52 * C + 1.6, 4.2), 12.0)
    figure, (panel, *_) = _panels(ax, 1, (side, side))
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


# -- parts ----------------------------------------------------------------------------------------


def _curves(history: Any) -> dict[str, dict[str, list[float]]]:
    """The lines of each panel: {"loss": {"training": [...], "validation": [...]}, ...}."""
    figures = history
    while hasattr(figures, "history"):  # a model has a History, which has the dictionary
        figures = figures.history
    figures = {name: list(values) for name, values in dict(figures).items() if len(values)}
    figures = {name: v for name, v in figures.items() if not getattr(v[0], "shape", ())}
    if not figures:
        raise DataError(
            "learning_curve", "at least one epoch", "none", "Train first: model.fit(x, y)."
        )
    curves = {}
    for name in figures:
        if not name.startswith("val_"):
            validation = {"validation": figures[v]} if (v := f"val_{name}") in figures else {}
            curves[name] = {"training": figures[name], **validation}
    return curves


def _curve(panel: "Axes", values: list[float], part: str, colour: str, style: str) -> None:
    """One line over the epochs, counted from 1."""
    marker = "o" if len(values) <= 25 else None
    epochs = range(1, len(values) + 1)
    panel.plot(epochs, values, style, color=colour, marker=marker, ms=4, lw=2.2, label=part)


def _legend(panel: "Axes") -> None:
    """Which line is which, in the colour of the other texts, where lines leave room."""
    legend = panel.legend(frameon=False, handlelength=2.4, fontsize=SIZE)
    for text in legend.get_texts():
        text.set_color(panel.xaxis.label.get_color())


def _cell(panel: "Axes", i: int, j: int, count: int, total: int, classes: int) -> None:
    """One count: its colour by its share of the row, its text where there is room."""
    from matplotlib.colors import to_rgb
    from matplotlib.patches import Rectangle

    place = {"xy": (j - 0.46, i - 0.46), "width": 0.92, "height": 0.92, "linewidth": 0}
    if count == 0:
        panel.add_patch(Rectangle(**place, color=GREY, alpha=0.09))
        return
    pale, full = (PALE_BLUE, BLUE) if i == j else (PALE_ORANGE, ORANGE)
    share = count / total if i == j else min(1.0, 2 * count / total)
    colour = [p + share * (f - p) for p, f in zip(to_rgb(pale), to_rgb(full), strict=True)]
    panel.add_patch(Rectangle(**place, color=colour))
    if classes <= MOST_CLASSES:
        text = WHITE if i == j and share > 0.9 else BLACK
        size = SIZE - (2 if classes > 10 else 0) - (2 if count > 999 else 0)
        panel.text(j, i, str(count), ha="center", va="center", color=text, fontsize=size)


def _panels(
    ax: "Axes | Sequence[Axes] | None", count: int, size: tuple[float, float]
) -> tuple["Figure", list["Axes"]]:
    """The panels to draw on and their figure: those given, else new ones side by side."""
    if ax is not None:
        axes = list(ax) if isinstance(ax, Iterable) else [ax]
        return cast("Figure", axes[0].get_figure(root=True)), axes
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise SettingError(
            "a picture", "matplotlib", "none installed", "pip install 'pellucid[plots]'"
        ) from error
    figure = Figure((count * size[0], size[1]), DPI, facecolor="none")
    figure.set_layout_engine("constrained", w_pad=0.12, h_pad=0.12)
    FigureCanvasAgg(figure)
    axes = list(figure.subplots(1, count, squeeze=False)[0])
    for panel in axes:
        _grey(panel)
    return figure, axes


def _grey(panel: "Axes") -> None:
    """A panel without a background, its frame and texts in a grey that shows on white and black."""
    panel.set_facecolor("none")
    panel.tick_params(colors=GREY, labelsize=SIZE)
    panel.spines[["top", "right"]].set_visible(False)
    panel.spines[:].set_color(GREY)
    for text in (panel.title, panel.xaxis.label, panel.yaxis.label):
        text.set(color=GREY, size=SIZE + 1)
