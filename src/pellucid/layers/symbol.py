"""A symbol stands for an array that is not there yet: it knows its shape, and which layer makes it.

Calling a layer on a symbol gives another symbol; so a network with branches is written down before
any data is there, and `Model(inputs, outputs)` reads it back. None in a shape is the batch.
"""

from typing import Any

from pellucid.config import floatx
from pellucid.errors import SettingError
from pellucid.settings import whole

Shape = tuple[int | None, ...]


class Symbol:
    """The output of a layer that has been called on symbols; or, without a layer, an input."""

    def __init__(
        self,
        shape: Shape,
        layer: Any = None,
        inputs: Any = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        self.shape = tuple(shape)
        self.layer, self.inputs, self.name = layer, inputs, name
        self.dtype = dtype or floatx()

    def __repr__(self) -> str:
        made_by = f", made by {self.layer.label}" if self.layer else ""
        return f"Symbol(shape={self.shape}{made_by})"


def Input(
    shape: tuple[int | None, ...] | list[int],
    name: str | None = None,
    dtype: str | None = None,
) -> Symbol:
    """The start of a network: data of `shape`, the batch axis left out; None is any length.

    Raises SettingError for lengths that are no whole numbers from 1.

    >>> Input(shape=(28, 28, 1)).shape
    (None, 28, 28, 1)
    """
    if not isinstance(shape, tuple | list):
        raise SettingError("Input", "a shape in brackets", repr(shape), f"Try Input(({shape!r},)).")
    known = (n if n is None else whole("Input", "each length", n, 1) for n in shape)
    return Symbol((None, *known), name=name, dtype=dtype)


def is_several(inputs: Any) -> bool:
    """Whether these are several inputs: a list or tuple of arrays, tensors or symbols."""
    listed = isinstance(inputs, (list, tuple)) and len(inputs) > 0
    return listed and all(hasattr(each, "shape") for each in inputs)


def each_of(inputs: Any) -> list[Any]:
    """The inputs of a layer as a list, whether it is given one or several."""
    return list(inputs) if is_several(inputs) else [inputs]


def shapes_of(inputs: Any) -> Any:
    """The shape of one input, or the list of shapes of several; the batch is None."""
    if isinstance(inputs, list):
        return [shapes_of(each) for each in inputs]
    return (None, *inputs.shape[1:])


def features_of(shape: Any) -> Any:
    """A shape, or each of several, of which only the number of axes and the last length count."""
    if isinstance(shape, list):
        return [features_of(each) for each in shape]
    return (*(None for _ in shape[:-1]), shape[-1])


def fits(expected: Any, given: Any) -> bool:
    """Whether a shape, or each of several, is as expected; None fits any length."""
    if isinstance(expected, list) != isinstance(given, list):
        return False
    if isinstance(expected, list):
        return len(expected) == len(given) and all(map(fits, expected, given))
    pairs = zip(expected, given, strict=False)
    return len(expected) == len(given) and all(None in pair or pair[0] == pair[1] for pair in pairs)
