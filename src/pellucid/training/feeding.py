"""Where the batches of a run come from: arrays that are cut into them, or something that hands them
out.

A *pass* goes once through all data. An *epoch* has so many steps: those of a pass, or the number
that was asked for; the next epoch then goes on where this one left off.
"""

from collections import deque
from collections.abc import Iterator
from itertools import chain, count, islice
from typing import Any

from pellucid.data import batches, check
from pellucid.errors import DataError, PellucidError, ShapeError
from pellucid.training.arrays import as_array, as_host, by_class, each, length, reader, shapes
from pellucid.training.batch import Batch, inputs_of, parts_of

REHEARSED = 32  # batches that a rehearsal takes turns with
REHEARSED_BYTES = 32 << 20  # what they may be in all, if they are several


class Feed:
    """Batches, epoch by epoch.

    `length`: how many there are in a pass; `asked`: the steps of an epoch that were asked for. Each
    is None where nobody can say. `team`: the processes that share the batches, if any; each is then
    handed its own rows of a batch.
    """

    def __init__(self, asked: int | None) -> None:
        self.asked = asked
        self.team: Any = None

    @property
    def length(self) -> int | None:
        """How many batches a pass has."""
        return None

    @property
    def steps(self) -> int | None:
        """How many batches an epoch has; None: as many as come."""
        return self.asked or self.length

    def open(self, epoch: int = 0, start: int = 0) -> None:
        """Look at what is to come from batch `start` of `epoch` on, and get the model ready."""

    def follow(self) -> None:
        """Bring the data to where the model is."""

    def rehearsed(self, model: Any) -> Iterator[Batch]:
        """Batches like those to come, without an end, for a copy of the model; once it is `open`.

        Nothing is lost of what is to come.
        """
        raise TypeError(f"{type(self).__name__} needs a method rehearsed(model)")

    def epoch(self, number: int = 0, start: int = 0) -> Iterator[Batch]:
        """The batches of an epoch, from the one at `start`."""
        return self.counted(number, start)

    def counted(self, number: int, start: int) -> Iterator[Any]:
        """What the passes give, by the count of steps since the first epoch."""
        steps, in_pass = self.steps or 0, self.length or 0
        while start < steps and in_pass:
            at, place = divmod(number * steps + start, in_pass)
            for given in islice(self.one_pass(at, place), steps - start):
                yield given
                start += 1

    def one_pass(self, number: int, start: int) -> Iterator[Any]:
        """What a pass through the data gives, from the batch at `start`."""
        raise TypeError(f"{type(self).__name__} needs a method one_pass(number, start)")


class Arrays(Feed):
    """Arrays of all examples, cut into batches: in order, or shuffled by the seed `order`.

    Floating-point inputs are held as `dtype`, if one is given.
    """

    def __init__(
        self,
        model: Any,
        data: Batch,
        batch_size: int,
        steps: int | None = None,
        order: int | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(steps)
        self.model, self.size, self.order, self.dtype = model, batch_size, order, dtype
        self.given, self.n = data, length(data[0])
        batches(self.n, batch_size)  # refuses a size that is none
        self.follow()

    def follow(self) -> None:
        """Hold the data where the model's engine takes its batches from."""
        engine, (x, y, weight) = self.model.engine, self.given
        self.x = each(lambda array: engine.hold(array, self.dtype), x)
        self.y = None if y is None else engine.hold_targets(y)
        self.weight = None if weight is None else engine.hold_targets(weight)

    def rehearsed(self, model: Any) -> Iterator[Batch]:
        """The first batches, again and again in other orders."""
        parts = [part for part in self.given if part is not None]
        width = sum(a.nbytes for p in parts for a in (p if isinstance(p, list) else [p])) / self.n
        most = min(REHEARSED, int(REHEARSED_BYTES / max(width * self.size, 1)), self.n // self.size)
        rows = slice(0, max(most, 1) * self.size)
        few = tuple(reader(part)(rows) for part in self.given)
        feed = Arrays(model, few, self.size, order=self.order, dtype=self.dtype)
        for number in count():
            yield from feed.one_pass(number, 0)

    @property
    def length(self) -> int:
        """How many batches a pass has; the last may be smaller."""
        return -(-self.n // self.size)

    def in_order(self) -> list[Any]:
        """The rows of each batch of an epoch, unshuffled."""
        return list(batches(self.n, self.size))[: self.steps]

    def inputs(self, rows: Any) -> Any:
        """x of some rows, as the model takes it."""
        return each(self.model.as_input, reader(self.x)(rows))

    def one_pass(self, number: int, start: int) -> Iterator[Batch]:
        """Each row once."""
        x, y, weight = map(reader, (self.x, self.y, self.weight))
        as_input, engine = self.model.as_input, self.model.engine
        chosen = batches(self.n, self.size, seed=self.order, epoch=number, start=start)
        shares: deque[Any] = deque()  # of the batches that are read ahead
        if self.team is not None:
            chosen = self.own(chosen, y, weight, shares)
        fits = False  # whether what is held is what the model takes
        for given, targets, weights in engine.ahead((x(r), y(r), weight(r)) for r in chosen):
            if self.team is not None:
                self.team.share = shares.popleft()
            if not fits:
                brought = each(as_input, given)
                fits, given = brought is given, brought
            yield given, targets, weights

    def own(self, chosen: Iterator[Any], y: Any, weight: Any, shares: deque[Any]) -> Iterator[Any]:
        """This process's rows of each batch; its shares are added to `shares`."""
        for rows in chosen:
            mine, share = self.team.own_rows(rows, y, weight)
            shares.append(share)
            yield mine


class Batches(Feed):
    """Something that hands out batches; each is looked over as it comes.

    `source` is one of three: a sequence, which has a length and gives the batch of any number (a
    list of batches, Keras' PyDataset); an iterable, which can be gone through again and again
    (PyTorch's DataLoader); an iterator, which is gone through once (a generator). Sequences are
    shuffled by the seed `order`. A source that has `on_epoch_end` is told. `where` says in errors
    where a batch stands. `anew`: each epoch starts at the beginning. Without `targets`, x alone is
    taken from a batch.
    """

    def __init__(
        self,
        model: Any,
        source: Any,
        where: str,
        *,
        steps: int | None = None,
        order: int | None = None,
        class_weight: dict[int, float] | None = None,
        anew: bool = False,
        targets: bool = True,
    ) -> None:
        super().__init__(steps)
        self.model, self.source, self.where, self.order = model, source, where, order
        self.class_weight, self.anew, self.targets = class_weight, anew, targets
        self.is_iterator = hasattr(source, "__next__")
        self.is_sequence = hasattr(source, "__getitem__") and hasattr(source, "__len__")
        self.stream: Iterator[Any] | None = None
        self.ahead: tuple[tuple[int, int], Iterator[Any]] | None = None
        self.output_shape: Any = None
        self.first: Any = None

    @property
    def length(self) -> int | None:
        """What the source itself says."""
        try:
            return None if self.is_iterator else len(self.source)
        except TypeError:  # no __len__, or one that raises what a missing one would
            return None

    def open(self, epoch: int = 0, start: int = 0) -> None:
        """Get the model ready for the first batch that comes; it is not lost."""
        for at in ((epoch, start), (epoch + 1, 0)):  # a stopped epoch may have no batch left
            given = self.given(*at)
            for first in given:
                self.ahead, self.first = (at, chain([first], given)), first
                self.prepare(first, *at)
                return
        raise self.ends_early(epoch, start)

    def rehearsed(self, model: Any) -> Iterator[Batch]:
        """The batch that comes first, again and again, looked over each time."""
        settings = {"class_weight": self.class_weight, "targets": self.targets}
        feed = Batches(model, [self.first], self.where, **settings)
        feed.output_shape = self.output_shape
        while True:
            yield feed.brought(*feed.read(self.first, 0, 0))

    def prepare(self, given: Any, epoch: int, batch: int) -> None:
        """Get the model ready for batches like this one."""
        x, y, _ = self.read(given, epoch, batch)
        try:
            self.model.prepare(x, y, where=self.where.partition(",")[0])
        except (DataError, ShapeError) as error:
            raise error.within(self.place(epoch, batch)) from error
        self.output_shape = self.model.compute_output_shape(self.model.input_shape)

    def epoch(self, number: int = 0, start: int = 0) -> Iterator[Batch]:
        """The batches of an epoch, from the one at `start`, each looked over.

        A GPU is sent the next one while it computes. Raises DataError where they end before the
        steps that were asked for, or at once.
        """
        begun = start
        shares: deque[Any] = deque()  # of the batches that are read ahead
        for batch in self.model.engine.ahead(self.looked_over(number, start, shares)):
            if self.team is not None:
                self.team.share = shares.popleft()
            yield self.brought(*batch)
            start += 1
        if (self.asked and start < self.asked) or start == begun == 0:
            raise self.ends_early(number, start)
        tell = getattr(self.source, "on_epoch_end", None)
        if callable(tell):
            tell()

    def given(self, number: int, start: int) -> Iterator[Any]:
        """What the source hands out for an epoch, from the batch at `start`, as it is."""
        if self.ahead is not None:
            at, given = self.ahead
            if at == (number, start):
                self.ahead = self.first = None
                return given
        if self.is_sequence:
            return self.counted(number, start)
        if self.is_iterator:
            return islice(self.source, None if self.asked is None else self.asked - start)
        if self.asked is None:
            return islice(iter(self.source), start, None)
        if self.stream is None or self.anew:
            self.stream = self.over_and_over()
        return islice(self.stream, self.asked - start)

    def one_pass(self, number: int, start: int) -> Iterator[Any]:
        """Each batch of a sequence once."""
        n = len(self.source)
        (rows,) = batches(n, n, seed=self.order, epoch=number)
        chosen = range(n)[rows] if isinstance(rows, slice) else rows.tolist()
        return (self.source[i] for i in chosen[start:])

    def over_and_over(self) -> Iterator[Any]:
        """What an iterable gives, again and again; an empty one ends."""
        found = True
        while found:
            found = False
            for given in self.source:
                found = True
                yield given

    def looked_over(self, number: int, start: int, shares: deque[Any]) -> Iterator[Batch]:
        """The batches of an epoch where they are: of a team's, the rows of this process.

        Its shares are added to `shares`.
        """
        for place, given in enumerate(self.given(number, start), start):
            batch = self.read(given, number, place)
            yield batch if self.team is None else self.own(batch, shares)

    def read(self, given: Any, epoch: int, batch: int) -> Batch:
        """A batch as arrays, where they are.

        Raises DataError or ShapeError where it is not fit for the model.
        """
        try:
            x, y, weight = parts_of(given) if self.targets else (inputs_of(given), None, None)
            check(x, y, weight, where="data", finite=False)
            if not self.targets or self.output_shape is not None:
                self.model.ensure_built(shapes(x))
            x, y = each(as_array, x), None if y is None else as_array(y)
            if self.output_shape is not None:
                self.model.loss.check(as_host(y), self.output_shape)
        except PellucidError as error:
            raise error.within(self.place(epoch, batch)) from error
        weight = None if weight is None else as_array(weight)
        return x, y, by_class(y, weight, self.class_weight)

    def brought(self, x: Any, y: Any, weight: Any) -> Batch:
        """A batch as the model's engine and its layers take it."""
        target = self.model.engine.hold_targets
        y, weight = (None if part is None else target(part) for part in (y, weight))
        return each(self.model.as_input, x), y, weight

    def own(self, batch: Batch, shares: deque[Any]) -> Batch:
        """This process's rows of a batch, of which each process has all."""
        x, y, weight = map(reader, batch)
        rows, share = self.team.own_rows(slice(0, length(batch[0])), y, weight)
        shares.append(share)
        return x(rows), y(rows), weight(rows)

    def place(self, epoch: int, batch: int) -> str:
        """Where a batch stands, for errors; epochs and batches are counted from 1."""
        return self.where.format(epoch=epoch + 1, batch=batch + 1)

    def ends_early(self, epoch: int, got: int) -> DataError:
        """The error for data that end too soon."""
        steps = "1 batch or more" if self.asked is None else f"{self.asked} batches"
        mend = "Ask for fewer steps, or give data that go on."
        if self.is_iterator:
            mend += " A generator is gone through once: give a new one to each run."
        return DataError(self.place(epoch, got), f"{steps} an epoch", f"{got}, the last", mend)
