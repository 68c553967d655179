"""Adam, AdamW, Adamax and Nadam: each rule against steps worked out by hand and PyTorch's."""

import math

import numpy as np
import pytest
import torch

from pellucid.errors import SettingError
from pellucid.optimizers import Adam, Adamax, AdamW, Nadam

from ..saying import says
from .steps import THETA, G, agree, steps, theirs

# theta = 1; gradients 2, -1, 4 unless others are given


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


def test_adamw_by_hand():
    # theta (1 - 0.1 0.5), then Adam's steps of 0.1 and 0:   0.95 - 0.1 = 0.85;   0.8075
    found = steps(AdamW(0.1, 0.5, beta_1=0.5, beta_2=0.75, epsilon=0.0), THETA, G[:2])
    assert np.allclose(found, [[0.85], [0.8075]])


def test_adamax_by_hand():
    # gradients 2, -0.5, 4
    # m = 0.5 m + 0.5 g:             1;         0.5 - 0.25 = 0.25;     0.125 + 2 = 2.125
    # u = max(0.75 u, |g|):          2;         1.5;                   4
    # m_hat = m / (1 - 0.5^t):       2;         1/3;                   2.125 / 0.875
    # step 0.1 m_hat / (u + 1):      0.2 / 3;   0.1 / 3 / 2.5;         0.1 2.125 / 0.875 / 5
    d = [0.2 / 3, 0.1 / 7.5, 0.02 * 2.125 / 0.875]
    found = steps(Adamax(0.1, 0.5, 0.75, 1.0), THETA, [[2.0], [-0.5], [4.0]])
    assert np.allclose(np.ravel(found), 1 - np.cumsum(d))


def test_nadam_by_hand():
    # b_t = 0.5 (1 - 0.96^t / 2):    0.26;      0.2696;    0.278816
    # B_t, their products:           0.26;      0.070096;  0.070096 0.278816
    # m = 0.5 m + 0.5 g:             1;         0;         s = 0.75 s + 0.25 g^2:  1;  1
    # m_hat = b_(t+1) m / (1 - B_(t+1)) + (1 - b_t) g / (1 - B_t):
    first = 0.2696 * 1 / (1 - 0.070096) + 0.74 * 2 / 0.74
    second = -(1 - 0.2696) / (1 - 0.070096)
    # s_hat = s / (1 - 0.75^t):      4;         1 / 0.4375;           step 0.1 m_hat / sqrt(s_hat)
    d = [0.1 * first / 2, 0.1 * second * math.sqrt(0.4375)]
    found = steps(Nadam(0.1, 0.5, 0.75, 0.0), THETA, G[:2])
    assert np.allclose(np.ravel(found), 1 - np.cumsum(d))


@pytest.mark.parametrize(
    ("ours", "other"),
    [
        (Adam(epsilon=0.0), lambda p: torch.optim.Adam(p, eps=0.0)),
        (
            Adam(0.01, 0.8, 0.9, 0.0, amsgrad=True),
            lambda p: torch.optim.Adam(p, 0.01, (0.8, 0.9), eps=0.0, amsgrad=True),
        ),
        (AdamW(epsilon=0.0), lambda p: torch.optim.AdamW(p, weight_decay=0.004, eps=0.0)),
        (
            AdamW(0.01, 0.3, epsilon=0.0, amsgrad=True),
            lambda p: torch.optim.AdamW(p, 0.01, weight_decay=0.3, eps=0.0, amsgrad=True),
        ),
        (Adamax(epsilon=0.0), lambda p: torch.optim.Adamax(p, 0.001, eps=0.0)),
    ],
)
def test_rules_are_torchs_where_epsilon_stands_elsewhere_without_it(ours, other, rng):
    agree(ours, other, rng)


@pytest.mark.parametrize("betas", [(0.9, 0.999), (0.8, 0.9)])
def test_nadam_is_torchs_which_keeps_its_product_in_float32(betas, rng):
    def other(p):
        return torch.optim.NAdam(p, 0.01, betas, eps=0.1, momentum_decay=1.0)

    agree(Nadam(0.01, *betas, 0.1), other, rng, rtol=1e-6)


def test_nadams_products_are_right_long_after_they_change_no_more():
    products = np.cumprod(1 - 0.96 ** np.arange(1, 3001) / 2)
    for t in (1, 2, 500, 999, 1000, 1001, 3000):
        b, B = Nadam(beta_1=0.999).warmed(t)
        assert b == pytest.approx(0.999 * (1 - 0.96**t / 2), rel=1e-14)
        assert pytest.approx(0.999**t * products[t - 1], rel=1e-12) == B


def test_adams_epsilon_is_torchs_times_the_root_of_its_correction(rng):
    start, gradients, epsilon = rng.normal(size=5), rng.normal(size=(1, 5)), 0.3
    ours = steps(Adam(0.1, epsilon=epsilon * math.sqrt(1 - 0.999)), start, gradients)[-1]
    other = theirs(lambda p: torch.optim.Adam(p, 0.1, eps=epsilon), start, gradients)
    assert np.allclose(ours, other, rtol=1e-12)


def test_adamw_without_a_decay_is_refused():
    text = "AdamW: expected a weight_decay; got None. Use Adam, or try 0.004."
    with says(SettingError, text):
        AdamW(weight_decay=None)
