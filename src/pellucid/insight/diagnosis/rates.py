"""Checks of the learning rate: too high, too low.

Letters: alpha the learning rate; L loss.
"""

import math
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from pellucid.insight.diagnosis.case import Case, short
from pellucid.insight.diagnosis.figures import Look
from pellucid.insight.diagnosis.finding import Note, check

KARPATHY = "Karpathy, CS231n notes, Neural Networks 3 (ratio of updates to weights)"
USUAL = 1e-3  # the ratio of updates to weights
FAR = 100  # times that, or less: two orders of magnitude
FIRST = 30  # steps that show whether the loss rises


@check(
    "high-learning-rate",
    subject="learning rate",
    severity="high",
    what="A learning rate that is too high: the loss rises, or each step is as large as the "
    "weights.",
    why="Beyond 2 / (largest curvature) each step lands higher on the other side than it began.",
    mend="pellucid.insight.lr_find(model, x, y).suggestion",
    source=f"LeCun et al. 1998, Efficient BackProp, section 4.7; {KARPATHY}",
)
def high_learning_rate(case: Case) -> Iterator[Note]:
    """In a rehearsal of 30 steps on a copy the loss is a quarter higher than before it (a quarter
    for the noise of mini-batches), at the end or on average, or no number. In training: the last
    epoch's loss is above the first one's and above that of a constant, or a NaN; or the first
    epoch's (of 30 steps or more, else the first ones') is a quarter above the loss before it and
    above that of a constant; or the first step changes a kernel by as much as its norm; or later
    ones do by more than 0.1 of it, or of its norm at the start where that is larger, 100 times the
    usual 1e-3, in most looks."""
    trial = case.trial
    if trial is not None and trial.rises:
        rate = trial.suggested if trial.suggested else case.rate / 10
        end = f"was {short(trial.mean)} on average" if trial.after <= 1.25 * trial.before else (
            f"went to {short(trial.after)}"
        )  # fmt: skip
        yield Note(
            f"in {trial.steps} steps on a copy the loss, {short(trial.before)} before, {end}",
            f"{case.optimizer(rate)} (now {short(case.rate)})"
            + ("; lr_find suggests it" if trial.suggested else ""),
            "the learning rate",
        )
        return
    seen = _diverged(case) or _thrown(case)
    if seen:
        yield Note(
            seen,
            f"{case.optimizer(case.rate / 10)} (now {short(case.rate)}); or what "
            "pellucid.insight.lr_find(model, x, y) suggests",
            "the learning rate",
        )


def _diverged(case: Case) -> str | None:
    """What is seen where the loss of a run went up."""
    loss = case.history.get("loss", [])
    if any(not math.isfinite(each) for each in loss):
        return f"the loss is {loss[-1]} in epoch {len(loss)}"
    if not loss:
        return None
    ceiling = case.constant if math.isfinite(case.constant) else math.inf
    if len(loss) > 1 and loss[-1] > 1.25 * loss[0] and loss[-1] > ceiling:
        return f"the loss rose from {short(loss[0])} in the first epoch to {short(loss[-1])}"
    before = case.start.loss + case.start.penalty if case.start else math.nan
    beginning = loss[: math.ceil(FIRST * len(loss) / case.steps)] if case.steps else []
    first = float(np.mean(beginning)) if beginning else 0.0
    if case.steps >= FIRST and math.isfinite(ceiling) and first > 1.25 * max(before, ceiling) > 0:
        return (
            f"the loss, {short(before)} before the first step, is {short(first)} on average in the "
            f"first epoch, where an output that does not look at x has {short(ceiling)}"
        )
    return None


def _thrown(case: Case) -> str | None:
    """What is seen where steps are as large as the weights."""
    ratios = [float(np.median(list(look.ratios.values()))) for look in case.looks if look.ratios]
    if not ratios or not case.fresh:
        return None
    if ratios[0] > 1:
        return f"the first step changes the kernels by {short(ratios[0])} times their norm"
    late = sorted(_of_scale(case, look) for look in case.looks[1:] if look.ratios)
    if len(late) > 1 and late[len(late) // 2] > USUAL * FAR:
        return f"steps change the kernels by {short(late[len(late) // 2])} of their norm"
    return None


def _of_scale(case: Case, look: Look) -> float:
    """The median change of the kernels by a step, as a share of the larger of their norm and their
    first one: weights that go to 0, as they may have to, change by much of themselves."""
    first, now = case.looks[0].weights, look.weights
    scaled = [
        ratio * now[path].norm / max(now[path].norm, first[path].norm, 1e-30)
        for path, ratio in look.ratios.items()
        if path in first and path in now
    ]
    return float(np.median(scaled)) if scaled else 0.0


@check(
    "low-learning-rate",
    subject="learning rate",
    severity="medium",
    what="A learning rate that is too low: steps are tiny, or the loss falls in a straight line.",
    why="A step moves the weights by alpha times the gradient: at 1e-5 of their size, a hundred "
    "thousand steps are needed to change them by as much as they are.",
    mend="pellucid.insight.lr_find(model, x, y).suggestion",
    source=KARPATHY + " (and: with low learning rates the improvements will be linear)",
)
def low_learning_rate(case: Case) -> Iterator[Note]:
    """At the start every kernel changes by less than 1e-5 of its norm a step, a hundredth of the
    usual 1e-3. Or, over 5 epochs or more, the loss falls in each and the second half brings at
    least 0.8 of the first one's gain, while more than half of what a constant has is left and no
    step seen was above the usual 1e-3: a curve that is right bends, as its gains shrink
    geometrically."""
    ratios = next((look.ratios for look in case.looks if look.ratios), {})
    if case.trial is not None and case.trial.look is not None:
        ratios = case.trial.look.ratios or ratios
    frozen_out = not ratios or not case.fresh
    faster = case.trial.suggested if case.trial is not None else None
    mend = f"{case.optimizer(faster or case.rate * 10)} (now {short(case.rate)})"
    if not frozen_out and 0 < max(ratios.values()) < USUAL / FAR:
        yield Note(
            f"a step changes no kernel by more than {short(max(ratios.values()))} of its norm; "
            "1e-3 is usual",
            mend + ("; lr_find suggests it" if faster else ""),
            "the learning rate",
        )
        return
    loss = case.history.get("loss", [])
    quick = [max(look.ratios.values()) for look in case.looks if look.ratios]
    if len(loss) < 5 or max(quick, default=0) > USUAL:
        return
    middle = len(loss) // 2
    first, second = loss[0] - loss[middle], loss[middle] - loss[-1]
    second *= middle / (len(loss) - 1 - middle)
    steady = all(b < a for a, b in pairwise(loss))
    if steady and second >= 0.8 * first and case.left(loss[-1]) > 0.5:
        yield Note(
            f"the loss falls in a straight line, from {short(loss[0])} to {short(loss[-1])} in "
            f"{len(loss)} epochs",
            mend + "; or pellucid.insight.lr_find(model, x, y)",
            "the learning rate",
        )
