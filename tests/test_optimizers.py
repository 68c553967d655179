"""Optimisers: each rule against steps worked out by hand and against PyTorch."""

import math

import numpy as np
import pytest
import torch

from pellucid.optimizers import SGD, Adam, RMSprop

from .optimizer_steps import steps

torch.set_num_threads(1)

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
