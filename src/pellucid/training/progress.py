"""What a person sees while a model trains: one line an epoch, alive while the epoch runs."""

import shutil
import sys
import time
from collections.abc import Callable
from typing import Any

from pellucid.distributed import is_first
from pellucid.errors import SettingError
from pellucid.training.callbacks import Quick

SECONDS_BETWEEN = 0.2  # reading a figure may have to wait for the device: at most 5 times a second
BAR = 20
LONGEST_ROW = 10  # how many numbers of one figure are shown


class Progress(Quick):
    """Prints an epoch's figures: live (1), once at its end (2), or not at all (0).

    "auto" is live on a terminal, and once an epoch elsewhere. `steps` of an epoch: None where
    nobody can say; those of the first are then expected of the others. Of processes that train
    together the first prints: live, the figures of its own rows; at an epoch's end, those of all.
    """

    def __init__(
        self, verbose: str | int, epochs: int, steps: int | None, read: Callable[[], dict[str, Any]]
    ) -> None:
        if verbose not in ("auto", 0, 1, 2):
            raise SettingError("fit", "verbose 'auto', 0, 1 or 2", repr(verbose), "Choose one.")
        alive = sys.stdout.isatty()
        self.verbose = (1 if alive else 2) if verbose == "auto" else int(verbose)
        self.verbose *= is_first()
        self.epochs, self.steps, self.read = epochs, steps, read
        self.started = self.drawn = 0.0
        self.done = 0

    def say(self, text: str) -> None:
        """Print a line, unless nothing is to be printed."""
        if self.verbose:
            print(text)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Start the clock."""
        self.epoch, self.started = epoch, time.monotonic()

    def after_batch(self, batch: int) -> None:
        """Draw the line, if it is time."""
        now, self.done = time.monotonic(), batch + 1
        if self.verbose != 1 or now - self.drawn < SECONDS_BETWEEN:
            return
        self.drawn, done, spent = now, self.done, now - self.started
        if self.steps is None:
            self._write(f"batch {done}  {spent:.0f} s", self.read(), end="\r")
            return
        full = min(BAR * done // self.steps, BAR)
        left = spent / done * max(self.steps - done, 0)
        bar = "━" * full + "─" * (BAR - full)
        self._write(f"{bar} {done}/{self.steps}  {left:.0f} s left", self.read(), end="\r")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Print the epoch's figures for good."""
        self.steps = self.steps or self.done
        if self.verbose:
            self._write(f"{time.monotonic() - self.started:.1f} s", logs or {}, end="\n")

    def on_train_end(self, logs: Any = None) -> None:
        """Leave the live line of an epoch that was cut short."""
        if self.verbose == 1 and self.model.progress.get("batch"):
            print()

    def _write(self, clock: str, logs: dict[str, Any], end: str) -> None:
        """One line, over the one before."""
        width = len(str(self.epochs))
        text = f"epoch {self.epoch + 1:>{width}}/{self.epochs}  {clock}  {line(logs)}"
        if self.verbose == 1:
            columns = shutil.get_terminal_size().columns - 1
            text = "\r" + (text if end == "\n" else text[:columns]).ljust(columns)
        print(text, end=end, flush=True)


def line(logs: dict[str, Any]) -> str:
    """Figures by name, in one line; a row of numbers in brackets, a matrix by its shape.

    >>> line({"loss": 0.25, "accuracy": 0.975, "learning_rate": 1e-5})
    'loss 0.2500  accuracy 0.9750  learning_rate 1.000e-05'
    """

    return "  ".join(f"{name} {_shown(value)}" for name, value in logs.items())


def _shown(value: Any) -> str:
    """A figure: a number, a short row of them, or of anything larger the shape."""
    shape = getattr(value, "shape", ())
    if len(shape) == 1 and shape[0] <= LONGEST_ROW:
        return f"[{' '.join(map(_shown, value.tolist()))}]"
    if shape:
        return f"array {' x '.join(map(str, shape))}"
    small = value != 0 and abs(value) < 1e-3
    return f"{value:.3e}" if small or abs(value) >= 1e5 else f"{value:.4f}"
