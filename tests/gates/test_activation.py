"""Activations, against PyTorch, against their compositions, and at scores of any size."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from pellucid import Tensor, nn
from pellucid import gates as g
from pellucid.errors import ShapeError

from ..saying import says
from .comparing import agree, same

PEERS = {
    "linear": (g.Linear, lambda z: z * 1),
    "sigmoid": (g.Sigmoid, torch.sigmoid),
    "tanh": (g.Tanh, torch.tanh),
    "gelu": (g.GELU, F.gelu),
    "gelu tanh": (g.TanhGELU, lambda z: F.gelu(z, approximate="tanh")),
    "silu": (g.SiLU, F.silu),
    "mish": (g.Mish, F.mish),
    "glu": (g.GLU, F.glu),
    "glu 1": (lambda: g.GLU(1), lambda z: F.glu(z, 1)),
    "softplus": (g.Softplus, lambda z: torch.logaddexp(z, torch.zeros_like(z))),
    "squareplus": (g.Squareplus, lambda z: (z + torch.sqrt(z * z + 4)) / 2),
    "softsign": (g.Softsign, F.softsign),
    "log sigmoid": (g.LogSigmoid, F.logsigmoid),
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
    nn.gelu,
    lambda z: nn.gelu(z, approximate=True),
    nn.silu,
    nn.mish,
    nn.glu,
    nn.softplus,
    nn.squareplus,
    nn.softsign,
    nn.softmax,
    nn.log_softmax,
    nn.log_sigmoid,
]


@pytest.mark.parametrize("scale", [0.1, 1.0, 10.0])
@pytest.mark.parametrize("name", PEERS)
def test_as_pytorch(name, scale, rng):
    agree(*PEERS[name], scale * rng.normal(size=(3, 4, 6)))


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
    assert nn.log_sigmoid(z).tolist() == [-1e4, 0.0]
    for function in (nn.softplus, nn.silu, nn.mish, nn.gelu, lambda z: nn.gelu(z, True)):
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


def test_squareplus_is_exact_where_it_is_small():
    exact = 2 / (1e4 + np.sqrt(1e8 + 4))
    np.testing.assert_allclose(nn.squareplus(np.float32([-1e4])), [exact], rtol=1e-6)


def test_an_odd_length_cannot_be_halved():
    text = (
        "gate GLU: expected an even length along axis -1, to be halved; got shape (2, 3). "
        "Give the layer before it twice as many units as are to come out."
    )
    with says(ShapeError, text):
        nn.glu(np.zeros((2, 3)))


def test_big_gates_are_their_compositions(rng):
    z = rng.normal(size=(3, 4))
    same(nn.sigmoid, lambda z: 1 / (1 + nn.exp(-z)), z)
    same(nn.tanh, lambda z: (nn.exp(z) - nn.exp(-z)) / (nn.exp(z) + nn.exp(-z)), z)
    same(nn.tanh, lambda z: 2 * nn.sigmoid(2 * z) - 1, z)
    same(nn.silu, lambda z: z * nn.sigmoid(z), z)
    same(nn.softplus, lambda z: nn.log(1 + nn.exp(z)), z)
    same(nn.mish, lambda z: z * nn.tanh(nn.softplus(z)), z)
    same(nn.glu, lambda z: z[:, :2] * nn.sigmoid(z[:, 2:]), z)
    same(nn.squareplus, lambda z: (z + nn.sqrt(z * z + 4)) / 2, z)
    same(nn.softsign, lambda z: z / (1 + nn.abs(z)), z)
    same(nn.log_sigmoid, lambda z: nn.log(nn.sigmoid(z)), z)
    same(nn.softmax, lambda z: nn.exp(z) / nn.sum(nn.exp(z), -1, keepdims=True), z)
    same(nn.log_softmax, lambda z: z - nn.log(nn.sum(nn.exp(z), -1, keepdims=True)), z)
    inner = lambda z: np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)
    same(lambda z: nn.gelu(z, True), lambda z: 0.5 * z * (1 + nn.tanh(inner(z))), z)
