"""One pass through a model, with what each of its layers made, and what pictures ask of models.

A pass leaves the model as it was: what a training pass draws or moves (random numbers, moving
averages, gradients) is put back. Only the layers that the model itself lists are looked at; a model
inside a model counts as one layer.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, NoReturn

import numpy as np

from pellucid.errors import DataError, SettingError, ShapeError
from pellucid.graph import Tensor, no_graph
from pellucid.insight.statistics import as_numpy
from pellucid.layers.symbol import each_of
from pellucid.targets import as_array
from pellucid.training.arrays import as_data, each, shapes
from pellucid.training.not_finite import put_back

Array = np.ndarray
ONLY_MOVE = ("Reshape", "Transpose", "Slice", "Concatenate")  # gates that compute nothing


class Made(NamedTuple):
    """What one layer made of what it took, both tensors with their graph."""

    layer: Any
    taken: Any
    value: Tensor

    @property
    def computes(self) -> bool:
        """Whether the layer made other numbers, and did not only hand them on in another shape."""
        gate = self.value.gate
        only_moves = gate is not None and type(gate).__name__ in ONLY_MOVE
        return self.value is not self.taken and not only_moves


class Pass(NamedTuple):
    """The layers in the order of their calls, the input and the output as tensors."""

    made: list[Made]
    x: Any
    output: Tensor


def forward(model: Any, x: Any, training: bool = False, wanted: bool = False) -> Pass:
    """One forward pass. With `wanted`, the gradient of x can be asked for afterwards."""
    model.ensure_built(shapes(x))
    x = each(model.as_input, each(as_array, x))
    x = each(Tensor, x) if wanted else as_data(x)
    made: list[Made] = []
    chance = model.random_states()
    with _noted(model, made):
        output = model.run(x, training)
    if training:
        model.set_random_states(chance)
        put_back(output)
    return Pass(made, x, output)


@contextmanager
def _noted(model: Any, made: list[Made]) -> Iterator[None]:
    """Inside, what each layer of the model takes and makes is noted."""
    for layer in model.layers:
        vars(layer)["run"] = _noting(layer, made)
    try:
        yield
    finally:
        for layer in model.layers:
            del vars(layer)["run"]


def _noting(layer: Any, made: list[Made]) -> Any:
    """`run` of a layer, which also notes what went in and what came out."""
    run = layer.run

    def noting(inputs: Any, training: bool) -> Any:
        value = run(inputs, training)
        made.append(Made(layer, inputs, value))
        return value

    return noting


def with_gradients(model: Any, x: Any, y: Any) -> Pass:
    """A pass in training, after which every tensor has its gradient of the loss of (x, y).

    The model's own gradients, which an optimiser reads, are afterwards what they were. Raises
    SettingError where the model is not compiled with a loss.
    """
    model.prepare(x, y, where="gradients")
    parameters = model.parameters
    before = as_numpy(parameters.gradient).copy(), [p.grad for p in parameters.parameters]
    whole = forward(model, x, training=True)
    model.total_loss(as_array(y), whole.output).backward()
    parameters.gradient[...] = model.engine.asarray(before[0])
    for p, grad in zip(parameters.parameters, before[1], strict=True):
        p.grad = grad
    return whole


# -- what pictures ask of a model -----------------------------------------------------------------


def predict(model: Any, x: Any, rows: int = 4096) -> Array:
    """The outputs for many rows, some at a time, without a graph."""
    x = np.asarray(x)
    with no_graph():
        parts = [as_numpy(model(x[i : i + rows])) for i in range(0, len(x), rows)]
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


def class_numbers(y: Any, where: str) -> Array:
    """Targets of classes as numbers (N,): they are so already, or one-hot rows, or columns."""
    y = np.asarray(y)
    if y.ndim == 2 and y.shape[1] > 1:
        return y.argmax(axis=1)
    flat = y.reshape(-1)
    if y.ndim > 2 or flat.dtype.kind not in "biuf" or (flat % 1 != 0).any():
        raise DataError(
            where,
            "class numbers (N,), or one-hot rows (N, C)",
            f"shape {y.shape} of {y.dtype}",
            "Give the targets that the model was trained on.",
        )
    return flat.astype(np.int64)


def _named(shape: Any) -> str:
    """A shape, or several, with N for the batch."""
    several = each_of(shape)
    texts = [f"({', '.join('N' if n is None else str(n) for n in s)})" for s in several]
    return ", ".join(texts)
