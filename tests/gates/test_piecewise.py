"""Activations in pieces: against PyTorch, against their compositions, and at scores of any size."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch.nn import functional as F

from pellucid import Tensor, nn
from pellucid import gates as g

from .comparing import agree, same


def slowly(z):
    """sparse plus of PyTorch's tensors, by its definition."""
    return torch.where(z <= -1, 0, torch.where(z >= 1, z, (z + 1) ** 2 / 4))


PEERS = {
    # By formula: the derivative of F.hardsigmoid has a slope of 1/6 rounded to float32.
    "hard sigmoid": (g.HardSigmoid, lambda z: F.relu6(z + 3) / 6),
    "hard sigmoid 1/2": (lambda: g.HardSigmoid(1 / 2), lambda z: (z / 2 + 0.5).clamp(0, 1)),
    "hard silu": (g.HardSiLU, F.hardswish),
    "hard shrink": (g.HardShrink, F.hardshrink),
    "hard shrink 1.5": (lambda: g.HardShrink(1.5), lambda z: F.hardshrink(z, 1.5)),
    "threshold": (lambda: g.Threshold(0.3, -2.0), lambda z: F.threshold(z, 0.3, -2.0)),
    "sparse plus": (g.SparsePlus, slowly),
}
FUNCTIONS = [
    nn.hard_sigmoid,
    nn.hard_silu,
    nn.hard_tanh,
    nn.hard_shrink,
    nn.soft_shrink,
    nn.tanh_shrink,
    lambda z: nn.threshold(z, 0.5, -1.0),
    nn.sparse_plus,
    nn.sparse_sigmoid,
    nn.sparsemax,
]


@pytest.mark.parametrize("scale", [0.1, 1.0, 10.0])
@pytest.mark.parametrize("name", PEERS)
def test_pieces_as_pytorch(name, scale, rng):
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


def test_flat_parts_are_exact():
    z = np.float32([-1e4, -3.0, 3.0, 1e4])
    assert nn.hard_sigmoid(z).tolist() == nn.sparse_sigmoid(z).tolist() == [0, 0, 1, 1]
    assert nn.hard_silu(z).tolist() == nn.sparse_plus(z).tolist() == [0, 0, 3, 1e4]
    assert nn.hard_tanh(z).tolist() == [-1, -1, 1, 1]


def test_the_slope_of_sparse_plus_is_sparse_sigmoid(rng):
    z = Tensor(2 * rng.normal(size=20))
    nn.sparse_plus(z).backward(np.ones(20))
    np.testing.assert_allclose(z.grad, nn.sparse_sigmoid(z.value), rtol=1e-15)


SCORES = arrays("float64", (3, 5), elements=st.floats(-4, 4, width=32))


@given(SCORES)
def test_sparsemax_is_the_nearest_distribution(z):
    """The nearest point p of the simplex: z - p is one number tau where p > 0, and at most tau
    elsewhere (Karush, Kuhn and Tucker's conditions, which are sufficient for a convex problem)."""
    p = nn.sparsemax(z)
    assert (p >= 0).all()
    np.testing.assert_allclose(p.sum(-1), 1, rtol=1e-14)
    tau = (z - p).max(-1, keepdims=True)
    np.testing.assert_allclose((z - p - tau)[p > 0], 0, atol=1e-14)
    moved = np.moveaxis(nn.sparsemax(np.moveaxis(z, -1, 0), 0), 0, -1)
    np.testing.assert_array_equal(moved, p)


def test_sparsemax_by_hand():
    assert nn.sparsemax(np.array([-1.0, 0.0, 1.0])).tolist() == [0, 0, 1]
    found = nn.sparsemax(np.array([0.5, 0.2, -2.0]))  # tau = (0.5 + 0.2 - 1) / 2 = -0.15
    np.testing.assert_allclose(found, [0.65, 0.35, 0], rtol=1e-15)
    np.testing.assert_allclose(nn.sparsemax(np.full(4, 7.0)), [0.25] * 4, rtol=1e-15)
    z = Tensor([0.5, 0.2, -2.0])
    nn.sparsemax(z).backward([1.0, 0.0, 5.0])  # of the places with a > 0, da less its mean
    assert z.grad.tolist() == [0.5, -0.5, 0.0]


def test_big_gates_are_their_compositions(rng):
    z = 3 * rng.normal(size=(3, 4))
    same(nn.hard_sigmoid, lambda z: nn.clip(z / 6 + 0.5, 0, 1), z)
    same(nn.sparse_sigmoid, lambda z: nn.clip(z / 2 + 0.5, 0, 1), z)
    same(nn.hard_silu, lambda z: z * nn.clip(z / 6 + 0.5, 0, 1), z)
    same(nn.hard_shrink, lambda z: nn.where(np.abs(np.asarray(z)) > 0.5, z, 0.0), z)
    same(lambda z: nn.threshold(z, 0.3, 2.0), lambda z: nn.where(np.asarray(z) > 0.3, z, 2.0), z)
    square = lambda z: nn.clip(z / 2 + 0.5, 0, 1) ** 2
    same(nn.sparse_plus, lambda z: nn.where(np.asarray(z) < 1, square(z), z), z)
