"""SGD and Lion: each rule against steps worked out by hand, and SGD against PyTorch."""

import numpy as np
import pytest
import torch

from pellucid.optimizers import SGD, Lion

from .steps import THETA, G, agree, steps

# theta = 1, gradients 2, -1, 4


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


def test_lion_by_hand():
    # c = 0.5 m + 0.5 g:     1;      0.25 - 0.5 = -0.25;   0.0625 + 0 = 0.0625
    # m = 0.75 m + 0.25 g:   0.5;    0.375 - 0.25 = 0.125
    # theta - 0.1 sign(c):   0.9;    1.0;                   0.9
    found = steps(Lion(0.1, beta_1=0.5, beta_2=0.75), THETA, [[2.0], [-1.0], [0.0]])
    assert np.allclose(found, [[0.9], [1.0], [0.9]])


def test_lion_makes_no_step_where_there_has_been_no_gradient():
    assert steps(Lion(0.1), [1.0, 2.0], [[0.0, 5.0]]) == [[1.0, 1.9]]


@pytest.mark.parametrize(
    ("ours", "other"),
    [
        (SGD(0.01), lambda p: torch.optim.SGD(p, 0.01)),
        (SGD(0.01, 0.9), lambda p: torch.optim.SGD(p, 0.01, 0.9)),
        (SGD(0.01, 0.9, True), lambda p: torch.optim.SGD(p, 0.01, 0.9, nesterov=True)),
        (SGD(0.01, weight_decay=0.3), lambda p: torch.optim.SGD(p, 0.01, weight_decay=0.3)),
    ],
)
def test_sgd_is_torchs(ours, other, rng):
    agree(ours, other, rng)
