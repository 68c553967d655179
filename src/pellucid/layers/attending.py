"""Who looks on while layers are called: for a time, what a layer's `run` does is told to others."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from pellucid.layers.layer import Layer

Run = Callable[[Any, bool], Any]


@contextmanager
def attended(layers: Iterable[Layer], around: Callable[[Layer, Run], Run]) -> Iterator[None]:
    """Inside, each layer runs by `around(layer, run)`, which calls `run` and notes what it likes.

    `run` takes inputs and `training`, and gives the outputs, as `Layer.run` does.
    """
    layers = list(layers)
    for layer in layers:
        vars(layer)["run"] = around(layer, layer.run)
    try:
        yield
    finally:
        for layer in layers:
            del vars(layer)["run"]
