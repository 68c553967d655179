"""Callbacks that watch one figure, and act when it has not become better for some time."""

import math
from typing import Any

from pellucid.errors import SettingError
from pellucid.training.callbacks import Callback, registry
from pellucid.training.rates import constant_rate


class Watcher(Callback):
    """A callback that watches one figure, and counts the epochs since it was at its best.

    `monitor`: the figure's name. `min_delta`: by how much it has to be better. `mode`: "min",
    "max", or "auto" (as the metric says; a figure with "acc" in its name rises).
    """

    def __init__(self, monitor: str, patience: int, min_delta: float, mode: str) -> None:
        if mode not in ("auto", "min", "max"):
            raise SettingError(
                type(self).__name__,
                "mode 'auto', 'min' or 'max'",
                repr(mode),
                "Choose one of them.",
            )
        self.monitor, self.patience, self.min_delta, self.mode = monitor, patience, min_delta, mode

    def on_train_begin(self, logs: Any = None) -> None:
        """Start with nothing seen."""
        self.wait, self.best = 0, math.nan

    def rises(self) -> bool:
        """Whether larger is better."""
        if self.mode != "auto":
            return self.mode == "max"
        metric = self.model.measured.get(self.monitor.removeprefix("val_"))
        return "acc" in self.monitor or getattr(metric, "larger_is_better", False)

    def is_left_out(self, logs: dict[str, Any]) -> bool:
        """Whether it is a figure of validation, which does not follow this epoch but others."""
        is_measured = self.monitor in logs or not self.monitor.startswith("val_")
        return not is_measured and self.params.get("validation", False)

    def figure(self, logs: dict[str, Any]) -> float:
        """The figure that is watched. Raises SettingError where there is none, or many numbers."""
        if self.monitor not in logs:
            raise SettingError(
                type(self).__name__,
                f"monitor to be one of {', '.join(logs)}",
                repr(self.monitor),
                "Figures of validation need validation_data or validation_split.",
            )
        now = logs[self.monitor]
        if getattr(now, "shape", ()):
            raise SettingError(
                type(self).__name__,
                "a figure of one number",
                f"{self.monitor!r}, which has {now.size}",
                "Average it: F1Score(average='macro'), say.",
            )
        return now

    def beats(self, now: float, other: float) -> bool:
        """Whether one figure is better than another by more than `min_delta`, or is the first."""
        gain = now - other if self.rises() else other - now
        return math.isnan(other) or gain > self.min_delta

    def better(self, logs: dict[str, Any]) -> bool:
        """Whether the figure is better than ever; the count of epochs since goes with it."""
        now = self.figure(logs)
        if self.beats(now, self.best):
            self.best, self.wait = now, 0
            return True
        self.wait += 1
        return False

    def get_state(self) -> dict[str, Any]:
        """The best so far, and how long ago it was."""
        return {"wait": self.wait, "best": self.best}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self.wait, self.best = state["wait"], state["best"]


@registry.register
class EarlyStopping(Watcher):
    """Ends the run when a figure has not become better for `patience` epochs.

    With a `baseline`, an epoch that does not beat it counts among them, even where it is the best
    so far. The first `start_from_epoch` epochs are not looked at. The weights of the best epoch are
    put back at the end, unless `restore_best_weights` is False (Keras' default is not to; a run
    that is stopped because it got worse should not end worse). It says so, unless `verbose` is 0.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0.0,
        patience: int = 0,
        verbose: int = 1,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = True,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, patience, min_delta, mode)
        self.verbose, self.restore_best_weights = verbose, restore_best_weights
        self.baseline, self.start_from_epoch = baseline, start_from_epoch
        self.best_weights: list[Any] = []
        self.best_epoch = -1

    def on_train_begin(self, logs: Any = None) -> None:
        """Start with nothing seen."""
        super().on_train_begin()
        self.best_weights, self.best_epoch = [], -1

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Keep the best weights; stop when they are too long ago."""
        logs = logs or {}
        if epoch < self.start_from_epoch or self.is_left_out(logs):
            return
        wait = self.wait
        if self.better(logs):
            self.best_epoch = epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is not None and not self.beats(self.best, self.baseline):
                self.wait = wait + 1
        elif self.wait >= max(self.patience, 1):
            self.model.stop_training = True

    def on_train_end(self, logs: Any = None) -> None:
        """Put the best weights back, unless the run was cut short in the middle of an epoch."""
        cut_short = self.model.progress["batch"] > 0
        if not (self.restore_best_weights and self.best_weights) or cut_short:
            return
        self.model.set_weights(self.best_weights)
        if self.verbose:
            self.say(
                f"{self.monitor} was best after epoch {self.best_epoch + 1} "
                f"({self.best:.4f}): its weights are back"
            )

    def get_state(self) -> dict[str, Any]:
        """The best epoch and its weights."""
        more = {"best_epoch": self.best_epoch, "best_weights": self.best_weights}
        return super().get_state() | more

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        super().set_state(state)
        self.best_epoch, self.best_weights = state["best_epoch"], state["best_weights"]


@registry.register
class ReduceLROnPlateau(Watcher):
    """Multiplies the learning rate by `factor` when a figure stays on a plateau, and says so.

    A plateau is `patience` epochs without a gain above `min_delta`; after a reduction `cooldown`
    epochs are not counted; the rate stays at or above `min_lr`.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 1,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        super().__init__(monitor, patience, min_delta, mode)
        if not 0 < factor < 1:
            raise SettingError(
                "ReduceLROnPlateau", "a factor above 0 and below 1", repr(factor), "Try 0.1."
            )
        self.factor, self.cooldown, self.min_lr, self.verbose = factor, cooldown, min_lr, verbose
        self.cooling = 0

    def on_train_begin(self, logs: Any = None) -> None:
        """Start with nothing seen."""
        super().on_train_begin()
        self.cooling = 0

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Reduce the learning rate where the figure has not moved for too long."""
        optimizer, rate = self.model.optimizer, constant_rate(self)
        logs = logs if logs is not None else {}
        if self.is_left_out(logs):
            logs["learning_rate"] = rate
            return
        better = self.better(logs)
        logs["learning_rate"] = rate
        if self.cooling > 0:
            self.cooling, self.wait = self.cooling - 1, 0
        elif not better and self.wait >= self.patience and rate > self.min_lr:
            optimizer.learning_rate = max(rate * self.factor, self.min_lr)
            self.wait, self.cooling = 0, self.cooldown
            if self.verbose:
                self.say(
                    f"plateau of {self.monitor}: learning rate {rate:g} -> "
                    f"{optimizer.learning_rate:g} after epoch {epoch + 1}"
                )

    def get_state(self) -> dict[str, Any]:
        """The best so far, and how long the pause still is."""
        return super().get_state() | {"cooling": self.cooling}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        super().set_state(state)
        self.cooling = state["cooling"]
