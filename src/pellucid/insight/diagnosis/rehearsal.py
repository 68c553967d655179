"""A rehearsal: what a copy of the model does in a few steps. The model itself is not touched.

Two questions are asked. Does the loss fall with the model's own optimiser? And can the model learn
20 examples by heart? One that cannot has a fault in itself, whatever the data (Goodfellow, Bengio,
Courville 2016, Deep Learning, section 11.5: fit a tiny data set).
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from pellucid.errors import NotFiniteError
from pellucid.graph import no_graph
from pellucid.insight.diagnosis.case import Case, Trial, plural, short
from pellucid.insight.diagnosis.finding import Note, check
from pellucid.insight.diagnosis.keeping import quiet
from pellucid.insight.diagnosis.looking import look
from pellucid.insight.learning_rate import lr_find
from pellucid.insight.measuring import as_numpy
from pellucid.layers.dropout import Dropping
from pellucid.layers.noise import GaussianNoise
from pellucid.optimizers import Adam
from pellucid.training.arrays import as_data, each, reader
from pellucid.training.copying import copied

STEPS = 30  # with the model's own optimiser
FEW, BY_HEART, AT_MOST = 20, 200, 1000  # rows, and steps to learn them
EVERY = 50  # steps after those, to see whether the loss still falls
LEARNED = 0.1  # of a constant's loss: below it the rows count as learned
PROBE = 128  # rows on which the loss is measured before and after


def rehearse(case: Case) -> Trial:
    """Try the case's model, on copies: some steps as `fit` makes them, then 20 rows by heart."""
    trial = Trial()
    n = len(case.y)
    chance = np.random.default_rng(0)
    order = chance.permutation(n)
    with quiet():
        _steps(case, trial, order)
        if trial.rises or _is_tiny(trial):
            trial.suggested = lr_find(
                case.model, case.x, case.y, batch_size=case.batch_size or 32
            ).suggestion
        weights = sum(p.size for p in case.model.trainable_weights)
        count = min(FEW, weights // (2 * math.prod(case.outputs)))
        if count < 1:
            return trial
        chosen = _few(case, order, count)
        trial.rows = len(chosen)
        trial.memory, trial.memory_steps = by_heart(case, chosen, regularised=True)
        if trial.memory > LEARNED and any(p.regularizer for p in case.model.trainable_weights):
            trial.memory_without, _ = by_heart(case, chosen, regularised=False)
    return trial


def _steps(case: Case, trial: Trial, order: Any) -> None:
    """Some steps with the model's own optimiser, and a look after them."""
    model = copied(case.model, case.model.optimizer)
    n, size = len(case.y), case.batch_size or 32
    some = order[: min(PROBE, n)]
    trial.before = loss_on(model, case, some)
    losses: list[float] = []
    theta = as_numpy(model.parameters.theta).copy()
    try:
        for step in range(STEPS):
            start = step * size % max(n - size + 1, 1)
            chosen = order[start : start + size]
            theta = as_numpy(model.parameters.theta).copy()
            x, y = _batch(case, chosen)
            loss, _ = model.train_step(x, y, _weights(case, chosen))
            losses.append(_for_one(case, loss, len(y)))
            trial.steps, trial.mean = step + 1, float(np.mean(losses))
        trial.after = loss_on(model, case, some)
        trial.look = look(model, *_batch(case, some), _weights(case, some), STEPS)
        trial.look.ratios = ratios(model, theta)
    except NotFiniteError:
        trial.after, trial.steps = math.nan, trial.steps + 1


def by_heart(case: Case, chosen: Any, regularised: bool) -> tuple[float, int]:
    """How much of what there is to learn of a few rows is left after trying; and the steps it took.

    Adam, 100 steps at 0.001, the others at 0.01: 200, and up to 1000 as long as the loss falls by a
    twentieth in 50. Nothing is dropped, no noise is added.
    """
    model = copied(case.model, Adam(0.001))
    for layer in model.all_layers():
        if isinstance(layer, Dropping):
            layer.rate = 0.0
        elif isinstance(layer, GaussianNoise):
            layer.stddev = 0.0
    if not regularised:
        model._regularized = []
    few = Case(model, y=as_numpy(case.y)[chosen])
    if math.isnan(few.left(0.0)):
        return math.nan, 0
    x, y = _batch(case, chosen)
    best = before = math.inf
    try:
        for step in range(AT_MOST):
            if step == BY_HEART // 2:
                model.optimizer.learning_rate = 0.01
            if step % EVERY == 0:
                if step >= BY_HEART and best > 0.95 * before:
                    return best, step
                before = best
            _, output = model.train_step(x, y)
            loss = float(as_numpy(model.loss.call(y, output)).mean())
            best = min(best, few.left(loss))
            if best < LEARNED:
                return best, step + 1
    except NotFiniteError:
        return math.nan, 0
    return best, AT_MOST


def ratios(model: Any, before: Any) -> dict[str, float]:
    """How much a step changed each kernel, as a share of its norm before; by path."""
    flat = model.parameters
    found = {}
    for path, p in model.named_weights().items():
        if p.ndim > 1 and p in flat.parts:
            old, new = before[flat.parts[p]], as_numpy(flat.theta[flat.parts[p]])
            norm = float(np.linalg.norm(old))
            if norm > 0:
                found[path] = float(np.linalg.norm(new - old)) / norm
    return found


def loss_on(model: Any, case: Case, chosen: Any) -> float:
    """What training makes smaller, on some rows, as a step would measure it."""
    x, y = _batch(case, chosen)
    with no_graph():
        output = model.run(as_data(x), training=True)
        return _for_one(case, model.total_loss(y, output, _weights(case, chosen)), len(y))


def _for_one(case: Case, loss: Any, n: int) -> float:
    """The loss of a batch of n examples, for one of them."""
    return float(as_numpy(loss).mean()) / (n if case.model.loss.reduction == "sum" else 1)


def _batch(case: Case, chosen: Any) -> tuple[Any, Any]:
    """Some rows, as a step takes them."""
    x, y = each(case.model.as_input, reader(case.x)(chosen)), as_numpy(case.y)[chosen]
    return x, case.model.engine.hold_targets(y)


def _weights(case: Case, chosen: Any) -> Any:
    """The weights of some rows, as a step takes them; None where all are alike."""
    return None if case.weight is None else case.model.engine.hold_targets(case.weight[chosen])


def _few(case: Case, order: Any, count: int) -> Any:
    """A few rows of which no two are the same in x: twins may have different targets."""
    found: dict[bytes, int] = {}
    parts = case.x if isinstance(case.x, list | tuple) else [case.x]
    for row in order[: 10 * FEW]:
        found.setdefault(b"".join(as_numpy(a[row]).tobytes() for a in parts), int(row))
        if len(found) == count:
            break
    return np.array(list(found.values()))


def _is_tiny(trial: Trial) -> bool:
    """Whether steps hardly move the weights."""
    found = trial.look.ratios if trial.look is not None else {}
    return bool(found) and max(found.values()) < 1e-5


@check(
    "cannot-overfit",
    subject="rehearsal",
    severity="high",
    what="The model cannot learn 20 examples by heart.",
    why="So few rows ask for next to no generalisation: a model that fails on them has a fault in "
    "itself - a broken path, a wrong output, too little capacity - and more data will not help.",
    mend="look at the other findings first; else more units, and no frozen or bounded layers",
    source="Goodfellow, Bengio, Courville 2016, Deep Learning, section 11.5",
    is_effect=True,
)
def cannot_overfit(case: Case) -> Iterator[Note]:
    """After 200 steps of Adam on 20 rows, with nothing dropped, and as many more as it makes
    progress, the loss is still above half of the loss of a constant; a tenth would count as
    learned. Between the two, time is what lacks. Fewer rows, or none, where the model has not two
    weights for each and each output: a linear model of D features can learn about D rows of
    numbers, or 2 D of two classes, by heart (Cover 1965)."""
    trial = case.trial
    if trial is not None and trial.memory > 0.5 and not trial.memory_without <= LEARNED:
        yield Note(
            f"after {trial.memory_steps} steps of Adam on {plural(trial.rows, 'row')} the loss is "
            f"still {100 * min(trial.memory, 99):.0f} % of what a constant output has",
            f"mend the other findings first; if there is none, more units than "
            f"{short(_units(case))} in the hidden layers",
        )


def _units(case: Case) -> float:
    """The most units of a hidden layer."""
    hidden = [f.units for f in case.looks[0].layers if f.fan_in and not f.is_output]
    return max(hidden, default=0)
