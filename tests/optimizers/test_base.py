"""What stands around the rules: clipping, decay, accumulation, averages, and parts of a model."""

import math

import numpy as np
import pytest
import torch

import pellucid
from pellucid import Input, Sequential
from pellucid.errors import SettingError
from pellucid.layers import BatchNormalization, Dense
from pellucid.optimizers import SGD, Adam, Lion, RMSprop
from pellucid.optimizers.base import AVERAGE, GRADIENTS
from pellucid.schedules import InverseTimeDecay

from ..saying import says
from .steps import steps


def network(**settings):
    """Two dense layers of weights that can be told apart: W (2, 2), b (2,), W (2, 1), b (1,)."""
    model = Sequential([Input((2,)), Dense(2), Dense(1)])
    model.compile(SGD(0.1, **settings), "mse")
    model.set_weights(
        [np.full((2, 2), 1.0), np.full(2, 2.0), np.full((2, 1), 3.0), np.full(1, 4.0)]
    )
    return model


def applied(model, g):
    """theta after one update with this gradient."""
    theta = model.parameters.theta
    model.optimizer.apply(theta, np.array(g, "float32"))
    return theta


# -- clipping -------------------------------------------------------------------------------------

NINE = [3.0, 0.0, 0.0, 4.0, 0.6, 0.8, 6.0, 8.0, 12.0]  # norms 5, 1, 10, 12: together sqrt(270)


def test_clipvalue_by_hand():
    found = steps(SGD(0.1, clipvalue=2.5), [0.0] * 3, [[3.0, -4.0, 1.0]])
    assert np.allclose(found, [[-0.25, 0.25, -0.1]])


def test_clipnorm_shortens_each_parameter_by_itself():
    # 3, 0, 0, 4 by 2 / 5;   0.6, 0.8 stays;   6, 8 by 2 / 10;   12 by 2 / 12
    found = applied(network(clipnorm=2.0), NINE)
    gone = [1.2, 0, 0, 1.6, 0.6, 0.8, 1.2, 1.6, 2.0]
    assert np.allclose(found, np.array([1, 1, 1, 1, 2, 2, 3, 3, 4]) - 0.1 * np.array(gone))


def test_global_clipnorm_shortens_all_together():
    found = applied(network(global_clipnorm=2.0), NINE)
    start = np.array([1, 1, 1, 1, 2, 2, 3, 3, 4])
    assert np.allclose(found, start - 0.1 * np.array(NINE) * 2 / math.sqrt(270))


@pytest.mark.parametrize("way", ["clipnorm", "global_clipnorm"])
def test_without_a_model_theta_is_one_parameter(way):
    # 3, 4 has norm 5, brought to 2; 0.3, 0.4 has norm 0.5 and stays
    found = steps(SGD(0.1, **{way: 2.0}), [0.0, 0.0], [[3.0, 4.0], [0.3, 0.4]])
    assert np.allclose(found, [[-0.12, -0.16], [-0.15, -0.2]])


@pytest.mark.parametrize(
    ("settings", "clip"),
    [
        ({"global_clipnorm": 0.3}, lambda p: torch.nn.utils.clip_grad_norm_(p, 0.3)),
        ({"clipvalue": 0.2}, lambda p: torch.nn.utils.clip_grad_value_(p, 0.2)),
        ({"clipnorm": 0.3}, lambda p: [torch.nn.utils.clip_grad_norm_([q], 0.3) for q in p]),
    ],
)
def test_clipping_is_torchs(settings, clip, rng):
    model, g = network(**settings), rng.normal(size=9).astype("float32")
    parts = model.parameters.parts
    others = [torch.nn.Parameter(torch.tensor(p.value.copy())) for p in parts]
    for p, part in zip(others, parts.values(), strict=True):
        p.grad = torch.tensor(g[part].reshape(tuple(p.shape)))
    clip(others)
    torch.optim.SGD(others, 0.1).step()
    expected = torch.cat([p.detach().ravel() for p in others])
    np.testing.assert_allclose(applied(model, g), expected, rtol=1e-5)  # torch adds 1e-6 to norms


@pytest.mark.parametrize("way", ["clipnorm", "global_clipnorm", "clipvalue"])
def test_a_gradient_of_nan_stays_visible(way):
    assert math.isnan(steps(SGD(0.1, **{way: 1.0}), [0.0], [[math.nan]])[0][0])


def test_only_one_way_to_clip():
    text = (
        "SGD: expected one of clipnorm, clipvalue, global_clipnorm; got clipnorm=1.0, "
        "global_clipnorm=2.0. Choose one."
    )
    with says(SettingError, text):
        SGD(clipnorm=1.0, global_clipnorm=2.0)


@pytest.mark.parametrize("way", ["clipnorm", "global_clipnorm", "clipvalue"])
@pytest.mark.parametrize("value", [0, -1.0])
def test_limits_out_of_range_are_refused(way, value):
    text = f"SGD: expected {way} above 0; got {value}. Give {way} a positive number."
    with says(SettingError, text):
        SGD(**{way: value})


# -- weight decay ---------------------------------------------------------------------------------


def test_weights_decay_beside_the_rule_by_hand():
    # theta (1 - 0.1 0.5) = 0.95 theta, then - 0.1 sign: 0.85;   0.8075 + 0.1 = 0.9075
    found = steps(Lion(0.1, 0.5, 0.5, weight_decay=0.5), [1.0], [[2.0], [-6.0]])
    assert np.allclose(found, [[0.85], [0.9075]])


def test_the_decay_follows_the_schedule():
    # rates 0.2, 0.1: 1 - 0.2 0.5 = 0.9;   0.9 (1 - 0.1 0.5) = 0.855
    optimizer = SGD(InverseTimeDecay(0.2, 1, 1.0), weight_decay=0.5)
    assert np.allclose(steps(optimizer, [1.0], [[0.0]] * 2), [[0.9], [0.855]])


@pytest.mark.parametrize("names", [["bias", "gamma", "beta"], "bias|gamma|beta"])
@pytest.mark.parametrize("by_method", [False, True])
def test_what_is_excluded_by_name_does_not_decay(names, by_method):
    model = Sequential([Input((2,)), Dense(2), BatchNormalization(), Dense(1)])
    optimizer = SGD(0.1, weight_decay=0.5, excluded_from_weight_decay=() if by_method else names)
    model.compile(optimizer, "mse")
    if by_method:
        optimizer.exclude_from_weight_decay(var_names=names)
    for p in model.weights:
        p.assign(1.0)
    applied(model, np.zeros(model.parameters.theta.size))
    found = {path: p.value.ravel()[0] for path, p in model.named_weights().items()}
    kept = {path: 0.95 if "kernel" in path else 1.0 for path in found}
    assert found == pytest.approx(kept)


@pytest.mark.parametrize("when", ["before the layout", "after it"])
def test_parameters_are_excluded_and_stay_so_in_the_file(when, tmp_path):
    model = network(weight_decay=0.5)
    if when == "after it":
        model.lay_out()
    model.optimizer.exclude_from_weight_decay([model.layers[0].kernel], "^dense_1/bias$")
    model.lay_out()
    model.save(tmp_path / "model")
    loaded = pellucid.load(tmp_path / "model")
    for each in (model, loaded):
        found = applied(each, np.zeros(9))
        assert np.allclose(found, [1, 1, 1, 1, 1.9, 1.9, 2.85, 2.85, 4])


# -- accumulation ---------------------------------------------------------------------------------


def test_the_mean_of_k_gradients_makes_one_step():
    # 0.5 (2 + 4) = 3: 1 - 0.3 = 0.7;   0.5 (1 - 3) = -1: 0.8; a fifth gradient waits
    optimizer = SGD(0.1, gradient_accumulation_steps=2)
    found = steps(optimizer, [1.0], [[2.0], [4.0], [1.0], [-3.0], [9.0]])
    assert np.allclose(found, [[1.0], [0.7], [0.7], [0.8], [0.8]])
    assert (optimizer.iterations, optimizer.waiting) == (2, 1)


def test_the_rule_the_decay_and_the_clipping_see_the_mean_alone(rng):
    gradients = rng.normal(size=(12, 4))
    settings = {"clipvalue": 0.3, "weight_decay": 0.1}
    found = steps(Adam(0.1, gradient_accumulation_steps=3, **settings), np.ones(4), gradients)
    expected = steps(Adam(0.1, **settings), np.ones(4), gradients.reshape(4, 3, 4).mean(axis=1))
    assert np.allclose(found[2::3], expected, rtol=1e-12)


def test_a_schedule_counts_gradients():
    # asked at steps 2 and 5 (of 0 .. 5), as in Keras: rates 1, 1/2, ..., 1/3 and 1/6
    optimizer = SGD(lambda step: 1 / (1 + step), gradient_accumulation_steps=3)
    found = steps(optimizer, [0.0], [[1.0]] * 6)
    assert np.allclose(np.ravel(found), [0, 0, -1 / 3, -1 / 3, -1 / 3, -1 / 2])
    assert optimizer.current_learning_rate == pytest.approx(1 / 7)


@pytest.mark.parametrize(
    ("name", "value", "least"),
    [
        ("gradient_accumulation_steps", 1, 2),
        ("gradient_accumulation_steps", 2.5, 2),
        ("ema_overwrite_frequency", 0, 1),
        ("ema_overwrite_frequency", True, 1),
    ],
)
def test_counts_out_of_range_are_refused(name, value, least):
    text = f"SGD: expected {name} to be a whole number from {least}; got {value!r}. Try {least}."
    with says(SettingError, text):
        SGD(**{name: value})


# -- averages of the weights ----------------------------------------------------------------------


def test_the_average_starts_at_the_first_updated_weights():
    # theta: 0.9, 0.8, 0.4;   average: 0.9, 0.5 0.9 + 0.5 0.8 = 0.85, 0.625
    optimizer = SGD(0.1, use_ema=True, ema_momentum=0.5)
    found = []
    theta = np.array([1.0])
    for g in (1.0, 1.0, 4.0):
        optimizer.apply(theta, np.array([g]))
        found.append([theta.item(), optimizer.state[AVERAGE].item()])
    assert np.allclose(found, [[0.9, 0.9], [0.8, 0.85], [0.4, 0.625]])


def test_the_average_is_torchs(rng):
    start, gradients = rng.normal(size=3), rng.normal(size=(10, 3))
    optimizer = SGD(0.1, use_ema=True, ema_momentum=0.9)
    steps(optimizer, start, gradients)
    theta = torch.nn.Parameter(torch.tensor(start))
    module = torch.nn.Module()
    module.theta = theta
    average = torch.optim.swa_utils.get_ema_multi_avg_fn(0.9)
    mean = torch.optim.swa_utils.AveragedModel(module, multi_avg_fn=average)
    other = torch.optim.SGD([theta], 0.1)
    for g in gradients:
        theta.grad = torch.tensor(g)
        other.step()
        mean.update_parameters(module)
    np.testing.assert_allclose(optimizer.state[AVERAGE], mean.module.theta.detach(), rtol=1e-10)


def test_every_nth_update_takes_the_average():
    # theta 0.9;  0.8, average 0.85: taken;  0.75, average 0.8;  0.65, average 0.725: taken
    optimizer = SGD(0.1, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=2)
    found = steps(optimizer, [1.0], [[1.0]] * 4)
    assert np.allclose(np.ravel(found), [0.9, 0.85, 0.75, 0.725])


def test_a_share_of_the_average_out_of_range_is_refused():
    text = "SGD: expected ema_momentum from 0 to below 1; got 1. Try 0.9."
    with says(SettingError, text):
        SGD(ema_momentum=1)


# -- parts of a model -----------------------------------------------------------------------------


def test_each_layer_may_have_its_own_rate_and_runs_of_equal_ones_are_one_piece(rng):
    model = Sequential([Input((2,)), Dense(2), Dense(2), Dense(2), Dense(1)])
    model.layers[1].learning_rate_multiplier = 0.1
    model.layers[2].learning_rate_multiplier = 0.1
    model.compile(SGD(0.5, momentum=0.9), "mse")
    flat = model.parameters
    assert [(piece.part, piece.factor) for piece in model.optimizer.pieces] == [
        *[(slice(0, 6), 1.0), (slice(6, 18), 0.1), (slice(18, 21), 1.0)],
    ]
    theta, gradients = flat.theta.astype("float64"), rng.normal(size=(3, 21)).astype("float32")
    rates = np.repeat([0.5, 0.05, 0.5], [6, 12, 3])
    v = np.zeros(21)
    for g in gradients:
        model.optimizer.apply(flat.theta, g)
        v = 0.9 * v - rates * g
        theta += v
    np.testing.assert_allclose(flat.theta, theta, rtol=1e-4, atol=1e-6)


def test_the_decay_of_a_layer_goes_with_its_rate():
    model = network(weight_decay=0.5)
    model.layers[0].learning_rate_multiplier = 0.2
    model.lay_out()
    found = applied(model, np.ones(9))
    # 1 (1 - 0.02 0.5) - 0.02 = 0.97;   2 0.99 - 0.02 = 1.96;   3 0.95 - 0.1;   4 0.95 - 0.1
    assert np.allclose(found, [0.97] * 4 + [1.96] * 2 + [2.75] * 2 + [3.7])


def test_what_is_new_in_a_layout_starts_as_the_rule_says(rng):
    model = Sequential([Input((2,)), Dense(2), Dense(1)])
    model.layers[0].trainable = False
    model.compile(RMSprop(0.1, use_ema=True, gradient_accumulation_steps=2), "mse")
    x, y = rng.normal(size=(4, 2)), rng.normal(size=4)
    for _ in range(3):
        model.train_on_batch(x, y)
    before = {slot: values.copy() for slot, values in model.optimizer.state.items()}
    model.layers[0].trainable = True
    model.lay_out()
    after = model.optimizer.state
    assert before.keys() == after.keys() == {"s", GRADIENTS, AVERAGE}
    for slot, values in before.items():
        assert np.array_equal(after[slot][6:], values)
    assert not after["s"][:6].any()
    assert not after[GRADIENTS][:6].any()
    assert np.array_equal(after[AVERAGE][:6], model.parameters.theta[:6])


def test_a_model_compiled_again_and_stepped_at_once_is_laid_out(rng):
    model = network()
    x, y = rng.normal(size=(4, 2)).astype("float32"), rng.normal(size=4).astype("float32")
    model.train_on_batch(x, y)
    model.compile(SGD(0.1, clipnorm=1.0), "mse")
    model.train_step(x, y)
    assert model.optimizer.layout is model.parameters


def test_a_frozen_model_makes_no_step():
    model = network(clipnorm=1.0, weight_decay=0.1, use_ema=True)
    model.trainable = False
    before = model.get_weights()
    assert np.isfinite(model.train_on_batch(np.ones((2, 2)), np.ones(2)))
    assert all(map(np.array_equal, before, model.get_weights()))
