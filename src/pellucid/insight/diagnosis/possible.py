"""What the nearest neighbours of rows show to be possible, beside what a model reaches on them.

Letters: x rows (N, D), y targets; N examples.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from pellucid.insight.diagnosis.neighbours import nearest, rows, standardised
from pellucid.training.arrays import reader

ENOUGH = 100  # rows


class Beaten(NamedTuple):
    """The error of the model on its own rows, and the smaller one of their nearest neighbours.

    `of_labels`: both are shares of wrong classes; else they are mean squares.
    """

    mine: float
    near: float
    of_labels: bool


def beaten_by_neighbours(case: Any) -> Beaten | None:
    """What is seen where neighbours say the targets of a sample of rows better than the model.

    None where they do not, or where that cannot be asked.
    """
    chosen = case.sample
    if case.x is None or case.y is None or case.looks_up or len(chosen) < ENOUGH:
        return None
    x, y = rows(case.x, chosen), np.asarray(case.y)[chosen]
    if not np.isfinite(x).all() or not np.isfinite(y.astype("float64")).all():
        return None
    labels = case.labels
    if labels is None and (case.kind != "numbers" or y.size != len(y)):
        return None
    said = np.asarray(case.model.predict(reader(case.x)(chosen)))
    neighbour = nearest(standardised(x))
    if labels is None:
        return _of_numbers(y.reshape(-1).astype("float64"), said, neighbour)
    labels = labels[chosen]
    return _of_labels(labels, _taken(said, case.from_logits), labels[neighbour])


def _of_labels(labels: Any, taken: Any, others: Any) -> Beaten | None:
    """Where the model errs more often, by more than 3 standard deviations."""
    mine, near = taken != labels, others != labels
    spread = math.sqrt(float((mine.astype(float) - near).var()) / len(labels))
    found = Beaten(float(mine.mean()), float(near.mean()), True)
    return found if found.mine > found.near + 3 * max(spread, 1e-9) else None


def _of_numbers(y: Any, said: Any, neighbour: Any) -> Beaten | None:
    """Where the model's mean square is more than twice theirs, and a tenth of the variance."""
    if said.size != len(y):
        return None
    mine, near = (float(np.mean((p - y) ** 2)) for p in (said.reshape(-1), y[neighbour]))
    is_worse = near < 0.5 * mine and mine > 0.1 * float(y.var())
    return Beaten(mine, near, False) if is_worse else None


def _taken(said: Any, from_logits: bool) -> Any:
    """The class that each output says."""
    if said.shape[-1] > 1:
        return said.reshape(len(said), -1).argmax(axis=1)
    return (said.reshape(-1) > (0 if from_logits else 0.5)).astype(int)
