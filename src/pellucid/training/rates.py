"""Learning rates that a run changes between its epochs."""

import inspect
from collections.abc import Callable
from typing import Any

from pellucid import schedules
from pellucid.errors import SettingError
from pellucid.settings import number
from pellucid.training.callbacks import Callback, registry


def constant_rate(callback: Callback) -> float:
    """The learning rate that a callback may change. Raises SettingError where a schedule does."""
    rate = callback.model.optimizer.learning_rate
    if callable(rate):
        raise SettingError(
            type(callback).__name__,
            "an optimizer with a constant learning rate",
            f"the schedule {type(rate).__name__}",
            "Use one or the other.",
        )
    return rate


@registry.register
class LearningRateScheduler(Callback):
    """Sets the learning rate at the begin of each epoch: `schedule(epoch, lr)` gives the new one.

    `epoch` counts from 0, `lr` is the rate so far. A function of the epoch alone will do as well,
    and so will a schedule of `pellucid.schedules`, which then counts epochs. With `verbose=1` each
    rate is printed. It is a figure of the epoch, "learning_rate". Raises SettingError for what is
    no function, or gives anything but a number above 0, and where the optimizer has a schedule of
    its own.
    """

    def __init__(self, schedule: Callable[..., Any] | str | dict, verbose: int = 0) -> None:
        if isinstance(schedule, str):
            schedule = registry.find(schedule)
        elif isinstance(schedule, dict):
            schedule = schedules.get(schedule)
        if not callable(schedule):
            expected = "schedule to be a function (epoch, lr)"
            raise SettingError("LearningRateScheduler", expected, repr(schedule), "Define it.")
        self.schedule, self.verbose = schedule, verbose
        self.done = -1

    def on_train_begin(self, logs: Any = None) -> None:
        """Start with no epoch."""
        self.done = -1

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Set the rate; once an epoch, also where it is stopped and goes on."""
        before = constant_rate(self)
        if epoch == self.done:
            return
        self.done, taken = epoch, len(inspect.signature(self.schedule).parameters)
        rate: Any = self.schedule(epoch, float(before)) if taken > 1 else self.schedule(epoch)
        if not number(rate) > 0:
            where = f"LearningRateScheduler, epoch {epoch + 1}"
            mend = "Let the schedule give a float."
            raise SettingError(where, "a learning rate above 0", repr(rate), mend)
        self.model.optimizer.learning_rate = float(rate)
        if self.verbose:
            self.say(f"epoch {epoch + 1}: learning rate {float(rate):g}")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """The rate is a figure of the epoch."""
        if logs is not None:
            logs["learning_rate"] = float(self.model.optimizer.learning_rate)

    def get_state(self) -> dict[str, Any]:
        """The last epoch for which the rate was set."""
        return {"done": self.done}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self.done = state["done"]
