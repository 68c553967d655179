"""Checks of what flows: gradients through the depth, dead and saturated units.

Letters: z pre-activation, dz its gradient.
"""

import math
from collections.abc import Iterator

from pellucid.insight.diagnosis.case import Case, short
from pellucid.insight.diagnosis.figures import LayerFigures
from pellucid.insight.diagnosis.finding import Note, check
from pellucid.insight.diagnosis.looking import silent_units
from pellucid.insight.measuring import as_numpy
from pellucid.training.arrays import reader

GLOROT = "Glorot, Bengio 2010, Understanding the Difficulty of Training Deep Feedforward Networks"
DECADES = 1e3  # from the last layer to the first


def _gradients(case: Case) -> list[LayerFigures]:
    """The layers with a kernel, first to last, in the look that judges the flow."""
    judged = case.looks[0] if case.looks and case.fresh else case.last
    if judged is None or judged.error:
        return []
    return [f for f in judged.layers if f.fan_in and math.isfinite(f.gradient)]


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
    of_run = case.is_part and case.x is not None
    recounted = silent_units(case.model, reader(case.x)(slice(64))) if suspected and of_run else {}
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


def _earlier(case: Case, label: str) -> int | None:
    """How many units of a layer were dead at the first look."""
    first = case.looks[0] if case.looks else None
    if first is None or first is case.last:
        return None
    return next((f.dead for f in first.layers if f.label == label), None)
