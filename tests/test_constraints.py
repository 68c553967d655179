"""Constraints: what becomes of weights by their formulas, and in training."""

import json

import numpy as np
import pytest
import torch

from pellucid import Input, Sequential, constraints, load
from pellucid.constraints import Constraint, MaxNorm, MinMaxNorm, NonNeg, UnitNorm
from pellucid.errors import SettingError, ShapeError
from pellucid.layers import BatchNormalization, Conv2D, Dense, Flatten
from pellucid.optimizers import SGD

from .saying import says

W = np.array([[3.0, 0.3, 0.0], [-4.0, 0.4, 0.0]])  # columns of norms 5, 0.5, 0


@pytest.mark.parametrize(
    ("constraint", "factors"),
    [
        (MaxNorm(2.0), [2 / 5, 1, 1]),
        (MaxNorm(5.0), [1, 1, 1]),
        (MinMaxNorm(1.0, 2.0), [2 / 5, 2, 1]),
        (MinMaxNorm(1.0, 2.0, rate=0.5), [3.5 / 5, 1.5, 1]),
        (MinMaxNorm(1.0, 2.0, rate=0.0), [1, 1, 1]),
        (UnitNorm(), [1 / 5, 2, 1]),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_norms_by_hand(constraint, factors, dtype):
    weights = W.astype(dtype)
    found = constraint(weights)
    np.testing.assert_allclose(found, W * factors, rtol=1e-6)
    assert found.dtype == dtype
    assert np.array_equal(weights, W.astype(dtype))


def test_no_negative_weight():
    assert NonNeg()(W).tolist() == [[3.0, 0.3, 0.0], [0.0, 0.4, 0.0]]


@pytest.mark.parametrize("constraint", [MaxNorm(2.0), MinMaxNorm(0.5, 2.0), NonNeg()])
def test_weights_that_obey_stay_as_they_are_to_the_bit(constraint, rng):
    weights = rng.uniform(0.2, 0.6, (7, 9)).astype("float32")  # norms from 0.53 to 1.59
    for _ in range(3):
        assert np.array_equal(constraint(weights), weights)


def test_max_norm_is_torchs(rng):
    """PyTorch's renorm takes the axis that stays, and has 1e-7 in its divisor."""
    filters = rng.normal(size=(3, 3, 2, 4))
    found = MaxNorm(1.5, axis=[0, 1, 2])(filters)
    np.testing.assert_allclose(found, torch.tensor(filters).renorm(2, 3, 1.5), rtol=1e-6)
    assert MaxNorm(1.5, axis=(0, 1, 2))(filters).tolist() == found.tolist()
    rows = MaxNorm(1.5, axis=-1)(W)
    np.testing.assert_allclose(rows, torch.tensor(W).renorm(2, 0, 1.5), rtol=1e-6)


# -- in layers and in training --------------------------------------------------------------------


def test_weights_obey_after_each_update(rng):
    model = Sequential(
        [
            Input((4, 4, 2)),
            Conv2D(
                3,
                3,
                kernel_constraint=UnitNorm(axis=[0, 1, 2]),
                bias_constraint=lambda b: np.clip(b, -1e-3, 1e-3),
            ),
            BatchNormalization(gamma_constraint="non_neg", beta_constraint=MaxNorm(0.01)),
            Flatten(),
            Dense(2, kernel_constraint="max_norm", bias_constraint="non_neg"),
            Dense(1),
        ]
    )
    model.compile(SGD(1.0), "mse")
    start = model.layers[-1].kernel.value.copy()
    for _ in range(3):
        model.train_on_batch(rng.normal(size=(8, 4, 4, 2)), 10 * rng.normal(size=8))
        conv, norm, _, dense, last = model.layers
        np.testing.assert_allclose((conv.kernel.value**2).sum((0, 1, 2)), 1, rtol=1e-5)
        assert abs(conv.bias.value).max() <= np.float32(1e-3)
        assert (norm.gamma.value >= 0).all()
        assert np.linalg.norm(norm.beta.value) <= 0.01 * (1 + 1e-6)
        assert np.linalg.norm(dense.kernel.value, axis=0).max() <= 2 * (1 + 1e-6)
        assert (dense.bias.value >= 0).all()
        assert not np.array_equal(last.kernel.value, start)


def test_the_constrained_step_is_the_free_one_brought_back(rng):
    x, y = rng.normal(size=(6, 3)), rng.normal(size=6)
    free, bound = (
        Sequential([Input((3,)), Dense(1, kernel_constraint=c)]) for c in (None, MaxNorm(0.1))
    )
    bound.set_weights(free.get_weights())
    for model in (free, bound):
        model.compile(SGD(0.1), "mse")
        model.train_on_batch(x, y)
    W, b = free.get_weights()
    found = bound.get_weights()
    np.testing.assert_allclose(found[0], W * 0.1 / np.linalg.norm(W), rtol=1e-5)
    assert np.array_equal(found[1], b)


def test_waiting_gradients_and_frozen_layers_constrain_nothing(rng):
    x, y = rng.normal(size=(6, 3)), rng.normal(size=6)
    model = Sequential([Input((3,)), Dense(2, kernel_constraint=MaxNorm(1e-3)), Dense(1)])
    model.compile(SGD(0.1, gradient_accumulation_steps=2), "mse")
    start = model.get_weights()
    model.train_on_batch(x, y)
    assert np.array_equal(model.get_weights()[0], start[0])
    model.layers[0].trainable = False
    model.train_on_batch(x, y)
    assert np.array_equal(model.get_weights()[0], start[0])
    model.layers[0].trainable = True
    for _ in range(2):
        model.train_on_batch(x, y)
    assert np.linalg.norm(model.get_weights()[0], axis=0).max() < 1.1e-3


def halves(W):
    """A constraint of one's own."""
    return W / 2


def test_a_plain_function_is_a_constraint_and_kept_by_name(tmp_path, rng):
    model = Sequential([Input((3,)), Dense(1, kernel_constraint=halves)])
    model.compile(SGD(1e-30), "mse")
    before = model.get_weights()[0]
    model.train_on_batch(rng.normal(size=(6, 3)), rng.normal(size=6))
    assert np.array_equal(model.get_weights()[0], before / 2)
    model.save(tmp_path / "model")
    loaded = load(tmp_path / "model", {"halves": halves})
    assert loaded.layers[0].kernel.constraint is halves
    assert loaded.layers[0].bias.constraint is None


# -- settings -------------------------------------------------------------------------------------


CASES = [MaxNorm(1.5, axis=[0, 1, 2]), MinMaxNorm(0.5, 1.5, 0.9, 1), UnitNorm((0, 1)), NonNeg()]


@pytest.mark.parametrize("constraint", CASES, ids=lambda c: type(c).__name__)
def test_settings_go_through_json(constraint, rng):
    kind = type(constraint).__name__
    config = json.loads(json.dumps({"class": kind, "config": constraint.get_config()}))
    weights = rng.normal(size=(3, 3, 2, 4))
    assert np.array_equal(constraints.get(config)(weights), constraint(weights))


def test_constraints_by_name_have_kerass_defaults():
    assert constraints.get("max_norm").get_config() == {"max_value": 2.0, "axis": 0}
    assert constraints.get("MinMaxNorm").get_config() == {
        "min_value": 0.0,
        "max_value": 1.0,
        "rate": 1.0,
        "axis": 0,
    }
    assert constraints.get("unit_norm").get_config() == {"axis": 0}
    assert type(constraints.get("non_neg")) is NonNeg
    assert constraints.get(None) is None
    assert set(constraints.registry.known.values()) == {type(case) for case in CASES}
    text = "constraint: expected a known constraint; got 'maxnrm'. Did you mean 'MaxNorm'?"
    with says(SettingError, text):
        constraints.get("maxnrm")


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (
            lambda: MaxNorm(0),
            "MaxNorm: expected max_value above 0; got 0. Give max_value a positive number.",
        ),
        (
            lambda: MinMaxNorm(-1.0),
            "MinMaxNorm: expected min_value from 0; got -1.0. "
            "Give min_value 0 or a positive number.",
        ),
        (
            lambda: MinMaxNorm(2.0, 1.0),
            "MinMaxNorm: expected min_value up to max_value; got min_value=2.0, max_value=1.0. "
            "Swap them.",
        ),
        (
            lambda: MinMaxNorm(rate=1.5),
            "MinMaxNorm: expected a rate from 0 to 1; got 1.5. Try 1.0.",
        ),
    ],
)
def test_settings_that_are_refused(make, text):
    with says(SettingError, text):
        make()


@pytest.mark.parametrize("axis", [2, -3, [0, 1, 2]])
def test_axes_that_weights_do_not_have_are_refused(axis):
    text = (
        f"MaxNorm: expected weights that have axis {axis}; got shape (2, 3). "
        "Give the axes of a unit's inputs: 0 for (D, U), (0, 1, 2) for (kh, kw, C, U)."
    )
    with says(ShapeError, text):
        MaxNorm(axis=axis)(W)


def test_a_constraint_of_ones_own():
    class Rounded(Constraint):
        def __init__(self, digits=1):
            self.digits = digits

        def __call__(self, W):
            return W.round(self.digits)

    layer = Dense(2, kernel_constraint=Rounded(0))
    layer(np.ones((1, 2)))
    assert layer.kernel.constraint(np.array([0.6])) == 1.0
    assert Rounded().get_config() == {"digits": 1}
    with pytest.raises(TypeError, match=r"Constraint needs a method __call__"):
        Constraint()(W)
