"""The examples that a model gets most wrong: those with the largest loss."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pellucid.errors import DataError
from pellucid.insight.colours import BLUE, ORANGE
from pellucid.insight.outputs import class_numbers, class_probabilities
from pellucid.insight.plots.frame import ink, panels, tile_size, tiles
from pellucid.insight.plots.questions import (
    check_classes,
    class_label,
    predict,
    shown,
    some_images,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SMALLEST = 1e-30


class Mistakes(NamedTuple):
    """Examples by falling loss: their rows, what they are, what they are taken for, how surely.

    Each (count,): `rows` the places in x, `truth` and `taken` class numbers, `probability` that
    which the model gives to `taken`, `loss` = -ln of that which it gives to `truth`.
    """

    rows: np.ndarray
    truth: np.ndarray
    taken: np.ndarray
    probability: np.ndarray
    loss: np.ndarray


def most_wrong(
    model: Any,
    x: Any,
    y: Any,
    class_names: Sequence[str] | None = None,
    ax: "Axes | None" = None,
    *,
    count: int = 12,
) -> "Figure":
    """The images on which a classifier's loss is largest: what each is, and what it is taken for.

    `x` (N, H, W) or (N, H, W, C), `y` class numbers or one-hot rows. Titles of wrong ones are
    orange, of right ones (there may be few wrong ones) blue. Raises ShapeError where x are no
    images, SettingError for a model of numbers or without matplotlib, and DataError for no rows.
    """
    images = some_images(model, x, "most_wrong")
    found = most_wrong_data(model, x, y, count=count)
    columns = min(6, len(found.rows))
    size = tile_size(images.shape[1:], len(found.rows), columns, side=1.45, bar=False)
    figure, (panel,) = panels(ax, 1, 1, size)
    titles = [
        f"{class_label(class_names, t)} → {class_label(class_names, p)}, {share:.0%}"
        for t, p, share in zip(found.truth, found.taken, found.probability, strict=True)
    ]
    right = found.truth == found.taken
    colours = [BLUE if each else ORANGE for each in right]
    chosen = [shown(images[row]) for row in found.rows]
    tiles(panel, chosen, titles, columns, colours, cmap="gray")
    panel.set_title("true class → what it is taken for, how surely", color=ink(panel), pad=8)
    return figure


def most_wrong_data(model: Any, x: Any, y: Any, *, count: int = 12) -> Mistakes:
    """The rows with the largest losses, and what the model says of them."""
    check_classes(model, "most_wrong")
    x, truth = np.asarray(x), class_numbers(y, "most_wrong")
    if not len(x) or len(x) != len(truth):
        received = f"{len(x)} examples and {len(truth)} targets"
        raise DataError("most_wrong", "examples with a target each", received, "Give x and y.")
    p = class_probabilities(model, predict(model, x))
    loss = -np.log(np.maximum(p[np.arange(len(x)), truth].astype("float64"), SMALLEST))
    rows = np.argsort(-loss, kind="stable")[:count]
    taken = p.argmax(axis=1)[rows]
    return Mistakes(rows, truth[rows], taken, p[rows, taken], loss[rows])
