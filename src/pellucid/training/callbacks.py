"""Callbacks: what happens between the steps of a training run.

A callback sees the model (`self.model`), and at each epoch's end the figures by name (`logs`). One
that remembers something gives it by `get_state`, so that a run that is stopped goes on as if it had
not been.
"""

from collections.abc import Sequence
from typing import Any

from pellucid.registry import Configurable, plain


class Callback(Configurable):
    """The base: override what you need. `self.model.stop_training = True` ends the run."""

    model: Any = None

    def on_train_begin(self, logs: Any = None) -> None:
        """Before the first epoch."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Before an epoch, counted from 0."""

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """After a step, counted from 0 in each epoch; `logs` has the figures so far."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """After an epoch and its validation."""

    def on_train_end(self, logs: Any = None) -> None:
        """After the last epoch, or when the run was stopped."""

    def get_state(self) -> dict[str, Any]:
        """What has to be remembered when the run is stopped: numbers, lists, arrays."""
        return {}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from what `get_state` gave."""


class Quick(Callback):
    """A callback that is told of each step without the figures, which would cost to read."""

    def after_batch(self, batch: int) -> None:
        """After a step, counted from 0 in each epoch."""


class Callbacks:
    """All callbacks of a run, called in turn."""

    def __init__(self, model: Any, callbacks: Sequence[Callback], resume: bool) -> None:
        self.model, self.callbacks = model, callbacks
        known = model.progress.get("callbacks", {}) if resume else {}
        for name, callback in self._named().items():
            callback.model = model
            callback.on_train_begin()
            if name in known:
                callback.set_state(known[name])
        plain = Callback.on_train_batch_end
        self.each_batch = [c for c in callbacks if type(c).on_train_batch_end is not plain]
        self.after_batch = [c.after_batch for c in callbacks if isinstance(c, Quick)]

    def _named(self) -> dict[str, Callback]:
        """Each callback by a name that is the same in the run that goes on."""
        names = [type(callback).__name__ for callback in self.callbacks]
        numbered = [f"{name} {names[:i].count(name)}" for i, name in enumerate(names)]
        return dict(zip(numbered, self.callbacks, strict=True))

    def on_epoch_begin(self, epoch: int) -> None:
        """Before an epoch."""
        for callback in self.callbacks:
            callback.on_epoch_begin(epoch, {})

    def on_train_batch_end(self, batch: int) -> None:
        """After a step. The figures are read only if a callback wants them."""
        for draw in self.after_batch:
            draw(batch)
        if self.each_batch:
            logs = self.model.figures()
            for callback in self.each_batch:
                callback.on_train_batch_end(batch, logs)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any]) -> None:
        """After an epoch."""
        for callback in self.callbacks:
            callback.on_epoch_end(epoch, logs)

    def on_train_end(self) -> None:
        """After the last epoch. What the callbacks remember is kept in the model's progress."""
        states = {name: callback.get_state() for name, callback in self._named().items()}
        self.model.progress["callbacks"] = {name: state for name, state in states.items() if state}
        for callback in self.callbacks:
            callback.on_train_end({})


class History(Callback):
    """Every figure of every epoch: `history["loss"]` is a list with one number an epoch.

    A metric that gives several numbers, one a class say, has a list of arrays.
    """

    def __init__(self) -> None:
        self.epoch: list[int] = []
        self.history: dict[str, list[Any]] = {}

    def on_train_begin(self, logs: Any = None) -> None:
        """Start with nothing."""
        self.epoch, self.history = [], {}

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Write the figures down."""
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)

    def get_state(self) -> dict[str, Any]:
        """All figures."""
        return {"epoch": self.epoch, "history": self.history}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on with these figures."""
        self.epoch, self.history = list(state["epoch"]), dict(state["history"])


class CSVLogger(Callback):
    """Writes each epoch's figures as one row of a CSV file, as soon as they are there.

    An array is written as a list, [0.5, 0.75]. Each run starts the file anew, unless `append`, or
    the run goes on from where it was stopped.
    """

    def __init__(self, filename: Any, append: bool = False) -> None:
        self.filename, self.append = str(filename), append
        self.columns: list[str] = []

    def on_train_begin(self, logs: Any = None) -> None:
        """Nothing is written yet."""
        self.columns = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Add a row; the first one brings the names."""
        import csv
        from pathlib import Path

        path, logs = Path(self.filename), logs or {}
        if not self.columns:
            with_rows = self.append and path.exists() and path.stat().st_size > 0
            self.columns = ["epoch", *logs]
            if with_rows:
                self.columns = path.read_text().splitlines()[0].split(",")
            else:
                path.write_text(",".join(self.columns) + "\n")
        with path.open("a", newline="") as file:
            row = {"epoch": epoch, **{name: plain(value) for name, value in logs.items()}}
            rows = csv.DictWriter(file, self.columns, extrasaction="ignore", lineterminator="\n")
            rows.writerow(row)

    def get_state(self) -> dict[str, Any]:
        """The names of the columns."""
        return {"columns": self.columns}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on below the rows that are there."""
        self.columns = list(state["columns"])
