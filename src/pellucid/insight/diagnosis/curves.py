"""Checks of the learning curves: one number an epoch, in training and, where there is, validation.

Letters: L loss, N examples; R* the smallest error that any model can have.
"""

import math
from collections.abc import Iterator

import numpy as np

from pellucid import layers as L
from pellucid.insight.diagnosis.case import Case, short
from pellucid.insight.diagnosis.finding import Note, check
from pellucid.insight.diagnosis.rates import FIRST
from pellucid.layers.dropout import Dropping

STRIP = 3  # epochs over which noise is averaged out
PRECHELT = "Prechelt 1998, Early Stopping - But When?"


def _curve(case: Case, name: str) -> list[float]:
    """A figure's numbers, where there are, and all are finite."""
    found = [float(v) for v in case.history.get(name, []) if not getattr(v, "shape", ())]
    return found if all(map(math.isfinite, found)) else []


def _strip(curve: list[float], end: int | None = None) -> float:
    """The mean of the last epochs."""
    return float(np.mean(curve[:end][-STRIP:]))


@check(
    "oscillating-loss",
    subject="curves",
    severity="medium",
    what="The training loss jumps up and down from epoch to epoch.",
    why="With a learning rate between 1 and 2 over the largest curvature each step lands on the "
    "other side of the valley, at nearly the same height.",
    mend="a learning rate 3 to 10 times smaller; a larger batch_size; CosineDecay",
    source="LeCun et al. 1998, Efficient BackProp, section 4.7; Bienaymé 1874 (turning points)",
)
def oscillating_loss(case: Case) -> Iterator[Note]:
    """In the second half of 16 epochs or more, at least half are turning points (a curve that falls
    has none, pure noise has two thirds), the mean jump is above a tenth of the loss and above what
    the loss has fallen by between the halves of that time, and the loss is above a tenth of what a
    constant has: below that it jumps around nothing."""
    loss = _curve(case, "loss")
    loss = loss[len(loss) // 2 :]
    if len(loss) < 8 or not np.mean(loss) > 0:
        return
    jumps, half = np.diff(loss), len(loss) // 2
    turns = int(((jumps[1:] * jumps[:-1]) < 0).sum())
    jump, fallen = float(np.abs(jumps).mean()), float(np.mean(loss[:half]) - np.mean(loss[half:]))
    size = jump / float(np.mean(loss))
    high = not case.left(float(np.mean(loss))) <= 0.1
    if turns >= (len(loss) - 2) / 2 and size > 0.1 and jump > fallen and high:
        yield Note(
            f"the loss turns {turns} times in {len(loss)} epochs, by {100 * size:.0f} % of itself "
            f"(last {', '.join(map(short, loss[-4:]))})",
            f"{case.optimizer(case.rate / 10)} (now {short(case.rate)})",
            "the learning curve",
        )


@check(
    "overfitting",
    subject="curves",
    severity="medium",
    what="The validation loss rises while the training loss goes on falling.",
    why="From there on the model learns what is peculiar to its rows, noise included, and gets "
    "worse on others.",
    mend="callbacks=[EarlyStopping(patience=5)]; Dropout(0.5); L2(1e-4); more data, augmentation",
    source=f"{PRECHELT}, section 2 (generalisation loss above 5 %); Goodfellow et al. 2016, "
    "section 7.8",
)
def overfitting(case: Case) -> Iterator[Note]:
    """Prechelt's generalisation loss GL_5: the mean validation loss of the last 3 epochs is more
    than 5 % above its smallest mean of 3, the smallest is 3 epochs ago or more, and the training
    loss has fallen by 5 % or more since."""
    seen = _overfit(case)
    if seen is not None:
        text, best = seen
        yield Note(
            text,
            f"model.fit(..., callbacks=[EarlyStopping(patience={max(STRIP, best // 4)})]), which "
            f"brings back the weights of epoch {best}; or Dropout(0.5) after the hidden layers",
            "the learning curve",
        )


def _overfit(case: Case) -> tuple[str, int] | None:
    """What is seen of overfitting, and the epoch before it."""
    loss, validated = _curve(case, "loss"), _curve(case, "val_loss")
    if len(validated) < 2 * STRIP or len(loss) != len(validated):
        return None
    means = [_strip(validated, end) for end in range(STRIP, len(validated) + 1)]
    best = int(np.argmin(means))
    epoch = best + STRIP - 1
    gain = means[-1] / means[best] - 1 if means[best] > 0 else 0.0
    fallen = _strip(loss) < 0.95 * _strip(loss, epoch + 1)
    if gain <= 0.05 or len(means) - 1 - best < STRIP or not fallen:
        return None
    return (
        f"val_loss was best at epoch {epoch} ({short(means[best])}) and is {short(means[-1])} now, "
        f"{100 * gain:.0f} % more, while loss fell from {short(_strip(loss, epoch + 1))} to "
        f"{short(_strip(loss))}"
    ), epoch


@check(
    "weak-regularisation",
    subject="curves",
    severity="medium",
    what="A model that overfits, with nothing in it that holds it back.",
    why="With more weights than the data determine, many settings fit the rows; without a "
    "preference among them the model takes one that fits the noise too.",
    mend="Dropout(0.5) after dense layers; kernel_regularizer=L2(1e-4); augmentation",
    source="Goodfellow, Bengio, Courville 2016, Deep Learning, chapter 7; Srivastava et al. 2014",
)
def weak_regularisation(case: Case) -> Iterator[Note]:
    """The finding "overfitting", in a model without dropout, noise, penalty, weight decay,
    augmentation or batch normalisation."""
    if _overfit(case) is None or _is_regularised(case):
        return
    hidden = [f for f in case.looks[0].layers if f.fan_in and not f.is_output] if case.looks else []
    place = f" after layer {hidden[-1].label}" if hidden else ""
    weights = sum(p.size for p in case.model.trainable_weights)
    is_known = not case.looks_up and not case.is_part
    count = f" for {len(case.y):,} rows" if is_known and case.y is not None else ""
    yield Note(
        f"{weights:,} weights{count}, and no dropout, penalty, weight decay or augmentation",
        f"Dropout(0.5){place}; or kernel_regularizer=L2(1e-4)",
    )


def _is_regularised(case: Case) -> bool:
    """Whether anything in the model or its optimiser holds it back."""
    holding = (Dropping, L.GaussianNoise, L.BatchNormalization)
    layers = case.model.all_layers()
    return (
        any(isinstance(layer, holding) for layer in layers)
        or any("augmentation" in type(layer).__module__ for layer in layers)
        or any(p.regularizer is not None for p in case.model.trainable_weights)
        or bool(case.model.optimizer.weight_decay)
    )


@check(
    "no-better-than-constant",
    subject="curves",
    severity="high",
    what="After training the loss is that of an output that does not look at x.",
    why="Always saying the shares of the classes, or the mean of the targets, costs just this "
    "loss: the inputs have not been used.",
    mend="look at the other findings first: scaling, activations, learning rate, frozen layers",
    source="Goodfellow, Bengio, Courville 2016, Deep Learning, section 11.2 (baselines)",
    is_effect=True,
)
def no_better_than_constant(case: Case) -> Iterator[Note]:
    """After 3 epochs or more, and 30 steps, less than 2 % of what there is to learn was learned:
    from the loss of the best constant output down to the least there is, which is 0 for class
    labels."""
    loss = _curve(case, "loss")
    is_long = len(loss) >= STRIP and (not case.steps or case.steps >= FIRST)
    if is_long and case.left(loss[-1]) > 0.98:
        yield Note(
            f"loss {short(loss[-1])} after {len(loss)} epochs; the best constant output has "
            f"{short(case.constant)}",
            "mend the findings above; if there is none, try what lr_find(model, x, y) suggests",
            "the learning curve",
        )


@check(
    "plateau",
    subject="curves",
    severity="medium",
    what="The training loss stands still, far above what is possible.",
    why="On a flat stretch (a saddle, saturated units, a step too large to go down further) the "
    "gradient is small or is undone by the next one.",
    mend="callbacks=[ReduceLROnPlateau(patience=5)]; a larger rate first, if it never moved",
    source="Dauphin et al. 2014, Identifying and Attacking the Saddle Point Problem; Goodfellow et "
    "al. 2016, section 8.2",
    is_effect=True,
)
def plateau(case: Case) -> Iterator[Note]:
    """Over the last third of the epochs, 5 at least, the loss's fitted line falls by less than 1 %
    of the loss; and it is above what nearest neighbours show to be possible (see
    "underfitting"), or above 0.9 of what a constant has."""
    loss = _curve(case, "loss")
    last = max(5, len(loss) // 3)
    if len(loss) < last + 1:
        return
    tail, epochs = np.array(loss[-last:]), np.arange(last) - (last - 1) / 2
    slope = float(epochs @ tail / (epochs @ epochs))
    flat = -slope * (last - 1) < 0.01 * abs(tail.mean())
    high = case.left(float(tail.mean())) > 0.9
    better = _beaten(case) if flat else None
    if flat and (high or better is not None):
        yield Note(
            f"the loss stays at {short(float(tail.mean()))} over the last {last} of {len(loss)} "
            f"epochs" + (f"; {better}" if better else f"; a constant has {short(case.constant)}"),
            "model.fit(..., callbacks=[ReduceLROnPlateau(monitor='loss', patience=5)]); or another "
            "learning rate: lr_find(model, x, y)",
            "the learning curve",
        )


@check(
    "underfitting",
    subject="curves",
    severity="medium",
    what="The model does worse on its own training rows than their nearest neighbours do.",
    why="The nearest neighbour errs at most twice as often as the best possible rule, so a model "
    "that errs more on rows that it has seen has too little capacity, or was trained too little.",
    mend="more units or layers, more epochs, less regularisation, a higher learning rate",
    source="Cover, Hart 1967, Nearest Neighbor Pattern Classification; Goodfellow et al. 2016, "
    "section 5.2",
    is_effect=True,
)
def underfitting(case: Case) -> Iterator[Note]:
    """After 5 epochs or more, with a loss that hardly falls any more (by less than 5 % over the
    last third of them, as is Prechelt's limit for what counts), on a sample of 100 rows or more,
    the leave-one-out error of the nearest neighbour is below the training error by more than 3
    standard deviations. For numbers: the neighbours' mean square, of which half is noise, is below
    half of the training rows', and that is above a tenth of their variance. High where there is no
    hidden layer, which no training makes up for."""
    loss = _curve(case, "loss")
    third = max(STRIP, len(loss) // 3)
    if len(loss) < 5 or loss[-1] < 0.95 * loss[-third - 1]:
        return
    if (better := _beaten(case)) is not None:
        hidden = (
            [f for f in case.looks[-1].layers if f.fan_in and not f.is_output] if case.looks else []
        )
        widest = max((f.units for f in hidden), default=0)
        more = (
            f"more than {widest} units in the hidden layers"
            if widest
            else "a hidden layer: Dense(64, activation='relu')"
        )
        yield Note(
            better,
            f"{more}; or more epochs, at what lr_find(model, x, y) suggests",
            severity=None if widest else "high",
        )


def _beaten(case: Case) -> str | None:
    """What is seen where neighbours say the targets better than the model on its own rows."""
    found = case.beaten
    if found is None:
        return None
    if found.of_labels:
        return (
            f"it errs on {100 * found.mine:.0f} % of its training rows, where the nearest "
            f"neighbour errs on {100 * found.near:.0f} %"
        )
    return (
        f"its mean squared error on training rows is {short(found.mine)}, where the nearest "
        f"neighbour has {short(found.near)}"
    )
