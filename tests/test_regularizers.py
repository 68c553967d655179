"""Regularisers: value and gradient by their formulas, alone and in a training step."""

import json

import numpy as np
import pytest

from pellucid import Sequential, Tensor, nn, regularizers
from pellucid.errors import SettingError
from pellucid.layers import Dense
from pellucid.regularizers import L1, L1L2, L2, Frobenius, Regularizer

from .saying import says

W = np.array([[1.0, -2.0], [0.5, 3.0]])  # sum of |W| 6.5, of W^2 14.25
M = 8
CASES = [
    (L1(0.1), 0.65, 0.1 * np.sign(W)),
    (L2(0.1), 1.425, 0.2 * W),
    (L1L2(0.1, 0.01), 0.65 + 0.1425, 0.1 * np.sign(W) + 0.02 * W),
    (Frobenius(0.4), 0.4 / 16 * 14.25, 0.4 / 8 * W),
]


@pytest.mark.parametrize(("penalty", "value", "dW"), CASES)
def test_value_and_gradient(penalty, value, dW):
    tensor = Tensor(W)
    found = penalty(tensor, M)
    found.backward()
    assert float(found) == pytest.approx(value)
    assert np.allclose(tensor.grad, dW)
    assert penalty(W, M) == pytest.approx(value)


@pytest.mark.parametrize(("penalty", "value", "dW"), CASES[:3])
def test_kerass_forms_do_not_depend_on_the_batch(penalty, value, dW):
    assert penalty(W) == penalty(W, 1) == penalty(W, 100)


def test_the_frobenius_form_is_l2_over_two_m():
    assert Frobenius(0.4)(W, M) == pytest.approx(L2(0.4 / (2 * M))(W))


@pytest.mark.parametrize(
    ("penalty", "extra"), [(Frobenius(0.3), lambda W: 0.3 / M * W), (L2(0.3), lambda W: 0.6 * W)]
)
def test_in_training_dw_gains_its_part_and_db_nothing(penalty, extra, rng):
    """The notes' form: dW gains (lambda / m) W."""
    x, y = rng.normal(size=(M, 3)), rng.normal(size=(M, 1))
    gradients = []
    for regularizer in (None, penalty):
        layer = Dense(1, kernel_regularizer=regularizer, dtype="float64")
        model = Sequential([layer], dtype="float64")
        model.compile("sgd", "mse")
        model.prepare(x, y, "test")
        model.set_weights([np.array([[1.0], [-2.0], [0.5]]), np.zeros(1)])
        before = layer.kernel.value.copy()
        model.train_step(x, y)
        gradients.append((layer.kernel.grad.copy(), layer.bias.grad.copy()))
    assert np.allclose(gradients[1][0] - gradients[0][0], extra(before), rtol=1e-12)
    assert np.array_equal(gradients[1][1], gradients[0][1])


def test_the_last_smaller_batch_counts_its_own_examples(rng):
    layer = Dense(1, kernel_regularizer=Frobenius(1.0), dtype="float64")
    model = Sequential([layer], dtype="float64")
    model.compile("sgd", "mse")
    x, y = np.zeros((5, 3)), np.zeros((5, 1))
    model.prepare(x, y, "test")
    model.set_weights([np.ones((3, 1)), np.zeros(1)])
    assert model.train_on_batch(x[:2], y[:2]) == pytest.approx(3 / (2 * 2))


def test_numbers_of_numpy_keep_float32():
    tensor = Tensor(W.astype("float32"))
    for penalty in (L1(np.float64(0.1)), L2(np.float64(0.1)), Frobenius(np.float64(0.1))):
        assert penalty(tensor, M).dtype == "float32"


def test_the_settings_of_every_regularizer_are_tested():
    assert {type(case[0]) for case in CASES} == set(regularizers.registry.known.values())


@pytest.mark.parametrize("penalty", [case[0] for case in CASES], ids=lambda p: type(p).__name__)
def test_settings_go_through_json(penalty):
    kind = type(penalty).__name__
    config = json.loads(json.dumps({"class": kind, "config": penalty.get_config()}))
    assert regularizers.get(config)(W, M) == penalty(W, M)


def test_regularizers_by_name_have_kerass_defaults():
    assert regularizers.get("l1").get_config() == {"l1": 0.01}
    assert regularizers.get("L2").get_config() == {"l2": 0.01}
    assert regularizers.get("l1_l2").get_config() == {"l1": 0.0, "l2": 0.0}
    assert regularizers.get("frobenius").get_config() == {"lam": 0.01}
    assert regularizers.get(None) is None
    assert set(regularizers.registry.known.values()) == {L1, L2, L1L2, Frobenius}


def test_plain_functions_of_w_or_of_w_and_m():
    assert regularizers.get(lambda W: nn.sum(W))(W, M) == 2.5
    assert regularizers.get(lambda W, m: nn.sum(W) / m)(W, M) == 2.5 / M


def fourth(W):
    return nn.sum(W * W * W * W)


def test_a_plain_function_is_trained_with_and_kept_by_name(rng):
    layer = Dense(1, kernel_regularizer=fourth)
    model = Sequential([layer])
    model.compile("sgd", "mse")
    x = np.zeros((4, 2))
    first = model.train_on_batch(x, np.zeros((4, 1)))
    assert model.train_on_batch(x, np.zeros((4, 1))) < first
    assert layer.get_config()["kernel_regularizer"] == "fourth"


def test_a_regularizer_of_ones_own():
    class Largest(Regularizer):
        def __init__(self, factor=1.0):
            self.factor = factor

        def __call__(self, W, m=1):
            return self.factor * nn.max(nn.abs(W))

    assert regularizers.get(Largest(2.0))(W, M) == 6
    assert Largest(2.0).get_config() == {"factor": 2.0}
    with pytest.raises(TypeError, match=r"Regularizer needs a method __call__"):
        Regularizer()(W)


@pytest.mark.parametrize(
    ("kind", "name"), [(L1, "l1"), (L2, "l2"), (L1L2, "l1"), (L1L2, "l2"), (Frobenius, "lam")]
)
@pytest.mark.parametrize("value", [-0.1, float("inf"), float("nan")])
def test_factors_out_of_range_are_refused(kind, name, value):
    text = f"{kind.__name__}: expected {name} from 0; got {value}. Try 0.01."
    with says(SettingError, text):
        kind(**{name: value})
