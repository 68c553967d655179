"""A callback that saves the model while it trains."""

import math
from pathlib import Path
from typing import Any

from pellucid.distributed import is_first
from pellucid.errors import SettingError
from pellucid.settings import is_whole
from pellucid.training.callbacks import Saving, registry
from pellucid.training.figures import sums
from pellucid.training.watching import Watcher


@registry.register
class ModelCheckpoint(Watcher, Saving):
    """Saves the model after each epoch, or each time that a figure is better than ever.

    `filepath` may have in braces "epoch" (counted from 1), "batch" (where batches are counted) and
    any figure: "runs/{epoch:02d}-{val_loss:.2f}.safetensors"; folders are made. `save_best_only`:
    only when `monitor` is better than ever, and than `initial_value_threshold`; NaN never is.
    `save_freq`: "epoch", or after so many batches, counted across epochs.

    A file is a model file like any other. `load` it, and `fit(resume=True)` goes on exactly behind
    the step after which it was saved, with what all callbacks of the run remembered.
    `save_weights_only` leaves out what that needs (the optimiser's slots, the state of chance and
    of the run), and so most of the bytes; the layers are in it still, for without them nobody
    could say what the weights are.

    Raises SettingError for settings that do not go together, and for a name in braces that is no
    figure.
    """

    def __init__(
        self,
        filepath: Any,
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        super().__init__(monitor, patience=0, min_delta=0.0, mode=mode)
        is_count = is_whole(save_freq, 1)
        if save_freq != "epoch" and not is_count:
            expected = "save_freq to be 'epoch' or a whole number of batches from 1"
            raise SettingError("ModelCheckpoint", expected, repr(save_freq), "Try 'epoch'.")
        if is_count and save_best_only and monitor.startswith("val_"):
            raise SettingError(
                "ModelCheckpoint",
                "a figure of training to choose the best batch by",
                repr(monitor),
                "Set monitor='loss', or save_freq='epoch'.",
            )
        self.filepath, self.verbose = str(filepath), verbose
        self.save_best_only, self.save_weights_only = save_best_only, save_weights_only
        self.save_freq = save_freq
        self.initial_value_threshold = initial_value_threshold
        self.batches = 0

    def on_train_begin(self, logs: Any = None) -> None:
        """Start with nothing saved."""
        super().on_train_begin()
        self.batches = 0
        if self.initial_value_threshold is not None:
            self.best = self.initial_value_threshold

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Save, where epochs are counted."""
        logs = logs or {}
        if self.save_freq == "epoch" and not (self.save_best_only and self.is_left_out(logs)):
            self.save(logs, f"epoch {epoch + 1}", epoch=epoch + 1)

    def after_batch(self, batch: int) -> None:
        """Save, where batches are counted."""
        if self.save_freq == "epoch":
            return
        self.batches += 1
        if self.batches % int(self.save_freq) == 0:
            at = self.model.progress
            at["sums"] = sums(self.model)
            epoch, when = at["epoch"] + 1, f"epoch {at['epoch'] + 1}, batch {batch + 1}"
            self.save(self.model.figures(), when, epoch=epoch, batch=batch + 1)

    def save(self, logs: dict[str, Any], when: str, **place: int) -> None:
        """Save the model, unless it was better before."""
        before = self.best
        if self.save_best_only and not self.is_best(logs):
            return
        path = self.path(logs, place)
        self.keep()
        if self.model.team is not None:
            self.model.team.settle()
        if is_first():
            path.parent.mkdir(parents=True, exist_ok=True)
        self.model.save(path, for_training=not self.save_weights_only)
        if self.verbose:
            gain = (
                f"{self.monitor} {before:.4f} -> {self.best:.4f}, " if self.save_best_only else ""
            )
            self.say(f"{when}: {gain}saved as {path}")

    def is_best(self, logs: dict[str, Any]) -> bool:
        """Whether the figure is better than ever."""
        return self.better(logs) and not math.isnan(self.best)

    def path(self, logs: dict[str, Any], place: dict[str, int]) -> Path:
        """The file's path, with the figures in the place of their names."""
        try:
            return Path(self.filepath.format(**place, **logs))
        except (LookupError, TypeError, ValueError) as error:
            raise SettingError(
                "ModelCheckpoint",
                f"filepath to have in braces what there is: {', '.join((*place, *logs))}",
                f"{self.filepath!r} ({type(error).__name__}: {error})",
                "A figure of one number may have a format: {loss:.2f}.",
            ) from error

    def get_state(self) -> dict[str, Any]:
        """The best so far, and how many batches were counted."""
        return super().get_state() | {"batches": self.batches}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        super().set_state(state)
        self.batches = state["batches"]
