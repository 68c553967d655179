"""The steps of a run on a device that is far (a GPU): captured once, replayed by one call.

A step there is many small kernels, and to ask for them one by one takes the processor longer than
the device to compute them. So the whole step, its update included, is captured and replayed. Its
inputs go into arrays that stay; the learning rate and the number of the update lie in such arrays
too. A batch of another shape, as the last one often is, is made in the usual way.

Nobody waits for the device inside an epoch: losses are looked at when it has ended.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

from pellucid.engines import Array
from pellucid.errors import NotFiniteError
from pellucid.layers.symbol import each_of
from pellucid.training.arrays import each
from pellucid.training.parts import Snapshot, is_own
from pellucid.training.repeating import Steps, only_known

WARM_UP = 3  # steps of a shape before it is captured; the last is watched
CHANGING = ("learning_rate", "iterations", "waiting", "state", "held")  # of an optimiser


class Captured:
    """Called as the model's own `train_step(x, y, weight)`: makes the steps of a run.

    `why` says why steps are not captured, where they are not.
    """

    def __init__(self, model: Any) -> None:
        self.model, self.engine = model, model.engine
        self.losses: list[Array] = []
        self.snapshot: Snapshot | None = None
        self.forget()

    def forget(self) -> None:
        """Begin again with steps that are not captured."""
        self.graph: Any = None
        self.shape: Any = None
        self.draws: Any = None
        self.counts: Counter[Any] = Counter()
        self.why = ""

    def renewed(self, may: bool = True) -> "Captured":
        """Ready for an epoch: what was captured is forgotten where anything was replaced.

        `may`: whether steps may be captured at all.
        """
        self.losses = []
        if self.snapshot is None or not self.snapshot.holds() or self._optimizer_has_changed():
            self.forget()
            self.snapshot = Snapshot(self.model, self.model.loss)
        if not may:
            self.why = "a callback is called at each batch"
        elif not can_be_captured(self.model):
            self.why = "the model is not of the library's own parts alone"
        return self

    def __call__(self, x: Any, y: Array, weight: Array | None) -> tuple[Array, Array]:
        """One step: the loss and the outputs, which hold until the next."""
        loss, output = self.step((x, y, weight))
        self.losses.append(self.engine.xp.asarray(loss, copy=True))
        return loss, output

    def step(self, batch: tuple[Any, Any, Any]) -> tuple[Array, Array]:
        """A step in the usual way, one that is captured, or one that was."""
        if self.why:
            return self.model.train_step(*batch)
        shape = tuple((array.shape, array.dtype) for array in _arrays(batch))
        if self.graph is not None:
            return self.again(batch) if shape == self.shape else self.model.train_step(*batch)
        self.counts[shape] += 1
        if self.counts[shape] < WARM_UP:
            return self.model.train_step(*batch)
        if self.shape is None:
            return self.watched(batch, shape)
        return self.first(batch) if shape == self.shape else self.model.train_step(*batch)

    def watched(self, batch: tuple[Any, Any, Any], shape: Any) -> tuple[Array, Array]:
        """The step before the one that is captured: what it draws is noted."""
        self.shape = shape
        with self.engine.warming_up() as watch:
            made = self.model.train_step(*batch)
        self.draws, self.why = watch.draws, watch.why
        return made

    def first(self, batch: tuple[Any, Any, Any]) -> tuple[Array, Array]:
        """Capture a step, and make it; or make it in the usual way, where it cannot be captured."""
        model, optimizer, xp = self.model, self.model.optimizer, self.engine.xp
        self.fixed = tuple(_copied(xp, part) for part in batch)
        self.updates = optimizer.can_be_captured and is_own(type(optimizer))
        self.numbers = optimizer.hold(xp)
        self.settings = _settings(optimizer)
        chance, iterations = model.random_states(), optimizer.iterations
        try:
            self.graph = self._graph()
        except Exception as error:  # whatever cannot stand inside a graph
            model.set_random_states(chance)
            optimizer.iterations = iterations
            self.why = " ".join(f"{type(error).__name__}: {error}".split())
            return model.train_step(*batch)
        return self._replayed()

    def _graph(self) -> Any:
        """The step on the arrays that stay, captured."""
        step = self.model.train_step if self.updates else self.model.gradients
        self._put_numbers()
        self.model.optimizer.held = self.numbers
        try:
            return self.engine.captured(lambda: step(*self.fixed), self.draws)
        finally:
            self.model.optimizer.held = None

    def again(self, batch: tuple[Any, Any, Any]) -> tuple[Array, Array]:
        """The captured step with another batch."""
        for place, array in zip(_arrays(self.fixed), _arrays(batch), strict=True):
            place[...] = array
        if self.updates:
            self._put_numbers()
            self.model.optimizer.iterations += 1
        return self._replayed()

    def _replayed(self) -> tuple[Array, Array]:
        """Replay, and make the update where it is not in the graph."""
        loss, output = self.graph.replay()
        if not self.updates:
            flat = self.model.parameters
            self.model.optimizer.apply(flat.theta, flat.gradient)
        return loss, output

    def _put_numbers(self) -> None:
        """alpha and t of the next update, into the arrays from which the graph reads them."""
        for place, number in zip(self.numbers, self.model.optimizer.numbers(), strict=True):
            place[...] = number

    def _optimizer_has_changed(self) -> bool:
        """Whether the optimiser is set otherwise than when its update was captured."""
        if self.graph is None:
            return False
        now = _settings(self.model.optimizer)
        return len(now) != len(self.settings) or any(
            a is not b for a, b in zip(now, self.settings, strict=True)
        )

    # -- at the end of an epoch ---------------------------------------------------------------

    def look(self, begun: int) -> None:
        """Raise NotFiniteError where a loss of the epoch, from batch `begun` on, is not finite.

        Also whatever layers have noted (`Layer.look_back`).
        """
        losses, self.losses = self.losses, []
        if not losses:
            return
        xp = self.engine.xp
        bad = ~self.engine.to_numpy(xp.isfinite(xp.stack(losses)))
        if bad.any():
            first, many = begun + int(bad.argmax()) + 1, int(bad.sum())
            raise NotFiniteError(
                "the loss",
                "a finite number",
                f"NaN or infinity in {many:,} of {len(losses):,} batches, first in batch {first}",
                f"On {self.engine.label} losses are looked at when an epoch has ended, so that the "
                "weights are no longer those before it: go back to a checkpoint. To see which "
                "layer it begins in, make the epoch with model.to('numpy').",
            )


def maker(model: Any) -> "Captured | Steps":
    """What makes the steps of a run of this model, where it is now."""
    return Captured(model) if model.engine.far else Steps(model)


def stepping(model: Any, made: "Captured | Steps", may: bool) -> Callable[..., tuple]:
    """What makes the steps of an epoch. `may`: they may be recorded, and run again."""
    if isinstance(made, Captured):
        return made.renewed(may)
    model.repeated = made.renewed() if may else None
    return model.train_step


def can_be_captured(model: Any) -> bool:
    """Whether the step is `train_step`'s, of layers, loss and regularisers of the library's own."""
    from pellucid.training.trainable import Trainable

    own_step = type(model).train_step is Trainable.train_step and "train_step" not in vars(model)
    return own_step and only_known(model)


def _settings(optimizer: Any) -> list[Any]:
    """All that an update depends on, but for alpha and t."""
    named = [value for name, value in vars(optimizer).items() if name not in CHANGING]
    return [*named, *optimizer.state.values()]


def _arrays(batch: tuple[Any, Any, Any]) -> list[Array]:
    """The arrays of a batch, of all inputs."""
    return [array for part in batch if part is not None for array in each_of(part)]


def _copied(xp: Any, part: Any) -> Any:
    """A part of a batch in memory of its own."""
    return None if part is None else each(lambda array: xp.asarray(array, copy=True), part)
