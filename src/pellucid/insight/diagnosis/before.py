"""Diagnosis before training: the data, the model at rest, one pass, and a rehearsal on a copy."""

from typing import Any

import numpy as np

from pellucid.data import check
from pellucid.errors import DataError, PellucidError, ShapeError
from pellucid.insight.diagnosis.case import Case
from pellucid.insight.diagnosis.finding import Findings
from pellucid.insight.diagnosis.looking import look
from pellucid.insight.diagnosis.rehearsal import rehearse
from pellucid.training.arguments import check_run
from pellucid.training.arrays import by_class, reader
from pellucid.training.batch import gives_batches
from pellucid.training.validating import _parts

ROWS = 128  # of the pass that is looked at


def diagnose(
    model: Any,
    x: Any,
    y: Any,
    validation_data: Any = None,
    *,
    sample_weight: Any = None,
    class_weight: dict[int, float] | None = None,
    batch_size: int | None = None,
    shuffle: bool = True,
    rehearsal: bool = True,
) -> Findings:
    """What is wrong with a training before it begins: findings, the worst first.

    `model` is compiled; one that is not built yet is built, as `fit` would. x (N, ...) or a list of
    arrays, y (N, ...); `validation_data`, `sample_weight`, `class_weight`, `batch_size` (32) and
    `shuffle` as for `fit`. With `rehearsal`, a copy makes 30 steps and learns 20 rows by heart.
    Nothing of the model changes: weights, moving averages, gradients, slots, random numbers are the
    same to the bit.

    Faults of the data are findings here, where `fit` raises an error for them. Raises SettingError
    for a model without a loss or with several outputs, and what building raises.
    """
    if gives_batches(x):
        raise DataError(
            "diagnose", "arrays x and y", f"a {type(x).__name__} that hands out batches",
            "Give some rows of them: x, y = next(iter(batches)).",
        )  # fmt: skip
    check(x, y, sample_weight, where="diagnose", finite=False)
    check_run("diagnose", batch_size=batch_size, class_weight=class_weight)
    x = [np.asarray(part) for part in x] if _is_several(x) else np.asarray(x)
    y, sample_weight = np.asarray(y), None if sample_weight is None else np.asarray(sample_weight)
    weight = by_class(y, sample_weight, class_weight)
    case = Case(model, x, y, _rows(validation_data), weight, batch_size or 32, shuffle)
    try:
        model.prepare(x, y, where="diagnose")
    except (DataError, ShapeError) as error:
        if not error.where.startswith(("targets", "outputs")):
            raise
        case.errors.append(error)
        return case.findings()
    case.fresh = model.optimizer.iterations == 0
    if not _is_finite(x) or not _is_finite(y):
        return case.findings()
    chosen = np.random.default_rng(0).permutation(len(case.y))[:ROWS]
    part = None if weight is None else weight[chosen]
    case.looks.append(look(model, reader(x)(chosen), y[chosen], part))
    if rehearsal and not case.looks[0].error:
        case.trial = _rehearsed(case)
    return case.findings()


def _rehearsed(case: Case) -> Any:
    """The rehearsal, where there is something to train."""
    if not case.model.trainable_weights:
        return None
    try:
        return rehearse(case)
    except PellucidError:  # what the case's other findings speak of
        return None


def _is_several(x: Any) -> bool:
    """Whether x is a list of arrays for several inputs."""
    return isinstance(x, list | tuple) and len(x) > 0 and all(getattr(a, "ndim", 0) for a in x)


def _is_finite(x: Any) -> bool:
    """Whether all numbers of an array, or of several, are finite."""
    arrays = x if _is_several(x) else [np.asarray(x)]
    return all(a.dtype.kind != "f" or bool(np.isfinite(a).all()) for a in map(np.asarray, arrays))


def _rows(given: Any) -> tuple[Any, Any] | None:
    """x and y of what `fit` takes as validation_data, where these are arrays."""
    if given is None or gives_batches(given):
        return None
    x, y, _ = _parts(given)
    if gives_batches(x) or y is None:
        return None
    x = [np.asarray(part) for part in x] if _is_several(x) else np.asarray(x)
    return x, np.asarray(y)
