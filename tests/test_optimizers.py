"""Optimisers: each rule against steps by hand and against PyTorch, and what holds for all."""

import inspect
import json
import math

import numpy as np
import pytest
import torch

from pellucid import optimizers
from pellucid.errors import SettingError
from pellucid.optimizers import SGD, Adam, Optimizer, RMSprop
from pellucid.registry import custom
from pellucid.schedules import InverseTimeDecay

from .saying import says

torch.set_num_threads(1)

VARIANTS = [
    (SGD, {}),
    (SGD, {"momentum": 0.9}),
    (SGD, {"momentum": 0.9, "nesterov": True}),
    (RMSprop, {}),
    (RMSprop, {"momentum": 0.9}),
    (RMSprop, {"centered": True}),
    (RMSprop, {"centered": True, "momentum": 0.5}),
    (Adam, {}),
    (Adam, {"amsgrad": True}),
]
every_variant = pytest.mark.parametrize(
    ("kind", "settings"), VARIANTS, ids=[f"{k.__name__}{list(s)}" for k, s in VARIANTS]
)


def steps(optimizer, start, gradients):
    """theta after each step, for gradients that are given."""
    theta, found = np.array(start, dtype="float64"), []
    for g in gradients:
        optimizer.apply(theta, np.array(g, dtype="float64"))
        found.append(theta.tolist())
    return found


def test_every_registered_optimizer_is_tested_here():
    assert set(optimizers.registry.known.values()) == {kind for kind, _ in VARIANTS}


# -- by hand: theta = 1, gradients 2, -1, 4 -------------------------------------------------------

THETA, G = [1.0], [[2.0], [-1.0], [4.0]]


def test_sgd_by_hand():
    # 1 - 0.1 2 = 0.8;   0.8 + 0.1 = 0.9;   0.9 - 0.4 = 0.5
    assert np.allclose(steps(SGD(0.1), THETA, G), [[0.8], [0.9], [0.5]])


def test_momentum_by_hand():
    # v = 0.5 v - 0.1 g:   -0.2;   -0.1 + 0.1 = 0;   0 - 0.4 = -0.4
    # theta = theta + v:    0.8;    0.8;              0.4
    assert np.allclose(steps(SGD(0.1, momentum=0.5), THETA, G), [[0.8], [0.8], [0.4]])


def test_nesterov_by_hand():
    # v as above;  theta = theta + 0.5 v - 0.1 g:
    # 1 - 0.1 - 0.2 = 0.7;   0.7 + 0 + 0.1 = 0.8;   0.8 - 0.2 - 0.4 = 0.2
    found = steps(SGD(0.1, momentum=0.5, nesterov=True), THETA, G)
    assert np.allclose(found, [[0.7], [0.8], [0.2]])


def test_rmsprop_by_hand():
    # s = 0.5 s + 0.5 g^2:       2;               1 + 0.5 = 1.5;       0.75 + 8 = 8.75
    # step 0.1 g / sqrt(s + 2):  0.2 / 2 = 0.1;   -0.1 / sqrt(3.5);    0.4 / sqrt(10.75)
    found = steps(RMSprop(0.1, rho=0.5, epsilon=2.0), THETA, G)
    second = 0.9 + 0.1 / math.sqrt(3.5)
    assert np.allclose(found, [[0.9], [second], [second - 0.4 / math.sqrt(10.75)]])


def test_rmsprop_with_momentum_by_hand():
    # steps d as above;  v = 0.5 v + d;  theta = theta - v
    d = [0.1, -0.1 / math.sqrt(3.5), 0.4 / math.sqrt(10.75)]
    v = [d[0], d[0] / 2 + d[1], d[0] / 4 + d[1] / 2 + d[2]]
    found = steps(RMSprop(0.1, rho=0.5, momentum=0.5, epsilon=2.0), THETA, G)
    assert np.allclose(found, [[1 - v[0]], [1 - v[0] - v[1]], [1 - sum(v)]])


def test_centred_rmsprop_by_hand():
    # mean = 0.5 mean + 0.5 g:     1;       0;       2
    # average of g^2, as above:    2;       1.5;     8.75
    # variance, the difference:    1;       1.5;     4.75
    found = steps(RMSprop(0.1, rho=0.5, epsilon=3.0, centered=True), THETA, G)
    first = 1 - 0.2 / math.sqrt(1 + 3)
    second = first + 0.1 / math.sqrt(1.5 + 3)
    assert np.allclose(found, [[first], [second], [second - 0.4 / math.sqrt(4.75 + 3)]])


def test_adam_by_hand():
    # m = 0.5 m + 0.5 g:             1;             0.5 - 0.5 = 0
    # s = 0.75 s + 0.25 g^2:         1;             0.75 + 0.25 = 1
    # corrected: m / (1 - 0.5^t):    1 / 0.5 = 2;   0
    #            s / (1 - 0.75^t):   1 / 0.25 = 4;  1 / 0.4375
    # step 0.1 m_hat / sqrt(s_hat):  0.1 2 / 2;     0
    found = steps(Adam(0.1, beta_1=0.5, beta_2=0.75, epsilon=0.0), THETA, G[:2])
    assert np.allclose(found, [[0.9], [0.9]])


def test_adams_third_step_and_its_epsilon_by_hand():
    # m = 0.5 0 + 2 = 2;   s = 0.75 + 0.25 16 = 4.75;   1 - 0.5^3 = 0.875;   1 - 0.75^3 = 0.578125
    # alpha = 0.1 sqrt(0.578125) / 0.875;   step = alpha m / (sqrt(s) + epsilon)
    alpha = 0.1 * math.sqrt(0.578125) / 0.875
    plain = Adam(0.1, beta_1=0.5, beta_2=0.75, epsilon=0.0)
    assert np.allclose(steps(plain, THETA, G)[-1], [0.9 - alpha * 2 / math.sqrt(4.75)])
    # with epsilon 1: 0.1 (sqrt(0.25) / 0.5) 1 / (1 + 1) = 0.05 in the first step
    assert np.allclose(steps(Adam(0.1, 0.5, 0.75, 1.0), THETA, G[:1]), [[0.95]])


def test_amsgrad_by_hand():
    # gradients 4, 0: m = 2, 1;   s = 0.25 16 = 4, then 3: the largest stays 4
    # second step: 0.1 (1 / 0.75) / sqrt(4 / 0.4375)
    found = steps(Adam(0.1, 0.5, 0.75, 0.0, amsgrad=True), THETA, [[4.0], [0.0]])
    assert np.allclose(found[1][0], found[0][0] - 0.1 / 0.75 / math.sqrt(4 / 0.4375))
    plain = steps(Adam(0.1, 0.5, 0.75, 0.0), THETA, [[4.0], [0.0]])
    assert np.allclose(plain[1][0], plain[0][0] - 0.1 / 0.75 / math.sqrt(3 / 0.4375))


# -- against PyTorch ------------------------------------------------------------------------------


def theirs(make, start, gradients):
    """theta after PyTorch's steps."""
    theta = torch.tensor(start, dtype=torch.float64)
    optimizer = make([theta])
    for g in gradients:
        theta.grad = torch.tensor(g, dtype=torch.float64)
        optimizer.step()
    return theta.tolist()


@pytest.mark.parametrize(
    ("ours", "other"),
    [
        (SGD(0.01), lambda p: torch.optim.SGD(p, 0.01)),
        (SGD(0.01, 0.9), lambda p: torch.optim.SGD(p, 0.01, 0.9)),
        (SGD(0.01, 0.9, True), lambda p: torch.optim.SGD(p, 0.01, 0.9, nesterov=True)),
        (RMSprop(epsilon=0.0), lambda p: torch.optim.RMSprop(p, 0.001, alpha=0.9, eps=0.0)),
        (
            RMSprop(0.01, rho=0.8, momentum=0.5, epsilon=0.0),
            lambda p: torch.optim.RMSprop(p, 0.01, alpha=0.8, eps=0.0, momentum=0.5),
        ),
        (
            RMSprop(0.01, rho=0.8, centered=True, epsilon=0.0),
            lambda p: torch.optim.RMSprop(p, 0.01, alpha=0.8, eps=0.0, centered=True),
        ),
        (Adam(epsilon=0.0), lambda p: torch.optim.Adam(p, eps=0.0)),
        (
            Adam(0.01, 0.8, 0.9, 0.0, amsgrad=True),
            lambda p: torch.optim.Adam(p, 0.01, (0.8, 0.9), eps=0.0, amsgrad=True),
        ),
    ],
)
def test_rules_are_torchs_where_epsilon_does_not_matter(ours, other, rng):
    start, gradients = rng.normal(size=5), rng.normal(size=(30, 5))
    found = steps(ours, start, gradients)[-1]
    assert np.allclose(found, theirs(other, start, gradients), rtol=1e-10)


def test_torchs_rmsprop_adds_epsilon_to_the_root():
    # one step from g = 1 with s = 0.1: 0.1 / sqrt(0.1 + 0.5), and 0.1 / (sqrt(0.1) + 0.5)
    ours = steps(RMSprop(0.1, epsilon=0.5), [0.0], [[1.0]])[-1]
    other = theirs(lambda p: torch.optim.RMSprop(p, 0.1, alpha=0.9, eps=0.5), [0.0], [[1.0]])
    assert np.allclose(ours, -0.1 / math.sqrt(0.6))
    assert np.allclose(other, -0.1 / (math.sqrt(0.1) + 0.5))


def test_adams_epsilon_is_torchs_times_the_root_of_its_correction(rng):
    start, gradients, epsilon = rng.normal(size=5), rng.normal(size=(1, 5)), 0.3
    ours = steps(Adam(0.1, epsilon=epsilon * math.sqrt(1 - 0.999)), start, gradients)[-1]
    other = theirs(lambda p: torch.optim.Adam(p, 0.1, eps=epsilon), start, gradients)
    assert np.allclose(ours, other, rtol=1e-12)


# -- what holds for all ---------------------------------------------------------------------------


@every_variant
def test_a_parabola_is_descended(kind, settings):
    optimizer, slope = kind(0.05, **settings), np.array([1.0, 4.0])
    theta = np.array([2.0, -1.0])
    for _ in range(400):
        optimizer.apply(theta, slope * theta)
    # a step of an optimiser that divides by the gradient's size is as long as its learning rate
    assert abs(theta).max() < 0.1


@every_variant
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_number_type_and_the_vector_itself_are_kept(kind, settings, dtype, rng):
    optimizer = kind(np.float64(0.05), **settings)
    theta, g = rng.normal(size=3).astype(dtype), rng.normal(size=3).astype(dtype)
    same, before = theta, g.copy()
    for _ in range(3):
        optimizer.apply(theta, g)
    assert theta is same
    assert theta.dtype == dtype
    assert np.array_equal(g, before)
    assert set(optimizer.state) == set(optimizer.slots)
    assert all(v.dtype == dtype and v.shape == (3,) for v in optimizer.state.values())
    assert optimizer.iterations == 3


@every_variant
def test_settings_and_slots_make_an_equal_optimizer(kind, settings, rng):
    first = kind(InverseTimeDecay(0.1, 2, 0.5), **settings)
    theta, gradients = rng.normal(size=3), rng.normal(size=(6, 3))
    for g in gradients[:3]:
        first.apply(theta, g)
    config = json.loads(json.dumps({"class": kind.__name__, "config": first.get_config()}))
    second = optimizers.get(config)
    assert second.get_config() == first.get_config()
    second.iterations = first.iterations
    second.state = {name: slot.copy() for name, slot in first.state.items()}
    other = theta.copy()
    for g in gradients[3:]:
        first.apply(theta, g)
        second.apply(other, g)
    assert np.array_equal(theta, other)


@every_variant
def test_every_rule_is_at_most_15_lines(kind, settings):
    lines = inspect.getsource(kind.update).splitlines()
    assert len(lines) <= 15
    assert kind.update.__doc__


@every_variant
@pytest.mark.parametrize("rate", [0, -0.1, float("nan")])
def test_a_learning_rate_that_is_not_above_0_is_refused(kind, settings, rate):
    text = f"{kind.__name__}: expected a learning rate above 0; got {rate!r}. Try 0.001."
    with says(SettingError, text):
        kind(learning_rate=rate, **settings)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (SGD, "momentum"),
        (RMSprop, "rho"),
        (RMSprop, "momentum"),
        (Adam, "beta_1"),
        (Adam, "beta_2"),
    ],
)
@pytest.mark.parametrize("value", [-0.1, 1, 9])
def test_a_share_out_of_range_is_refused(kind, name, value):
    text = f"{kind.__name__}: expected {name} from 0 to below 1; got {value!r}. Try 0.9."
    with says(SettingError, text):
        kind(**{name: value})


def test_defaults_are_kerass():
    assert SGD().get_config() == {
        "learning_rate": 0.01,
        "momentum": 0.0,
        "nesterov": False,
        "name": "sgd",
    }
    assert RMSprop().get_config() == {
        "learning_rate": 0.001,
        "rho": 0.9,
        "momentum": 0.0,
        "epsilon": 1e-7,
        "centered": False,
        "name": "rmsprop",
    }
    assert Adam().get_config() == {
        "learning_rate": 0.001,
        "beta_1": 0.9,
        "beta_2": 0.999,
        "epsilon": 1e-7,
        "amsgrad": False,
        "name": "adam",
    }


def test_a_schedule_gives_each_step_its_rate():
    # 0.1 / (1 + step): 0.1, 0.05, 0.0333; theta = 0 - 0.1 - 0.05 - 0.0333
    optimizer = SGD(InverseTimeDecay(0.1, 1, 1.0))
    found = steps(optimizer, [0.0], [[1.0]] * 3)
    assert np.allclose(found, [[-0.1], [-0.15], [-0.55 / 3]])
    assert optimizer.current_learning_rate == pytest.approx(0.025)


def halving(step):
    return 0.1 / 2**step


def test_a_plain_function_of_the_step_is_a_schedule():
    assert np.allclose(steps(SGD(halving), [0.0], [[1.0]] * 3), [[-0.1], [-0.15], [-0.175]])
    config = SGD(halving).get_config()
    assert config["learning_rate"] == "halving"
    with custom({"halving": halving}):
        assert SGD.from_config(config).learning_rate is halving


def test_a_centred_average_of_large_equal_gradients_stays_finite_in_float32():
    optimizer, theta = RMSprop(1e-3, centered=True), np.zeros(1, "float32")
    for _ in range(200):
        optimizer.apply(theta, np.float32([1e3]))
        assert (optimizer.state["s"] >= 0).all()
    assert np.isfinite(theta).all()


def test_a_rule_of_ones_own_needs_its_slots_and_one_method():
    class Signs(Optimizer):
        """theta = theta - alpha sign(average of g)."""

        slots = ("m",)

        def __init__(self, learning_rate=0.01, beta=0.5, **settings):
            super().__init__(learning_rate, **settings)
            self.beta = beta

        def update(self, theta, g, alpha, t, m):
            m += (1 - self.beta) * (g - m)
            theta -= alpha * np.sign(m)

    assert np.allclose(steps(Signs(0.1), [0.0], G), [[-0.1], [-0.1], [-0.2]])
    assert Signs().get_config() == {"learning_rate": 0.01, "beta": 0.5, "name": "signs"}
    with pytest.raises(TypeError, match="Optimizer needs a method update"):
        Optimizer().apply(np.zeros(1), np.zeros(1))


def test_optimizers_by_name():
    assert type(optimizers.get("rmsprop")) is RMSprop
    assert type(optimizers.get("SGD")) is SGD
    adam = Adam()
    assert optimizers.get(adam) is adam
    text = "optimizer: expected a known optimizer; got 'adamm'. Did you mean 'Adam'?"
    with says(SettingError, text):
        optimizers.get("adamm")
