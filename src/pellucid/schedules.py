"""Schedules: the learning rate as a function of the step. Letters: alpha the learning rate, alpha0
the one it starts with, x how far a decay has come.

A schedule is given in place of a learning rate: `SGD(learning_rate=CosineDecay(...))`. Any plain
function of the step, which counts gradients from 0, will do as well.
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import pairwise

from pellucid.errors import SettingError, nearest
from pellucid.registry import Configurable, Registry
from pellucid.settings import not_negative, positive

registry = Registry("schedule")
get = registry.get


class LearningRateSchedule(Configurable):
    """alpha as a function of how many gradients have been taken in."""

    def __call__(self, step: int) -> float:
        """The learning rate of step number `step`, counted from 0."""
        raise TypeError(f"{type(self).__name__} needs a method __call__(self, step)")


class Decay(LearningRateSchedule):
    """A rate that changes with x = step / decay_steps; with `staircase`, only at whole x.

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
        self.initial_learning_rate = positive(self, "initial_learning_rate", initial_learning_rate)
        self.decay_steps = positive(self, "decay_steps", decay_steps)
        self.decay_rate = not_negative(self, "decay_rate", decay_rate)
        self.staircase = staircase
        self.name = name or type(self).__name__

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
        """The learning rate of step number `step`."""
        return self.initial_learning_rate / (1 + self.decay_rate * self.times(step))


@registry.register
class ExponentialDecay(Decay):
    """alpha = alpha0 decay_rate^(step / decay_steps)."""

    def __call__(self, step: int) -> float:
        """The learning rate of step number `step`."""
        return self.initial_learning_rate * self.decay_rate ** self.times(step)


@registry.register
class StepDecay(LearningRateSchedule):
    """alpha is multiplied by `decay_rate` once every `decay_steps`; PyTorch's StepLR.

    Keras has it as ExponentialDecay with `staircase`. Raises SettingError for a setting that is
    not above 0.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float = 0.1,
        name: str | None = None,
    ) -> None:
        self.initial_learning_rate = positive(self, "initial_learning_rate", initial_learning_rate)
        self.decay_steps = positive(self, "decay_steps", decay_steps)
        self.decay_rate = positive(self, "decay_rate", decay_rate)
        self.name = name or type(self).__name__

    def __call__(self, step: int) -> float:
        """The learning rate of step number `step`."""
        return self.initial_learning_rate * self.decay_rate ** (step // self.decay_steps)


@registry.register
class PiecewiseConstantDecay(LearningRateSchedule):
    """alpha = values[0] up to step boundaries[0], values[1] up to boundaries[1], and so on.

    Raises SettingError unless the boundaries rise, and there is one value more than boundaries.
    """

    def __init__(
        self, boundaries: Sequence[int], values: Sequence[float], name: str | None = None
    ) -> None:
        self.boundaries, self.values = list(boundaries), list(values)
        self.name = name or type(self).__name__
        where = type(self).__name__
        if len(self.values) != len(self.boundaries) + 1:
            received = f"{len(self.boundaries)} boundaries and {len(self.values)} values"
            mend = "Add the value after the last boundary."
            raise SettingError(where, "one value more than boundaries", received, mend)
        if sorted(set(self.boundaries)) != self.boundaries:
            received = repr(self.boundaries)
            raise SettingError(where, "boundaries that rise", received, "Sort them.")

    def __call__(self, step: int) -> float:
        """The learning rate of step number `step`."""
        return self.values[bisect_left(self.boundaries, step)]


@registry.register
class PolynomialDecay(LearningRateSchedule):
    """alpha = end + (alpha0 - end) (1 - x)^power, x = step / decay_steps up to 1.

    With `cycle`, decay_steps grows to its next whole multiple each time that it is reached, so that
    alpha jumps up again. Raises SettingError unless initial_learning_rate and decay_steps are above
    0, and end_learning_rate and power not below.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str | None = None,
    ) -> None:
        self.initial_learning_rate = positive(self, "initial_learning_rate", initial_learning_rate)
        self.decay_steps = positive(self, "decay_steps", decay_steps)
        self.end_learning_rate = not_negative(self, "end_learning_rate", end_learning_rate)
        self.power, self.cycle = not_negative(self, "power", power), cycle
        self.name = name or type(self).__name__

    def __call__(self, step: int) -> float:
        """The learning rate of step number `step`."""
        whole = max(1, math.ceil(step / self.decay_steps)) if self.cycle else 1
        x, end = min(step / (self.decay_steps * whole), 1.0), self.end_learning_rate
        return end + (self.initial_learning_rate - end) * (1 - x) ** self.power


@registry.register
class CosineDecay(LearningRateSchedule):
    """alpha = alpha0 (low + (1 - low) (1 + cos(pi x)) / 2), x = step / decay_steps up to 1.

    `alpha` is low, the share of the rate that is left at the end. With a warm-up, alpha first rises
    in a straight line from initial_learning_rate to `warmup_target` within `warmup_steps`; the
    decay then starts from there (Loshchilov and Hutter 2017; Goyal et al. 2017). Raises
    SettingError for a setting out of range, and for warmup_steps without a warmup_target, which
    Keras passes over.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        alpha: float = 0.0,
        name: str | None = None,
        warmup_target: float | None = None,
        warmup_steps: int = 0,
    ) -> None:
        warms = warmup_target is not None
        check = not_negative if warms else positive
        self.initial_learning_rate = check(self, "initial_learning_rate", initial_learning_rate)
        self.decay_steps = positive(self, "decay_steps", decay_steps)
        self.alpha, self.name = not_negative(self, "alpha", alpha), name or type(self).__name__
        self.warmup_target = positive(self, "warmup_target", warmup_target) if warms else None
        self.warmup_steps = not_negative(self, "warmup_steps", warmup_steps)
        if warmup_steps and not warms:
            received, mend = f"warmup_steps={warmup_steps} alone", "Give the rate to rise to."
            raise SettingError(type(self).__name__, "a warmup_target too", received, mend)

    def __call__(self, step: int) -> float:
        """The learning rate of step number `step`."""
        start, top = self.initial_learning_rate, self.warmup_target
        if top is None:
            top = start
        elif step < self.warmup_steps:
            return start + (top - start) * step / self.warmup_steps
        x = min((step - self.warmup_steps) / self.decay_steps, 1.0)
        return top * (self.alpha + (1 - self.alpha) * half_wave(x))


@registry.register
class CosineDecayRestarts(LearningRateSchedule):
    """Cosine decays one after another, each starting again (Loshchilov and Hutter 2017).

    The first lasts `first_decay_steps`, each later one `t_mul` times as long as the one before, and
    starts at `m_mul` times its height: alpha = alpha0 (low + (1 - low) m_mul^i (1 + cos(pi x)) / 2)
    in period i from 0, with low = `alpha`. Raises SettingError for a setting out of range.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: int,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str | None = None,
    ) -> None:
        self.initial_learning_rate = positive(self, "initial_learning_rate", initial_learning_rate)
        self.first_decay_steps = positive(self, "first_decay_steps", first_decay_steps)
        self.t_mul, self.m_mul = t_mul, positive(self, "m_mul", m_mul)
        self.alpha, self.name = not_negative(self, "alpha", alpha), name or type(self).__name__
        if not 1 <= t_mul < math.inf:
            mend = "Periods that became shorter would come to an end."
            raise SettingError(type(self).__name__, "t_mul from 1", repr(t_mul), mend)

    def __call__(self, step: int) -> float:
        """The learning rate of step number `step`."""
        i, length = 0, self.first_decay_steps
        if self.t_mul == 1:
            i, step = divmod(step, length)
        while step >= length:
            i, step, length = i + 1, step - length, length * self.t_mul
        height = self.m_mul**i * half_wave(step / length)
        return self.initial_learning_rate * (self.alpha + (1 - self.alpha) * height)


@registry.register
class OneCycle(LearningRateSchedule):
    """alpha rises from max / div_factor to max, and falls far below where it began, once.

    The "one cycle" of Smith (2018), in the form and with the defaults of PyTorch's OneCycleLR
    (Keras has none): up within the share `pct_start` of total_steps, then down to the first rate /
    final_div_factor; with `three_phase`, down to the first rate in as many steps as up, then to the
    last. `anneal_strategy`: along a cosine ("cos") or a straight line ("linear"; the paper's, with
    three phases). After total_steps it stays at its last rate. The momentum, which PyTorch lets
    fall and rise the other way, stays as it is. Raises SettingError for a setting out of range.
    """

    def __init__(
        self,
        max_learning_rate: float,
        total_steps: int,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        name: str | None = None,
    ) -> None:
        self.max_learning_rate = positive(self, "max_learning_rate", max_learning_rate)
        self.total_steps = positive(self, "total_steps", total_steps)
        self.div_factor = positive(self, "div_factor", div_factor)
        self.final_div_factor = positive(self, "final_div_factor", final_div_factor)
        self.pct_start, self.anneal_strategy = pct_start, anneal_strategy
        self.three_phase, self.name = three_phase, name or type(self).__name__
        where, most = type(self).__name__, 0.5 if three_phase else 1
        if not 0 <= pct_start <= most:
            expected = f"pct_start from 0 to {most}"
            raise SettingError(where, expected, repr(pct_start), "Try 0.3.")
        if anneal_strategy not in ANNEALING:
            expected = f"anneal_strategy to be one of {', '.join(ANNEALING)}"
            mend = nearest(str(anneal_strategy), ANNEALING)
            raise SettingError(where, expected, repr(anneal_strategy), mend)

    def __call__(self, step: int) -> float:
        """The learning rate of step number `step`."""
        top, first = self.max_learning_rate, self.max_learning_rate / self.div_factor
        last, up = first / self.final_div_factor, self.pct_start * self.total_steps - 1
        back = [(2 * up, first)] if self.three_phase else []
        turns = [(0, first), (up, top), *back, (self.total_steps - 1, last)]
        for (begin, a), (end, b) in pairwise(turns):
            if begin <= step < end:
                return b + (a - b) * ANNEALING[self.anneal_strategy]((step - begin) / (end - begin))
        return last


def half_wave(x: float) -> float:
    """(1 + cos(pi x)) / 2: from 1 at x = 0 to 0 at x = 1, level at both ends."""
    return (1 + math.cos(math.pi * x)) / 2


ANNEALING: dict[str, Callable[[float], float]] = {"cos": half_wave, "linear": lambda x: 1 - x}
