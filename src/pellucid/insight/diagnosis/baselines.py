"""What a loss is measured against: that of a guess, of the best constant output, and the least.

Letters: y targets, p outputs, w weights of examples; N examples, C classes.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
LEAST = 1e-7  # of a probability, as losses clip it


def of_a_guess(case: Any) -> float:
    """The loss when all scores are alike: ln C, or C - 1 for the hinge; NaN for numbers."""
    if case.kind == "numbers" or not (case.is_cross_entropy or case.is_hinge):
        return math.nan
    C = case.outputs[-1]
    alike = 0.0 if case.from_logits else 0.5 if C == 1 or case.kind == "binary" else 1 / C
    return loss_of(case, np.full(C, alike))


def of_a_constant(case: Any) -> float:
    """The loss of the best output that does not look at x; NaN where it is not known.

    For probabilities that is the mean target, for numbers the mean or the median. Without targets
    at hand it is the loss of a guess, which is as good where classes are even.
    """
    if case.y is None or case.is_hinge:
        return of_a_guess(case)
    if case.kind is None or case.is_summed or (case.is_part and case.in_order) or not len(case.y):
        return math.nan
    y = _as_rows(case)
    if case.is_cross_entropy:
        return loss_of(case, _as_output(case, np.average(y, axis=0, weights=case.weight)))
    tried = [np.average(y, axis=0, weights=case.weight), np.median(y, axis=0)]
    found = [loss_of(case, middle) for middle in tried]
    return math.nan if np.isnan(found).all() else float(np.nanmin(found))


def least(case: Any) -> float:
    """The loss where each output is its target: 0, or more where a target is a share or a rate."""
    is_plain = case.kind in (None, "classes") or case.is_hinge
    if is_plain or case.y is None or getattr(case.model.loss, "label_smoothing", 0):
        return 0.0
    y = _as_rows(case)
    found = loss_of(case, _as_output(case, y) if case.is_cross_entropy else y)
    return found if math.isfinite(found) else 0.0


def loss_of(case: Any, output: Array) -> float:
    """The mean loss on y of an output, one for all examples or each; NaN where it has none."""
    y, w = np.zeros(1, int) if case.y is None else np.asarray(case.y), case.weight
    if case.y is None and case.kind != "classes":  # of which any stands for all
        return math.nan
    if not len(y) or not np.isfinite(y.astype("float64")).all():
        return math.nan
    output = np.asarray(output, "float64")
    if output.size % math.prod(case.outputs) == 0:
        output = output.reshape(-1, *case.outputs)
    try:
        p = np.array(np.broadcast_to(output, (len(y), *case.outputs)))
        losses = np.asarray(case.model.loss.call(y, p))
        if w is not None:
            losses = losses * w.reshape(-1, *[1] * (losses.ndim - 1))
        return float(np.mean(losses))
    except (ValueError, TypeError, IndexError, AttributeError):
        return math.nan


def _as_rows(case: Any) -> Array:
    """The targets as rows (N, U); class numbers as one-hot rows (N, C)."""
    y = np.asarray(case.y)
    if case.kind == "classes":
        return np.eye(case.outputs[-1])[y.reshape(-1).astype(int).clip(0, case.outputs[-1] - 1)]
    return y.astype("float64").reshape(len(y), -1)


def _as_output(case: Any, p: Array) -> Array:
    """Probabilities as the model has to give them: scores where the loss takes scores."""
    p = np.clip(p, LEAST, 1 - LEAST)
    if not case.from_logits:
        return p
    return np.log(p / (1 - p)) if case.kind == "binary" else np.log(p)
