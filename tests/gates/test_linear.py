"""Products of matrices, against PyTorch and against their compositions."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from pellucid import Tensor, nn
from pellucid import gates as g
from pellucid.errors import ShapeError

from .comparing import agree, same

SIDE = st.integers(1, 4)


@given(batch=st.lists(SIDE, max_size=2), D=SIDE, U=SIDE, bias=st.booleans())
def test_dense_as_pytorch(batch, D, U, bias):
    rng = np.random.default_rng(0)
    inputs = [rng.normal(size=s) for s in ((*batch, D), (D, U), (U,))[: 2 + bias]]
    agree(g.Dense, lambda x, W, *b: F.linear(x, W.T, *b), *inputs)


@given(data=st.data(), n=SIDE, k=SIDE, m=SIDE)
def test_matmul_as_pytorch(data, n, k, m):
    rng = np.random.default_rng(0)
    common = data.draw(st.lists(SIDE, max_size=2))
    batches = [
        [side if data.draw(st.booleans()) else 1 for side in common][data.draw(st.integers(0, 2)) :]
        for _ in "ab"
    ]
    a = data.draw(st.sampled_from([(k,), (*batches[0], n, k)]))
    b = data.draw(st.sampled_from([(k,), (*batches[1], k, m)]))
    agree(g.MatMul, torch.matmul, rng.normal(size=a), rng.normal(size=b))


@given(st.lists(st.lists(st.integers(0, 4), min_size=2, max_size=2), min_size=1, max_size=4))
def test_embedding_as_pytorch(rows):
    W = np.random.default_rng(0).normal(size=(5, 3))
    agree(g.Embedding, F.embedding, np.array(rows), W)


def test_embedding_takes_class_numbers_of_any_kind(rng):
    W = rng.normal(size=(3, 2))
    for i in ([2, 0], np.array([2, 0], np.uint8), np.array([2.0, 0.0]), Tensor([2, 0], False)):
        assert np.array_equal(np.asarray(nn.embedding(i, W)), W[[2, 0]])
    assert np.array_equal(nn.embedding(1, W), W[1])


def test_big_gates_are_their_compositions(rng):
    x, W, b = rng.normal(size=(5, 3)), rng.normal(size=(3, 2)), rng.normal(size=2)
    same(nn.dense, lambda x, W, b: x @ W + b, x, W, b)
    same(nn.dense, nn.matmul, x, W)
    same(nn.dense, lambda x, W, b: x @ W + b, rng.normal(size=(2, 5, 3)), W, b)
    products = lambda a, b: nn.sum(a[:, :, None] * b[None], axis=1)
    same(nn.matmul, products, x, W)
    i = np.array([1, 0, 1, 2])
    same(lambda W: nn.embedding(i, W), lambda W: W[i], W)
    same(lambda W: nn.embedding(i, W), lambda W: np.eye(3)[i] @ W, W)


def test_the_bias_is_added_in_place_of_nothing_of_the_users(rng):
    x, W, b = rng.normal(size=(5, 3)), np.eye(3), rng.normal(size=3)
    before = x.copy(), W.copy(), b.copy()
    nn.dense(x, W, b)
    assert all(map(np.array_equal, before, (x, W, b)))


def test_a_bias_of_another_shape_is_named():
    y = nn.sum(nn.dense(np.ones((4, 3)), np.ones((3, 2)), Tensor(np.ones((1, 2)))))
    with pytest.raises(ShapeError) as error:
        y.backward()
    assert str(error.value) == (
        "gate Dense: expected db in the shape of b, (1, 2); got shape (2,). "
        "Let db sum over, or reshape to, what b has."
    )
