"""Rectifiers, against PyTorch, against their compositions, and at scores of any size."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from pellucid import Tensor, nn
from pellucid import gates as g

from .comparing import agree, same

PEERS = {
    "relu": (g.ReLU, torch.relu),
    "leaky relu": (g.LeakyReLU, lambda z: F.leaky_relu(z, 0.2)),
    "leaky relu 0.01": (lambda: g.LeakyReLU(0.01), F.leaky_relu),
    "elu": (g.ELU, F.elu),
    "elu 1.5": (lambda: g.ELU(1.5), lambda z: F.elu(z, 1.5)),
    "selu": (g.SELU, F.selu),
    "celu": (g.CELU, F.celu),
    "celu 0.5": (lambda: g.CELU(0.5), lambda z: F.celu(z, 0.5)),
}
FUNCTIONS = [nn.relu, nn.relu6, nn.leaky_relu, nn.elu, nn.selu, nn.celu]


@pytest.mark.parametrize("scale", [0.1, 1.0, 10.0])
@pytest.mark.parametrize("name", PEERS)
def test_rectifiers_as_pytorch(name, scale, rng):
    agree(*PEERS[name], scale * rng.normal(size=(3, 4, 5)))


@pytest.mark.parametrize("shared", [(), (1,), (1, 2), (1, 2, 3)])
def test_prelu_as_pytorch(shared, rng):
    shape = tuple(1 if axis in shared else n for axis, n in enumerate((3, 4, 5)[1:], 1))
    z, alpha = rng.normal(size=(3, 4, 5)), rng.normal(size=shape)
    agree(g.PReLU, lambda z, alpha: torch.where(z > 0, z, alpha * z), z, alpha)
    channels = rng.normal(size=4)
    agree(g.PReLU, lambda z, alpha: F.prelu(z, alpha), rng.normal(size=(5, 4)), channels)


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
    assert nn.relu(z).tolist() == [0.0, 1e4]
    assert nn.relu6(z).tolist() == [0.0, 6.0]
    assert nn.elu(z).tolist() == nn.celu(z).tolist() == [-1.0, 1e4]
    assert nn.selu(z)[0] == np.float32(g.SELU.LOW)


def test_at_0_the_slope_is_that_of_the_left():
    """At its kink, relu counts as off: z = 0 gets no gradient; leaky relu's gets the slope."""
    for function, slope in ((nn.relu, 0.0), (nn.relu6, 0.0), (nn.leaky_relu, 0.2), (nn.elu, 1.0)):
        z = Tensor(np.zeros(1))
        function(z).backward()
        assert z.grad.tolist() == [slope]
    z, alpha = Tensor(np.zeros(1)), Tensor(np.full(1, 0.3))
    nn.prelu(z, alpha).backward()
    assert (z.grad.tolist(), alpha.grad.tolist()) == ([0.3], [0.0])


def test_celu_has_no_jump_in_its_slope_where_elu_has():
    for function, slope in ((nn.elu, 0.5), (nn.celu, 1.0)):
        z = Tensor(np.float64([-1e-12]))
        function(z, 0.5).backward()
        np.testing.assert_allclose(z.grad, slope, rtol=1e-10)


def test_selu_keeps_a_mean_of_0_and_a_variance_of_1():
    """Of normal z, by the midpoint rule over +-10; the pair of numbers solves just this."""
    z = (np.arange(200_000) + 0.5) / 10_000 - 10
    weight = np.exp(-z * z / 2) / np.sqrt(2 * np.pi) / 10_000
    a = nn.selu(z)
    np.testing.assert_allclose((a * weight).sum(), 0, atol=1e-9)
    np.testing.assert_allclose((a * a * weight).sum(), 1, rtol=1e-9)


def test_big_gates_are_their_compositions(rng):
    z, alpha = rng.normal(size=(3, 4)), rng.normal(size=4)
    same(nn.relu, lambda z: nn.maximum(0, z), z)
    same(nn.leaky_relu, lambda z: nn.maximum(0.2 * z, z), z)
    same(nn.elu, lambda z: nn.where(np.asarray(z) > 0, z, nn.exp(z) - 1), z)
    same(nn.selu, lambda z: g.SELU.SCALE * nn.elu(z, g.SELU.ALPHA), z)
    same(lambda z: nn.celu(z, 0.5), lambda z: 0.5 * nn.elu(2 * z), z)
    same(nn.prelu, lambda z, alpha: nn.relu(z) - alpha * nn.relu(-z), z, alpha)
