"""What surrounds a pass that leaves no trace: nothing changes, nothing is said, calls are noted."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from pellucid.graph import Tensor
from pellucid.insight.statistics import as_numpy
from pellucid.layers.layer import Layer
from pellucid.models import Model


@contextmanager
def kept(model: Any) -> Iterator[None]:
    """Inside, a pass may be made; afterwards nothing of the model has changed, to the bit."""
    chance = model.random_states()
    moving = [(p, as_numpy(p).copy()) for p in model.weights if not p.trainable]
    mixing = [(layer, layer.mixing) for layer in model.mixture.layers]
    try:
        yield
    finally:
        for p, value in moving:
            p.assign(value)
        for layer, state in mixing:
            layer.mixing = state
        model.set_random_states(chance)


@contextmanager
def quiet() -> Iterator[None]:
    """Inside, numbers may overflow in silence: that is what is looked for."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def noting(model: Any, calls: list[tuple[Layer, Any, Tensor]]) -> Iterator[None]:
    """Inside, each call of a layer is noted: the layer, what it took, and what it gave."""

    def noted(layer: Layer) -> Any:
        run = layer.run

        def running(inputs: Any, training: bool) -> Any:
            result = run(inputs, training)
            if isinstance(result, Tensor):
                calls.append((layer, inputs, result))
            return result

        return running

    layers = [layer for layer in model.all_layers() if not isinstance(layer, Model)]
    for layer in layers:
        vars(layer)["run"] = noted(layer)
    try:
        yield
    finally:
        for layer in layers:
            del vars(layer)["run"]
