"""Checks of the architecture: the output and its loss, activations, and layers that are set wrong.

Letters: y targets, p outputs, z scores; N examples, C classes.
"""

import math
from collections.abc import Iterator

import numpy as np

from pellucid import layers as L
from pellucid.insight.diagnosis.case import Case, code_of, plural, short
from pellucid.insight.diagnosis.finding import Note, check
from pellucid.layers.dropout import Dropping

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


def _head(case: Case) -> list[str]:
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
    head = _head(case)
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
    head = _head(case)
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
    head = _head(case)
    takes_scores = case.from_logits and (case.is_cross_entropy or case.is_hinge)
    bounded = [g for g in head[:2] if g in RANGES and g not in PROBABLE]
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
    if "Softmax" in _head(case)[:1] and case.outputs[-1] == 1:
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
    head = _head(case)
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


@check(
    "only-linear",
    subject="architecture",
    severity="medium",
    what="Several layers with weights, and nothing but linear steps between them.",
    why="A product of matrices is one matrix: the network is a linear model, with the cost of a "
    "deep one.",
    mend="activation='relu' in the hidden layers",
    source=f"{GOODFELLOW}, section 6.1; Saxe, McClelland, Ganguli 2014",
)
def only_linear(case: Case) -> Iterator[Note]:
    """A property of the graph: two or more weighted gates and no other than linear ones, up to the
    last of them."""
    if not case.looks or case.looks[0].linear < 2:
        return
    found, head = case.looks[0], _head(case)
    is_scores = case.is_cross_entropy or case.is_hinge
    probable = "Softmax" if case.outputs[-1] > 1 and case.kind != "binary" else "Sigmoid"
    shape = head[0] if head else probable if is_scores and case.is_cross_entropy else ""
    equal = {"Sigmoid": "logistic regression", "Softmax": "softmax regression"}.get(
        shape, "a linear classifier" if is_scores else "linear regression"
    )
    hidden = [f for f in found.layers if f.fan_in and not f.is_output]
    layer = case.layer(hidden[0].label) if hidden else None
    code = code_of(layer)[:-1] + ", activation='relu')" if layer else "activation='relu'"
    yield Note(
        f"{found.linear} weighted layers without an activation between: equal to {equal}",
        f"{code}, and so in each hidden layer",
        f"layer {hidden[0].label}" if hidden else "the model",
    )


@check(
    "small-batch-norm",
    subject="architecture",
    severity="medium",
    what="Batch normalisation with tiny batches.",
    why="Mean and variance of a few examples are noise, and each step is normalised by another "
    "noise; of one example, x - mean is 0 and nothing of it is left.",
    mend="batch_size=32; or GroupNormalization, LayerNormalization in its place",
    source="Wu, He 2018, Group Normalization, figure 1 and table 2",
)
def small_batch_norm(case: Case) -> Iterator[Note]:
    """Fewer than 8 examples a batch: in the paper's table the error is even from 32 down to 16, up
    by 1 point at 8, by 4 at 4 and by 11 at 2. High for 1 example of a vector."""
    if case.batch_size is None or case.batch_size >= 8:
        return
    for layer in case.model.all_layers():
        if isinstance(layer, L.BatchNormalization) and layer.trainable:
            alone = case.batch_size == 1 and len(layer.input_shape or ()) == 2
            yield Note(
                f"mean and variance of {plural(case.batch_size, 'example')} a batch",
                "fit(..., batch_size=32); or LayerNormalization() in its place",
                f"layer {layer.label}",
                "high" if alone else None,
            )
            return


@check(
    "keep-rate",
    subject="architecture",
    severity="medium",
    what="A drop rate that looks like a keep rate.",
    why="In Pellucid and Keras rate is the share that is dropped, 1 - keep_prob; with more than "
    "half gone, most of what a layer says is lost in each step.",
    mend="Dropout(1 - keep_prob)",
    source="Srivastava et al. 2014, Dropout, appendix A.4 (keep 0.5 to 0.8 of hidden units, 0.8 of "
    "inputs)",
)
def keep_rate(case: Case) -> Iterator[Note]:
    """A rate above 0.5: the paper keeps 0.5 of the units or more."""
    for layer in case.model.all_layers():
        if isinstance(layer, Dropping) and layer.rate > 0.5:
            name = type(layer).__name__
            yield Note(
                f"{name}({short(layer.rate)}) drops {100 * layer.rate:.0f} % and keeps "
                f"{100 * (1 - layer.rate):.0f} %",
                f"{name}({short(round(1 - layer.rate, 6))}) if {short(layer.rate)} is what to keep",
                f"layer {layer.label}",
            )


@check(
    "frozen-weights",
    subject="architecture",
    severity="medium",
    what="Layers that are frozen in a model that was never trained.",
    why="Frozen layers stay at the random numbers that they began with: only what follows them "
    "learns.",
    mend="layer.trainable = True; or load trained weights into it first",
    source="Yosinski, Clune, Bengio, Lipson 2014, How Transferable Are Features, section 4",
)
def frozen_weights(case: Case) -> Iterator[Note]:
    """Parameters made to be trained that take no gradient, before the first step of training: no
    threshold. High where nothing is left to train. A base with trained weights is meant to be
    frozen: then this is no fault."""
    if case.start is None:
        return
    frozen = {path: w for path, w in case.start.weights.items() if w.frozen}
    if not frozen:
        return
    total = sum(w.size for w in case.start.weights.values())
    still = sum(w.size for w in frozen.values())
    names = list(dict.fromkeys(path.rsplit("/", 1)[0] for path in frozen))
    yield Note(
        f"{still:,} of {total:,} weights take no update: {', '.join(names[:4])}"
        + (", ..." if len(names) > 4 else ""),
        f"model.get_layer({names[0].split('/')[0]!r}).trainable = True",
        f"layer {names[0]}",
        "high" if still == total else None,
    )


@check(
    "disconnected-weights",
    subject="architecture",
    severity="high",
    what="Parameters that the loss does not depend on.",
    why="No path of gates leads from them to the loss, so their gradient is 0 whatever the data.",
    mend="use the layer's output in call(); keep tensors as tensors, without .value or np "
    "functions",
    source="Rumelhart, Hinton, Williams 1986, Learning Representations by Back-Propagating Errors",
)
def disconnected_weights(case: Case) -> Iterator[Note]:
    """A property of the graph: a trainable parameter that the reverse pass did not reach."""
    if not case.looks:
        return
    lost = [p for p, w in case.looks[0].weights.items() if w.gradient is None and not w.frozen]
    if lost:
        yield Note(
            f"no gradient reaches {', '.join(lost[:4])}" + (", ..." if len(lost) > 4 else ""),
            "call the layer inside call() and use what it gives; keep tensors as tensors on the "
            "way",
            f"layer {lost[0].rsplit('/', 1)[0]}",
        )
