"""Weights, filters and what they see, as images. H W C an image, U units, D features."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pellucid.insight.measuring import as_numpy
from pellucid.insight.plots.frame import FORWARD, panels, scale, signed, tile_size, tiles
from pellucid.insight.plots.questions import (
    chosen_layer,
    class_label,
    one_example,
    refuse,
    shown,
)
from pellucid.insight.watching import watch

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class Maps(NamedTuple):
    """An image as the model took it, and the maps (U, H, W) that a layer made of it."""

    image: np.ndarray
    maps: np.ndarray
    layer: str


def weight_images(
    model: Any,
    layer: Any = None,
    class_names: Sequence[str] | None = None,
    ax: "Axes | None" = None,
    *,
    image_shape: tuple[int, ...] | None = None,
    most: int = 40,
) -> "Figure":
    """The weights of a dense layer on images, one picture a unit: what it looks for.

    In a linear classifier that is one picture a class. Grey images: blue where a bright pixel
    raises the score, orange where it lowers it. Colour images: the weights as colours, each picture
    from its smallest to its largest. `layer` is the first dense one unless given. Raises
    SettingError where its inputs are not the pixels of an image, or without matplotlib.
    """
    W = weight_images_data(model, layer, image_shape=image_shape)
    images = W[:most]
    columns = min(len(images), 5 if len(images) <= 10 else 8)
    figure, (panel,) = panels(ax, 1, 1, tile_size(W.shape[1:], len(images), columns))
    label = "" if class_names is not None or len(images) <= 10 else "unit "
    titles = [f"{label}{class_label(class_names, k)}" for k in range(len(images))]
    if W.shape[-1] == 3:
        span = np.ptp(images, axis=(1, 2, 3), keepdims=True)
        images = (images - images.min(axis=(1, 2, 3), keepdims=True)) / np.where(span, span, 1)
        tiles(panel, list(images), titles, columns)
    else:
        largest = float(np.abs(images).max()) or 1.0
        settings = {"cmap": signed(), "vmin": -largest, "vmax": largest}
        scale(panel, tiles(panel, list(images), titles, columns, **settings), "weight")
    return figure


def weight_images_data(
    model: Any, layer: Any = None, *, image_shape: tuple[int, ...] | None = None
) -> np.ndarray:
    """The weights of each unit in the shape of the images, (U, H, W, C)."""
    from pellucid.layers import Dense

    where = "weight_images"
    dense = chosen_layer(model, layer, lambda x: isinstance(x, Dense), where, "a Dense layer")
    shape = tuple(image_shape or (model.input_shape or ())[1:])
    shape = (*shape, 1) if len(shape) == 2 else shape
    D = dense.kernel.shape[0] if dense.built else None
    if len(shape) != 3 or shape[-1] not in (1, 3) or math.prod(shape) != D:
        refuse(
            where,
            "weights for each pixel of an image (H, W) or (H, W, C) with C 1 or 3",
            f"layer {dense.label} with {D} inputs, and images {shape}",
            "Choose the layer on the pixels, or give image_shape=(8, 8), say.",
        )
    kernel = np.asarray(dense.kernel.value)
    return kernel.T.reshape(-1, *shape)


def filters(model: Any, layer: Any = None, ax: "Axes | None" = None, *, most: int = 32) -> "Figure":
    """The filters of a convolution: blue weights are above 0, orange ones below.

    Filters over three channels are shown in colour. Over more channels, each row is a filter and
    each column a channel, up to 8 of each. `layer` is the first convolution of images unless given.
    Raises SettingError for a model without one, or without matplotlib.
    """
    W = filters_data(model, layer)
    U, kh, kw, C = W.shape
    if C == 3:
        images, columns = W[:most] - W[:most].min(), min(U, 8)
        images, titles = images / (images.max() or 1.0), [str(u) for u in range(len(images))]
    elif C == 1:
        images, columns = W[:most], min(U, 8)
        titles = [str(u) for u in range(len(images))]
    else:
        rows, columns = min(U, 8), min(C, 8)
        images = np.moveaxis(W[:rows, ..., :columns], -1, 1).reshape(-1, kh, kw)
        titles = [f"{u}, {c}" for u in range(rows) for c in range(columns)]
    size = tile_size((kh, kw), len(images), columns, side=0.85)
    figure, (panel,) = panels(ax, 1, 1, size)
    largest = float(np.abs(images).max()) or 1.0
    settings = {} if C == 3 else {"cmap": signed(), "vmin": -largest, "vmax": largest}
    drawn = tiles(panel, list(images), titles, columns, **settings)
    if C != 3:
        scale(panel, drawn, "weight")
    if C not in (1, 3):
        panel.set_title(f"filter, channel ({U} filters of {C} channels)", pad=6)
    return figure


def filters_data(model: Any, layer: Any = None) -> np.ndarray:
    """The filters of a convolution, (U, kh, kw, C)."""
    from pellucid.layers import Conv2D

    def fits(each: Any) -> bool:
        return isinstance(each, Conv2D) and each.built

    found = chosen_layer(model, layer, fits, "filters", "a Conv2D layer that is built")
    return np.moveaxis(np.asarray(found.kernel.value), -1, 0)


def feature_maps(
    model: Any, x: Any, layer: Any = None, ax: "Axes | None" = None, *, most: int = 31
) -> "Figure":
    """What each channel of a convolution (or of pooling) makes of one image.

    `x` (H, W, C) or (1, H, W, C); it is the first picture. `layer` is the first convolution unless
    given. Raises SettingError for a layer that makes no maps, ShapeError where x is not one image,
    and SettingError without matplotlib.
    """
    found = feature_maps_data(model, x, layer)
    maps = found.maps[:most]
    columns = 8 if len(maps) >= 16 else min(len(maps) + 1, 5)
    size = tile_size(maps.shape[1:], len(maps) + 1, columns, side=0.95)
    figure, (panel,) = panels(ax, 1, 1, size)
    image = shown(found.image)
    both = [_enlarged(image, maps.shape[1:]), *maps]
    titles = ["image", *(str(u) for u in range(len(maps)))]
    low, high = float(maps.min()), float(maps.max())
    grey = {"cmap": FORWARD, "vmin": low, "vmax": high}
    drawn = tiles(panel, both, titles, columns, **grey)
    if image.ndim == 2:  # its own scale, and grey
        panel.images[0].set(cmap="gray", clim=(image.min(), image.max()))
    scale(panel, drawn, "activation")
    panel.set_title(f"layer {found.layer}", pad=6)
    return figure


def feature_maps_data(model: Any, x: Any, layer: Any = None) -> Maps:
    """The image and the maps of a layer."""
    where, what = "feature_maps", "a layer that makes maps (N, H, W, C)"
    x = one_example(model, x, where)
    makers = {call.original: as_numpy(call.output) for call in watch(model, x).listed}

    def fits(each: Any) -> bool:
        is_wanted = layer is not None or "Conv" in type(each).__name__
        return is_wanted and _is_maps(makers.get(each))

    found = chosen_layer(model, layer, fits, where, what)
    return Maps(x[0], np.moveaxis(makers[found][0], -1, 0), found.label)


def _is_maps(array: Any) -> bool:
    """Whether an output is a stack of maps that can be seen."""
    return array is not None and array.ndim == 4 and min(array.shape[1:3]) > 1


def _enlarged(image: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """An image with pixels repeated up to at least this size, so that tiles are alike."""
    times = max(1, min(size[0] // image.shape[0], size[1] // image.shape[1]))
    return image.repeat(times, 0).repeat(times, 1)
