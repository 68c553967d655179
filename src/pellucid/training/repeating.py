"""The steps of a run, made by running the first one again where that is the same.

A step calls layers, loss and regularisers, which apply gates. Where all of these are Pellucid's own
and do nothing else (no chance, no moving averages), each step applies the same gates: it is
recorded once for each shape of a batch, and then run again from its tape. That spares a small
network most of what Python costs it. Every other model makes each step in the usual way.
"""

import math
from typing import Any

from pellucid.engines import Array
from pellucid.graph.tape import Tape
from pellucid.layers.layer import Layer
from pellucid.regularizers import Regularizer
from pellucid.training.parts import Snapshot, is_known, is_network, is_own

MOST = 4  # shapes of batches whose tapes are kept


class Steps:
    """Called as the model's own `gradients(x, y, weight)`: makes the steps of a run.

    Within an epoch it goes by the model as it was when `renewed` looked at it.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self.tapes: dict[Any, Tape | None] = {}
        self.able = False
        self.snapshot: Snapshot | None = None

    def renewed(self) -> "Steps":
        """Ready for an epoch: where anything in the model was replaced, the tapes are forgotten."""
        if self.snapshot is None or not self.snapshot.holds():
            self.snapshot = Snapshot(self.model, self.model.loss)
            self.tapes, self.able = {}, repeats(self.model)
        team = self.model.team
        if team is not None and len(team.buckets) > 1:
            self.able = False  # on a tape no bucket would leave before the others
        return self

    def __call__(self, x: Any, y: Array, weight: Array | None) -> tuple[Array, Array]:
        """The loss and the output; the parameters' gradients lie in their vector then."""
        if not self.able or isinstance(x, list):
            return self.model.gradients(x, y, weight)
        given = (x, y) if weight is None else (x, y, weight)
        shape = tuple([(array.shape, array.dtype) for array in given])
        if self.model.team is not None:  # of whose batch regularisers may know the rows
            shape = (*shape, self.model.team.share.rows)
        tape = self.tapes.get(shape)
        if tape is not None:
            loss, output = tape.run(*given)
            if not math.isfinite(loss):  # it is followed back through a graph of its own
                return self.model.gradients(x, y, weight)
            if self.model.team is not None:
                self.model.team.add_up()
            return loss, output
        if shape in self.tapes or len(self.tapes) == MOST:
            return self.model.gradients(x, y, weight)
        tape = Tape(given, self.model.weights)
        with tape.noting():
            loss, output = self.model.gradients(x, y, weight)
        self.tapes[shape] = None
        if tape.whole:
            tape.close(output, loss)
            self.tapes[shape] = tape
        return loss, output


def repeats(model: Any) -> bool:
    """Whether each step of the model applies the same gates to what it is given, and no more."""
    return only_known(model) and all(map(_only_applies_gates, model.all_layers()))


def only_known(model: Any) -> bool:
    """Whether layers, loss and regularisers are all the library's own."""
    regularizers = [p.regularizer for p in model.trainable_weights if p.regularizer is not None]
    return (
        all(map(is_known, model.all_layers()))
        and all(is_own(each) and isinstance(each, Regularizer) for each in regularizers)
        and is_own(model.loss)
        and not hasattr(model.loss, "function")
    )


def _only_applies_gates(layer: Layer) -> bool:
    """Whether a layer that we know is the same in training."""
    return is_network(layer) or not layer.takes_training
