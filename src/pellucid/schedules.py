"""Schedules: the learning rate as a function of the step. Letters: alpha the learning rate.

A schedule is given in place of a learning rate: `SGD(learning_rate=InverseTimeDecay(...))`. Any
plain function of the step will do as well.
"""

import math

from pellucid.registry import Configurable, Registry

registry = Registry("schedule")


class LearningRateSchedule(Configurable):
    """alpha as a function of how many updates have been made."""

    def __call__(self, step: int) -> float:
        """The learning rate of update number `step`, counted from 0."""
        raise TypeError(f"{type(self).__name__} needs a method __call__(self, step)")


@registry.register
class InverseTimeDecay(LearningRateSchedule):
    """alpha = alpha0 / (1 + decay_rate step / decay_steps).

    With decay_steps the batches of an epoch and `staircase`, this is the notes' decay
    alpha0 / (1 + decay_rate epoch).
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
    ) -> None:
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, decay_steps
        self.decay_rate, self.staircase = decay_rate, staircase

    def __call__(self, step: int) -> float:
        """The learning rate of update number `step`."""
        times = step / self.decay_steps
        times = math.floor(times) if self.staircase else times
        return self.initial_learning_rate / (1 + self.decay_rate * times)


@registry.register
class ExponentialDecay(LearningRateSchedule):
    """alpha = alpha0 decay_rate^(step / decay_steps)."""

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
    ) -> None:
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, decay_steps
        self.decay_rate, self.staircase = decay_rate, staircase

    def __call__(self, step: int) -> float:
        """The learning rate of update number `step`."""
        times = step / self.decay_steps
        times = math.floor(times) if self.staircase else times
        return self.initial_learning_rate * self.decay_rate**times
