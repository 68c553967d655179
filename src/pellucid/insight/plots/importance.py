"""Which pixels a model's answer depends on: by its gradient, and by covering parts of the image.

Both ask about one class, the likeliest unless another is given.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pellucid.errors import SettingError
from pellucid.graph import gradients_of
from pellucid.insight.measuring import as_numpy
from pellucid.insight.outputs import class_probabilities
from pellucid.insight.plots.frame import FORWARD, panels, scale, signed, tile_size, tiles
from pellucid.insight.plots.questions import (
    check_classes,
    class_label,
    one_example,
    predict,
    shown,
    some_images,
)
from pellucid.insight.watching import watch

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class Importance(NamedTuple):
    """An image, the class that is asked about, its probability, and a map (H, W) of what counts.

    Of saliency: the largest |d score / d pixel| of the pixel's channels. Of occlusion: how much
    less probable the class is where the pixel is covered, averaged over the covers.
    """

    image: np.ndarray
    target: int
    probability: float
    importance: np.ndarray


def saliency(
    model: Any,
    x: Any,
    target: int | None = None,
    class_names: Sequence[str] | None = None,
    ax: "Axes | None" = None,
) -> "Figure":
    """The image, and how steeply the score of its class changes with each pixel.

    `x` one image, (H, W, C) or (1, H, W, C). Simonyan, Vedaldi, Zisserman 2013. Raises ShapeError
    where x is not one image, SettingError for a model of numbers, for a class that is not there, or
    without matplotlib.
    """
    found = saliency_data(model, x, target)
    return _draw(found, class_names, ax, FORWARD, "|d score / d pixel|", from_zero=True)


def saliency_data(model: Any, x: Any, target: int | None = None) -> Importance:
    """The gradient of the score of class `target` at the image x, as one number a pixel."""
    x, target, probability = _asked(model, x, target, "saliency")
    whole = watch(model, x, with_slopes=True)
    is_alone = whole.output.shape[1] == 1  # one score for both classes
    score = whole.output[:, 0 if is_alone else target].sum()
    sign = -1.0 if is_alone and target == 0 else 1.0
    slopes = np.abs(as_numpy(gradients_of(sign * score)[whole.data[0]])[0])
    importance = slopes.max(axis=-1) if slopes.ndim == 3 else slopes
    return Importance(x[0], target, probability, importance)


def occlusion(
    model: Any,
    x: Any,
    target: int | None = None,
    class_names: Sequence[str] | None = None,
    ax: "Axes | None" = None,
    *,
    size: int | None = None,
) -> "Figure":
    """The image, and how much less sure the model is where a part of it is covered.

    `x` one image, (H, W, C) or (1, H, W, C). The cover, of the image's mean, has `size` pixels a
    side (a quarter of the shorter side unless given), and goes over all places. Zeiler, Fergus
    2014. Raises what `saliency` raises, and SettingError for a cover that does not fit.
    """
    found = occlusion_data(model, x, target, size=size)
    return _draw(found, class_names, ax, signed(), "loss of probability", from_zero=False)


def occlusion_data(
    model: Any, x: Any, target: int | None = None, *, size: int | None = None
) -> Importance:
    """How much less probable class `target` is, on average, when a pixel is covered."""
    x, target, probability = _asked(model, x, target, "occlusion")
    H, W = x.shape[1:3]
    size = max(1, min(H, W) // 4) if size is None else size
    if not 1 <= size <= min(H, W):
        expected = f"a size from 1 to {min(H, W)}"
        raise SettingError("occlusion", expected, repr(size), "Try a quarter of the image.")
    places = [(i, j) for i in range(H - size + 1) for j in range(W - size + 1)]
    covered = np.repeat(x, len(places), axis=0).astype("float32")
    cover = x.mean(axis=(1, 2))[0]
    for k, (i, j) in enumerate(places):
        covered[k, i : i + size, j : j + size] = cover
    p = class_probabilities(model, predict(model, covered, rows=256))[:, target]
    lost, looks = np.zeros((H, W)), np.zeros((H, W))
    for (i, j), value in zip(places, probability - p, strict=True):
        lost[i : i + size, j : j + size] += value
        looks[i : i + size, j : j + size] += 1
    return Importance(x[0], target, probability, lost / looks)


def _asked(model: Any, x: Any, target: int | None, where: str) -> tuple[np.ndarray, int, float]:
    """The image as a batch, the class that is asked about, and its probability."""
    check_classes(model, where)
    x = some_images(model, one_example(model, x, where), where)
    p = class_probabilities(model, predict(model, x))[0]
    target = int(p.argmax()) if target is None else target
    if not 0 <= target < len(p):
        raise SettingError(where, f"a class from 0 to {len(p) - 1}", repr(target), "Choose one.")
    return x, target, float(p[target])


def _draw(
    found: Importance, class_names: Any, ax: Any, colours: Any, label: str, *, from_zero: bool
) -> "Figure":
    """The image and the map side by side."""
    size = tile_size(found.image.shape, 2, 2, side=2.2)
    figure, (panel,) = panels(ax, 1, 1, size)
    largest = float(np.abs(found.importance).max()) or 1.0
    limits: dict[str, Any] = {"vmin": 0.0 if from_zero else -largest, "vmax": largest}
    titles = [f"{class_label(class_names, found.target)}, {found.probability:.0%}", "what counts"]
    both = [shown(found.image), found.importance]
    drawn = tiles(panel, both, titles, 2, cmap=colours, **limits)
    image = panel.images[0]
    if both[0].ndim == 2:
        image.set(cmap="gray", clim=(both[0].min(), both[0].max()))
    scale(panel, drawn, label)
    return figure
