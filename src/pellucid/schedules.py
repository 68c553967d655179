"""Schedules: the learning rate as a function of the step. Letters: alpha the learning rate.

A schedule is given in place of a learning rate: `SGD(learning_rate=InverseTimeDecay(...))`. Any
plain function of the step will do as well.
"""

import math

from pellucid.errors import SettingError
from pellucid.registry import Configurable, Registry

registry = Registry("schedule")
get = registry.get


class LearningRateSchedule(Configurable):
    """alpha as a function of how many updates have been made."""

    def __call__(self, step: int) -> float:
        """The learning rate of update number `step`, counted from 0."""
        raise TypeError(f"{type(self).__name__} needs a method __call__(self, step)")


class Decay(LearningRateSchedule):
    """A rate that falls with x = step / decay_steps; with `staircase`, only at whole x.

    Raises SettingError unless initial_learning_rate and decay_steps are above 0.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str | None = None,
    ) -> None:
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, decay_steps
        self.decay_rate, self.staircase = decay_rate, staircase
        self.name = name or type(self).__name__
        for setting in ("initial_learning_rate", "decay_steps"):
            value = getattr(self, setting)
            if not value > 0:
                mend = f"Give {setting} a positive number."
                raise SettingError(type(self).__name__, f"{setting} above 0", repr(value), mend)

    def times(self, step: int) -> float:
        """x: how many times decay_steps have passed."""
        x = step / self.decay_steps
        return math.floor(x) if self.staircase else x


@registry.register
class InverseTimeDecay(Decay):
    """alpha = alpha0 / (1 + decay_rate step / decay_steps).

    With decay_steps the batches of an epoch and `staircase`, this is the notes' decay
    alpha0 / (1 + decay_rate epoch).
    """

    def __call__(self, step: int) -> float:
        """The learning rate of update number `step`."""
        return self.initial_learning_rate / (1 + self.decay_rate * self.times(step))


@registry.register
class ExponentialDecay(Decay):
    """alpha = alpha0 decay_rate^(step / decay_steps)."""

    def __call__(self, step: int) -> float:
        """The learning rate of update number `step`."""
        return self.initial_learning_rate * self.decay_rate ** self.times(step)
