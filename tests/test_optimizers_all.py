"""What holds for every optimiser, and how one is asked for."""

import inspect
import json

import numpy as np
import pytest

from pellucid import optimizers
from pellucid.errors import SettingError
from pellucid.optimizers import SGD, Adam, Optimizer, RMSprop
from pellucid.registry import custom
from pellucid.schedules import InverseTimeDecay

from .optimizer_steps import steps
from .saying import says

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


def test_every_registered_optimizer_is_tested_here():
    assert set(optimizers.registry.known.values()) == {kind for kind, _ in VARIANTS}


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

    assert np.allclose(steps(Signs(0.1), [0.0], [[2.0], [-1.0], [4.0]]), [[-0.1], [-0.1], [-0.2]])
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
