"""The steps from scores to the loss, loss by loss.

For softmax cross-entropy: scores, exponentials, normalised, -ln P(correct). The largest score is
taken away first, which changes no probability and lets no exponential overflow. Hinges, sigmoid
cross-entropy and squared errors have their own few steps; any other loss shows outputs, targets
and what it makes of them.

Letters: z scores, p probabilities or outputs, y targets, L loss; N examples, C classes.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid import losses, nn
from pellucid.errors import SettingError
from pellucid.insight.measuring import as_numpy
from pellucid.insight.steps import IN_P, ScoreToLoss, Step
from pellucid.insight.watching import Watched

Array = NDArray[Any]


def steps_of(watched: Watched) -> ScoreToLoss:
    """The steps of a watched pass. Raises SettingError where it has no targets, or mixed ones."""
    model = watched.model
    if watched.loss is None or watched.y is None or model.mixture.is_mixed:
        received = "none" if watched.loss is None else "examples that a layer mixed"
        mend = "trace(x, y), or with mixed examples trace(x, y, training=False)."
        raise SettingError("score to loss", "targets for each example", received, f"Try {mend}")
    loss, p = model.loss, as_numpy(watched.output)
    y = np.asarray(watched.y)
    found = np.asarray(loss.call(y, p)).reshape(-1)
    with np.errstate(all="ignore"):
        if type(loss) in (losses.SparseCategoricalCrossentropy, losses.CategoricalCrossentropy):
            steps = _softmax(loss, y, p, _scores(watched))
        elif type(loss) in STEPS:
            steps = STEPS[type(loss)](loss, y, p)
        else:
            steps = None
    if steps is None or not _agree(steps.losses, found):
        steps = _plain(loss, y, p, found)
    return steps


def _agree(computed: Array, found: Array) -> bool:
    """Whether the steps lead to the loss: not where settings of the loss say otherwise."""
    tolerance = 1e-4 if found.dtype.itemsize < 8 else 1e-8
    close = np.isclose(computed, found, rtol=tolerance, atol=tolerance, equal_nan=True)
    return computed.shape == found.shape and bool(close.all())


def _scores(watched: Watched) -> Array | None:
    """The scores before a softmax at the end of the model, if it has one."""
    for call in watched.calls:
        if call.output is watched.output and call.z is not call.output:
            z, p = as_numpy(call.z), as_numpy(call.output)
            return z if np.array_equal(np.asarray(nn.softmax(z)), p) else None
    return None


# -- the steps of each loss -----------------------------------------------------------------------


def _softmax(loss: Any, y: Array, p: Array, z: Array | None) -> ScoreToLoss | None:
    """Scores, exponentials, normalised, -ln P(correct); from probabilities where no scores are."""
    C = p.shape[-1]
    is_sparse = isinstance(loss, losses.SparseCategoricalCrossentropy)
    rows = (p if loss.from_logits or z is None else z).reshape(-1, C).astype(np.float64)
    if is_sparse:
        correct = y.reshape(-1).astype(int)
        if ((correct < 0) | (correct >= C)).any():  # a class that is ignored
            return None
    else:
        targets = y.reshape(-1, C).astype(np.float64)
        if loss.label_smoothing or not np.array_equal(np.eye(C)[targets.argmax(1)], targets):
            return None
        correct = targets.argmax(axis=1)
    if loss.from_logits or z is not None:
        return softmax_steps(rows, correct)
    total = rows.sum(axis=1)
    first = [Step("output", rows), Step("sum", total)]
    P = rows / total[:, None]
    L = -np.log(P[np.arange(len(rows)), correct])
    return _from_normalised("P = output / sum", first, P, L, correct)


def softmax_steps(scores: Array, correct: Array) -> ScoreToLoss:
    """From scores (N, C) and the numbers of the right classes (N,) to -ln P(correct)."""
    at_correct = np.arange(len(scores)), correct
    shifted = scores - scores.max(axis=1, keepdims=True)
    e = np.exp(shifted)
    total = e.sum(axis=1)
    first = [Step("score", scores), Step("exp", e), Step("sum", total)]
    L = np.log(total) - shifted[at_correct]
    formula = "P = exp / sum,  exp = e^(score - max)"
    return _from_normalised(formula, first, e / total[:, None], L, correct)


def _from_normalised(
    formula: str, first: list[Step], P: Array, L: Array, correct: Array
) -> ScoreToLoss:
    """The first steps, and what comes after normalising: P and L = -ln P(class)."""
    last = [Step("P", P), Step(IN_P, P[np.arange(len(P)), correct]), Step("-ln P(class)", L + 0.0)]
    return ScoreToLoss(f"L = -ln P(class),  {formula}", [*first, *last], correct)


def _sigmoid(loss: Any, y: Array, p: Array) -> ScoreToLoss | None:
    """Score, e^-score, P(1), P(target), -ln P(target); the mean over outputs where several."""
    y = y.reshape(p.shape).astype(np.float64)
    if loss.label_smoothing or not np.isin(y, (0, 1)).all():
        return None
    p, width = p.astype(np.float64), p.reshape(len(p), -1).shape[1]
    if loss.from_logits:
        signed = np.where(y == 1, p, -p)
        each = np.logaddexp(0, -signed)
        first = [Step("score", p), Step("exp(-score)", np.exp(-p)), Step("P(1)", _sigma(p))]
        right, formula = (
            _sigma(signed),
            "L = -ln P(y),  P(1) = 1 / (1 + exp(-score)),  P(0) = 1 - P(1)",
        )
    else:
        right = np.where(y == 1, p, 1 - p)
        each = -np.log(np.clip(right, 1e-7, 1 - 1e-7))
        first, formula = [Step("P(1)", p)], "L = -ln P(y),  P(0) = 1 - P(1)"
    steps = [*first, Step("y", y), Step("P(y)", right), Step("-ln P(y)", each)]
    return _by_example(formula, steps, width, len(p))


def _sigma(z: Array) -> Array:
    """sigmoid(z), for z of any size."""
    return np.exp(-np.logaddexp(0, -z))


def _multi_class_hinge(loss: Any, y: Array, z: Array) -> ScoreToLoss:
    """Scores, by how much each wrong class is too near, and the sum (or the largest) of that."""
    correct, rows = y.reshape(-1).astype(int), np.arange(len(z))
    margins = np.maximum(z - z[rows, correct][:, None] + 1, 0).astype(np.float64)
    margins[rows, correct] = 0
    is_sum = isinstance(loss, losses.MultiClassHinge)
    L = margins.sum(axis=1) if is_sum else margins.max(axis=1)
    formula = "L = {} over the wrong classes j of max(0, score[j] - score[class] + 1)"
    lacking = Step("max(0, score[j] - score[class] + 1)", margins)
    steps = [Step("score", z), lacking, Step("sum" if is_sum else "largest", L)]
    return ScoreToLoss(formula.format("sum" if is_sum else "maximum"), steps, correct)


def _hinge(loss: Any, y: Array, z: Array) -> ScoreToLoss:
    """Score, signed score, what is missing to 1 (squared)."""
    sign = y.reshape(z.shape).astype(np.float64)
    sign = np.where(sign == 0, -1, sign)
    missing = np.maximum(0, 1 - sign * z)
    steps = [Step("score", z), Step("y", sign), Step("y score", sign * z)]
    steps += [Step("max(0, 1 - y score)", missing)]
    formula = "L = max(0, 1 - y score)"
    if isinstance(loss, losses.SquaredHinge):
        steps, formula = [*steps, Step("squared", missing**2)], f"{formula}²"
    return _by_example(formula, steps, z.reshape(len(z), -1).shape[1], len(z))


def _difference(loss: Any, y: Array, p: Array) -> ScoreToLoss:
    """Output, target, difference, its square or size."""
    y, p = y.reshape(p.shape).astype(np.float64), p.astype(np.float64)
    steps = [Step("output", p), Step("y", y), Step("output - y", p - y)]
    if isinstance(loss, losses.MeanSquaredError):
        steps, formula = [*steps, Step("squared", (p - y) ** 2)], "L = (output - y)²"
    else:
        steps, formula = [*steps, Step("size", np.abs(p - y))], "L = |output - y|"
    return _by_example(formula, steps, p.reshape(len(p), -1).shape[1], len(p))


def _by_example(formula: str, steps: list[Step], width: int, n: int) -> ScoreToLoss:
    """Steps of outputs each by itself, and with several of them, their mean."""
    if width == 1:
        return ScoreToLoss(formula, [Step(s.name, s.values.reshape(-1)) for s in steps], None)
    L = Step("mean", steps[-1].values.mean(axis=-1).reshape(-1))
    flat = [Step(s.name, s.values.reshape(-1, s.values.shape[-1])) for s in steps]
    return ScoreToLoss(f"{formula}, the mean over the outputs", [*flat, L], None)


def _plain(loss: Any, y: Array, p: Array, found: Array) -> ScoreToLoss:
    """Outputs, targets and losses, where there are no steps."""
    name = getattr(loss, "name", None) or type(loss).__name__
    per = [np.asarray(a).reshape(len(found), -1) for a in (p, y) if a.size % len(found) == 0]
    named = zip(("output", "y"), per, strict=False)
    steps = [Step(each, a[:, 0] if a.shape[1] == 1 else a) for each, a in named]
    return ScoreToLoss(f"L = {name}(y, output)", [*steps, Step("loss", found)], None)


STEPS: dict[type, Callable[[Any, Array, Array], ScoreToLoss | None]] = {
    losses.BinaryCrossentropy: _sigmoid,
    losses.MultiClassHinge: _multi_class_hinge,
    losses.MaxMultiClassHinge: _multi_class_hinge,
    losses.Hinge: _hinge,
    losses.SquaredHinge: _hinge,
    losses.MeanSquaredError: _difference,
    losses.MeanAbsoluteError: _difference,
}
