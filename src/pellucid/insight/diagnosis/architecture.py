"""Checks of the architecture: layers that add nothing, are set wrong, or learn nothing."""

from collections.abc import Iterator

from pellucid import layers as L
from pellucid.insight.diagnosis.case import Case, code_of, plural, short
from pellucid.insight.diagnosis.finding import Note, check
from pellucid.insight.diagnosis.outputs import GOODFELLOW, head_of
from pellucid.layers.dropout import Dropping


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
    found, head = case.looks[0], head_of(case)
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
