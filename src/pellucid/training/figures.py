"""The figures of a run: the loss and the metrics, added up batch by batch, on the model's device.

They are read when they are shown. These functions are given the model. Where several processes
share the batches, each adds up its own rows; `figures` and `sums` bring all of them together, and
so are asked for by all processes at once. The `own_` ones are of this process alone.
"""

from typing import Any

from pellucid.training.arrays import as_host


def take_in(self: Any, loss: Any, output: Any, y: Any, weight: Any = None) -> None:
    """Add a batch to the figures. Of the metrics, weights are for the weighted ones alone."""
    loss = loss if self.engine.far else float(loss)
    if self.team is None:
        self.mean_loss.add(loss, len(y))
    elif not self.team.take_in(loss):
        return
    y = self.mixture.main_targets(y)
    for metric in self.metrics:
        metric.update_state(y, output)
    for metric in self.weighted_metrics:
        metric.update_state(y, output, weight)


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
    return {name: metric.get_state() for name, metric in self.measured.items()}


def put_sums(self: Any, known: dict[str, Any]) -> None:
    """Start the figures anew, or from what `sums` gave."""
    for name, metric in self.measured.items():
        metric.reset_state()
        if name in known:
            metric.set_state({key: _brought(self, sum) for key, sum in known[name].items()})


def _brought(self: Any, value: Any) -> Any:
    """An array as one of the model's engine; a number as it is."""
    return self.engine.asarray(as_host(value)) if hasattr(value, "dtype") else value
