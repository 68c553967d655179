"""Adagrad, Adadelta and RMSprop: each rule against steps worked out by hand and PyTorch's."""

import math

import numpy as np
import pytest
import torch

from pellucid.optimizers import Adadelta, Adagrad, RMSprop

from .steps import THETA, G, agree, steps, theirs

# theta = 1; gradients 2, -1, 4 unless others are given


def test_adagrad_by_hand():
    # s = s + g^2 from 1:         1 + 2.25 = 3.25;         3.25 + 36 = 39.25
    # step 0.1 g / sqrt(s + 3):   0.15 / sqrt(6.25) = 0.06;   0.6 / sqrt(42.25) = 0.6 / 6.5
    optimizer = Adagrad(0.1, initial_accumulator_value=1.0, epsilon=3.0)
    assert np.allclose(steps(optimizer, THETA, [[1.5], [6.0]]), [[0.94], [0.94 - 0.6 / 6.5]])


def test_adadelta_by_hand():
    # s = 0.5 s + 0.5 g^2:                 2;             1 + 0.5 = 1.5;       0.75 + 8 = 8.75
    # d = g sqrt(u + 1) / sqrt(s + 1):     2 / sqrt(3);   -sqrt(5/3 / 2.5);    4 sqrt(5/3 / 9.75)
    # u = 0.5 u + 0.5 d^2:                 2/3;           1/3 + 1/3 = 2/3
    d = [2 / math.sqrt(3), -math.sqrt(2 / 3), 4 * math.sqrt(5 / 3 / 9.75)]
    found = steps(Adadelta(0.1, rho=0.5, epsilon=1.0), THETA, G)
    assert np.allclose(np.ravel(found), 1 - 0.1 * np.cumsum(d))


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


@pytest.mark.parametrize(
    ("ours", "other"),
    [
        (Adagrad(epsilon=0.0), lambda p: torch.optim.Adagrad(p, 0.001, 0, 0, 0.1, eps=0.0)),
        (
            Adagrad(0.01, initial_accumulator_value=0.0, epsilon=0.0),
            lambda p: torch.optim.Adagrad(p, 0.01, eps=0.0),
        ),
        (Adadelta(), lambda p: torch.optim.Adadelta(p, 0.001, rho=0.95, eps=1e-7)),
        (Adadelta(1.0, 0.8, 1e-3), lambda p: torch.optim.Adadelta(p, 1.0, rho=0.8, eps=1e-3)),
        (RMSprop(epsilon=0.0), lambda p: torch.optim.RMSprop(p, 0.001, alpha=0.9, eps=0.0)),
        (
            RMSprop(0.01, rho=0.8, momentum=0.5, epsilon=0.0),
            lambda p: torch.optim.RMSprop(p, 0.01, alpha=0.8, eps=0.0, momentum=0.5),
        ),
        (
            RMSprop(0.01, rho=0.8, centered=True, epsilon=0.0),
            lambda p: torch.optim.RMSprop(p, 0.01, alpha=0.8, eps=0.0, centered=True),
        ),
    ],
)
def test_rules_are_torchs_where_epsilon_stands_elsewhere_without_it(ours, other, rng):
    agree(ours, other, rng)


def test_torchs_rmsprop_adds_epsilon_to_the_root():
    # one step from g = 1 with s = 0.1: 0.1 / sqrt(0.1 + 0.5), and 0.1 / (sqrt(0.1) + 0.5)
    ours = steps(RMSprop(0.1, epsilon=0.5), [0.0], [[1.0]])[-1]
    other = theirs(lambda p: torch.optim.RMSprop(p, 0.1, alpha=0.9, eps=0.5), [0.0], [[1.0]])
    assert np.allclose(ours, -0.1 / math.sqrt(0.6))
    assert np.allclose(other, -0.1 / (math.sqrt(0.1) + 0.5))


def test_torchs_adagrad_adds_epsilon_to_the_root():
    # one step from g = 1 with s = 1: 0.1 / sqrt(1 + 0.5), and 0.1 / (1 + 0.5)
    ours = steps(Adagrad(0.1, 0.0, epsilon=0.5), [0.0], [[1.0]])[-1]
    other = theirs(lambda p: torch.optim.Adagrad(p, 0.1, eps=0.5), [0.0], [[1.0]])
    assert np.allclose(ours, -0.1 / math.sqrt(1.5))
    assert np.allclose(other, -0.1 / 1.5)


def test_a_centred_average_of_large_equal_gradients_stays_finite_in_float32():
    optimizer, theta = RMSprop(1e-3, centered=True), np.zeros(1, "float32")
    for _ in range(200):
        optimizer.apply(theta, np.float32([1e3]))
        assert (optimizer.state["s"] >= 0).all()
    assert np.isfinite(theta).all()
