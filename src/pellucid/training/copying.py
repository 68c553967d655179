"""A copy of a model, to look at or to try things on: the model itself stays as it is."""

import copy
from typing import Any


def copied(model: Any, optimizer: Any = None) -> Any:
    """A copy of the model with weights and chance of its own, and nothing of a run.

    `optimizer`: what the copy trains with; its settings are taken, and it begins anew (the model's
    own may be given). Without one the copy has none.
    """
    memo: dict[int, Any] = dict.fromkeys(map(id, _of_a_run(model)))
    begun = None
    if optimizer is not None:
        begun = copy.copy(optimizer)
        begun.start_anew()
        begun = copy.deepcopy(begun, memo)
    memo[id(model.optimizer)] = begun
    other = copy.deepcopy(model, memo)
    other.optimizer, other.progress = begun, {}
    if begun is not None:
        other.lay_out()
    return other


def _of_a_run(model: Any) -> list[Any]:
    """What a run has left in a model, and may be large."""
    left = model.history, model.repeated, model.progress, model.batch, model.optimizer
    return [each for each in left if each is not None]
