"""The figures of a run: the loss and the metrics, added up batch by batch.

On a device that is far they stay there until they are read, which is when they are shown. These
functions are given the model. Where several processes share the batches, each adds up its own rows;
`figures` and `sums` bring all of them together, and so are asked for by all processes at once. The
`own_` ones are of this process alone.
"""

from functools import lru_cache
from typing import Any

from pellucid.metrics.from_losses import LossMetric
from pellucid.metrics.metric import FunctionMetric
from pellucid.training.arrays import as_host
from pellucid.training.parts import is_own

TOGETHER = 64  # small batches that metrics take in at once
SMALL = 1 << 14  # bytes of a small batch's outputs


def take_in(
    self: Any, loss: Any, output: Any, y: Any, weight: Any = None, later: bool = False
) -> None:
    """Add a batch to the figures. Of the metrics, weights are for the weighted ones alone.

    With `later`, what metrics see of a small batch waits in the model's `unread` for others, or for
    whoever reads the figures: to ask a metric costs more than to count a few numbers.
    """
    loss = loss if self.engine.far else float(loss)
    if self.team is None:
        self.mean_loss.add(loss, y.shape[0])
    elif not self.team.take_in(loss):
        return
    y = self.mixture.main_targets(y)
    if later and output.nbytes <= SMALL:
        _leave(self, y, output)
        return
    for metric in self.metrics:
        metric.update_state(*_for(self, metric, y, output))
    for metric in self.weighted_metrics:
        metric.update_state(*_for(self, metric, y, output), weight)


def may_wait(self: Any) -> bool:
    """Whether the metrics may be asked later, about several batches: none is a user's own."""
    ours = all(_counts_on_host(self, metric) for metric in self.metrics)
    return ours and bool(self.metrics) and not self.weighted_metrics


def _leave(self: Any, y: Any, output: Any) -> None:
    """Let a batch wait with others of its shape: a copy, as its memory may be used again."""
    waiting, copied = self.unread, self.engine.copied
    if waiting and (waiting[0][0].shape != y.shape or waiting[0][1].shape != output.shape):
        _read(self)
    self.unread.append((copied(y), copied(output)))
    if len(self.unread) == TOGETHER:
        _read(self)


def _read(self: Any) -> None:
    """Let the metrics take in what waits for them."""
    if self.unread:
        parts, self.unread = zip(*self.unread, strict=True), []
        y, output = (self.engine.to_numpy(self.engine.xp.concat(each)) for each in parts)
        for metric in self.metrics:
            metric.update_state(y, output)


def _for(self: Any, metric: Any, *arrays: Any) -> tuple[Any, ...]:
    """Arrays as a metric takes them."""
    return tuple(map(self.engine.to_numpy, arrays)) if _counts_on_host(self, metric) else arrays


def _counts_on_host(self: Any, metric: Any) -> bool:
    """Whether a metric is given arrays of NumPy's, which it adds up.

    Of those in the host's memory that costs no copy, and its calls on a few numbers cost the least.
    """
    return not self.engine.far and _is_ours(type(metric))


@lru_cache
def _is_ours(kind: type) -> bool:
    """Whether a metric is the library's own, and has no function or loss inside that may not be."""
    return is_own(kind) and not issubclass(kind, FunctionMetric | LossMetric)


def figures(self: Any) -> dict[str, Any]:
    """The figures so far, by name: numbers, and arrays where a metric gives several."""
    if self.team is None:
        return own_figures(self)
    own = own_sums(self)
    put_sums(self, self.team.joined(own))
    found = own_figures(self)
    put_sums(self, own)
    return found


def own_figures(self: Any) -> dict[str, Any]:
    """The figures of this process's rows."""
    _read(self)
    return {name: metric.result() for name, metric in self.measured.items()}


def in_form(logs: dict[str, Any], return_dict: bool) -> Any:
    """Figures as Keras gives them: a dictionary, or a list, or the only number."""
    values = list(logs.values())
    return logs if return_dict else values[0] if len(values) == 1 else values


def sums(self: Any) -> dict[str, Any]:
    """What the figures are made of, numbers and arrays: for going on in the middle of an epoch."""
    return own_sums(self) if self.team is None else self.team.joined(own_sums(self))


def own_sums(self: Any) -> dict[str, Any]:
    """What the figures of this process's rows are made of."""
    _read(self)
    return {name: metric.get_state() for name, metric in self.measured.items()}


def put_sums(self: Any, known: dict[str, Any]) -> None:
    """Start the figures anew, or from what `sums` gave."""
    self.unread = []
    for name, metric in self.measured.items():
        metric.reset_state()
        if name in known:
            state = known[name].items()
            metric.set_state({key: _brought(self, metric, value) for key, value in state})


def _brought(self: Any, metric: Any, value: Any) -> Any:
    """An array as one of those that a metric adds up; a number as it is."""
    if not hasattr(value, "dtype"):
        return value
    value = as_host(value)
    return value if _counts_on_host(self, metric) else self.engine.asarray(value)
