"""Activations, against PyTorch, against their compositions, and at scores of any size."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from pellucid import Tensor, nn
from pellucid import gates as g

from .comparing import agree, same

PEERS = {
    "linear": (g.Linear, lambda z: z * 1),
    "sigmoid": (g.Sigmoid, torch.sigmoid),
    "tanh": (g.Tanh, torch.tanh),
    "relu": (g.ReLU, torch.relu),
    "leaky relu": (g.LeakyReLU, lambda z: F.leaky_relu(z, 0.2)),
    "leaky relu 0.01": (lambda: g.LeakyReLU(0.01), F.leaky_relu),
    "elu": (g.ELU, F.elu),
    "elu 1.5": (lambda: g.ELU(1.5), lambda z: F.elu(z, 1.5)),
    "gelu": (g.GELU, F.gelu),
    "gelu tanh": (g.TanhGELU, lambda z: F.gelu(z, approximate="tanh")),
    "silu": (g.SiLU, F.silu),
    "softplus": (g.Softplus, lambda z: torch.logaddexp(z, torch.zeros_like(z))),
    "softmax": (g.Softmax, lambda z: F.softmax(z, -1)),
    "softmax 0": (lambda: g.Softmax(0), lambda z: F.softmax(z, 0)),
    "softmax 1": (lambda: g.Softmax(1), lambda z: F.softmax(z, 1)),
    "log softmax": (g.LogSoftmax, lambda z: F.log_softmax(z, -1)),
    "log softmax 0": (lambda: g.LogSoftmax(0), lambda z: F.log_softmax(z, 0)),
}
FUNCTIONS = [
    nn.linear,
    nn.sigmoid,
    nn.tanh,
    nn.relu,
    nn.leaky_relu,
    nn.elu,
    nn.gelu,
    lambda z: nn.gelu(z, approximate=True),
    nn.silu,
    nn.softplus,
    nn.softmax,
    nn.log_softmax,
]


@pytest.mark.parametrize("scale", [0.1, 1.0, 10.0])
@pytest.mark.parametrize("name", PEERS)
def test_as_pytorch(name, scale, rng):
    agree(*PEERS[name], scale * rng.normal(size=(3, 4, 5)))


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_values_and_slopes_are_finite_for_scores_of_any_size(function, dtype):
    scores = np.array([-1e4, -89.0, -1.0, -0.0, 0.0, 1.0, 89.0, 1e4], dtype)
    z = Tensor(scores)
    a = function(z)
    a.backward(np.ones(a.shape))
    assert np.isfinite(a.value).all()
    assert np.isfinite(z.grad).all()
    assert a.dtype == z.grad.dtype == dtype


def test_flat_ends():
    z = np.float32([-1e4, 1e4])
    assert nn.sigmoid(z).tolist() == [0.0, 1.0]
    assert nn.tanh(z).tolist() == [-1.0, 1.0]
    assert nn.elu(z).tolist() == [-1.0, 1e4]
    for function in (nn.relu, nn.softplus, nn.silu, nn.gelu, lambda z: nn.gelu(z, True)):
        assert function(z).tolist() == [0.0, 1e4]
    assert nn.softmax(z).tolist() == [0.0, 1.0]
    assert nn.log_softmax(z).tolist() == [-2e4, 0.0]


def test_sigmoid_is_exact_where_it_is_tiny():
    np.testing.assert_allclose(nn.sigmoid(np.array([-700.0])), np.exp([-700.0]), rtol=1e-14)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_softmax_sums_to_one_and_does_not_change_when_all_scores_move(axis, rng):
    z = rng.normal(size=(3, 4))
    p = nn.softmax(z, axis)
    np.testing.assert_allclose(p.sum(axis), 1, rtol=1e-14)
    np.testing.assert_allclose(nn.softmax(z + 1e3, axis), p, rtol=1e-11)  # z + 1e3 is rounded
    np.testing.assert_allclose(nn.log_softmax(z, axis), np.log(p), rtol=1e-12)


def test_at_0_the_slope_is_that_of_the_left():
    """At its kink, relu counts as off: z = 0 gets no gradient; leaky relu's gets the slope."""
    for function, slope in ((nn.relu, 0.0), (nn.leaky_relu, 0.2), (nn.elu, 1.0)):
        z = Tensor(np.zeros(1))
        function(z).backward()
        assert z.grad.tolist() == [slope]


def test_big_gates_are_their_compositions(rng):
    z = rng.normal(size=(3, 4))
    same(nn.sigmoid, lambda z: 1 / (1 + nn.exp(-z)), z)
    same(nn.tanh, lambda z: (nn.exp(z) - nn.exp(-z)) / (nn.exp(z) + nn.exp(-z)), z)
    same(nn.tanh, lambda z: 2 * nn.sigmoid(2 * z) - 1, z)
    same(nn.relu, lambda z: nn.maximum(0, z), z)
    same(nn.leaky_relu, lambda z: nn.maximum(0.2 * z, z), z)
    same(nn.elu, lambda z: nn.where(np.asarray(z) > 0, z, nn.exp(z) - 1), z)
    same(nn.silu, lambda z: z * nn.sigmoid(z), z)
    same(nn.softplus, lambda z: nn.log(1 + nn.exp(z)), z)
    same(nn.softmax, lambda z: nn.exp(z) / nn.sum(nn.exp(z), -1, keepdims=True), z)
    same(nn.log_softmax, lambda z: z - nn.log(nn.sum(nn.exp(z), -1, keepdims=True)), z)
    inner = lambda z: np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)
    same(lambda z: nn.gelu(z, True), lambda z: 0.5 * z * (1 + nn.tanh(inner(z))), z)
