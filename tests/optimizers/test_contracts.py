"""What holds for every optimiser, and how one is asked for."""

import inspect
import json

import numpy as np
import pytest

import pellucid
from pellucid import Input, Sequential, optimizers
from pellucid.engines import use
from pellucid.errors import SettingError
from pellucid.layers import Dense
from pellucid.optimizers import (
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    Lion,
    Muon,
    Nadam,
    Optimizer,
    RMSprop,
)
from pellucid.registry import custom
from pellucid.schedules import InverseTimeDecay

from ..bringing import brought, type_of
from ..saying import says
from .steps import steps

VARIANTS = [
    (SGD, {}),
    (SGD, {"momentum": 0.9}),
    (SGD, {"momentum": 0.9, "nesterov": True}),
    (Lion, {}),
    (Adagrad, {}),
    (Adadelta, {}),
    (RMSprop, {}),
    (RMSprop, {"momentum": 0.9}),
    (RMSprop, {"centered": True}),
    (RMSprop, {"centered": True, "momentum": 0.5}),
    (Adam, {}),
    (Adam, {"amsgrad": True}),
    (AdamW, {}),
    (Adamax, {}),
    (Nadam, {}),
    (Muon, {}),
]
IDS = [f"{k.__name__}{list(s)}" for k, s in VARIANTS]
every_variant = pytest.mark.parametrize(("kind", "settings"), VARIANTS, ids=IDS)
elementwise = [variant for variant in VARIANTS if variant[0].elementwise]
ROUND = {  # everything that may stand around a rule
    "weight_decay": 0.1,
    "global_clipnorm": 2.0,
    "use_ema": True,
    "ema_momentum": 0.5,
    "gradient_accumulation_steps": 2,
    "excluded_from_weight_decay": ["bias"],
}
PARABOLA = {Adadelta: 10.0, Adagrad: 0.5}  # learning rates, where they are not as all others'
VALLEY = {Adadelta: 1.0, Adagrad: 0.1}


def test_every_registered_optimizer_is_tested_here():
    assert set(optimizers.registry.known.values()) == {kind for kind, _ in VARIANTS}
    assert {kind.__name__ for kind, _ in VARIANTS} < set(optimizers.__all__)


@every_variant
def test_a_parabola_is_descended(kind, settings, engine):
    optimizer = kind(PARABOLA.get(kind, 0.05), **settings)
    theta, slope = brought(engine, [np.array([2.0, -1.0]), np.array([1.0, 4.0])])
    for _ in range(400):
        optimizer.apply(theta, slope * theta)
    # a step of an optimiser that divides by the gradient's size is as long as its learning rate
    assert abs(theta).max() < 0.1


@every_variant
def test_rosenbrocks_valley_is_descended(kind, settings):
    """f = (1 - x)^2 + 100 (y - x^2)^2, from (-1, 1): 4 at the start, 0 at (1, 1)."""
    optimizer, theta = kind(VALLEY.get(kind, 0.002), **settings), np.array([-1.0, 1.0])
    for _ in range(1000):
        x, y = theta
        optimizer.apply(theta, np.array([2 * (x - 1) - 400 * x * (y - x * x), 200 * (y - x * x)]))
    x, y = theta
    assert (1 - x) ** 2 + 100 * (y - x * x) ** 2 < 0.5


@every_variant
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("around", [{}, ROUND], ids=["alone", "with all around it"])
def test_the_number_type_and_the_vector_itself_are_kept(kind, settings, dtype, around, engine, rng):
    numbers = {
        k: np.float64(v) if isinstance(v, float) else v for k, v in (settings | around).items()
    }
    optimizer = kind(np.float64(0.05), **numbers)
    before = rng.normal(size=3).astype(dtype)
    theta, g = brought(engine, [rng.normal(size=3).astype(dtype), before.copy()])
    same = theta
    for _ in range(4):
        optimizer.apply(theta, g)
    assert theta is same
    assert type_of(theta) == dtype
    assert np.array_equal(g, before)
    assert set(optimizer.slots) <= set(optimizer.state) == set(optimizer.remembered)
    assert all(type_of(v) == dtype and v.shape == (3,) for v in optimizer.state.values())
    assert optimizer.iterations == (2 if around else 4)


@pytest.mark.parametrize(("kind", "settings"), elementwise)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_parts_of_the_vectors_give_what_the_whole_gives(kind, settings, dtype, rng):
    """To the bit, in any order: so that threads may share them."""
    optimizer, n = kind(0.01, **settings), 1000
    start, gradients = rng.normal(size=n).astype(dtype), rng.normal(size=(3, n)).astype(dtype)
    cuts = [slice(700, 1000), slice(0, 1), slice(1, 333), slice(333, 700)]
    whole, parts = start.copy(), start.copy()
    kept = [{slot: optimizer.first(slot, start) for slot in optimizer.slots} for _ in range(2)]
    for t, g in enumerate(gradients, 1):
        optimizer.update(whole, g, 0.01, t, **kept[0])
        for cut in cuts:
            slots = {slot: vector[cut] for slot, vector in kept[1].items()}
            optimizer.update(parts[cut], g[cut], 0.01, t, **slots)
    assert not np.array_equal(whole, start)
    assert np.array_equal(whole, parts)
    assert all(np.array_equal(kept[0][slot], kept[1][slot]) for slot in optimizer.slots)


@every_variant
def test_settings_and_slots_make_an_equal_optimizer(kind, settings, rng):
    first = kind(InverseTimeDecay(0.1, 2, 0.5), **settings, **ROUND)
    theta, gradients = rng.normal(size=3), rng.normal(size=(8, 3))
    for g in gradients[:3]:
        first.apply(theta, g)
    config = json.loads(json.dumps({"class": kind.__name__, "config": first.get_config()}))
    second = optimizers.get(config)
    assert second.get_config() == first.get_config()
    second.iterations, second.waiting = first.iterations, first.waiting
    second.state = {name: slot.copy() for name, slot in first.state.items()}
    other = theta.copy()
    for g in gradients[3:]:
        first.apply(theta, g)
        second.apply(other, g)
    assert np.array_equal(theta, other)
    assert first.iterations == 4


def network(optimizer, **settings):
    pellucid.set_random_seed(0)
    layers = [
        Dense(5, "tanh", **settings),
        Dense(4, "tanh", name="frozen", trainable=False, **settings),
        Dense(1, **settings),
    ]
    model = Sequential([Input((3,)), *layers], **settings)
    model.compile(optimizer, "mse")
    return model


@every_variant
@pytest.mark.parametrize("around", [{}, ROUND], ids=["alone", "with all around it"])
def test_a_model_goes_on_from_its_file_and_leaves_frozen_layers_alone(
    kind, settings, around, engine, rng, tmp_path
):
    x, y = rng.normal(size=(8, 3)), rng.normal(size=8)
    model = network(kind(0.01, **settings, **around))
    start = model.get_weights()
    for _ in range(3):
        model.train_on_batch(x, y)
    model.save(tmp_path / "model")
    loaded = pellucid.load(tmp_path / "model")
    for each in (model, loaded):
        for _ in range(3):
            each.train_on_batch(x, y)
    assert all(map(np.array_equal, model.get_weights(), loaded.get_weights()))
    moved = [not np.array_equal(a, b) for a, b in zip(start, model.get_weights(), strict=True)]
    assert moved == [True, True, False, False, True, True]


@every_variant
@pytest.mark.parametrize("around", [{}, ROUND], ids=["alone", "with all around it"])
def test_the_engines_agree(kind, settings, around, engine, rng):
    """In float64, after four steps of one model; the last ones on the engine it was moved to."""
    x, y, found = rng.normal(size=(8, 3)), rng.normal(size=8), []
    for other in (None, engine):
        use("numpy")
        model = network(kind(0.01, **settings, **around), dtype="float64")
        for step in range(4):
            if step == 1 and other is not None:
                assert model.to(other) is model
            model.train_on_batch(x, y)
        found.append(model.get_weights())
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-9, atol=1e-12)


@every_variant
def test_every_rule_is_at_most_15_lines(kind, settings):
    lines = inspect.getsource(kind.update).splitlines()
    assert len(lines) <= 15
    assert kind.update.__doc__


@every_variant
def test_a_schedule_gives_each_step_its_rate(kind, settings, rng):
    """Steps at 0.1 / (1 + step) are those of three optimisers at constant rates with one state."""
    theta, gradients = rng.normal(size=3), rng.normal(size=(3, 3))
    scheduled = kind(InverseTimeDecay(0.1, 1, 1.0), **settings)
    found, other, state = steps(scheduled, theta, gradients), theta.copy(), {}
    for i, g in enumerate(gradients):
        constant = kind(0.1 / (1 + i), **settings)
        constant.iterations, constant.state = i, state
        constant.apply(other, g)
        state = constant.state
    np.testing.assert_allclose(found[-1], other, rtol=1e-12)
    assert scheduled.current_learning_rate == pytest.approx(0.025)


def halving(step):
    return 0.1 / 2**step


def test_a_plain_function_of_the_step_is_a_schedule():
    assert np.allclose(steps(SGD(halving), [0.0], [[1.0]] * 3), [[-0.1], [-0.15], [-0.175]])
    config = SGD(halving).get_config()
    assert config["learning_rate"] == "halving"
    with custom({"halving": halving}):
        assert SGD.from_config(config).learning_rate is halving


# -- settings -------------------------------------------------------------------------------------


@every_variant
@pytest.mark.parametrize("rate", [0, -0.1, float("nan")])
def test_a_learning_rate_that_is_not_above_0_is_refused(kind, settings, rate):
    text = f"{kind.__name__}: expected learning_rate above 0; got {rate!r}. Try 0.001."
    with says(SettingError, text):
        kind(learning_rate=rate, **settings)


SHARES = [
    *[(SGD, "momentum"), (RMSprop, "rho"), (RMSprop, "momentum"), (Adadelta, "rho")],
    *[(kind, name) for kind in (Adam, Adamax, Nadam, Lion) for name in ("beta_1", "beta_2")],
    *[(Muon, name) for name in ("adam_beta_1", "adam_beta_2", "momentum")],
]


@pytest.mark.parametrize(("kind", "name"), SHARES)
@pytest.mark.parametrize("value", [-0.1, 1, 9])
def test_a_share_out_of_range_is_refused(kind, name, value):
    text = f"{kind.__name__}: expected {name} from 0 to below 1; got {value!r}. Try 0.9."
    with says(SettingError, text):
        kind(**{name: value})


AMOUNTS = [
    *[(kind, "epsilon") for kind in (Adagrad, Adadelta, RMSprop, Adam, Adamax, Nadam, Muon)],
    *[(kind, "weight_decay") for kind in (SGD, AdamW, Muon)],
    *[(Muon, "adam_weight_decay"), (Muon, "adam_lr_ratio")],
    (Adagrad, "initial_accumulator_value"),
]


@pytest.mark.parametrize(("kind", "name"), AMOUNTS)
def test_an_amount_below_0_is_refused(kind, name):
    text = f"{kind.__name__}: expected {name} from 0; got -0.1. Give {name} 0 or a positive number."
    with says(SettingError, text):
        kind(**{name: -0.1})


def test_muons_other_settings_out_of_range_are_refused():
    text = "Muon: expected ns_steps to be a whole number from 1; got 0. Try 1."
    with says(SettingError, text):
        Muon(ns_steps=0)
    text = "Muon: expected rms_rate above 0; got 0. Give rms_rate a positive number."
    with says(SettingError, text):
        Muon(rms_rate=0)


BASE = {
    "weight_decay": None,
    "clipnorm": None,
    "clipvalue": None,
    "global_clipnorm": None,
    "use_ema": False,
    "ema_momentum": 0.99,
    "ema_overwrite_frequency": None,
    "gradient_accumulation_steps": None,
    "excluded_from_weight_decay": [],
}
ADAM = {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}
DEFAULTS = {
    SGD: {"learning_rate": 0.01, "momentum": 0.0, "nesterov": False},
    Lion: {"beta_1": 0.9, "beta_2": 0.99},
    Adagrad: {"initial_accumulator_value": 0.1, "epsilon": 1e-7},
    Adadelta: {"rho": 0.95, "epsilon": 1e-7},
    RMSprop: {"rho": 0.9, "momentum": 0.0, "epsilon": 1e-7, "centered": False},
    Adam: ADAM | {"amsgrad": False},
    AdamW: ADAM | {"amsgrad": False, "weight_decay": 0.004},
    Adamax: ADAM,
    Nadam: ADAM,
    Muon: {
        **{"adam_beta_1": 0.9, "adam_beta_2": 0.999, "adam_weight_decay": 0.004, "epsilon": 1e-7},
        **{"weight_decay": 0.004, "exclude_layers": [], "exclude_embeddings": True},
        **{"muon_a": 3.4445, "muon_b": -4.775, "muon_c": 2.0315, "adam_lr_ratio": 1.0},
        **{"momentum": 0.95, "ns_steps": 5, "nesterov": True, "rms_rate": 0.2},
    },
}


@pytest.mark.parametrize("kind", DEFAULTS)
def test_defaults_are_kerass(kind):
    always = BASE | {"learning_rate": 0.001, "name": kind.__name__.lower()}
    assert kind().get_config() == always | DEFAULTS[kind]


def test_arguments_stand_in_kerass_order():
    assert (
        AdamW(0.1, 0.2, 0.3, 0.4, 0.5, True).get_config()
        == AdamW(
            learning_rate=0.1, weight_decay=0.2, beta_1=0.3, beta_2=0.4, epsilon=0.5, amsgrad=True
        ).get_config()
    )
    assert Adagrad(0.1, 0.2, 0.3).initial_accumulator_value == 0.2


# -- how one is asked for, and written ------------------------------------------------------------


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
    assert Signs().get_config() == BASE | {"learning_rate": 0.01, "beta": 0.5, "name": "signs"}
    with pytest.raises(TypeError, match="Optimizer needs a method update"):
        Optimizer().apply(np.zeros(1), np.zeros(1))


def test_a_rule_that_needs_shapes_is_given_one_parameter_after_another():
    class Lengths(Optimizer):
        """Steps of length alpha against each parameter's own gradient; notes the shapes."""

        elementwise = False

        def update(self, theta, g, alpha, t):
            seen.append(theta.shape)
            theta -= alpha * g / np.linalg.norm(g)

    seen = []
    model = Sequential([Input((2,)), Dense(3), Dense(1)])
    model.compile(Lengths(0.5), "mse")
    before = model.get_weights()
    model.train_on_batch(np.ones((4, 2)), np.ones(4))
    assert seen == [(2, 3), (3,), (3, 1), (1,)]
    for a, b in zip(before, model.get_weights(), strict=True):
        assert np.linalg.norm(a - b) == pytest.approx(0.5, rel=1e-5)


def test_optimizers_by_name():
    for kind, _ in VARIANTS:
        assert type(optimizers.get(kind.__name__.lower())) is kind
    adam = Adam()
    assert optimizers.get(adam) is adam
    assert optimizers.schedules.InverseTimeDecay is InverseTimeDecay
    text = "optimizer: expected a known optimizer; got 'adamm'. Did you mean 'Adam'?"
    with says(SettingError, text):
        optimizers.get("adamm")
