"""What pictures ask of a model: outputs for many rows, its classes, one of its layers, images."""

from typing import Any, NoReturn

import numpy as np

from pellucid.errors import SettingError, ShapeError
from pellucid.graph import no_graph
from pellucid.layers.symbol import each_of

Array = np.ndarray


def predict(model: Any, x: Any, rows: int = 4096) -> Array:
    """The outputs for many rows, some at a time, without a graph."""
    x = np.asarray(x)
    with no_graph():
        parts = [np.asarray(model(x[i : i + rows])) for i in range(0, len(x), rows)]
    return np.concatenate(parts)


def check_classes(model: Any, where: str) -> None:
    """Raise SettingError unless the model tells classes apart."""
    kind = getattr(model.loss, "targets", None)
    if model.loss is None or kind == "numbers" or len(model.output_shape) != 2:
        received = "no loss" if model.loss is None else f"{type(model.loss).__name__}"
        raise SettingError(
            where,
            "a model of classes: outputs (N, C), and a loss of classes",
            f"outputs {_named(model.output_shape)}, {received}",
            "Compile it with a cross-entropy, say; a model of numbers has no classes.",
        )


def one_example(model: Any, x: Any, where: str) -> Array:
    """One example as a batch of one: x without the batch, or with a batch of one row."""
    x = np.asarray(x)
    shape = tuple(model.input_shape[1:]) if model.built else x.shape[1:]
    x = x[None] if x.ndim == len(shape) else x
    if x.ndim != len(shape) + 1 or len(x) != 1:
        expected = f"one example, {_named((None, *shape)).replace('N', '1')}"
        raise ShapeError(where, expected, f"shape {x.shape}", "Give x[0], say.")
    return x


def some_images(model: Any, x: Any, where: str) -> Array:
    """Images (N, H, W) or (N, H, W, C) as they are; one image with a batch of one.

    Raises ShapeError for anything else.
    """
    x = np.asarray(x)
    rank = len(model.input_shape)
    x = x[None] if x.ndim == rank - 1 else x
    if x.ndim not in (3, 4) or x.ndim != rank or (x.ndim == 4 and x.shape[-1] not in (1, 3)):
        received = f"shape {x.shape} for inputs {_named(model.input_shape)}"
        mend = "A table's rows cannot be shown so."
        raise ShapeError(where, "images (N, H, W), or (N, H, W, C) with C 1 or 3", received, mend)
    return x


def shown(image: Any) -> Array:
    """An image as `imshow` takes it: colours from 0 to 1, grey as (H, W)."""
    image = np.asarray(image, "float64")
    if image.ndim == 3 and image.shape[-1] == 3:
        low, high = min(0.0, image.min()), image.max()
        top = 255.0 if 1 < high <= 255 and low == 0 else high
        return np.clip((image - low) / max(top - low, 1e-12), 0, 1)
    return image[..., 0] if image.ndim == 3 else image


def chosen_layer(model: Any, layer: Any, fits: Any, where: str, what: str) -> Any:
    """The layer that is meant: given by itself, by name or by place; else the first that fits.

    Raises SettingError where it, or each of them, does not fit.
    """
    if isinstance(layer, str):
        layer = model.get_layer(layer)
    elif isinstance(layer, int):
        layer = model.get_layer(index=layer)
    if layer is None:
        layer = next((each for each in model.layers if fits(each)), None)
        if layer is None:
            kinds = ", ".join(type(each).__name__ for each in model.layers) or "none"
            refuse(where, f"a model with {what}", f"layers {kinds}")
    elif not fits(layer):
        refuse(where, what, f"layer {layer.label}, a {type(layer).__name__}")
    return layer


def refuse(
    where: str, expected: str, received: str, mend: str = "See model.summary()."
) -> NoReturn:
    """Say that a model does not fit a picture."""
    raise SettingError(where, expected, received, mend)


def class_label(class_names: Any, k: int) -> str:
    """The name of class k, or its number."""
    return str(k) if class_names is None else str(class_names[k])


def _named(shape: Any) -> str:
    """A shape, or several, with N for the batch."""
    several = each_of(shape)
    texts = [f"({', '.join('N' if n is None else str(n) for n in s)})" for s in several]
    return ", ".join(texts)
