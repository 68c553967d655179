"""Measuring: the loss and the metrics of a model as it is. `evaluate` is a method of models."""

from collections.abc import Collection, Sequence
from contextlib import nullcontext
from typing import Any

from pellucid import distributed
from pellucid.errors import PellucidError
from pellucid.graph import no_graph
from pellucid.training import sources
from pellucid.training.answering import answers_of
from pellucid.training.arguments import check_batch_size
from pellucid.training.callbacks import Callback
from pellucid.training.calling import Callbacks, listed
from pellucid.training.feeding import Feed
from pellucid.training.figures import figures, in_form, put_sums, take_in
from pellucid.training.progress import line
from pellucid.training.team import team_of


def evaluate(
    self: Any,
    x: Any = None,
    y: Any = None,
    batch_size: int | None = None,
    verbose: str | int = "auto",
    sample_weight: Any = None,
    steps: int | None = None,
    callbacks: Sequence[Callback] | Callback | None = None,
    return_dict: bool = False,
) -> Any:
    """The loss on (x, y), and the metrics: one number, or a list, or a dictionary by name.

    In inference mode: nothing is dropped, and batch norm uses its moving averages. x may hand out
    batches, as for `fit`; a generator is read to its end. `steps`: the first so many batches alone.
    `batch_size` (256) changes how much memory it takes, and no figure.
    """
    check_batch_size("evaluate", batch_size)
    asked = listed("evaluate", callbacks)
    steps = sources.count("evaluate", "steps", steps)
    feed = sources.to_measure(self, (x, y, sample_weight), batch_size, steps, "evaluate")
    feed.team = team = team_of(self)
    with nullcontext([]) if team is None else team.at_work([]):
        logs = measure(self, feed, Callbacks(self, asked))
    if verbose and distributed.is_first():
        print(line(logs))
    return in_form(logs, return_dict)


def measure(
    self: Any, feed: Feed, calls: Callbacks, interrupted: Collection[int] = ()
) -> dict[str, Any]:
    """The figures of the model in inference mode, on all batches or until it is interrupted."""
    answers: Any = None
    put_sums(self, {})
    calls.on_test_begin()
    with self.engine.at_work():
        for batch, (x, y, weight) in enumerate(feed.epoch()):
            calls.on_test_batch_begin(batch)
            answers = answers_of(self) if batch == 0 or calls.test_batch_begin else answers
            output = answers.of(self, x)
            with no_graph():
                take_in(self, self.total_loss(y, output, weight), output, y, weight)
            calls.on_test_batch_end(batch)
            if interrupted:
                break
    look_back(self, "evaluate")
    logs = figures(self)
    calls.on_test_end(logs)
    return logs


def look_back(self: Any, where: str) -> None:
    """Look at what layers left for the end of the work. Raises what they raise."""
    for layer in self.all_layers():
        try:
            layer.look_back()
        except PellucidError as error:
            raise error.within(where) from error
