"""The loop: batches in, steps made, figures out. These functions are the methods of a model.

Data are arrays with one row an example: x (N, ...), or a list of them for a model with several
inputs; y (N,) or (N, ...).
"""

from collections.abc import Callable, Sequence
from typing import Any

from pellucid import random
from pellucid.data import batches, check
from pellucid.engines import engine_of
from pellucid.errors import DataError, SettingError
from pellucid.graph import no_graph
from pellucid.layers.symbol import is_several
from pellucid.training.arguments import check_run
from pellucid.training.callbacks import Callback, Callbacks, History
from pellucid.training.interrupt import catch_interrupt
from pellucid.training.progress import Progress, line
from pellucid.training.repeating import Steps

PREDICT_ROWS = 256  # how many rows predict and evaluate take at a time, unless told
FEW_ROWS = 16  # that predict answers without getting ready for long work


def fit(
    self: Any,
    x: Any,
    y: Any = None,
    batch_size: int = 32,
    epochs: int = 1,
    verbose: str | int = "auto",
    callbacks: Sequence[Callback] | None = None,
    validation_split: float = 0.0,
    validation_data: tuple | None = None,
    shuffle: bool = True,
    class_weight: dict[int, float] | None = None,
    sample_weight: Any = None,
    initial_epoch: int = 0,
    resume: bool = False,
) -> History:
    """Train on (x, y) until `epochs` epochs are done, and give the history of every figure.

    `verbose`: 0 nothing, 1 a live line, 2 a line an epoch, "auto" 1 on a terminal, else 2.
    `validation_split`: the last share of the rows, kept out of training and measured after each
    epoch; or `validation_data=(x, y)`. `class_weight` {class: weight} and `sample_weight` (N,)
    weigh the loss and the weighted metrics. `resume`: go on exactly where the last `fit` of this
    model was stopped, also after saving and loading it.

    Ctrl-C stops after the running batch: the weights and `history` are kept, and KeyboardInterrupt
    is raised. Raises DataError, ShapeError or SettingError before the first step where the data do
    not fit the model or the loss.
    """
    check_run(
        "fit",
        batch_size=batch_size,
        epochs=epochs,
        initial_epoch=initial_epoch,
        validation_split=validation_split,
        class_weight=class_weight,
    )
    x, y, sample_weight = _training_data(x, y, sample_weight, where="fit")
    if validation_split:
        (x, y, sample_weight), validation_data = _split(x, y, sample_weight, validation_split)
    elif validation_data is not None:
        validation_data = _training_data(*validation_data, where="validation_data of fit")
        self.prepare(*validation_data[:2], where="validation_data of fit")
    self.prepare(x, y, where="fit")
    x = each(lambda array: _as_numbers(self, array), x)
    sample_weight = _by_class(y, sample_weight, class_weight)
    _start(self, shuffle, initial_epoch, resume)
    self.optimizer.begin(self.parameters.theta, resume)
    self.history = History()
    progress = Progress(verbose, epochs, batches_in(y, batch_size), self.figures)
    calls = Callbacks(self, [*(callbacks or []), self.history, progress], resume)
    with catch_interrupt() as interrupted, engine_of(y).at_work():
        while self.progress["epoch"] < epochs and not self.stop_training:
            epoch = self.progress["epoch"]
            calls.on_epoch_begin(epoch)
            _train_epoch(self, (x, y, sample_weight), batch_size, calls, interrupted)
            if interrupted:
                break
            logs = figures(self)
            if validation_data is not None:
                logs |= {f"val_{k}": v for k, v in _measure(self, *validation_data).items()}
            self.progress |= {"epoch": epoch + 1, "batch": 0, "sums": {}}
            calls.on_epoch_end(epoch, logs)
        if not self.progress["batch"]:
            self.optimizer.finish(self.parameters.theta)
        calls.on_train_end()
    return self.history


def _train_epoch(
    self: Any, data: tuple, batch_size: int, calls: Callbacks, interrupted: list
) -> None:
    """Make one step for each batch of the epoch, from where `progress` stands."""
    x, y, weight = data
    at = self.progress
    put_sums(self, at["sums"])
    self.repeated = None if calls.each_batch else Steps(self)  # a callback may change the model
    rows = batches(len(y), batch_size, seed=at["order"], epoch=at["epoch"], start=at["batch"])
    for chosen in rows:
        x_batch = rows_of(x, chosen, self.as_input)
        y_batch, w_batch = y[chosen], None if weight is None else weight[chosen]
        loss, output = self.train_step(x_batch, y_batch, w_batch)
        take_in(self, loss, output, y_batch, w_batch)
        at["batch"] += 1
        calls.on_train_batch_end(at["batch"] - 1)
        if interrupted or self.stop_training:
            at["sums"] = sums(self)
            break
    self.repeated = None


def evaluate(
    self: Any,
    x: Any,
    y: Any,
    batch_size: int | None = None,
    verbose: str | int = "auto",
    sample_weight: Any = None,
    return_dict: bool = False,
) -> Any:
    """The loss on (x, y), and the metrics: one number, or a list, or a dictionary by name.

    In inference mode: nothing is dropped, and batch norm uses its moving averages.
    """
    check_run("evaluate", batch_size=batch_size)
    x, y, sample_weight = _training_data(x, y, sample_weight, where="evaluate")
    self.prepare(x, y, where="evaluate")
    logs = _measure(self, x, y, sample_weight, batch_size)
    if verbose:
        print(line(logs))
    return _in_form(logs, return_dict)


def predict(self: Any, x: Any, batch_size: int | None = None, verbose: str | int = 0) -> Any:
    """The outputs for x, in inference mode, as an array (N, ...).

    `verbose` is there for those who come from Keras; prediction prints nothing.
    """
    check_run("predict", batch_size=batch_size)
    check(x, where="predict")
    x = each(_array, x)
    self.ensure_built(shapes(x))
    if length(x) <= min(FEW_ROWS, batch_size or FEW_ROWS):
        with no_graph():
            return self.run(each(self.as_input, x), False)
    found = []
    with no_graph(), engine_of(x).at_work():
        for chosen in batches(length(x), batch_size or PREDICT_ROWS):
            found.append(self.run(rows_of(x, chosen, self.as_input), False))
    if isinstance(found[0], list):
        return [_joined(list(parts)) for parts in zip(*found, strict=True)]
    return _joined(found)


def train_on_batch(
    self: Any,
    x: Any,
    y: Any,
    sample_weight: Any = None,
    class_weight: dict[int, float] | None = None,
    return_dict: bool = False,
) -> Any:
    """One step on one batch. Gives the loss, and the metrics if there are any, before the step."""
    check_run("train_on_batch", class_weight=class_weight)
    x, y, weight = _training_data(x, y, sample_weight, where="train_on_batch")
    self.prepare(x, y, where="train_on_batch")
    weight = _by_class(y, weight, class_weight)
    put_sums(self, {})
    loss, output = self.train_step(each(self.as_input, x), y, weight)
    take_in(self, loss, output, y, weight)
    return _in_form(figures(self), return_dict)


# -- figures --------------------------------------------------------------------------------------


def take_in(self: Any, loss: Any, output: Any, y: Any, weight: Any = None) -> None:
    """Add a batch to the figures. Of the metrics, weights are for the weighted ones alone."""
    self.mean_loss.add(loss, len(y))
    y = self.mixture.main_targets(y)
    for metric in self.metrics:
        metric.update_state(y, output)
    for metric in self.weighted_metrics:
        metric.update_state(y, output, weight)


def figures(self: Any) -> dict[str, Any]:
    """The figures so far, by name: numbers, and arrays where a metric gives several."""
    return {name: metric.result() for name, metric in self.measured.items()}


def _in_form(logs: dict[str, Any], return_dict: bool) -> Any:
    """Figures as Keras gives them: a dictionary, or a list, or the only number."""
    values = list(logs.values())
    return logs if return_dict else values[0] if len(values) == 1 else values


def sums(self: Any) -> dict[str, Any]:
    """What the figures are made of, numbers and arrays: for going on in the middle of an epoch."""
    return {name: metric.get_state() for name, metric in self.measured.items()}


def put_sums(self: Any, known: dict[str, Any]) -> None:
    """Start the figures anew, or from what `sums` gave."""
    for name, metric in self.measured.items():
        metric.reset_state()
        if name in known:
            metric.set_state(known[name])


def _measure(
    self: Any, x: Any, y: Any, sample_weight: Any = None, batch_size: int | None = None
) -> dict[str, Any]:
    """The figures of the model in inference mode on (x, y)."""
    put_sums(self, {})
    with no_graph(), engine_of(y).at_work():
        for chosen in batches(len(y), batch_size or PREDICT_ROWS):
            weight = None if sample_weight is None else sample_weight[chosen]
            output = self.run(rows_of(x, chosen, self.as_input), False)
            loss = self.total_loss(y[chosen], output, weight)
            take_in(self, loss, output, y[chosen], weight)
    return figures(self)


# -- data -----------------------------------------------------------------------------------------


def each(function: Callable[[Any], Any], x: Any) -> Any:
    """The function of x, or of each where x is a list of arrays."""
    if is_several(x):
        return [function(array) for array in x]
    return function(x)


def rows_of(x: Any, rows: Any, function: Callable[[Any], Any] | None = None) -> Any:
    """These rows of x, or of each of several, through a function if one is given."""
    if function is None:
        return each(lambda array: array[rows], x)
    return each(lambda array: function(array[rows]), x)


def shapes(x: Any) -> Any:
    """The shape of x, or of each of several; the batch is None."""
    return each(lambda array: (None, *_array(array).shape[1:]), x)


def length(x: Any) -> int:
    """How many examples there are."""
    return len(x[0]) if isinstance(x, list) else len(x)


def batches_in(y: Any, batch_size: int) -> int:
    """How many batches an epoch has."""
    return sum(1 for _ in batches(len(y), batch_size))


def _array(value: Any) -> Any:
    """A list, an array or a tensor as an array."""
    return engine_of(value).asarray(value)


def _as_numbers(self: Any, array: Any) -> Any:
    """Floating-point data in the model's type at once; bytes and whole numbers batch by batch."""
    return self.as_input(array) if array.dtype.kind == "f" else array


def _joined(parts: list[Any]) -> Any:
    """The outputs of all batches as one."""
    return parts[0] if len(parts) == 1 else engine_of(parts[0]).xp.concat(parts, axis=0)


def _training_data(x: Any, y: Any = None, sample_weight: Any = None, *, where: str) -> tuple:
    """x, y and one weight an example (or None), checked, as arrays."""
    check(x, y, sample_weight, where=where)
    if y is None:
        raise DataError(where, "targets y", "none", "Give x and y.")
    if isinstance(y, list | tuple) and any(getattr(part, "ndim", 0) > 0 for part in y):
        received = f"a {type(y).__name__} of {len(y)} arrays"
        raise DataError(where, "targets y as one array", received, "Stack the rows with np.stack.")
    return each(_array, x), _array(y), None if sample_weight is None else _array(sample_weight)


def _by_class(y: Any, weight: Any, class_weight: dict[int, float] | None) -> Any:
    """The weight of each example times that of its class, which is 1 where none is given."""
    if class_weight is None:
        return weight
    is_one_hot = y.ndim > 1 and y.shape[1] > 1
    classes = y.reshape(len(y), -1).argmax(1) if is_one_hot else y.reshape(-1)
    by_class = _array([class_weight.get(int(c), 1.0) for c in classes])
    return by_class if weight is None else weight * by_class


def _split(x: Any, y: Any, weight: Any, share: float) -> tuple[tuple, tuple]:
    """(x, y, weight) to train on, and the last share of the rows to validate on."""
    n = int(len(y) * (1 - share))
    if not (0 < share < 1 and 0 < n < len(y)):
        raise SettingError(
            "fit",
            "a validation_split above 0 and below 1 that leaves rows on both sides",
            f"{share} of {len(y)} rows",
            "Try 0.2.",
        )
    parts = [
        (rows_of(x, rows), y[rows], None if weight is None else weight[rows])
        for rows in (slice(None, n), slice(n, None))
    ]
    return parts[0], parts[1]


def _start(self: Any, shuffle: bool, initial_epoch: int, resume: bool) -> None:
    """Say in `progress` where training begins: at an epoch, or where it was stopped."""
    self.stop_training = False
    if resume and self.progress:
        return
    order = int(random.generator("order").integers(2**32)) if shuffle else None
    self.progress = {"epoch": initial_epoch, "batch": 0, "order": order, "sums": {}}
