"""Diagnosis after training: what the run kept of itself, its curves, and the model as it is now."""

from typing import Any

import numpy as np

from pellucid.errors import DataError, ShapeError
from pellucid.insight.diagnosis.case import Case
from pellucid.insight.diagnosis.figures import Look
from pellucid.insight.diagnosis.finding import Findings
from pellucid.insight.diagnosis.looking import look
from pellucid.training.arrays import reader

ROWS = 128  # of the pass that is looked at


def diagnose_run(
    model: Any,
    history: dict[str, list[float]] | None = None,
    x: Any = None,
    y: Any = None,
    validation_data: tuple[Any, Any] | None = None,
    *,
    batch_size: int | None = None,
) -> Findings:
    """What was wrong with a training that is over: findings, the worst first.

    `model`: trained, and compiled. `history` has one number an epoch for each figure; without it,
    the model's own. x, y and `validation_data`: the rows that it was trained and validated on,
    where they are at hand. What a `Diagnosis` callback saw of the run is in the model, and is used.
    The model stays as it was. Raises what `prepare` raises for rows that do not fit the model.
    """
    known = model.progress.get("callbacks", {}).get("Diagnosis 0", {})
    figures = dict(model.history.history if history is None else history)
    y = None if y is None else np.asarray(y)
    case = Case(model, x, y, validation_data, batch_size=batch_size, steps=_steps(model))
    case.history = figures or known.get("history", {})
    case.looks = [Look.from_dict(each) for each in known.get("looks", [])]
    case.fresh = known.get("fresh", False)
    if x is not None and case.y is not None:
        try:
            model.prepare(x, case.y, where="diagnose")
        except (DataError, ShapeError) as error:
            case.errors.append(error)
            return case.findings()
        chosen = np.random.default_rng(0).permutation(len(case.y))[:ROWS]
        case.looks.append(look(model, reader(x)(chosen), case.y[chosen], step=_steps(model)))
    return Findings([*case.findings(), *Findings.from_dicts(known.get("findings", []))])


def _steps(model: Any) -> int:
    """How many updates the model has had."""
    return 0 if model.optimizer is None else int(model.optimizer.iterations)
