"""Checks of what flows: gradients through the depth, dead and saturated units, sizes of updates.

Letters: z pre-activation, dz its gradient, theta all weights, alpha the learning rate.
"""

import math
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from pellucid.insight.diagnosis.case import Case, short
from pellucid.insight.diagnosis.figures import LayerFigures
from pellucid.insight.diagnosis.finding import Note, check
from pellucid.insight.diagnosis.looking import silent_units
from pellucid.insight.measuring import as_numpy

GLOROT = "Glorot, Bengio 2010, Understanding the Difficulty of Training Deep Feedforward Networks"
KARPATHY = "Karpathy, CS231n notes, Neural Networks 3 (ratio of updates to weights)"
DECADES = 1e3  # from the last layer to the first
USUAL = 1e-3  # the ratio of updates to weights
FIRST = 30  # steps that show whether the loss rises
FAR = 100  # times that, or less: two orders of magnitude


def _gradients(case: Case) -> list[LayerFigures]:
    """The layers with a kernel, first to last, in the look that judges the flow."""
    judged = case.looks[0] if case.looks and case.fresh else case.last
    if judged is None or judged.error:
        return []
    return [f for f in judged.layers if f.fan_in and math.isfinite(f.gradient)]


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
    above that of a constant; or the first step
    changes a kernel by as much as its norm; or later ones do by more than 0.1 of it, 100 times the
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
    ceiling = case.constant if math.isfinite(case.constant) else math.inf
    if len(loss) > 1 and loss[-1] > 1.25 * loss[0] and loss[-1] > ceiling:
        return f"the loss rose from {short(loss[0])} in the first epoch to {short(loss[-1])}"
    before = case.start.loss + case.start.penalty if case.start else math.nan
    first = float(np.mean(loss[: math.ceil(FIRST * len(loss) / case.steps)])) if case.steps else 0.0
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
    late = sorted(ratios[1:])
    if len(late) > 1 and late[len(late) // 2] > USUAL * FAR:
        return f"steps change the kernels by {short(late[len(late) // 2])} of their norm"
    return None


@check(
    "not-finite-loss",
    subject="flow",
    severity="high",
    what="The loss is NaN or infinite.",
    why="Its gradient is NaN then, and one update with it makes every weight NaN.",
    mend="a smaller learning rate, clipnorm=1.0, smaller starting weights, scaled inputs",
    source="Goodfellow, Bengio, Courville 2016, Deep Learning, sections 4.1 and 10.11.1",
)
def not_finite_loss(case: Case) -> Iterator[Note]:
    """One such number is enough: no tolerance is needed."""
    for each in case.looks:
        if each.error:
            where, seen, mend = each.error
            yield Note(f"after {each.step:,} steps: {seen}", mend, where)
            return


@check(
    "saturated-units",
    subject="flow",
    severity="high",
    what="Sigmoid or tanh units in their flat ends.",
    why="There the slope is nearly 0, and with it the gradient that passes through the unit.",
    mend="kernel_initializer='glorot_uniform' and inputs of variance 1; activation='relu'",
    source=f"{GLOROT}, section 3; LeCun et al. 1998, section 4.6",
)
def saturated_units(case: Case) -> Iterator[Note]:
    """At more than half of a hidden layer's outputs the slope is below 0.02 of the largest: |z|
    above 2.65 for tanh and 5.3 for sigmoid. So a look with sums of deviation 4 is at the limit."""
    last = case.last
    layers = last.layers if last is not None else []
    final = max((i for i, f in enumerate(layers) if f.is_output), default=0)
    for layer in layers[:final]:
        if layer.saturated > 0.5:
            name = layer.activation.lower()
            yield Note(
                f"{100 * layer.saturated:.0f} % of its outputs lie where {name} is flat; sums have "
                f"deviation {short(layer.deviation)}",
                "kernel_initializer='glorot_uniform', and inputs of variance 1 (Normalization())"
                if not last or not last.step
                else f"{case.optimizer(case.rate / 10)}, or Normalization() before the first layer",
                f"layer {layer.label}",
            )


@check(
    "dead-units",
    subject="flow",
    severity="high",
    what="Relu units that give 0 for every example.",
    why="Where relu gives 0 its slope is 0: such a unit gets no gradient and stays dead.",
    mend="a smaller learning rate; bias_initializer='zeros'; activation='leaky_relu'",
    source="Karpathy, CS231n notes, Neural Networks 1 (as much as 40 % can be dead)",
)
def dead_units(case: Case) -> Iterator[Note]:
    """More than 40 % of a layer's units, the figure of the notes, and 3 of them at least, are 0
    for all rows of a look (where there are fewer than 10 units: all but one). In training, where a
    look is at few rows, of which a live unit may miss each, they are so for 64 rows. Where the loss
    has fallen below half of a constant's all the same, nine tenths: then what is dead was not
    needed, and is worth a look at most."""
    last = case.last
    loss = case.history.get("loss", [])
    learned = bool(loss) and case.left(loss[-1]) < 0.5
    share = 0.9 if learned else 0.4
    layers = last.layers if last is not None else []
    suspected = [f for f in layers if _is_mostly(f.dead, f.units, share)]
    recounted = silent_units(case.model, case.few(64)) if suspected and case.is_part else {}
    for layer in suspected:
        dead = min(layer.dead, recounted.get(layer.label, layer.dead))
        if _is_mostly(dead, layer.units, share):
            before = _earlier(case, layer.label)
            grown = before is not None and before < dead / 2
            rate = f"; {before} before training" if grown else ""
            step = f" after {last.step} steps" if last is not None and last.step else ""
            slower = f"{case.optimizer(case.rate / 10)} (now {short(case.rate)})"
            bias = getattr(case.layer(layer.label), "bias", None)
            negative = bias is not None and float(as_numpy(bias).mean()) < -1 and not grown
            yield Note(
                f"{dead} of {layer.units} units give 0 for every row{step}{rate}",
                slower if grown else "bias_initializer='zeros'" if negative else
                "kernel_initializer='he_normal' and inputs of mean 0; or activation='leaky_relu'",
                f"layer {layer.label}",
                "low" if learned else None,
            )  # fmt: skip


def _is_mostly(dead: int, units: int, share: float) -> bool:
    """Whether more than this share of a layer's units is dead, and more than a few."""
    few = units < 10 and dead < units - 1
    return dead > max(share * units, 2) and not few


@check(
    "exploding-gradients",
    subject="flow",
    severity="high",
    what="Gradients grow from layer to layer on the way back.",
    why="Each layer multiplies the gradient by about sqrt(units var(W)) times the activation's "
    "slope; "
    "above 1 this grows exponentially with the depth, and no one learning rate fits all layers.",
    mend="kernel_initializer='he_normal' or 'glorot_uniform'; BatchNormalization; clipnorm=1.0",
    source=GLOROT,
)
def exploding_gradients(case: Case) -> Iterator[Note]:
    """The gradient at the first layer is more than 1000 times that at the last: with a step right
    for the last (1e-3 of its weights) the first would be thrown about by its own size."""
    found = _gradients(case)
    if len(found) > 2 and found[-1].gradient > 0:
        ratio = found[0].gradient / found[-1].gradient
        if ratio > DECADES:
            per_layer = ratio ** (1 / (len(found) - 1))
            yield Note(
                f"the gradient's norm is {short(found[-1].gradient)} at the last of {len(found)} "
                f"layers and {short(found[0].gradient)} at the first: {short(per_layer)} times as "
                "much with each layer",
                "kernel_initializer='he_normal' (relu) or 'glorot_uniform' (tanh) in every layer",
                f"layer {found[0].label}",
            )


@check(
    "vanishing-gradients",
    subject="flow",
    severity="high",
    what="Gradients shrink from layer to layer on the way back, until nothing is left of them.",
    why="Each layer multiplies the gradient by about sqrt(units var(W)) times the activation's "
    "slope "
    "(sigmoid's is at most 1/4); below 1 this falls exponentially with the depth, and the first "
    "layers do not learn.",
    mend="activation='relu' with kernel_initializer='he_normal'; BatchNormalization; shortcuts "
    "(Add)",
    source=GLOROT,
)
def vanishing_gradients(case: Case) -> Iterator[Note]:
    """The gradient at the first layer is less than a thousandth of that at the last: with a step
    right for the last (1e-3 of its weights) the first needs a million to move by its own size."""
    found = _gradients(case)
    if len(found) > 2 and found[-1].gradient > 0:
        ratio = found[0].gradient / found[-1].gradient
        if ratio < 1 / DECADES:
            per_layer = ratio ** (1 / (len(found) - 1))
            layer = case.layer(found[0].label)
            known = found[0].activation
            relu = "activation='relu', kernel_initializer='he_normal'"
            mend = (
                f"kernel_initializer='he_normal' (deviation {short(math.sqrt(2 / found[0].fan_in))}"
            )
            mend += f" for {found[0].fan_in} inputs; seen {short(found[0].kernel)})"
            if known != "ReLU" and layer is not None:
                units = getattr(layer, "units", None) or getattr(layer, "filters", "")
                mend = f"{type(layer).__name__}({units}, {relu}) in the hidden layers"
            yield Note(
                f"the gradient's norm is {short(found[-1].gradient)} at the last of {len(found)} "
                f"layers and {short(found[0].gradient)} at the first"
                + (f": {short(per_layer)} times as much with each layer" if ratio else ""),
                f"{mend}; or BatchNormalization() after each",
                f"layer {found[0].label}",
            )


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


def _earlier(case: Case, label: str) -> int | None:
    """How many units of a layer were dead at the first look."""
    first = case.looks[0] if case.looks else None
    if first is None or first is case.last:
        return None
    return next((f.dead for f in first.layers if f.label == label), None)
