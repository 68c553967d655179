"""What `fit` and `evaluate` do where several processes share their batches.

Every process has the same data, the same model and the same callbacks, and goes through the same
batches; of each it takes its own rows. A step is: forward and backward with these rows, the
gradients added up while the backward pass goes on, the same update everywhere. So the weights stay
the same on all processes, to the bit, and are those that one process would have got.

Losses of any kind are put together by `Share.part`: the loss of the batch is the sum of part_r L_r,
and the parts add up to 1 (or the loss is a sum, and each part is 1).
"""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from zlib import crc32

from pellucid import distributed
from pellucid.distributed.buckets import Buckets
from pellucid.errors import DistributedError, NotFiniteError
from pellucid.graph import backpropagate
from pellucid.training.arrays import as_data, as_host
from pellucid.training.not_finite import put_back, stop_unless_finite
from pellucid.training.shares import Share, filled, place, share

STOP, BAD = 0, 1  # what processes tell each other in every step: Ctrl-C came; a loss is not finite


class Team:
    """The processes that share the batches of a run, and this one's place among them.

    `share`: what it has of the running batch.
    """

    def __init__(self, model: Any, group: distributed.Group) -> None:
        self.model, self.group = model, group
        self.share = Share(1, 1, 1.0)
        self.came: list[int] = []
        self.stopped: list[int] = []
        self._buckets: Buckets | None = None

    def __deepcopy__(self, memo: dict[int, Any]) -> None:
        """A copy of the model is on its own."""

    @contextmanager
    def at_work(self, came: list[int]) -> Iterator[list[int]]:
        """Inside, the model's batches are shared. Gives a list that fills when all are to stop.

        `came` fills where Ctrl-C has come to this process; all stop after the same step.
        """
        before, self.model.team = self.model.team, self
        self.came, self.stopped = came, []
        try:
            yield self.stopped
        finally:
            self.model.team = before

    # -- rows ---------------------------------------------------------------------------------

    def own_rows(self, rows: Any, y: Any, weight: Any) -> tuple[Any, Share]:
        """This process's rows of a batch (a slice, or an array of numbers of rows), and its share.

        `y` and `weight` are functions that give the targets and weights of rows.
        """
        is_slice = isinstance(rows, slice)
        first = rows.start if is_slice else 0
        n = rows.stop - first if is_slice else len(rows)

        def part(some: slice) -> Any:
            if is_slice:
                return slice(first + some.start, first + some.stop)
            return rows[some]

        def divisor(some: slice) -> float | None:
            count, chosen = some.stop - some.start, part(some)
            return self.model.loss.divisor(count, partial(y, chosen), partial(weight, chosen))

        mine = place(n, self.group.rank, self.group.size)
        return part(filled(mine)), share(n, mine, divisor, self.group.size)

    def penalty(self, p: Any) -> Any:
        """What the regulariser of a parameter adds to this process's loss.

        Where losses are summed and not averaged, each process that has rows adds its share of it.
        """
        penalty = p.regularizer(p, self.share.rows)
        is_sum = getattr(self.model.loss, "reduction", None) == "sum"
        return penalty * (1 / min(self.group.size, self.share.rows)) if is_sum else penalty

    # -- a step -------------------------------------------------------------------------------

    @property
    def buckets(self) -> Buckets:
        """The pieces in which the model's gradient is added up."""
        flat = self.model.parameters
        if self._buckets is None or self._buckets.gradient is not flat.gradient:
            self._buckets = Buckets(self.group, flat.gradient, flat.parts)
        return self._buckets

    def gradients(self, x: Any, y: Any, weight: Any) -> tuple:
        """The loss and the outputs of this process's rows; the whole batch's gradient is in place.

        Raises NotFiniteError on all processes where the loss of one is not finite.
        """
        model, share = self.model, self.share
        with distributed.in_step(self.group, share.own > 0):
            with model.engine.joining():
                output = model.run(as_data(x), training=True)
                loss = model.total_loss(y, output, weight)
                error = self._error(loss, output, x, y, weight)
            votes, sending = self._vote(error)
            self.buckets.begin()
            reached = backpropagate(loss, share.part, frees=True, ready=self.buckets.ready)
        model.parameters.clear_except(reached)
        self.buckets.finish()
        sending.wait()
        votes = as_host(votes)
        if votes[BAD]:
            put_back(loss)
        self._heed(votes, error)
        return loss.value, output.value

    def add_up(self) -> None:
        """Add up gradients that a tape has made for this process's rows."""
        votes, sending = self._vote(None)
        self.model.parameters.gradient *= self.share.part
        self.buckets.begin()
        self.buckets.finish()
        sending.wait()
        self._heed(as_host(votes), None)

    def _error(self, *step: Any) -> NotFiniteError | None:
        """What is wrong with this process's loss."""
        try:
            with distributed.alone():
                stop_unless_finite(self.model, *step)
        except NotFiniteError as error:
            return error
        return None

    def _vote(self, error: NotFiniteError | None) -> tuple[Any, Any]:
        """Begin to tell the others whether Ctrl-C came here, and whether the loss is not finite."""
        asked = [float(bool(self.came)), float(error is not None)]
        votes = self.model.engine.asarray(asked, dtype="float64")
        return votes, self.group.start_sum(votes)

    def _heed(self, votes: Any, error: NotFiniteError | None) -> None:
        """Do what one or more processes have asked all to do."""
        if votes[STOP] and not self.stopped:
            self.stopped.append(signal.SIGINT)
            self.came[:] = self.came or self.stopped
        if votes[BAD]:
            told = error and [error.where, error.expected, error.received, error.mend]
            for rank, said in enumerate(self.group.gather(told)):
                if said:
                    raise NotFiniteError(f"process {rank}, {said[0]}", *said[1:])

    # -- a run --------------------------------------------------------------------------------

    def agree(self, where: str, **facts: Any) -> None:
        """Raise DistributedError unless all processes have the same weights, data and callbacks."""
        weights = {name: p.shape for name, p in self.model.named_weights().items()}
        kinds = [type(self.model.optimizer).__name__, type(self.model.loss).__name__]
        said = self.group.gather({**facts, "optimizer and loss": kinds, "weights": weights})
        for rank, other in enumerate(said):
            for name, value in said[0].items():
                if other[name] != value:
                    raise DistributedError(
                        where,
                        f"the same {name} on every process",
                        f"{_short(value)} on process 0 and {_short(other[name])} on {rank}",
                        "Let every process run the same program on the same data; each takes its "
                        "own rows of every batch.",
                    )

    def take(self, feed: Any, validation: Any, **facts: Any) -> None:
        """At the start of a run: see that all have the same, and share its batches from here on."""
        feeds = [feed] if validation is None else [feed, validation.feed]
        for each in feeds:
            each.team = self
        rows = [[getattr(f, name, None) for name in ("n", "size", "steps")] for f in feeds]
        sums = [checksum(getattr(f, "y", None)) for f in feeds]
        self.agree("fit", **{"rows, batch size and steps": rows, "targets": sums}, **facts)
        self.begin()

    def begin(self) -> None:
        """Give all processes what the first has: weights, optimiser, chance.

        Each process but the first then draws from a stream of its own, far from the others'; one
        that goes on from a checkpoint of as many processes, from where it was.
        """
        model, optimizer = self.model, self.model.optimizer
        rate = optimizer.learning_rate
        first = self.group.broadcast(
            {
                "weights": {name: p.value for name, p in model.named_weights().items()},
                "slots": optimizer.state,
                "iterations": optimizer.iterations,
                "waiting": optimizer.waiting,
                "rate": None if callable(rate) else rate,
                "chance": model.random_states(),
            }
        )
        for name, p in model.named_weights().items():
            p.assign(first["weights"][name])
        if self.group.rank:
            brought = model.engine.xp.asarray
            slots = first["slots"].items()
            optimizer.state = {name: brought(slot, copy=True) for name, slot in slots}
            optimizer.iterations, optimizer.waiting = first["iterations"], first["waiting"]
            if first["rate"] is not None:
                optimizer.learning_rate = first["rate"]
        known = model.progress.get("chance", [])
        if len(known) == self.group.size:
            model.set_random_states(known[self.group.rank])
        else:
            model.set_random_states(first["chance"])
            model.jump(self.group.rank)

    def settle(self) -> None:
        """Bring together what processes have by themselves: moving averages, states of chance.

        The averages become the mean over the processes. What each has drawn is kept in the model's
        progress, and so in its file.
        """
        model = self.model
        apart = [p for p in model.non_trainable_weights if p.size]
        if apart:
            means = self.group.mean([as_host(p.value) for p in apart])
            for p, mean in zip(apart, means, strict=True):
                p.assign(mean)
        chance = model.random_states()
        if chance:
            model.progress["chance"] = self.group.gather(chance)

    def take_in(self, loss: Any) -> bool:
        """Add the loss of this process's rows to the figures. Whether it has any."""
        rows, own, part = self.share
        if own:
            self.model.mean_loss.add(loss * (rows * part / own), own)
        return own > 0

    def joined(self, states: dict[str, Any]) -> dict[str, Any]:
        """The sums of all processes' figures, from those of each: by the figures' names."""
        said = self.group.gather(states)
        return {
            name: metric.joined([each[name] for each in said])
            for name, metric in self.model.measured.items()
        }


def team_of(model: Any) -> Team | None:
    """The processes that a run of this model is shared with; None for a process on its own."""
    group = distributed.group()
    return None if group is None else Team(model, group)


def checksum(y: Any) -> int | None:
    """A number that tells targets from others; None where there are none to look at yet."""
    return None if y is None else crc32(as_host(y).tobytes())


def _short(value: Any) -> str:
    """A value in an error."""
    text = json.dumps(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
