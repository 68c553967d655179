"""Normalisation, against PyTorch, against its composition from small gates, and at a large mean."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from pellucid import gates as g
from pellucid import nn

from .cases import positive
from .comparing import agree, same

# Of two or three numbers that are normalised together nearly nothing is left to differ, and dx is
# a small difference of large terms: at least four.
CHANNELS_LAST = st.lists(st.integers(4, 5), min_size=2, max_size=4)


def channels_first(function):
    """A function of PyTorch's (N, C, ...) tensors as one of (N, ..., C) tensors."""
    return lambda x, *more: function(x.movedim(-1, 1), *more).movedim(1, -1)


@given(shape=CHANNELS_LAST, epsilon=st.sampled_from([1e-5, 1e-3, 0.1]))
def test_batch_norm_as_pytorch(shape, epsilon):
    rng, C = np.random.default_rng(0), shape[-1]

    def peer(x, gamma, beta):
        return F.batch_norm(x, None, None, gamma, beta, training=True, eps=epsilon)

    inputs = (rng.normal(2, 3, size=s) for s in (shape, C, C))
    agree(lambda: g.BatchNorm(epsilon), channels_first(peer), *inputs)


@given(shape=CHANNELS_LAST, epsilon=st.sampled_from([1e-5, 1e-3, 0.1]))
def test_fixed_batch_norm_as_pytorch(shape, epsilon):
    rng, C = np.random.default_rng(0), shape[-1]

    def peer(x, gamma, beta, mu, var):
        return F.batch_norm(x, mu, var, gamma, beta, training=False, eps=epsilon)

    inputs = (rng.normal(2, 3, size=s) for s in (shape, C, C, C))
    agree(lambda: g.FixedBatchNorm(epsilon), channels_first(peer), *inputs, positive(rng, C))


@given(shape=CHANNELS_LAST, axes=st.integers(1, 3), epsilon=st.sampled_from([1e-5, 1e-3, 0.1]))
def test_layer_norm_as_pytorch(shape, axes, epsilon):
    rng, last = np.random.default_rng(0), shape[-axes:]
    agree(
        lambda: g.LayerNorm(epsilon),
        lambda x, gamma, beta: F.layer_norm(x, last, gamma, beta, epsilon),
        *(rng.normal(2, 3, size=s) for s in (shape, last, last)),
    )


@given(
    places=st.lists(st.integers(1, 3), max_size=2),
    groups=st.integers(1, 3),
    epsilon=st.sampled_from([1e-5, 1e-3, 0.1]),
)
def test_group_norm_as_pytorch(places, groups, epsilon):
    rng, C = np.random.default_rng(0), 4 * groups
    peer = channels_first(lambda x, gamma, beta: F.group_norm(x, groups, gamma, beta, epsilon))
    inputs = (rng.normal(2, 3, size=s) for s in ((3, *places, C), C, C))
    agree(lambda: g.GroupNorm(groups, epsilon), peer, *inputs)


@given(shape=CHANNELS_LAST, axes=st.integers(1, 3), epsilon=st.sampled_from([1e-6, 1e-3, 0.1]))
def test_rms_norm_as_pytorch(shape, axes, epsilon):
    rng, last = np.random.default_rng(0), shape[-axes:]
    agree(
        lambda: g.RMSNorm(epsilon),
        lambda x, gamma: F.rms_norm(x, last, gamma, epsilon),
        *(rng.normal(2, 3, size=s) for s in (shape, last)),
    )


@pytest.mark.parametrize("axis", [-1, 0, (1, 2), (0, -1)])
@pytest.mark.parametrize("epsilon", [1e-12, 3.0, 1e3])
def test_unit_norm_as_pytorch(axis, epsilon, rng):
    x = rng.normal(size=(3, 4, 5))
    agree(lambda: g.UnitNorm(axis, epsilon), lambda x: F.normalize(x, 2.0, axis, epsilon), x)


def test_a_vector_of_zeros_stays_one():
    x = np.array([[0.0, 0.0], [3.0, 4.0]], np.float32)
    assert nn.unit_norm(x).tolist() == [[0, 0], [np.float32(0.6), np.float32(0.8)]]
    gate = g.UnitNorm()
    gate.forward(x)
    assert np.isfinite(gate.dx(np.ones((2, 2), np.float32))).all()


def normalised(axes):
    """The formula of both normalisations, of small gates."""

    def composition(x, gamma, beta):
        mu = nn.mean(x, axes, keepdims=True)
        var = nn.mean((x - mu) ** 2, axes, keepdims=True)
        return gamma * (x - mu) / nn.sqrt(var + 1e-3) + beta

    return composition


def test_big_gates_are_their_compositions(rng):
    x, gamma, beta = (rng.normal(size=s) for s in ((3, 4, 5, 2), 2, 2))
    same(nn.batch_norm, normalised((0, 1, 2)), x, gamma, beta)
    same(nn.layer_norm, normalised(-1), x, gamma, beta)
    mu, var = rng.normal(size=2), positive(rng, 2)
    same(
        lambda *v: nn.fixed_batch_norm(*v, mu, var),
        lambda x, gamma, beta: gamma * (x - mu) / nn.sqrt(var + 1e-3) + beta,
        x,
        gamma,
        beta,
    )
    gamma, beta = rng.normal(size=(5, 2)), rng.normal(size=(5, 2))
    same(nn.layer_norm, normalised((2, 3)), x, gamma, beta)
    rms = lambda x: nn.sqrt(nn.mean(x * x, (2, 3), keepdims=True) + 1e-6)
    same(nn.rms_norm, lambda x, gamma: gamma * x / rms(x), x, gamma)
    same(nn.unit_norm, lambda x: x / nn.sqrt(nn.sum(x * x, -1, keepdims=True)), x)


def test_group_norm_is_layer_norm_of_each_group(rng):
    x, gamma, beta = rng.normal(size=(3, 4, 5, 6)), rng.normal(size=6), rng.normal(size=6)

    def by_group(x, gamma, beta):
        parts = [slice(2 * i, 2 * i + 2) for i in range(3)]
        x_hat = [normalised((1, 2, 3))(x[..., part], 1.0, 0.0) for part in parts]
        return nn.concatenate(x_hat) * gamma + beta

    same(lambda x, gamma, beta: nn.group_norm(x, gamma, beta, 3), by_group, x, gamma, beta)
    one = lambda x, gamma, beta: normalised((1, 2, 3))(x, gamma, beta)
    same(lambda x, gamma, beta: nn.group_norm(x, gamma, beta, 1), one, x, gamma, beta)


def test_the_batchs_mean_and_variance_stay_on_the_gate(rng):
    x = rng.normal(size=(6, 3))
    gate = g.BatchNorm()
    z = gate.forward(x, np.ones(3), np.zeros(3))
    np.testing.assert_allclose(gate.mu, x.mean(axis=0), rtol=1e-13)
    np.testing.assert_allclose(gate.var, x.var(axis=0), rtol=1e-13)
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-15)
    np.testing.assert_allclose(z.var(axis=0), gate.var / (gate.var + 1e-3), rtol=1e-13)
    np.testing.assert_allclose(nn.fixed_batch_norm(x, 1.0, 0.0, gate.mu, gate.var), z, rtol=1e-12)


@pytest.mark.parametrize(
    ("make", "axis"), [(g.BatchNorm, 0), (g.LayerNorm, 1), (lambda: g.GroupNorm(1), 1)]
)
def test_a_mean_of_1e4_costs_no_digits_in_float32(make, axis, rng):
    x = (1e4 + rng.normal(size=(64, 64))).astype(np.float32)
    z = make().forward(x, np.ones(64, np.float32), np.zeros(64, np.float32))
    exact = x.astype(np.float64)
    exact = exact - exact.mean(axis, keepdims=True)
    exact /= np.sqrt((exact**2).mean(axis, keepdims=True) + 1e-3)
    # The sum of 64 such numbers, 6e5, has a last bit of 0.06: the mean is exact to about 0.005.
    np.testing.assert_allclose(z, exact, atol=0.01)


def test_the_mean_of_many_rows_costs_no_digits_in_float32(rng):
    x = (1e4 + rng.normal(size=(100_000, 3))).astype(np.float32)
    gate = g.BatchNorm()
    gate.forward(x, np.ones(3, np.float32), np.zeros(3, np.float32))
    np.testing.assert_allclose(gate.mu, x.mean(axis=0, dtype="float64"), rtol=1e-7)
    np.testing.assert_allclose(gate.var, x.var(axis=0, dtype="float64"), rtol=1e-4)


def test_equal_values_give_beta_and_no_division_by_zero():
    x, gamma, beta = np.full((4, 2), 7.0, np.float32), np.ones(2), np.float32([1.0, -1.0])
    for function in (nn.batch_norm, nn.layer_norm):
        assert function(x, gamma, beta).tolist() == [[1.0, -1.0]] * 4


def test_the_gradient_of_a_normalised_value_has_no_component_along_the_mean(rng):
    """x + c is normalised as x is: dx sums to zero over what is normalised together."""
    gate = g.BatchNorm()
    gate.forward(rng.normal(size=(8, 3)), rng.normal(size=3), rng.normal(size=3))
    np.testing.assert_allclose(gate.dx(rng.normal(size=(8, 3))).sum(axis=0), 0, atol=1e-14)


def test_the_variance_of_the_batch_divides_by_all_of_its_numbers():
    x = np.array([[1.0], [3.0]])
    assert g.BatchNorm(0.0).forward(x, np.ones(1), np.zeros(1)).tolist() == [[-1.0], [1.0]]
