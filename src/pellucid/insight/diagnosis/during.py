"""Diagnosis during training: a callback that looks rarely, and judges at the end.

A look is one forward and backward pass on a part of the running batch. It is made after steps 1 and
50, then after every `interval`-th; between looks a step costs one comparison. Judging reads what
was noted; rows are compared with one another only where the curves leave the question open.
"""

import math
from typing import Any

import numpy as np

from pellucid.distributed import is_first
from pellucid.errors import NotFiniteError
from pellucid.insight.diagnosis.case import Case
from pellucid.insight.diagnosis.figures import Look
from pellucid.insight.diagnosis.finding import Findings
from pellucid.insight.diagnosis.looking import look
from pellucid.insight.diagnosis.rehearsal import ratios
from pellucid.insight.measuring import as_numpy
from pellucid.settings import whole
from pellucid.training.arrays import as_array, each, length, reader
from pellucid.training.callbacks import Quick, registry

EARLY = (1, 50)  # steps after which a look is made whatever the interval
AT_FIRST, ROWS = 32, 16  # of a batch, for the first look and for others
KEPT, NUMBERS = 256, 200_000  # rows that are kept to compare, and how many numbers at most
MOST = 60  # looks that are kept: beyond it every other one of the older ones goes


@registry.register
class Diagnosis(Quick):
    """Watches a training and says what is wrong with it: `findings`, and printed at the end.

    `interval`: after how many steps it looks again (1000). `verbose`: 1 prints the findings when
    the run ends, 0 keeps them for `findings`. They are also kept with the model, in its file, where
    `pellucid diagnose` finds them. Nothing of the training changes: with it and without it the
    weights are the same to the bit. It costs less than 2 % of the time of a run of a second
    or more. Keras has no such callback. Raises SettingError unless the interval is a
    whole number from 1.
    """

    def __init__(self, interval: int = 1000, verbose: int = 1) -> None:
        self.interval = whole("Diagnosis", "interval", interval, 1)
        self.verbose = verbose
        self.speaks = True  # or another process does, for all
        self._forget()

    def _forget(self) -> None:
        """Nothing is known."""
        self.looks: list[Look] = []
        self.history: dict[str, list[float]] = {}
        self.rows: list[tuple[Any, Any, Any]] = []
        self.step, self.next, self.due = 0, EARLY[0], 0.0  # the next look; what has to be done
        self.keeps = True  # rows, until there are enough
        self.fresh, self.batch_size = True, 0
        self.theta: Any = None
        self.judged: Findings | None = None
        self.error: list[str] = []

    @property
    def findings(self) -> Findings:
        """What is wrong, as far as is known now; the worst first."""
        if self.judged is None:
            self.judged = self._case().findings() if self.model is not None else Findings()
        return self.judged

    # -- hooks --------------------------------------------------------------------------------

    def on_train_begin(self, logs: Any = None) -> None:
        """Start with nothing seen."""
        self._forget()
        self.speaks = is_first()
        if not self.speaks:
            self.due = math.inf

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Before the first step, keep the weights: the first look is at them."""
        if self.step == 0:
            self.fresh = self.model.optimizer.iterations == 0
            self.theta = as_numpy(self.model.parameters.theta).copy()

    def after_batch(self, batch: int) -> None:
        """Count; attend to it, if there is anything to do."""
        self.step += 1
        if self.step >= self.due:
            self._attend()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Note the epoch's figures."""
        for name, value in (logs or {}).items():
            if not getattr(value, "shape", ()):
                self.history.setdefault(name, []).append(float(value))
        self.judged = None

    def on_not_finite(self, error: NotFiniteError) -> bool:
        """Note where it began; whether the run ends is for others to say."""
        self.error = [error.where, error.received, error.mend]
        self.judged = None
        self._say()
        return False

    def on_train_end(self, logs: Any = None) -> None:
        """Judge, and say it."""
        if not self.error:
            self._say()

    # -- parts --------------------------------------------------------------------------------

    def _attend(self) -> None:
        """Keep the first rows that come; look, if it is time; and say when there is more to do."""
        if self.keeps:
            self._keep_rows()
        if self.step >= self.next - 1:
            self._when_due()
        self.due = self.step + 1 if self.keeps else self.next - 1

    def _keep_rows(self) -> None:
        """Keep the batch, for what rows are compared with one another for at the end."""
        x, y, weight = self.model.batch
        x, y = each(as_numpy, x), as_numpy(y)
        weight = None if weight is None else as_numpy(weight)
        team = self.model.team
        self.batch_size = max(self.batch_size, length(x) if team is None else team.share.rows)
        size = sum(a.size for a in (x if isinstance(x, list) else [x]))
        kept = sum(len(rows[1]) for rows in self.rows)
        self.rows.append((x, y, weight))
        is_full = kept + length(x) >= KEPT or size * (len(self.rows) + 1) > NUMBERS
        self.keeps = not is_full

    def _when_due(self) -> None:
        """One step before a look, keep theta; at the look, see how far it has moved."""
        theta = self.model.parameters.theta
        if self.step == self.next - 1:
            self.theta = as_numpy(theta).copy()
            return
        knows = self.theta is not None and self.theta.shape == theta.shape
        moved = ratios(self.model, self.theta) if knows else {}
        if self.step == 1 and knows:  # the first look is at the weights before the first step
            after, brought = as_numpy(theta).copy(), self.model.engine.asarray
            theta[...] = brought(self.theta)
            seen = self._look(0)
            theta[...] = brought(after)
        else:
            seen = self._look(self.step)
        seen.ratios = moved
        self.looks.append(seen)
        if len(self.looks) > MOST:
            del self.looks[2 : len(self.looks) // 2 : 2]
        self.theta, self.judged = None, None
        later = self.step - self.step % self.interval + self.interval
        self.next = min([n for n in (*EARLY, later) if n > self.step])

    def _look(self, step: int) -> Look:
        """The figures of a part of the running batch."""
        x, y, weight = self.model.batch
        some = slice(None, ROWS if step else AT_FIRST)
        part = None if weight is None else weight[some]
        return look(self.model, reader(x)(some), y[some], part, step)

    def _case(self) -> Case:
        """The evidence."""
        x, y, weight = self._kept_rows()
        looks = list(self.looks)
        if self.error:
            looks.append(Look(self.step, error=self.error))
        shuffled = self.model.progress.get("order") is not None
        return Case(
            self.model, x, y, None, weight, self.batch_size or None, shuffled, looks, self.history,
            fresh=self.fresh, is_part=True, steps=self.step,
        )  # fmt: skip

    def _kept_rows(self) -> tuple[Any, Any, Any]:
        """x, y and weights of the rows that were kept; None where there are none."""
        if not self.rows:
            return None, None, None
        xs, ys, weights = zip(*self.rows, strict=True)
        if isinstance(xs[0], list):
            x: Any = [np.concatenate(part) for part in zip(*xs, strict=True)]
        else:
            x = np.concatenate(xs)
        weight = None if any(w is None or w.ndim > 1 for w in weights) else np.concatenate(weights)
        return x, np.concatenate([as_array(y) for y in ys]), weight

    def _say(self) -> None:
        """Print the findings, below the live line of an epoch that was cut short."""
        if not self.verbose or not self.speaks:
            return
        cut_short = self.params.get("verbose") == 1 and self.model.progress.get("batch")
        print(("\n" if cut_short else "") + str(self.findings))

    # -- going on -----------------------------------------------------------------------------

    def get_state(self) -> dict[str, Any]:
        """What was seen, and what is wrong with it."""
        return {
            "step": self.step,
            "next": self.next,
            "fresh": self.fresh,
            "history": self.history,
            "looks": [seen.to_dict() for seen in self.looks],
            "findings": self.findings.to_dicts(),
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self.step, self.next, self.fresh = state["step"], state["next"], state["fresh"]
        self.history = {name: list(values) for name, values in state["history"].items()}
        self.looks = [Look.from_dict(each) for each in state["looks"]]
        self.judged = None
