"""Callbacks that note what a run did: a CSV file of its figures, the time that it took."""

import time
from typing import Any

from pellucid.distributed import is_first
from pellucid.registry import plain
from pellucid.training.callbacks import Callback, registry


@registry.register
class CSVLogger(Callback):
    """Writes each epoch's figures as one row of a CSV file, as soon as they are there.

    An array is written as a list, [0.5, 0.75]; what an epoch has no figure for, as nothing. Each
    run starts the file anew, unless `append`, or the run goes on from where it was stopped.
    """

    def __init__(self, filename: Any, separator: str = ",", append: bool = False) -> None:
        self.filename, self.separator, self.append = str(filename), separator, append
        self.columns: list[str] = []

    def on_train_begin(self, logs: Any = None) -> None:
        """Nothing is written yet."""
        self.columns = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Add a row; the first one brings the names."""
        import csv
        from pathlib import Path

        path, logs = Path(self.filename), logs or {}
        if not is_first():
            return
        if not self.columns:
            with_rows = self.append and path.exists() and path.stat().st_size > 0
            self.columns = ["epoch", *logs]
            if self.params.get("validation"):  # which may come after a later epoch
                names = [f"val_{name}" for name in self.model.measured]
                self.columns += [name for name in names if name not in logs]
            if with_rows:
                self.columns = path.read_text().splitlines()[0].split(self.separator)
            else:
                path.write_text(self.separator.join(self.columns) + "\n")
        with path.open("a", newline="") as file:
            row = {"epoch": epoch, **{name: plain(value) for name, value in logs.items()}}
            rows = csv.DictWriter(
                file,
                self.columns,
                extrasaction="ignore",
                lineterminator="\n",
                delimiter=self.separator,
            )
            rows.writerow(row)

    def get_state(self) -> dict[str, Any]:
        """The names of the columns."""
        return {"columns": self.columns}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on below the rows that are there."""
        self.columns = list(state["columns"])


@registry.register
class Timer(Callback):
    """Seconds: `epochs` has those of each epoch with its validation, `total` those of the run.

    A run that was stopped goes on counting, without the time in between. With `in_logs`, each
    epoch's are a figure of it, "seconds", and so in the history and in logs that come after.
    """

    def __init__(self, in_logs: bool = False) -> None:
        self.in_logs = in_logs
        self.epochs: list[float] = []
        self.total = self.spent = 0.0
        self.since: float | None = None

    def on_train_begin(self, logs: Any = None) -> None:
        """Start the clock."""
        self.epochs, self.total, self.spent = [], 0.0, 0.0
        self.since = time.perf_counter()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """What went before an epoch is the run's alone."""
        self._count(0.0)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Note the epoch's time."""
        self._count()
        self.epochs.append(self.spent)
        self.spent = 0.0
        if self.in_logs and logs is not None:
            logs["seconds"] = self.epochs[-1]

    def on_train_end(self, logs: Any = None) -> None:
        """Stop the clock."""
        self._count()
        self.since = None

    def _count(self, of_epoch: float = 1.0) -> None:
        """Add the time since the last look to the run's, and to that of the running epoch."""
        if self.since is not None:
            now = time.perf_counter()
            self.total += now - self.since
            self.spent += of_epoch * (now - self.since)
            self.since = now

    def get_state(self) -> dict[str, Any]:
        """The times so far, that of the running epoch among them."""
        self._count()
        return {"epochs": list(self.epochs), "total": self.total, "spent": self.spent}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on counting from there."""
        self.epochs, self.total = list(state["epochs"]), state["total"]
        self.spent = state["spent"]
