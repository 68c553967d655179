"""Checks of the output: its units, its activation, and the loss that takes it.

Letters: y targets, p outputs, z scores; N examples, C classes.
"""

import math
from collections.abc import Iterator

import numpy as np

from pellucid.insight.diagnosis.case import Case, short
from pellucid.insight.diagnosis.finding import Note, check

GOODFELLOW = "Goodfellow, Bengio, Courville 2016, Deep Learning"
PROBABLE = ("Softmax", "Sigmoid")
RANGES = {  # what an activation can give
    "ReLU": (0.0, math.inf),
    "Softplus": (0.0, math.inf),
    "Sigmoid": (0.0, 1.0),
    "Softmax": (0.0, 1.0),
    "Tanh": (-1.0, 1.0),
    "Softsign": (-1.0, 1.0),
}
PASSING = ("Reshape", "Linear", "Dropout")  # gates that change no value of an output


def head_of(case: Case) -> list[str]:
    """The gates behind the last weights, the output's own first, without those that pass on."""
    return [g for g in case.looks[0].head if g not in PASSING] if case.looks else []


def _last(case: Case) -> str:
    """The layer that makes the output."""
    found = case.looks[0].layers
    return f"layer {found[-1].label}" if found else "the output"


@check(
    "activation-twice",
    subject="outputs",
    severity="high",
    what="Softmax or sigmoid is applied twice: in the model and in the loss, or in two layers.",
    why="The second squeezes probabilities, which lie from 0 to 1, into nearly equal ones: the "
    "loss cannot come near 0 and its gradient is small.",
    mend="Dense(C) without activation and from_logits=True; or the activation and "
    "from_logits=False",
    source=f"{GOODFELLOW}, sections 6.2.2.2 and 6.2.2.3",
)
def activation_twice(case: Case) -> Iterator[Note]:
    """A property of the graph: no threshold. The smallest loss of softmax on probabilities is
    ln(1 + (C - 1) / e), that of sigmoid ln(1 + 1 / e)."""
    head = head_of(case)
    if not head:
        return
    C = case.outputs[-1]
    twice = [g for g in head[:2] if g in PROBABLE]
    if case.from_logits and head[0] in PROBABLE and (case.is_cross_entropy or case.is_hinge):
        name = head[0].lower()
        if case.is_hinge:
            seen = f"{case.loss_name} takes scores of any size, and {name} gives 0 to 1: no margin "
            yield Note(f"{seen}of 1 can be reached", f"Dense({C}) without activation", _last(case))
            return
        least = math.log(1 + (C - 1) / math.e) if name == "softmax" else math.log(1 + 1 / math.e)
        yield Note(
            f"the output is a {name}, and the loss, with from_logits=True, takes another one: it "
            f"cannot fall below {short(least)}",
            f"either Dense({C}) without activation, or {case.loss_name}(from_logits=False)",
            _last(case),
        )
    elif len(twice) == 2 and not (case.from_logits and head[0] not in PROBABLE):
        yield Note(
            f"{head[1].lower()}, then {head[0].lower()} on what it gave",
            "leave one of the two out",
            _last(case),
        )


@check(
    "probabilities-missing",
    subject="outputs",
    severity="high",
    what="The loss wants probabilities, and the model gives scores.",
    why="The logarithm of a score is no probability's: negative scores are clipped to 1e-7, where "
    "the gradient is 0.",
    mend="from_logits=True; or activation='softmax' (one of C classes), 'sigmoid' (0 or 1)",
    source=f"{GOODFELLOW}, section 6.2.2",
)
def probabilities_missing(case: Case) -> Iterator[Note]:
    """A property of the graph: the loss is a cross-entropy of probabilities, and no softmax or
    sigmoid makes the output; nor is every output in a look from 0 to 1."""
    if not case.looks or not case.is_cross_entropy or case.from_logits:
        return
    head = head_of(case)
    if any(gate in PROBABLE for gate in head) or (head and head[0] not in RANGES):
        return
    wanted = "sigmoid" if case.kind == "binary" else "softmax"
    C = case.outputs[-1]
    yield Note(
        f"{case.loss_name} takes probabilities, and the last layer "
        f"{'is linear' if not head else 'ends in ' + head[0].lower()}",
        f"{case.loss_name}(from_logits=True); or Dense({C}, activation='{wanted}')",
        _last(case),
    )


@check(
    "activation-on-scores",
    subject="outputs",
    severity="high",
    what="Scores that the loss takes as logits go through an activation first.",
    why="Scores have to be free: relu gives all classes that it cuts off the same score and no "
    "gradient, tanh keeps every score between -1 and 1.",
    mend="Dense(C) without activation as the last layer",
    source=f"{GOODFELLOW}, section 6.2.2",
)
def activation_on_scores(case: Case) -> Iterator[Note]:
    """A property of the graph: no threshold."""
    head = head_of(case)
    takes_scores = case.from_logits and (case.is_cross_entropy or case.is_hinge)
    bounded = [g for g in head[:2] if g in RANGES and g not in PROBABLE]
    if case.is_hinge:  # from -1 to 1, the margin of 1 can be reached
        bounded = [g for g in bounded if RANGES[g] != (-1.0, 1.0)]
    on_softmax = head[:1] == ["Softmax"] and head[1:2] and head[1] in RANGES
    if bounded and (takes_scores or on_softmax):
        gate = bounded[0]
        low, high = RANGES[gate]
        upper = "without end" if high == math.inf else f"to {short(high)}"
        yield Note(
            f"scores pass {gate.lower()}, which gives {short(low)} {upper}",
            f"Dense({case.outputs[-1]}) without activation",
            _last(case),
        )


@check(
    "softmax-of-one",
    subject="outputs",
    severity="high",
    what="A softmax over one output.",
    why="Softmax makes its outputs sum to 1; a single one is 1 whatever the input, with no "
    "gradient.",
    mend="Dense(1, activation='sigmoid')",
    source=f"{GOODFELLOW}, section 6.2.2.3",
)
def softmax_of_one(case: Case) -> Iterator[Note]:
    """A property of the graph: no threshold."""
    if "Softmax" in head_of(case)[:1] and case.outputs[-1] == 1:
        yield Note(
            "softmax over 1 unit is always 1",
            "Dense(1, activation='sigmoid') with BinaryCrossentropy()",
            _last(case),
        )


@check(
    "surplus-outputs",
    subject="outputs",
    severity="low",
    what="More output units than classes.",
    why="A unit whose class never comes only learns to be silent; it takes a share of the "
    "probability until it has, and usually says that the labels are not what was meant.",
    mend="give the last layer one unit a class",
    source=f"{GOODFELLOW}, section 6.2.2.3",
)
def surplus_outputs(case: Case) -> Iterator[Note]:
    """Classes without an example, where N rows would show each of C equally likely classes with
    probability 1 - C (1 - 1/C)^N above 0.99 (the coupon collector's bound)."""
    if case.labels is None or case.counts is None or case.outputs[-1] < 2:
        return
    C, found, n = case.outputs[-1], len(case.counts), len(case.labels)
    if found < C and not case.in_order and C * (1 - 1 / C) ** n < 0.01:
        top = int(case.labels.max())
        yield Note(
            f"{C} output units, and {found} of these classes among {n:,} labels; the largest is "
            f"{top}",
            f"Dense({top + 1}, ...) as the last layer; or look where the other classes went",
            _last(case) if case.looks else "the output",
        )


@check(
    "targets-out-of-reach",
    subject="outputs",
    severity="high",
    what="Targets that the output's activation cannot give.",
    why="Relu gives nothing below 0, sigmoid only 0 to 1, tanh only -1 to 1: towards other targets "
    "the unit runs into its flat end, where the gradient is 0.",
    mend="Dense(units) without activation for numbers of either sign; or scale the targets",
    source=f"{GOODFELLOW}, sections 6.2.2.1 and 6.3",
)
def targets_out_of_reach(case: Case) -> Iterator[Note]:
    """Any target outside of the activation's range by more than a hundredth of the targets'
    deviation: the rest is rounding."""
    head = head_of(case)
    if case.kind not in ("numbers", None) or not head or head[0] not in RANGES or case.y is None:
        return
    y = np.asarray(case.y, "float64")
    if not y.size or not np.isfinite(y).all():
        return
    low, high = RANGES[head[0]]
    slack = 0.01 * float(y.std())
    outside = float(((y < low - slack) | (y > high + slack)).mean())
    if outside:
        upper = "and above" if high == math.inf else f"to {short(high)}"
        better = "'relu'" if y.min() >= 0 and low == 0 and high < math.inf else "None"
        yield Note(
            f"{100 * outside:.0f} % of the targets ({short(float(y.min()))} to "
            f"{short(float(y.max()))}) lie outside of what {head[0].lower()} gives: {short(low)} "
            f"{upper}",
            f"Dense({case.outputs[-1]}, activation={better})"
            + ("; or bring the targets to 0..1" if high < math.inf else ""),
            _last(case),
        )
