"""What surrounds a pass that leaves no trace: nothing changes, nothing is said, calls are noted."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from pellucid.graph import Tensor
from pellucid.insight.measuring import as_numpy
from pellucid.layers.attending import Run, attended
from pellucid.layers.layer import Layer
from pellucid.models import Model


@contextmanager
def kept(model: Any, layers: list[Layer]) -> Iterator[None]:
    """Inside, a pass may be made; afterwards nothing of the model has changed, to the bit.

    `layers`: all of the model's.
    """
    generators = [layer.generator for layer in layers if layer.generator is not None]
    chance = [generator.bit_generator.state for generator in generators]
    weights = dict.fromkeys(p for layer in layers for p in layer.own_weights)
    moving = [(p, as_numpy(p).copy()) for p in weights if not p.trainable]
    mixing = [(layer, layer.mixing) for layer in model.mixture.layers]
    try:
        yield
    finally:
        for p, value in moving:
            p.assign(value)
        for layer, state in mixing:
            layer.mixing = state
        for generator, state in zip(generators, chance, strict=True):
            generator.bit_generator.state = state


@contextmanager
def quiet() -> Iterator[None]:
    """Inside, numbers may overflow in silence: that is what is looked for."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def noting(layers: list[Layer], calls: list[tuple[Layer, Any, Tensor]]) -> Iterator[None]:
    """Inside, each call of a layer is noted: the layer, what it took, and what it gave."""

    def noted(layer: Layer, run: Run) -> Run:
        def running(inputs: Any, training: bool) -> Any:
            result = run(inputs, training)
            if isinstance(result, Tensor):
                calls.append((layer, inputs, result))
            return result

        return running

    with attended([layer for layer in layers if not isinstance(layer, Model)], noted):
        yield
