"""Checks of the first weights and the first loss.

Letters: W a kernel, fan_in the inputs that a unit sums, C classes.
"""

import math
from collections.abc import Iterator

from pellucid.insight.diagnosis.case import Case, plural, short
from pellucid.insight.diagnosis.figures import LayerFigures, Look
from pellucid.insight.diagnosis.finding import Note, check
from pellucid.insight.diagnosis.looking import NORMALISING, SATURATING


def recommended(layer: LayerFigures, activation: str) -> tuple[str, float]:
    """The initialiser that theory has for a layer, and its deviation."""
    if activation in SATURATING or not activation:
        return "glorot_normal", math.sqrt(2 / (layer.fan_in + layer.fan_out))
    return "he_normal", math.sqrt(2 / layer.fan_in)


def followed_by(look: Look, number: int) -> tuple[str, bool]:
    """The activation that comes after layer `number`, and whether a normalisation does first."""
    for layer in look.layers[number:]:
        if layer.normalises and layer is not look.layers[number]:
            return "", True
        if layer.activation:
            return layer.activation, False
        if layer.fan_in and layer is not look.layers[number]:
            return "", False
    return "", False


def _kernels(look: Look) -> list[tuple[int, LayerFigures]]:
    """Calls of layers with a kernel that no normalisation follows."""
    return [
        (i, f)
        for i, f in enumerate(look.layers)
        if f.fan_in and not followed_by(look, i)[1] and f.activation not in NORMALISING
    ]


@check(
    "zero-weights",
    subject="starting weights",
    severity="high",
    what="A hidden layer starts with all weights 0.",
    why="All its units give the same number and get the same gradient, or none at all: nothing "
    "makes them different.",
    mend="kernel_initializer='he_normal' for relu, 'glorot_uniform' for tanh and sigmoid",
    source="Goodfellow, Bengio, Courville 2016, Deep Learning, section 8.4",
)
def zero_weights(case: Case) -> Iterator[Note]:
    """Every number of a hidden layer's kernel is exactly 0, before the first step. The last layer
    may start at 0: its gradient does not depend on its own weights."""
    if case.start is None:
        return
    for i, layer in ((i, f) for i, f in enumerate(case.start.layers) if f.fan_in):
        values = getattr(case.layer(layer.label), "kernel", None)
        is_zero = layer.kernel == 0 and _norm_of(case, layer.label) == 0
        if not layer.is_output and is_zero and values is not None:
            name, deviation = recommended(layer, followed_by(case.start, i)[0])
            yield Note(
                f"all {layer.fan_in * layer.units:,} weights are 0",
                f"kernel_initializer={name!r}: deviation {short(deviation)} for {layer.fan_in} "
                "inputs",
                f"layer {layer.label}",
            )


@check(
    "equal-units",
    subject="starting weights",
    severity="high",
    what="All units of a hidden layer start with the same weights.",
    why="Units with the same weights give the same number, get the same gradient and stay the "
    "same: the layer is as good as one unit.",
    mend="kernel_initializer='he_normal' for relu, 'glorot_uniform' for tanh and sigmoid",
    source="Goodfellow, Bengio, Courville 2016, Deep Learning, section 8.4 (breaking symmetry)",
)
def equal_units(case: Case) -> Iterator[Note]:
    """All columns of a hidden layer's kernel are equal to the last bit, and not 0. Medium where
    their gradients differ, as the next layer's weights do."""
    if case.start is None:
        return
    for i, layer in ((i, f) for i, f in enumerate(case.start.layers) if f.fan_in):
        figures = _weights_of(case, layer.label)
        if layer.is_output or figures is None or not figures.alike or figures.norm == 0:
            continue
        name, deviation = recommended(layer, followed_by(case.start, i)[0])
        stay = "and so are their gradients" if figures.moved_alike else "though not their gradients"
        yield Note(
            f"the weights of all {layer.units} units are the same, {stay}",
            f"kernel_initializer={name!r}: deviation {short(deviation)} for {layer.fan_in} inputs",
            f"layer {layer.label}",
            "high" if figures.moved_alike else "medium",
        )


@check(
    "large-weights",
    subject="starting weights",
    severity="high",
    what="Starting weights far too large for the number of inputs.",
    why="A unit sums fan_in products: its deviation is sqrt(fan_in) times that of the weights. "
    "Large sums drive sigmoid and tanh into their flat ends, and grow with each layer of relu.",
    mend="kernel_initializer='he_normal' (relu), 'glorot_uniform' (tanh, sigmoid)",
    source="Glorot, Bengio 2010; He, Zhang, Ren, Sun 2015, Delving Deep into Rectifiers, section "
    "2.2",
)
def large_weights(case: Case) -> Iterator[Note]:
    """The deviation is more than 4 times the largest that theory has, sqrt(2 / fan_in): sums of
    deviation 4 and more, at which over half of all tanh units lie beyond 2.65, where the slope is
    below 0.02; and relu layers multiply the signal by 4 each. Layers before a normalisation are
    left out: it undoes the scale."""
    start = case.start
    if start is None:
        return
    for i, layer in _kernels(start):
        largest = math.sqrt(2 / layer.fan_in)
        if layer.kernel > 4 * largest:
            name, deviation = recommended(layer, followed_by(start, i)[0])
            yield Note(
                f"weights of deviation {short(layer.kernel)} for {layer.fan_in} inputs, "
                f"{short(layer.kernel / deviation)} times what {name} gives; sums of deviation "
                f"{short(layer.deviation)}",
                f"kernel_initializer={name!r}: deviation {short(deviation)} for {layer.fan_in} "
                f"inputs; seen {short(layer.kernel)}",
                f"layer {layer.label}",
            )


@check(
    "small-weights",
    subject="starting weights",
    severity="medium",
    what="Starting weights far too small for the number of inputs.",
    why="Each layer then multiplies the signal, and on the way back the gradient, by much less "
    "than 1: with the depth both vanish exponentially.",
    mend="kernel_initializer='he_normal' (relu), 'glorot_uniform' (tanh, sigmoid)",
    source="Glorot, Bengio 2010, Understanding the Difficulty of Training Deep Feedforward "
    "Networks",
)
def small_weights(case: Case) -> Iterator[Note]:
    """The deviation is below a tenth of the smallest that theory has, the lesser of sqrt(1 /
    fan_in) and sqrt(2 / (fan_in + fan_out)): one order of magnitude lost in one layer. In hidden
    layers only: a last layer that starts small starts undecided, which is well. So the 0.01 of the
    text-books passes for up to 100 inputs and as many units more."""
    start = case.start
    if start is None:
        return
    for i, layer in _kernels(start):
        smallest = math.sqrt(min(1 / layer.fan_in, 2 / (layer.fan_in + layer.fan_out)))
        if not layer.is_output and 0 < layer.kernel < 0.1 * smallest:
            name, deviation = recommended(layer, followed_by(start, i)[0])
            yield Note(
                f"weights of deviation {short(layer.kernel)} for {layer.fan_in} inputs, "
                f"{short(deviation / layer.kernel)} times smaller than {name} gives",
                f"kernel_initializer={name!r}: deviation {short(deviation)} for {layer.fan_in} "
                f"inputs; seen {short(layer.kernel)}",
                f"layer {layer.label}",
            )


@check(
    "initial-loss",
    subject="starting weights",
    severity="medium",
    what="The first loss is far from that of a guess: ln C for C classes, C - 1 for the hinge.",
    why="A new network knows nothing, so its loss should be that of equal scores; one that is sure "
    "and wrong first has to unlearn, and its gradients are large.",
    mend="smaller weights in the last layer, scaled inputs; look whether the loss fits the outputs",
    source="Karpathy, CS231n notes, Neural Networks 3 (look for the correct loss at chance); "
    "Derrida 1981, Random-Energy Model",
)
def initial_loss(case: Case) -> Iterator[Note]:
    """Above twice the loss of equal scores. Scores of deviation s give ln C + s²/2; at s = sqrt(2
    ln C), where this is 2 ln C, the softmax of C normal scores begins to be taken by a few of them
    (the transition of Derrida's model). For hinges the same factor, at which wrong scores lead by
    the margin on average."""
    start = case.start
    if start is None or not math.isfinite(case.chance) or case.chance <= 0:
        return
    loss = start.loss
    if math.isfinite(loss) and loss > 2 * case.chance and not case.is_summed:
        C = max(case.outputs[-1], 2)
        expected = f"C - 1 = {C - 1}" if case.loss_name == "MultiClassHinge" else (
            f"ln {C} = {short(case.chance)}" if case.is_cross_entropy else short(case.chance)
        )  # fmt: skip
        last = next((f for f in start.layers if f.is_output), None)
        seen = f"the loss is {short(loss)} before any training; all scores alike give {expected}"
        if last is None:
            yield Note(seen, "scale the inputs", "the output")
            return
        deviation = math.sqrt(1 / last.fan_in)
        yield Note(
            f"{seen}. Scores have deviation {short(last.deviation)}",
            f"kernel_initializer='lecun_normal' in the last layer (deviation {short(deviation)} "
            f"for {last.fan_in} inputs; seen {short(last.kernel)}), and inputs of variance 1",
            f"layer {last.label}",
        )


@check(
    "strong-penalty",
    subject="starting weights",
    severity="high",
    what="Regularisation so strong that it outweighs the data.",
    why="Along each direction where the loss is less curved than the penalty, weights go to 0: "
    "with a strong penalty that is every direction, and the model says the same for everything.",
    mend="kernel_regularizer=L2(1e-4)",
    source="Goodfellow, Bengio, Courville 2016, Deep Learning, section 7.1.1",
)
def strong_penalty(case: Case) -> Iterator[Note]:
    """Before the first step, when the data pull the most, the penalty's gradient on a kernel is
    longer than that of the whole loss's rest: the weights shrink from the start. Or the copy could
    not learn 20 rows by heart with the penalties, and could without. Or, at the end, the penalty is
    more than the loss of the data, which is still above half of what a constant has."""
    worst = _strongest(case.start) if case.start else None
    trial = case.trial
    if worst is not None:
        path, pull, gradient = worst
        layer, factor = path.rsplit("/", 1)[0], gradient / pull / 10
        l2 = getattr(case.model.named_weights()[path].regularizer, "l2", None)
        weaker = f"a regulariser at most {short(factor)} times as strong"
        if l2:
            weaker = f"kernel_regularizer=L2({short(l2 * factor)}) or less (now L2({short(l2)}))"
        yield Note(
            f"the penalty pulls with a gradient of norm {short(pull)}, the data with "
            f"{short(gradient)}; it adds {short(case.start.penalty)} to a loss of "  # pyright: ignore
            f"{short(case.start.loss)}",  # pyright: ignore[reportOptionalMemberAccess]
            f"{weaker}: a tenth of the data's pull; usual is L2(1e-4)",
            f"layer {layer}",
        )
    elif trial is not None and trial.memory > 0.1 >= trial.memory_without:
        yield Note(
            f"{plural(trial.rows, 'row')} cannot be learned by heart with the penalties (loss "
            f"{short(trial.memory)} of a constant's), and can without "
            f"({short(trial.memory_without)})",
            "kernel_regularizer=L2(1e-4)",
        )
    elif (last := case.looks[-1] if case.looks else None) is not None and not case.trial:
        stuck = case.left(last.loss) > 0.5
        if last.step and stuck and last.penalty > last.loss:
            yield Note(
                f"after training the penalty is {short(last.penalty)} and the data's loss "
                f"{short(last.loss)}, where a constant has {short(case.constant)}",
                "kernel_regularizer=L2(1e-4)",
            )


def _strongest(start: Look) -> tuple[str, float, float] | None:
    """The kernel on which the penalty outweighs the data the most: path, pull, data's gradient."""
    found = [
        (path, w.pull, w.gradient)
        for path, w in start.weights.items()
        if w.gradient is not None and w.axes > 1 and w.pull > w.gradient > 0
    ]
    return max(found, key=lambda each: each[1] / each[2], default=None)


def _weights_of(case: Case, label: str):
    """The figures of a layer's kernel at the start."""
    path = case.paths.get(getattr(case.layer(label), "kernel", None))
    return None if case.start is None or path is None else case.start.weights.get(path)


def _norm_of(case: Case, label: str) -> float:
    """The norm of a layer's kernel at the start."""
    figures = _weights_of(case, label)
    return math.nan if figures is None else figures.norm
