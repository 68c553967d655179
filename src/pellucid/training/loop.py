"""The loop: batches in, steps made, figures out. These functions are the methods of a model.

Data are arrays with one row an example: x (N, ...), or a list of them for a model with several
inputs; y (N,) or (N, ...). Or they come in batches (`pellucid.training.feeding`): a generator, an
iterable or a sequence of (x, y) or (x, y, sample_weight).
"""

import math
from collections.abc import Callable, Collection, Sequence
from contextlib import nullcontext
from functools import partial
from typing import Any

from pellucid import distributed, random
from pellucid.errors import NotFiniteError
from pellucid.training import precision, sources, validating
from pellucid.training.arguments import check_run
from pellucid.training.arrays import by_class, each, training_data
from pellucid.training.callbacks import Callback, History
from pellucid.training.calling import Callbacks, listed
from pellucid.training.capturing import Captured, maker, stepping
from pellucid.training.feeding import Feed
from pellucid.training.figures import (
    figures,
    in_form,
    may_wait,
    own_figures,
    own_sums,
    put_sums,
    sums,
    take_in,
)
from pellucid.training.interrupt import catch_interrupt
from pellucid.training.measuring import look_back, measure
from pellucid.training.progress import Progress
from pellucid.training.repeating import Steps
from pellucid.training.team import Team, team_of


def fit(
    self: Any,
    x: Any = None,
    y: Any = None,
    batch_size: int | None = None,
    epochs: int = 1,
    verbose: str | int = "auto",
    callbacks: Sequence[Callback] | Callback | None = None,
    validation_split: float = 0.0,
    validation_data: Any = None,
    shuffle: bool = True,
    class_weight: dict[int, float] | None = None,
    sample_weight: Any = None,
    initial_epoch: int = 0,
    steps_per_epoch: int | None = None,
    validation_steps: int | None = None,
    validation_batch_size: int | None = None,
    validation_freq: int | Collection[int] = 1,
    resume: bool = False,
) -> History:
    """Train until `epochs` epochs are done, and give the history of every figure.

    `x`, `y`: arrays; or x alone, which hands out batches: a sequence (it has a length and gives the
    batch of a number), an iterable, or a generator, which needs `steps_per_epoch`. An epoch is one
    pass through the data, or so many steps; the next then goes on where it left off. `batch_size`
    (32) is for arrays. `shuffle`: rows, or the batches of a sequence, in a new order each epoch.
    `verbose`: 0 nothing, 1 a live line, 2 a line an epoch, "auto" 1 on a terminal, else 2.
    `validation_split`: the last share of the rows, kept out of training and measured after each
    epoch; or `validation_data`, (x, y), (x, y, sample_weight) or batches; by
    `validation_batch_size` rows (256), the first `validation_steps` batches, after every
    `validation_freq`-th epoch, or after those that it lists, counted from 1. `class_weight`
    {class: weight} and `sample_weight` (N,) weigh the loss and the weighted metrics.

    `resume`: go on where the last `fit` of this model was stopped, also after saving and loading
    it. With arrays and sequences this is exact, in the middle of an epoch too. An iterable is gone
    through anew, and the batches that were taken are left out; with steps_per_epoch, or from a
    generator, what it hands out next is taken.

    Ctrl-C stops after the running batch: the weights and `history` are kept, and KeyboardInterrupt
    is raised. A loss that is NaN or infinite raises NotFiniteError before the update.

    In a program that torchrun has started several times, the processes share every batch
    (`pellucid.distributed`, docs/scaling.md): nothing of the call changes, and `batch_size` is that
    of all together.

    Raises DataError, ShapeError or SettingError where the data do not fit the model or the loss:
    for arrays before the first step, for batches with the number of the batch. Raises EngineError
    where the model's engine has not its precision.
    """
    check_run(
        "fit",
        batch_size=batch_size,
        epochs=epochs,
        initial_epoch=initial_epoch,
        validation_split=validation_split,
        class_weight=class_weight,
    )
    asked = listed("fit", callbacks)
    steps = sources.count("fit", "steps_per_epoch", steps_per_epoch)
    team = team_of(self)
    progress = _beginning(self, shuffle, initial_epoch, resume, team)
    feed, held_out = sources.to_train(
        self,
        (x, y, sample_weight),
        batch_size=batch_size,
        steps=steps,
        order=progress["order"],
        class_weight=class_weight,
        held_out=validation_split,
    )
    feed.open(progress["epoch"], progress["batch"])
    if self.chooses_engine and team is None:
        from pellucid.training.choosing import choose

        choice = choose(self, feed, repeats=not Callbacks(self, asked).may_change_the_model)
        if verbose:
            print(choice)
    given = held_out or validation_data
    validation = validating.validation(
        self, given, validation_batch_size, validation_steps, validation_freq
    )
    read = self.figures if team is None else partial(own_figures, self)
    shown = Progress(verbose, epochs, feed.steps, read)
    precision.ready(self, lambda: next(feed.rehearsed(self)), "fit", shown.say)
    self.progress, self.stop_training = progress, False
    self.optimizer.begin(self.parameters.theta, resume)
    self.history = History()
    if team is not None:
        names = [type(callback).__name__ for callback in asked]
        team.take(feed, validation, epochs=epochs, callbacks=names)
    calls = Callbacks(self, [*asked, self.history, shown])
    calls.begin(
        resume,
        {
            "verbose": shown.verbose,
            "epochs": epochs,
            "steps": feed.steps,
            "validation": validation is not None,
        },
    )
    _train(self, feed, validation, calls, team, epochs)
    return self.history


def _train(
    self: Any,
    feed: Feed,
    validation: validating.Validation | None,
    calls: Callbacks,
    team: Team | None,
    epochs: int,
) -> None:
    """The epochs of a run, from where `progress` stands, each with what is measured after it."""
    made = maker(self) if team is None else Steps(self)
    with (
        catch_interrupt() as came,
        self.engine.at_work(),
        calls.kept(),
        nullcontext(came) if team is None else team.at_work(came) as interrupted,
    ):
        while self.progress["epoch"] < epochs and not self.stop_training:
            epoch = self.progress["epoch"]
            calls.on_epoch_begin(epoch)
            step = stepping(self, made, not calls.may_change_the_model)
            _train_epoch(self, feed, calls, interrupted, step)
            if team is not None:
                team.settle()
            logs = figures(self)
            if validation and validation.is_due(epoch) and not interrupted:
                measured = measure(self, validation.feed, calls, interrupted)
                logs |= {f"val_{name}": value for name, value in measured.items()}
            if interrupted:
                break
            self.progress |= {"epoch": epoch + 1, "batch": 0, "sums": {}}
            calls.on_epoch_end(epoch, logs)
            self.stop_training = _all_stop(self)
        if not self.progress["batch"]:
            self.optimizer.finish(self.parameters.theta)
        calls.on_train_end()


def _train_epoch(
    self: Any, feed: Feed, calls: Callbacks, interrupted: list, step: Callable[..., tuple]
) -> None:
    """Make one step for each batch of the epoch, from where `progress` stands."""
    at, asks = self.progress, calls.may_change_the_model
    begun, later = at["batch"], not asks and may_wait(self)
    put_sums(self, at["sums"] if distributed.is_first() else {})
    try:
        for x, y, weight in feed.epoch(at["epoch"], at["batch"]):
            self.batch = x, y, weight
            calls.on_train_batch_begin(at["batch"])
            loss, output = step(x, y, weight)
            take_in(self, loss, output, y, weight, later)
            at["batch"] += 1
            calls.on_train_batch_end(at["batch"] - 1)
            if interrupted or (self.stop_training if not asks else _all_stop(self)):
                break
        if isinstance(step, Captured):
            look_back(self, f"fit, epoch {at['epoch'] + 1}")
            step.look(begun)
    except NotFiniteError as error:
        where = f"fit, epoch {at['epoch'] + 1}"
        if not isinstance(step, Captured):  # whose error says which batches
            where += f", batch {at['batch'] + 1}"
        calls.on_not_finite(error.within(where))
        self.mean_loss.add(math.nan)
    finally:
        self.repeated = self.batch = None
        at["sums"] = own_sums(self)
    at["sums"] = sums(self)


def _all_stop(self: Any) -> bool:
    """Whether a callback has ended the run: here, or on another process."""
    stop = self.stop_training
    return stop if self.team is None else self.team.group.any(stop)


def train_on_batch(
    self: Any,
    x: Any,
    y: Any,
    sample_weight: Any = None,
    class_weight: dict[int, float] | None = None,
    return_dict: bool = False,
) -> Any:
    """One step on one batch. Gives the loss, and the metrics if there are any, before the step.

    Raises NotFiniteError for a loss that is NaN or infinite, before the update.
    """
    check_run("train_on_batch", class_weight=class_weight)
    x, y, weight = training_data(x, y, sample_weight, where="train_on_batch")
    self.prepare(x, y, where="train_on_batch")
    weight = by_class(y, weight, class_weight)
    y = self.engine.hold_targets(y)
    weight = None if weight is None else self.engine.hold_targets(weight)
    put_sums(self, {})
    batch = each(self.as_input, x), y, weight
    precision.ready(self, lambda: batch, "train_on_batch", print)
    try:
        loss, output = self.train_step(*batch)
    except NotFiniteError as error:
        raise error.within("train_on_batch") from error
    take_in(self, loss, output, y, weight)
    return in_form(figures(self), return_dict)


# -- a run ----------------------------------------------------------------------------------------


def _beginning(
    self: Any, shuffle: bool, initial_epoch: int, resume: bool, team: Team | None
) -> dict[str, Any]:
    """Where training begins, as `progress` says it: at an epoch, or where it was stopped.

    For processes that train together, the first of them says it.
    """
    if team is not None:
        return team.group.broadcast(_beginning(self, shuffle, initial_epoch, resume, None))
    if resume and self.progress:
        return self.progress
    order = int(random.generator("order").integers(2**32)) if shuffle else None
    return {"epoch": initial_epoch, "batch": 0, "order": order, "sums": {}}
