"""Checks of the targets: what cannot be learned from them, or not in this order.

Letters: y targets, N examples, C classes.
"""

import math
from collections.abc import Iterator

import numpy as np

from pellucid.insight.diagnosis.case import Array, Case, short
from pellucid.insight.diagnosis.finding import Note, check
from pellucid.insight.diagnosis.neighbours import (
    correlation_beyond_chance,
    hits_beyond_chance,
    nearest,
    probe,
    rows,
    standardised,
)

DEVIATIONS = 3  # beyond which a count is not chance: one in 740 for a normal one
ENOUGH = 100  # rows from which on a test has the power to speak


@check(
    "targets-do-not-fit",
    subject="targets",
    severity="high",
    what="The targets are not what the loss and the output layer take: wrong shape, labels out of "
    "range, too few output units.",
    why="Each loss is a formula for one kind of target; given another, it has no value or the "
    "wrong one.",
    mend="give the last layer one unit a class; number classes from 0 to C - 1",
    source="Goodfellow, Bengio, Courville 2016, Deep Learning, section 6.2",
)
def targets_do_not_fit(case: Case) -> Iterator[Note]:
    """What the loss itself refuses: no threshold."""
    for error in case.errors:
        yield Note(f"{error.expected} is needed, and {error.received} is given", error.mend,
                   error.where)  # fmt: skip


@check(
    "unscaled-targets",
    subject="targets",
    severity="medium",
    what="Targets of a regression far from mean 0 and deviation 1.",
    why="A new network says about 0 for everything; the squared error then starts at the square of "
    "the targets, and its gradient is as many times too large, or all steps go into one bias.",
    mend="y = (y - mean) / deviation before training; prediction * deviation + mean after it",
    source="Bishop 1995, Neural Networks for Pattern Recognition, section 8.2",
)
def unscaled_targets(case: Case) -> Iterator[Note]:
    """The root mean square of the targets is above 10: an order of magnitude more than the outputs
    of a network with the usual weights, whose variance is about 1; or below 0.01, where a loss of
    1e-4 already says nothing."""
    if case.kind != "numbers" or case.y is None or not len(case.y):
        return
    y = np.asarray(case.y, "float64")
    if not np.isfinite(y).all():
        return
    rms = float(np.sqrt(np.mean(y**2)))
    if rms > 10 or 0 < rms < 0.01:
        mean, deviation = float(y.mean()), float(y.std())
        yield Note(
            f"targets have mean {short(mean)} and deviation {short(deviation)}",
            f"y = (y - {short(mean)}) / {short(deviation) if deviation else 1}; and predictions * "
            f"{short(deviation) if deviation else 1} + {short(mean)}",
            "y",
        )


@check(
    "unlearnable-labels",
    subject="targets",
    severity="high",
    what="The targets have nothing to do with the inputs: shuffled labels, rows that slipped.",
    why="A large network learns even random labels by heart, so its training loss falls all the "
    "same; new rows it can only guess.",
    mend="look at some pairs (x[i], y[i]); shuffle both with one permutation: x[order], y[order]",
    source="Zhang, Bengio, Hardt, Recht, Vinyals 2017, Understanding Deep Learning Requires "
    "Rethinking Generalization; Cover, Hart 1967",
)
def unlearnable_labels(case: Case) -> Iterator[Note]:
    """Neither the nearest neighbour of a row (Cover, Hart 1967: its error is at most twice the
    smallest possible, with many rows) nor a linear model fitted on the other half of the rows says
    its target better than chance by 3 standard deviations; from 100 rows on, of which 9 or more are
    not of the commonest class (a count of 9 has a standard deviation of 3). Not asked where the
    mean loss of the first epoch was a tenth below that of the best constant: each batch was
    measured before it was learned from, so these rows were new (progressive validation; Blum,
    Kalai, Langford 1999). Or, after training, validation accuracy is within 2 standard deviations
    of always guessing the commonest class, while training accuracy is more than 20 points above
    it."""
    seen = None if _was_learnable(case) else _without_relation(case)
    if seen is not None:
        yield Note(seen, "print pairs (x[i], y[i]) and look; order = rng.permutation(len(x)); x, y "
                   "= x[order], y[order] keeps them together", "y")  # fmt: skip
    elif (seen := _at_chance(case)) is not None:
        yield Note(
            seen, "print pairs (x[i], y[i]) and look whether y[i] can be told from x[i]", "y"
        )


def _was_learnable(case: Case) -> bool:
    """Whether the first epoch said rows that it had not seen before better than a constant can."""
    loss = case.history.get("loss", [])
    is_honest = case.fresh and bool(loss) and (case.shuffle or not case.in_order)
    return is_honest and case.left(loss[0]) < 0.9


def _without_relation(case: Case) -> str | None:
    """What is seen where y cannot be told from x."""
    if case.x is None or case.y is None or case.looks_up or len(case.sample) < ENOUGH:
        return None
    chosen = case.sample
    x = rows(case.x, chosen)
    if case.labels is not None:
        y, is_label = case.labels[chosen], True
    elif case.kind == "numbers" and np.asarray(case.y).size == len(case.y):
        y, is_label = np.asarray(case.y, "float64").reshape(-1)[chosen], False
    else:
        return None
    others = len(y) - int(np.unique(y, return_counts=True)[1].max())
    if not np.isfinite(x).all() or others < DEVIATIONS**2:
        return None
    neighbour = y[nearest(standardised(x))]
    if is_label:
        near = hits_beyond_chance(y, neighbour)
        if near < DEVIATIONS:
            near = max(near, hits_beyond_chance(y, y[nearest(x)]))
        figure = f"{100 * float((neighbour == y).mean()):.0f} % of rows have the label"
    else:
        near = correlation_beyond_chance(y, neighbour)
        figure = f"targets correlate by {near / math.sqrt(len(y)):.2f} with those"
    if near >= DEVIATIONS or (linear := _linear(x, y, is_label)) >= DEVIATIONS:
        return None
    few = f", which show correlations above {DEVIATIONS / math.sqrt(len(y)):.2f} only"
    return (
        f"{figure} of their nearest neighbour, {near:+.1f} standard deviations from chance; a "
        f"linear model does no better ({linear:+.1f}); {len(y):,} rows{few}"
    )


def _linear(x: Array, y: Array, is_label: bool) -> float:
    """How far beyond chance a linear model says the targets of rows that it was not fitted on."""
    if not is_label:
        return correlation_beyond_chance(y, probe(x, (y - y.mean())[:, None])[:, 0])
    said = probe(x, np.eye(int(y.max()) + 1)[y])
    found = hits_beyond_chance(y, said.argmax(axis=1))
    if said.shape[1] == 2:  # of which one may be too rare ever to be the likelier
        found = max(found, correlation_beyond_chance(y, said[:, 1]))
    return found


def _at_chance(case: Case) -> str | None:
    """What is seen where a model learned its rows and nothing else."""
    name = next((n for n in case.history if n.startswith("val_") and "acc" in n), None)
    if name is None or name[4:] not in case.history:
        return None
    labels = case.labels
    if case.validation is not None:
        labels = Case(case.model, y=case.validation[1]).labels
    if labels is None or len(labels) < ENOUGH:
        return None
    common = float(np.unique(labels, return_counts=True)[1].max()) / len(labels)
    spread = math.sqrt(common * (1 - common) / len(labels))
    trained, validated = case.history[name[4:]][-1], case.history[name][-1]
    if validated > common + 2 * spread or trained < common + 0.2:
        return None
    return (
        f"accuracy {100 * trained:.0f} % in training and {100 * validated:.0f} % in validation, "
        f"where guessing gives {100 * common:.0f} %"
    )


@check(
    "class-imbalance",
    subject="targets",
    severity="medium",
    what="One class has many times the examples of another.",
    why="The loss is a mean over examples: always saying the common class is nearly right, and the "
    "rare ones hardly pull.",
    mend="fit(..., class_weight={class: N / (C count)}); measure F1Score or AUC, not accuracy",
    source="Alcalá-Fdez et al. 2011, KEEL data-mining software tool (ratios above 9 are highly "
    "imbalanced); He, Garcia 2009, Learning from Imbalanced Data",
)
def class_imbalance(case: Case) -> Iterator[Note]:
    """The commonest class has more than 9 times the examples of the rarest, the limit above which
    the KEEL collection calls a data set highly imbalanced; and so many more that chance does not
    explain it (3 standard deviations of a count). Where examples have weights, it is silent if
    those of the classes add up to within 9 to 1."""
    if case.counts is None or case.labels is None or len(case.counts) < 2:
        return
    if case.weight is not None:
        pulls = np.bincount(case.labels, weights=case.weight)[np.unique(case.labels)]
        if pulls.max() <= 9 * pulls.min():
            return
    most, least = int(case.counts.max()), int(case.counts.min())
    even = len(case.labels) / len(case.counts)
    if most > 9 * least and even - least > DEVIATIONS * math.sqrt(even):
        classes = np.unique(case.labels)
        common, rare = (int(classes[f(case.counts)]) for f in (np.argmax, np.argmin))
        weights = {int(c): len(case.labels) / (len(classes) * int(n))
                   for c, n in zip(classes, case.counts, strict=True)}  # fmt: skip
        shown = ", ".join(f"{c}: {short(w)}" for c, w in list(weights.items())[:4])
        more = ", ..." if len(weights) > 4 else ""
        yield Note(
            f"class {common} has {most:,} examples, class {rare} has {least:,}: "
            f"{short(most / least)} to 1; always saying {common} is right in "
            f"{100 * most / len(case.labels):.0f} %",
            f"model.fit(x, y, class_weight={{{shown}{more}}}); and measure F1Score or AUC",
            "y",
        )


@check(
    "sorted-rows",
    subject="targets",
    severity="high",
    what="Rows sorted by their target, taken in that order.",
    why="Mini-batch gradients stand for the whole only if batches are drawn at random; sorted ones "
    "teach one class after another, each at the price of the last, and a share cut off the end has "
    "classes that were never seen.",
    mend="fit(..., shuffle=True); or order = rng.permutation(len(x)); x, y = x[order], y[order]",
    source="Bottou 2012, Stochastic Gradient Descent Tricks, section 2; Goodfellow et al. 2016, "
    "section 8.1.3",
)
def sorted_rows(case: Case) -> Iterator[Note]:
    """Targets are like those of the row before by more than 5 standard deviations beyond chance:
    the runs test for labels, serial correlation for numbers. High where they are trained on in this
    order; low where `fit` shuffles them, as validation_split still cuts off the end."""
    if case.order is not None and case.in_order:
        same, beyond = case.order
        what = (
            f"{100 * same:.0f} % of rows have the label of the row before"
            if case.labels is not None
            else f"the target correlates by {same:.2f} with that of the row before"
        )
        yield Note(
            f"{what}, {beyond:.0f} standard deviations beyond a random order",
            "order = np.random.default_rng(0).permutation(len(x)); x, y = x[order], y[order]"
            + ("" if case.shuffle else "; and fit(..., shuffle=True)"),
            "the order of the rows",
            "low" if case.shuffle else "high",
        )
