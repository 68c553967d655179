"""Arithmetic, against PyTorch; what happens at ties, at zeros and at the edge of a clip."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

from pellucid import Tensor, check_gate, nn
from pellucid import gates as g

from .cases import apart, distinct, positive
from .comparing import agree, same

TWO = {
    g.Add: torch.add,
    g.Subtract: torch.subtract,
    g.Multiply: torch.multiply,
    g.Divide: torch.divide,
    g.Power: torch.pow,
    g.Maximum: torch.maximum,
    g.Minimum: torch.minimum,
}
ONE = {g.Exp: torch.exp, g.Log: torch.log, g.Sqrt: torch.sqrt, g.Abs: torch.abs}


@pytest.mark.parametrize("gate", TWO)
@given(shapes=mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3))
def test_two_inputs_as_pytorch(gate, shapes):
    rng = np.random.default_rng(0)
    kind = positive if gate is g.Power else apart  # a power of a negative number is none
    a, b = (kind(rng, *shape) for shape in shapes.input_shapes)
    agree(gate, TWO[gate], np.asarray(a), np.asarray(b))


@given(shapes=mutually_broadcastable_shapes(num_shapes=3, max_dims=3, max_side=3))
def test_where_as_pytorch(shapes):
    rng = np.random.default_rng(0)
    condition, a, b = (np.asarray(apart(rng, *shape)) for shape in shapes.input_shapes)
    agree(g.Where, torch.where, np.asarray(condition > 0), a, b)


@pytest.mark.parametrize("gate", ONE)
def test_one_input_as_pytorch(gate, rng):
    kind = apart if gate in (g.Exp, g.Abs) else positive
    agree(gate, ONE[gate], kind(rng, 3, 4))


@pytest.mark.parametrize("exponent", [0, 1, 2, 3, -1, -2])
def test_powers_by_a_number_as_pytorch(exponent, rng):
    agree(g.Power, torch.pow, apart(rng, 5), exponent)


@pytest.mark.parametrize("bounds", [(-0.5, 0.4), (None, 0.4), (-0.5, None)])
def test_clip_as_pytorch(bounds, rng):
    agree(lambda: g.Clip(*bounds), lambda x: torch.clip(x, *bounds), rng.normal(size=(4, 5)))


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [None, 0, 1, -1, (0, 1), (-1, 0), (2, 1), (0, 1, 2)])
def test_reductions_as_pytorch(axis, keepdims, rng):
    x = distinct(rng, 2, 3, 4)
    dim = tuple(range(3)) if axis is None else axis
    agree(lambda: g.Sum(axis, keepdims), lambda x: torch.sum(x, dim, keepdim=keepdims), x)
    agree(lambda: g.Mean(axis, keepdims), lambda x: torch.mean(x, dim, keepdim=keepdims), x)
    agree(lambda: g.Max(axis, keepdims), lambda x: torch.amax(x, dim, keepdim=keepdims), x)


def gradients(function, *values):
    tensors = [Tensor(v) for v in values]
    nn.sum(function(*tensors)).backward()
    return [t.grad.tolist() for t in tensors]


def test_an_addition_hands_on_a_multiplication_swaps_a_maximum_selects():
    assert gradients(nn.add, [3.0], [-4.0]) == [[1.0], [1.0]]
    assert gradients(nn.multiply, [3.0], [-4.0]) == [[-4.0], [3.0]]
    assert gradients(nn.maximum, [3.0], [-4.0]) == [[1.0], [0.0]]


def test_at_a_tie_the_first_input_gets_all():
    assert gradients(nn.maximum, [1.0, 2.0], [1.0, 3.0]) == [[1.0, 0.0], [0.0, 1.0]]
    assert gradients(nn.minimum, [1.0, 2.0], [1.0, 3.0]) == [[1.0, 1.0], [0.0, 0.0]]


def test_the_maximum_of_equal_numbers_gives_its_gradient_to_the_first():
    assert gradients(nn.max, [1.0, 2.0, 2.0]) == [[0.0, 1.0, 0.0]]
    x = [[1.0, 1.0], [1.0, 0.0]]
    assert gradients(nn.max, x) == [[[1.0, 0.0], [0.0, 0.0]]]
    assert gradients(lambda x: nn.max(x, axis=0), x) == [[[1.0, 1.0], [0.0, 0.0]]]
    assert gradients(lambda x: nn.max(x, axis=1), x) == [[[1.0, 0.0], [1.0, 0.0]]]


def test_the_gradient_check_counts_a_tie_as_a_kink():
    check = check_gate(g.Maximum, [1.0, 2.0], [1.0, 3.0])
    assert check
    assert [row.kinks for row in check.rows] == [1, 1]


def test_abs_has_slope_0_at_0():
    assert gradients(nn.abs, [-2.0, 0.0, 2.0]) == [[-1.0, 0.0, 1.0]]


def test_a_clip_passes_the_gradient_at_its_edge():
    edges = gradients(lambda x: nn.clip(x, -1.0, 1.0), [-2.0, -1.0, 0.0, 1.0, 2.0])
    assert edges == [[0.0, 1.0, 1.0, 1.0, 0.0]]


def test_powers_of_zero():
    """x^0 is 1 for every x, and 0^b is 0 for every b > 0: neither has a slope there."""
    assert gradients(nn.power, [0.0, 0.0, 3.0], [0.0, 2.0, 0.0])[0] == [0.0, 0.0, 0.0]
    assert gradients(nn.power, [0.0, 0.0], [1.0, 2.0]) == [[1.0, 0.0], [0.0, 0.0]]
    assert gradients(lambda x: x**0, [0.0, 2.0]) == [[0.0, 0.0]]
    assert gradients(lambda x: x**1, [0.0, 2.0]) == [[1.0, 1.0]]


def test_the_slope_of_a_numbers_power_keeps_float32():
    x = Tensor([1.0, 2.0])
    for base in (2, 2.0, np.array(2.0)):
        nn.sum(base**x).backward()
        np.testing.assert_allclose(x.grad, np.log(2) * 2 ** np.array([1, 2]), rtol=1e-6)
    for base in (2, 2.0):
        nn.sum(base**x).backward()
        assert x.grad.dtype == "float32"


def test_big_gates_are_their_compositions(rng):
    x, a, b = distinct(rng, 3, 4), apart(rng, 3, 4), apart(rng, 4)
    same(nn.mean, lambda x: nn.sum(x) / 12, x)
    same(lambda x: nn.mean(x, axis=0), lambda x: nn.sum(x, axis=0) / 3, x)
    same(nn.subtract, lambda a, b: a + -1.0 * b, a, b)
    same(nn.divide, lambda a, b: a * b**-1, a, b)
    same(nn.sqrt, lambda x: x**0.5, positive(rng, 3))
    same(nn.abs, lambda a: nn.maximum(a, -a), a)
    same(lambda x: nn.clip(x, -0.5, 0.5), lambda x: nn.minimum(nn.maximum(x, -0.5), 0.5), x)
    same(nn.maximum, lambda a, b: nn.where(np.asarray(a) >= np.asarray(b), a, b), a, b)
    same(nn.power, lambda a, b: nn.exp(nn.log(a) * b), positive(rng, 3, 4), b)


@given(st.integers(0, 3), st.integers(0, 3))
def test_gradients_of_empty_arrays_are_empty(n, m):
    x, row = Tensor(np.ones((n, m))), Tensor(np.ones(m))
    nn.sum(x * row).backward()
    assert x.grad.shape == (n, m)
    assert row.grad.tolist() == [float(n)] * m
