"""Predictions: one is recorded for each shape of what is asked, and then run again from its tape.

For one row of data a network's arithmetic takes microseconds, and the calls of its layers many
times that; for batches of a small network they still count. Like the steps of a run (`repeating`),
answers go by a tape where all layers are Pellucid's own, and only as long as nothing in the model
is replaced.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any
from weakref import WeakKeyDictionary

from pellucid.engines import engine_of
from pellucid.graph import Tensor, no_graph, plain
from pellucid.graph.tape import Tape
from pellucid.training.arrays import as_data, each, shapes
from pellucid.training.parts import Snapshot, is_known

MOST = 16  # shapes of inputs whose tapes are kept


class Answers:
    """The outputs of a model in inference mode, and the tapes that give them.

    Those are kept by the shape and the type of what is asked. Good until something in the model is
    replaced (`hold`).
    """

    def __init__(self, model: Any) -> None:
        self.snapshot = Snapshot(model)
        self.known = all(map(is_known, model.all_layers()))
        self.tapes: dict[Any, Tape | bool | None] = {}  # None: asked once; False: there is none
        self.lock = threading.Lock()  # a tape works in memory of its own: one thread at a time
        self.spare = [self]  # and others of their kind, for the threads of `side_by_side`

    def hold(self) -> bool:
        """Whether the model still consists of the same things."""
        return self.snapshot.holds()

    def of(self, model: Any, x: Any) -> Any:
        """The outputs for x, arrays of the model's engine."""
        key = None if isinstance(x, list) else (x.shape, x.dtype)
        tape: Any = self.tapes.get(key)
        if not tape:
            return self._first(model, x, key)
        if not self.lock.acquire(blocking=False):
            return self._of_layers(model, x)[0]
        try:
            (output,) = tape.results(x)
            return engine_of(output).xp.asarray(output, copy=True)
        finally:
            self.lock.release()

    def _of_layers(self, model: Any, x: Any) -> tuple[Any, bool]:
        """The outputs by the layers themselves, and whether any of it was joined.

        Formulas are joined where every layer is one that we know: another may look at its input as
        at an array, which what waits is not.
        """
        with no_graph(), model.engine.joining() if self.known else nullcontext() as joined:
            return each(plain, model.run(x, False)), joined is not None and joined.used

    def _first(self, model: Any, x: Any, key: Any) -> Any:
        """By the layers; the second time for such an x, a tape is made of that.

        Not where formulas are joined: what they save, the calls of layers do not cost.
        """
        if self.tapes.get(key, False) is False:
            output, is_large = self._of_layers(model, x)
            if len(self.tapes) < MOST:
                can_have_one = self.known and key is not None and not is_large
                self.tapes.setdefault(key, None if can_have_one else False)
            return output
        self.tapes[key] = False
        tape = Tape((x,), model.weights)
        with tape.noting():
            output = model.run(as_data(x), False)  # of tensors, every operation is a gate
        if tape.whole and isinstance(output, Tensor):
            tape.close(output.value)
            self.tapes[key] = tape
        return each(plain, output)


def side_by_side(model: Any, asked: Sequence[Any], read: Callable[[Any], Any]) -> list[Any]:
    """The outputs for read(part) of each part of what is asked, in as many threads as are free.

    Where all layers are Pellucid's own: one of a user's may remember something from call to call.
    """
    answers, found = answers_of(model), [None] * len(asked)

    def answer_one(number: int) -> None:
        own = answers.spare.pop() if answers.spare else Answers(model)
        try:
            found[number] = own.of(model, read(asked[number]))
        finally:
            answers.spare.append(own)

    if answers.known:
        model.engine.for_each(answer_one, range(len(asked)), hold=True)
    else:
        for number in range(len(asked)):
            answer_one(number)
    return found


_known: WeakKeyDictionary[Any, Answers] = WeakKeyDictionary()


def answers_of(model: Any) -> Answers:
    """What answers for a model that is built."""
    answers = _known.get(model)
    if answers is None or not answers.hold():
        answers = _known[model] = Answers(model)
    return answers


def answer(model: Any, x: Any) -> Any:
    """The outputs for x (N, ...), or a list of such arrays, in inference mode.

    Raises ShapeError where x does not fit the model.
    """
    answers = answers_of(model)
    x = each(model.as_input, x)
    if isinstance(x, list) or not answers.tapes.get((x.shape, x.dtype)):
        model.ensure_built(shapes(x))
    return answers.of(model, x)
