"""Gates that only move numbers, against PyTorch and against each other."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, basic_indices, integer_array_indices
from torch.nn import functional as F

from pellucid import Tensor, nn
from pellucid import gates as g

from .comparing import agree, close, same


@pytest.mark.parametrize("shape", [(4, 6), (2, -1), (24,), (1, 24, 1), (2, 3, 2, 2)])
def test_reshape_as_pytorch(shape, rng):
    agree(lambda: g.Reshape(shape), lambda x: x.reshape(shape), rng.normal(size=(2, 3, 4)))


@pytest.mark.parametrize("shape", [(), (3,), (4, 1), (2, 1, 1), (1, 4, 3), (2, 4, 3)])
def test_broadcast_to_as_pytorch(shape, rng):
    to = (2, 4, 3)
    agree(lambda: g.BroadcastTo(to), lambda x: torch.broadcast_to(x, to), rng.normal(size=shape))


def test_what_was_repeated_is_an_array_of_its_own():
    x = np.ones(3)
    y = nn.broadcast_to(x, (2, 3))
    y[0] += 1
    assert x.tolist() == y[1].tolist() == [1, 1, 1]


@given(st.permutations(range(4)), st.lists(st.booleans(), min_size=4, max_size=4))
def test_transpose_as_pytorch(order, negative):
    axes = tuple(i - 4 if minus else i for i, minus in zip(order, negative, strict=True))
    x = np.random.default_rng(0).normal(size=(2, 3, 1, 4))
    agree(lambda: g.Transpose(axes), lambda x: x.permute(axes), x)


def test_transpose_reverses_by_default(rng):
    agree(g.Transpose, lambda x: x.permute(2, 1, 0), rng.normal(size=(2, 3, 4)))
    agree(g.Transpose, lambda x: x * 1, np.array(2.0))


MASK = np.arange(12).reshape(3, 4) % 3 == 0
SLICES = {
    "row": (1, lambda x: x[1]),
    "last column": ((..., -1), lambda x: x[..., -1]),
    "slice": ((slice(None), slice(1, 3)), lambda x: x[:, 1:3]),
    "steps": ((slice(None, None, 2), slice(1, None, 3)), lambda x: x[::2, 1::3]),
    "backwards": (slice(None, None, -1), lambda x: x.flip(0)),
    "backwards by two": ((slice(None), slice(3, 0, -2)), lambda x: x.flip(1)[:, 0:3:2]),
    "nothing": (slice(2, 2), lambda x: x[2:2]),
    "new axis": ((slice(None), None), lambda x: x[:, None]),
    "mask": (MASK, lambda x: x[torch.tensor(MASK)]),
    "mask of rows": (np.array([True, False, True]), lambda x: x[[True, False, True]]),
    "repeated rows": (np.array([2, 0, 2, 2]), lambda x: x[[2, 0, 2, 2]]),
    "negative rows": ([-1, -3, -1], lambda x: x[[-1, -3, -1]]),
    "repeated places": (([0, 1, 1], [3, 2, 2]), lambda x: x[[0, 1, 1], [3, 2, 2]]),
    "table": (np.array([[0, 1], [2, 1]]), lambda x: x[torch.tensor([[0, 1], [2, 1]])]),
    "slice and columns": ((slice(0, 2), [3, 3, 1]), lambda x: x[0:2, [3, 3, 1]]),
}


@pytest.mark.parametrize("name", SLICES)
def test_slices_as_pytorch(name, rng):
    index, peer = SLICES[name]
    agree(lambda: g.Slice(index), peer, rng.normal(size=(3, 4)))


@given(st.data())
def test_any_index_of_numpy_adds_the_gradient_up_where_it_read(data):
    shape = data.draw(array_shapes(min_dims=1, max_dims=3, max_side=4))
    kinds = basic_indices(shape, allow_newaxis=True) | integer_array_indices(shape)
    index = data.draw(kinds)
    x = Tensor(np.random.default_rng(0).normal(size=shape))
    y = x[index]
    assert np.array_equal(y.value, x.value[index])
    dy = np.random.default_rng(1).normal(size=y.shape)
    y.backward(dy)
    read, expected = np.arange(x.size).reshape(shape)[index], np.zeros(x.size)
    for place, value in zip(read.ravel(), dy.ravel(), strict=True):
        expected[place] += value
    close(x.grad, expected.reshape(shape), 1e-15, "gradient")


@given(
    lengths=st.lists(st.integers(0, 3), min_size=1, max_size=4),
    axis=st.sampled_from([0, 1, 2, -1, -2, -3]),
)
def test_concatenate_as_pytorch(lengths, axis):
    rng = np.random.default_rng(0)
    parts = []
    for n in lengths:
        shape = [2, 3, 2]
        shape[axis] = n
        parts.append(rng.normal(size=shape))
    agree(lambda: g.Concatenate(axis), lambda *x: torch.cat(x, axis), *parts)


WIDTH = st.tuples(st.integers(0, 2), st.integers(0, 2))


@given(st.tuples(WIDTH, WIDTH, WIDTH), st.sampled_from([0.0, -1.5]))
def test_pad_as_pytorch(widths, value):
    sides = [n for pair in reversed(widths) for n in pair]
    x = np.random.default_rng(0).normal(size=(2, 1, 3))
    agree(lambda: g.Pad(widths, value), lambda x: F.pad(x, sides, value=value), x)


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("repeats", [1, 3])
def test_repeat_as_pytorch(repeats, axis, rng):
    x = rng.normal(size=(2, 3, 4))
    agree(lambda: g.Repeat(repeats, axis), lambda x: x.repeat_interleave(repeats, axis), x)


def test_a_repeat_is_a_product_with_ones(rng):
    x, ones = rng.normal(size=(2, 3, 4)), np.ones((1, 1, 2, 1))
    stretched = lambda x: nn.reshape(nn.reshape(x, (2, 3, 1, 4)) * ones, (2, 6, 4))
    same(lambda x: nn.repeat(x, 2, 1), stretched, x)


def test_gates_of_shape_undo_each_other(rng):
    x = rng.normal(size=(2, 3, 4))
    itself = lambda x: nn.linear(x)
    same(lambda x: nn.reshape(nn.reshape(x, (6, 4)), (2, 3, 4)), itself, x)
    same(lambda x: nn.transpose(nn.transpose(x, (2, 0, 1)), (1, 2, 0)), itself, x)
    same(lambda x: nn.pad(x, ((1, 0), (2, 1), (0, 3)))[1:, 2:-1, :-3], itself, x)
    same(lambda x: nn.concatenate([x[:, :1], x[:, 1:]], axis=1), itself, x)
    same(lambda x: x[::-1][::-1], itself, x)
    same(lambda x: nn.broadcast_to(x, (5, 2, 3, 4)), lambda x: x + np.zeros((5, 2, 3, 4)), x)


def test_one_tensor_twice_in_a_concatenation_gets_both_gradients():
    x = Tensor([1.0, 2.0])
    nn.concatenate([x, x]).backward([1.0, 2.0, 3.0, 4.0])
    assert x.grad.tolist() == [4.0, 6.0]
