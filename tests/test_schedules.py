"""Schedules: the learning rate by its formula, and PyTorch's where it has the same."""

import json

import pytest
import torch

from pellucid import schedules
from pellucid.errors import SettingError
from pellucid.schedules import (
    CosineDecay,
    CosineDecayRestarts,
    ExponentialDecay,
    InverseTimeDecay,
    LearningRateSchedule,
    OneCycle,
    PiecewiseConstantDecay,
    PolynomialDecay,
    StepDecay,
)

from .saying import says

CASES = [
    InverseTimeDecay(0.1, 5, 0.9, staircase=True),
    ExponentialDecay(0.1, 5, 0.9, staircase=True),
    StepDecay(0.1, 5, 0.5),
    PiecewiseConstantDecay([5, 20], [0.1, 0.05, 0.01]),
    PolynomialDecay(0.1, 5, 0.01, power=2.0, cycle=True),
    CosineDecay(0.0, 30, alpha=0.1, warmup_target=0.1, warmup_steps=10),
    CosineDecayRestarts(0.1, 5, t_mul=1.5, m_mul=0.9, alpha=0.1),
    OneCycle(0.1, 30, 0.2, "linear", 10.0, 100.0, three_phase=True),
]
every_case = pytest.mark.parametrize("schedule", CASES, ids=lambda s: type(s).__name__)


def rates(schedule, steps):
    return [schedule(step) for step in steps]


def theirs(scheduler, n, start, **settings):
    """The rates of n steps by one of PyTorch's schedulers."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], start)
    other, found = getattr(torch.optim.lr_scheduler, scheduler)(optimizer, **settings), []
    for step in range(n):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step < n - 1:
            other.step()
    return found


# -- by their formulas ----------------------------------------------------------------------------


def test_the_decay_of_the_notes_by_epoch():
    # alpha0 / (1 + decay_rate epoch), for epochs of 7 batches: 0.2, 0.1, 0.0667, 0.05
    alpha = InverseTimeDecay(0.2, decay_steps=7, decay_rate=1.0, staircase=True)
    for epoch in range(4):
        for batch in range(7):
            assert alpha(7 * epoch + batch) == pytest.approx(0.2 / (1 + epoch))


def test_inverse_time_decay_between_epochs():
    alpha = InverseTimeDecay(0.2, decay_steps=10, decay_rate=0.5)
    assert alpha(0) == 0.2
    assert alpha(5) == pytest.approx(0.2 / 1.25)
    assert alpha(20) == pytest.approx(0.1)


def test_exponential_decay():
    alpha = ExponentialDecay(0.2, decay_steps=10, decay_rate=0.25)
    assert alpha(0) == 0.2
    assert alpha(5) == pytest.approx(0.1)
    assert alpha(20) == pytest.approx(0.2 / 16)
    stairs = ExponentialDecay(0.2, decay_steps=10, decay_rate=0.25, staircase=True)
    assert stairs(9) == 0.2
    assert stairs(10) == pytest.approx(0.05)


def test_step_decay():
    alpha = StepDecay(0.8, decay_steps=3, decay_rate=0.5)
    assert rates(alpha, range(8)) == pytest.approx([0.8] * 3 + [0.4] * 3 + [0.2] * 2)
    assert StepDecay(0.8, 3)(3) == pytest.approx(0.08)


def test_piecewise_constants_hold_up_to_their_boundaries():
    alpha = PiecewiseConstantDecay([2, 4], [1.0, 0.5, 0.1])
    assert rates(alpha, range(6)) == [1.0, 1.0, 1.0, 0.5, 0.5, 0.1]
    assert PiecewiseConstantDecay([], [0.3])(7) == 0.3


def test_polynomial_decay():
    # 0.2 + 0.8 (1 - step / 4):   1, 0.8, 0.6, 0.4, 0.2, and no further
    alpha = PolynomialDecay(1.0, decay_steps=4, end_learning_rate=0.2)
    assert rates(alpha, range(7)) == pytest.approx([1.0, 0.8, 0.6, 0.4, 0.2, 0.2, 0.2])
    # 0.2 + 0.8 (1 - step / 4)^2 at 2: 0.2 + 0.2
    assert PolynomialDecay(1.0, 4, 0.2, power=2.0)(2) == pytest.approx(0.4)
    assert PolynomialDecay(1.0, 4)(4) == 0.0001


def test_a_polynomial_decay_that_cycles():
    # from step 5 on, 4 becomes 8: 0.2 + 0.8 (1 - 5 / 8) = 0.5; at 8 the end; from 9 on, 12
    alpha = PolynomialDecay(1.0, decay_steps=4, end_learning_rate=0.2, cycle=True)
    assert rates(alpha, (0, 4, 5, 8, 9)) == pytest.approx([1.0, 0.2, 0.5, 0.2, 0.4])


def test_cosine_decay():
    # 0.1 + 0.9 (1 + cos(pi step / 6)) / 2: cos = 1, 0.5, 0, -0.5, -1 at 0, 2, 3, 4, 6
    alpha = CosineDecay(2.0, decay_steps=6, alpha=0.1)
    expected = [2.0, 2 * 0.775, 2 * 0.55, 2 * 0.325, 0.2, 0.2]
    assert rates(alpha, (0, 2, 3, 4, 6, 9)) == pytest.approx(expected)


def test_cosine_decay_with_a_warm_up():
    # 0.1 + 0.9 step / 3: 0.1, 0.4, 0.7; then from 1 along the cosine within 6 steps
    alpha = CosineDecay(0.1, decay_steps=6, warmup_target=1.0, warmup_steps=3)
    expected = [0.1, 0.4, 0.7, 1.0, 0.75, 0.5, 0.25, 0.0, 0.0]
    assert rates(alpha, (0, 1, 2, 3, 5, 6, 7, 9, 20)) == pytest.approx(expected)
    assert CosineDecay(0.0, 6, warmup_target=1.0, warmup_steps=2)(0) == 0.0


def test_cosine_decays_that_start_again():
    # periods of 2, 4, 8 steps from 0, 2, 6, of heights 1, 0.5, 0.25
    alpha = CosineDecayRestarts(1.0, first_decay_steps=2, m_mul=0.5)
    expected = [1.0, 0.5, 0.5, 0.25, 0.0732233, 0.25, 0.125]
    assert rates(alpha, (0, 1, 2, 4, 5, 6, 10)) == pytest.approx(expected)
    # alpha = 0.2 is left over of each: 0.2 + 0.8 0.5 in the middle of the first, 0.2 + 0.8 0.25
    low = CosineDecayRestarts(1.0, 2, m_mul=0.5, alpha=0.2)
    assert rates(low, (1, 4)) == pytest.approx([0.6, 0.4])
    equal = CosineDecayRestarts(1.0, 4, t_mul=1.0)
    assert rates(equal, (0, 2, 4, 10**9 + 2)) == pytest.approx([1.0, 0.5, 1.0, 0.5])


def test_one_cycle_by_hand():
    # 0.4 100 - 1 = 39 steps up from 1 / 10 to 1, 60 down to 1 / 100, in straight lines
    alpha = OneCycle(1.0, 100, 0.4, "linear", div_factor=10.0, final_div_factor=10.0)
    expected = [0.1, 0.1 + 0.9 / 3, 1.0, 0.505, 0.01, 0.01]
    assert rates(alpha, (0, 13, 39, 69, 99, 1000)) == pytest.approx(expected)
    # with three phases: down to 1 / 10 at step 78, to 1 / 100 at 99
    alpha = OneCycle(1.0, 100, 0.4, "linear", 10.0, 10.0, three_phase=True)
    assert rates(alpha, (39, 78, 85, 99)) == pytest.approx([1.0, 0.1, 0.1 - 0.09 / 3, 0.01])


def test_one_cycle_of_one_step_or_without_a_rise():
    assert OneCycle(1.0, 1)(0) == pytest.approx(4e-6)
    assert OneCycle(1.0, 10, pct_start=0.1)(0) == pytest.approx(1.0)
    assert OneCycle(1.0, 11, pct_start=1.0)(10) == pytest.approx(4e-6)


# -- against PyTorch ------------------------------------------------------------------------------


@pytest.mark.parametrize("strategy", ["cos", "linear"])
@pytest.mark.parametrize("three_phase", [False, True])
@pytest.mark.parametrize("pct_start", [0.25, 0.3, 0.5])
def test_one_cycle_is_torchs(strategy, three_phase, pct_start):
    settings = {"anneal_strategy": strategy, "three_phase": three_phase, "pct_start": pct_start}
    ours = OneCycle(0.5, 40, **settings)
    other = theirs("OneCycleLR", 40, 0.1, max_lr=0.5, total_steps=40, **settings)
    assert rates(ours, range(40)) == pytest.approx(other, rel=1e-12)


@pytest.mark.parametrize(
    ("ours", "name", "settings"),
    [
        (StepDecay(0.1, 7, 0.3), "StepLR", {"step_size": 7, "gamma": 0.3}),
        (ExponentialDecay(0.1, 1, 0.9), "ExponentialLR", {"gamma": 0.9}),
        (
            PiecewiseConstantDecay([6, 19], [0.1, 0.05, 0.025]),
            "MultiStepLR",
            {"milestones": [7, 20], "gamma": 0.5},
        ),
        (PolynomialDecay(0.1, 20, 0.0, 1.5), "PolynomialLR", {"total_iters": 20, "power": 1.5}),
        (
            CosineDecayRestarts(0.1, 5, alpha=0.2),
            "CosineAnnealingWarmRestarts",
            {"T_0": 5, "T_mult": 2, "eta_min": 0.02},
        ),
    ],
)
def test_schedules_are_torchs(ours, name, settings):
    assert rates(ours, range(30)) == pytest.approx(theirs(name, 30, 0.1, **settings), abs=1e-14)


def test_cosine_decay_is_torchs():
    other = theirs("CosineAnnealingLR", 30, 0.1, T_max=29, eta_min=0.02)
    assert rates(CosineDecay(0.1, 29, 0.2), range(30)) == pytest.approx(other, rel=1e-10)


# -- settings -------------------------------------------------------------------------------------


def test_every_schedule_is_tested_here():
    assert set(schedules.registry.known.values()) == {type(case) for case in CASES}


@every_case
def test_settings_go_through_json(schedule):
    kind = type(schedule).__name__
    config = json.loads(json.dumps({"class": kind, "config": schedule.get_config()}))
    again = schedules.get(config)
    assert again.get_config() == schedule.get_config()
    assert again.name == kind
    assert rates(again, range(50)) == rates(schedule, range(50))


@every_case
def test_rates_are_plain_numbers(schedule):
    assert all(type(rate) in (float, int) for rate in rates(schedule, range(0, 50, 7)))


GOOD = {
    InverseTimeDecay: (0.1, 5, 0.5),
    ExponentialDecay: (0.1, 5, 0.5),
    StepDecay: (0.1, 5, 0.5),
    PolynomialDecay: (0.1, 5, 0.01),
    CosineDecay: (0.1, 5),
    CosineDecayRestarts: (0.1, 5),
    OneCycle: (0.1, 5),
}
ABOVE = [
    *[(k, "initial_learning_rate") for k in GOOD if k is not OneCycle],
    *[(k, "decay_steps") for k in GOOD if k not in (OneCycle, CosineDecayRestarts)],
    *[(StepDecay, "decay_rate"), (CosineDecay, "warmup_target")],
    *[(CosineDecayRestarts, name) for name in ("first_decay_steps", "m_mul")],
    *[(OneCycle, name) for name in ("max_learning_rate", "total_steps")],
    *[(OneCycle, name) for name in ("div_factor", "final_div_factor")],
]
FROM = [
    *[(PolynomialDecay, "end_learning_rate"), (PolynomialDecay, "power"), (CosineDecay, "alpha")],
    *[(CosineDecay, "warmup_steps"), (CosineDecayRestarts, "alpha")],
]


def made(kind, name, value):
    names = list(kind.__init__.__code__.co_varnames[1:])
    return kind(**dict(zip(names, GOOD[kind], strict=False)) | {name: value})


@pytest.mark.parametrize(("kind", "name"), ABOVE)
@pytest.mark.parametrize("value", [0, -1])
def test_settings_that_have_to_be_above_0(kind, name, value):
    text = f"{kind.__name__}: expected {name} above 0; got {value}. Give {name} a positive number."
    with says(SettingError, text):
        made(kind, name, value)


@pytest.mark.parametrize(("kind", "name"), FROM)
def test_settings_that_may_be_0_but_not_below(kind, name):
    text = f"{kind.__name__}: expected {name} from 0; got -1. Give {name} 0 or a positive number."
    made(kind, name, 0)
    with says(SettingError, text):
        made(kind, name, -1)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (
            lambda: PiecewiseConstantDecay([5], [0.1]),
            "PiecewiseConstantDecay: expected one value more than boundaries; got 1 boundaries and "
            "1 values. Add the value after the last boundary.",
        ),
        (
            lambda: PiecewiseConstantDecay([5, 3], [0.1, 0.2, 0.3]),
            "PiecewiseConstantDecay: expected boundaries that rise; got [5, 3]. Sort them.",
        ),
        (
            lambda: CosineDecay(0.1, 5, warmup_steps=3),
            "CosineDecay: expected a warmup_target too; got warmup_steps=3 alone. "
            "Give the rate to rise to.",
        ),
        (
            lambda: CosineDecayRestarts(0.1, 5, t_mul=0.5),
            "CosineDecayRestarts: expected t_mul from 1; got 0.5. "
            "Periods that became shorter would come to an end.",
        ),
        (
            lambda: OneCycle(0.1, 5, pct_start=1.5),
            "OneCycle: expected pct_start from 0 to 1; got 1.5. Try 0.3.",
        ),
        (
            lambda: OneCycle(0.1, 5, pct_start=0.6, three_phase=True),
            "OneCycle: expected pct_start from 0 to 0.5; got 0.6. Try 0.3.",
        ),
        (
            lambda: OneCycle(0.1, 5, anneal_strategy="line"),
            "OneCycle: expected anneal_strategy to be one of cos, linear; got 'line'. "
            "Did you mean 'linear'?",
        ),
    ],
)
def test_settings_that_are_refused(make, text):
    with says(SettingError, text):
        make()


def test_a_schedule_of_ones_own():
    class Steps(LearningRateSchedule):
        def __init__(self, rates):
            self.rates = rates

        def __call__(self, step):
            return self.rates[min(step, len(self.rates) - 1)]

    assert Steps([0.1, 0.01])(7) == 0.01
    assert Steps([0.1]).get_config() == {"rates": [0.1]}
    with pytest.raises(TypeError, match=r"LearningRateSchedule needs a method __call__"):
        LearningRateSchedule()(0)
