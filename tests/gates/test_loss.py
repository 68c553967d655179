"""Losses, against PyTorch, against their compositions, and at scores of any size."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from pellucid import Tensor, nn
from pellucid import gates as g

from .cases import distinct, one_hot, positive, probabilities
from .comparing import agree, same

NUMBERS = np.array([2, 0, 1, 2, 3])


def sparse(function):
    """PyTorch's losses take class numbers of 64 bits and give one number an example."""
    return lambda z, y: function(z, y.long(), reduction="none")


@pytest.mark.parametrize("scale", [1.0, 30.0])
def test_cross_entropies_of_scores_as_pytorch(scale, rng):
    z = scale * rng.normal(size=(5, 4))
    hard, soft = one_hot(rng, 5, 4), probabilities(rng, 5, 4)
    for y in (hard, soft):
        agree(g.SoftmaxCrossEntropy, lambda z, y: F.cross_entropy(z, y, reduction="none"), z, y)
    agree(g.SparseSoftmaxCrossEntropy, sparse(F.cross_entropy), z, NUMBERS)
    for y in (hard, rng.random((5, 4))):
        agree(
            g.SigmoidCrossEntropy,
            lambda z, y: F.binary_cross_entropy_with_logits(z, y, reduction="none"),
            z,
            y,
        )


def test_cross_entropies_of_probabilities_as_pytorch(rng):
    p, y = probabilities(rng, 5, 4), probabilities(rng, 5, 4)
    agree(g.CrossEntropy, lambda p, y: -(y * p.log()).sum(-1), p, y)
    agree(g.SparseCrossEntropy, lambda p, y: F.nll_loss(p.log(), y, reduction="none"), p, NUMBERS)
    for y in (rng.random((5, 4)), one_hot(rng, 5, 4)):
        agree(
            g.BinaryCrossEntropy,
            lambda p, y: F.binary_cross_entropy(p, y, reduction="none"),
            rng.uniform(0.05, 0.95, (5, 4)),
            y,
        )


def test_squared_error_as_pytorch(rng):
    p, y = rng.normal(size=(5, 4)), rng.normal(size=(5, 4))
    agree(g.SquaredError, lambda p, y: F.mse_loss(p, y, reduction="none"), p, y)


@pytest.mark.parametrize("delta", [1.0, 0.3])
def test_huber_as_pytorch(delta, rng):
    p, y = rng.normal(size=(5, 4)), rng.normal(size=(5, 4))
    peer = lambda p, y: F.huber_loss(p, y, reduction="none", delta=delta)
    agree(lambda: g.Huber(delta), peer, p, y)


def test_log_cosh_as_pytorch(rng):
    p, y = 3 * rng.normal(size=(5, 4)), rng.normal(size=(5, 4))
    agree(g.LogCosh, lambda p, y: torch.log(torch.cosh(p - y)), p, y)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0, 5.0])
def test_focal_cross_entropies_as_pytorch(gamma, rng):
    """PyTorch has none: these are the definition of Lin et al. in its functions."""
    z, hard, soft = rng.normal(size=(5, 4)), one_hot(rng, 5, 4), probabilities(rng, 5, 4)

    def by_output(z, y):
        p = torch.sigmoid(z)
        q = 1 - (p * y + (1 - p) * (1 - y))
        return q**gamma * F.binary_cross_entropy_with_logits(z, y, reduction="none")

    def by_class(z, y):
        ln_p = F.log_softmax(z, -1)
        return -(y * (1 - ln_p.exp()) ** gamma * ln_p).sum(-1)

    for y in (hard, soft):
        agree(lambda: g.SigmoidFocalCrossEntropy(gamma), by_output, z, y)
        agree(lambda: g.SoftmaxFocalCrossEntropy(gamma), by_class, z, y)


def test_hinges_as_pytorch(rng):
    """PyTorch divides the sum form by the number of classes."""
    z = distinct(rng, 5, 4)
    agree(g.MultiClassHinge, lambda z, y: 4 * sparse(F.multi_margin_loss)(z, y), z, NUMBERS)

    def largest(z, y):
        right = F.one_hot(y, 4).bool()
        wrong = z.masked_fill(right, -torch.inf).amax(-1)
        return torch.relu(1 + wrong - z[right])

    agree(g.MaxMultiClassHinge, largest, z, NUMBERS)


def test_sequences_of_scores_as_pytorch(rng):
    z, y = rng.normal(size=(2, 3, 4)), rng.integers(0, 4, (2, 3))

    def peer(z, y):
        return F.cross_entropy(z.movedim(-1, 1), y, reduction="none")

    agree(g.SparseSoftmaxCrossEntropy, peer, z, y)


def softmax_by_steps(z):
    """Exponentiate and normalise, as the notes do it."""
    e = nn.exp(z)
    return e / nn.sum(e, axis=-1, keepdims=True)


def test_big_gates_are_their_compositions(rng):
    z, y = rng.normal(size=(5, 4)), one_hot(rng, 5, 4)
    rows = np.arange(5)
    same(
        lambda z: nn.softmax_cross_entropy(z, y),
        lambda z: -nn.sum(y * nn.log_softmax(z), -1),
        z,
    )
    same(
        lambda z: nn.softmax_cross_entropy(z, y),
        lambda z: -nn.sum(y * nn.log(softmax_by_steps(z)), -1),
        z,
    )
    weights = positive(rng, 5, 4)  # what the gate says also for targets that do not sum to one
    same(
        lambda z: nn.softmax_cross_entropy(z, weights),
        lambda z: -nn.sum(weights * nn.log_softmax(z), -1),
        z,
    )
    same(
        lambda z: nn.sparse_softmax_cross_entropy(z, NUMBERS),
        lambda z: -nn.log_softmax(z)[rows, NUMBERS],
        z,
    )
    same(
        lambda z: nn.sparse_softmax_cross_entropy(z, NUMBERS),
        lambda z: nn.sparse_cross_entropy(nn.softmax(z), NUMBERS),
        z,
    )
    same(
        lambda z: nn.sigmoid_cross_entropy(z, y),
        lambda z: nn.binary_cross_entropy(nn.sigmoid(z), y),
        z,
    )
    same(
        lambda z: nn.sigmoid_cross_entropy(z, y),
        lambda z: -y * nn.log(nn.sigmoid(z)) - (1 - y) * nn.log(nn.sigmoid(-z)),
        z,
    )
    numbers = rng.normal(size=(5, 4))
    same(nn.squared_error, lambda p, y: (p - y) ** 2, z, numbers)
    same(nn.log_cosh, lambda p, y: nn.log((nn.exp(p - y) + nn.exp(y - p)) / 2), z, numbers)
    parabola = lambda d: nn.where(nn.abs(d).value <= 1, d * d / 2, nn.abs(d) - 0.5)
    same(nn.huber, lambda p, y: parabola(p - y), z, numbers)


def test_focal_cross_entropies_are_their_compositions(rng):
    z, y = rng.normal(size=(5, 4)), one_hot(rng, 5, 4)

    def by_output(z):
        p = nn.sigmoid(z)
        return (y * (1 - p) + (1 - y) * p) ** 1.5 * nn.binary_cross_entropy(p, y)

    same(lambda z: nn.sigmoid_focal_cross_entropy(z, y, 1.5), by_output, z)
    same(
        lambda z: nn.softmax_focal_cross_entropy(z, y, 1.5),
        lambda z: -nn.sum(y * (1 - nn.softmax(z)) ** 1.5 * nn.log_softmax(z), -1),
        z,
    )
    same(
        lambda z: nn.sigmoid_focal_cross_entropy(z, y, 0.0),
        lambda z: nn.sigmoid_cross_entropy(z, y),
        z,
    )
    same(
        lambda z: nn.softmax_focal_cross_entropy(z, y, 0.0),
        lambda z: nn.softmax_cross_entropy(z, y),
        z,
    )


def test_hinges_are_their_compositions(rng):
    z, rows = distinct(rng, 5, 4), np.arange(5)
    wrong = np.ones((5, 4), bool)
    wrong[rows, NUMBERS] = False

    def margins(z):
        return nn.maximum(0, z - z[rows, NUMBERS][:, None] + 1)

    same(
        lambda z: nn.multi_class_hinge(z, NUMBERS),
        lambda z: nn.sum(nn.where(wrong, margins(z), 0), -1),
        z,
    )
    same(
        lambda z: nn.max_multi_class_hinge(z, NUMBERS),
        lambda z: nn.max(nn.where(wrong, margins(z), 0), -1),
        z,
    )


def test_the_notes_example_of_the_hinge():
    """Scores 3.2, 5.1, -1.7 and the first class right: max(0, 2.9) + max(0, -3.9) = 2.9."""
    z = Tensor(np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]]))
    L = nn.multi_class_hinge(z, [0, 1, 2])
    np.testing.assert_allclose(L.value, [2.9, 0.0, 12.9], rtol=1e-14)
    nn.sum(L).backward()
    assert z.grad.tolist() == [[-1, 1, 0], [0, 0, 0], [1, 1, -2]]
    largest = nn.max_multi_class_hinge(z, [0, 1, 2])
    np.testing.assert_allclose(largest.value, [2.9, 0.0, 6.6], rtol=1e-14)
    nn.sum(largest).backward()
    assert z.grad.tolist() == [[-1, 1, 0], [0, 0, 0], [0, 1, -1]]


def test_with_all_scores_alike_the_losses_are_known():
    z, y = np.zeros((2, 10)), np.array([3, 7])
    assert nn.multi_class_hinge(z, y).tolist() == [9.0, 9.0]
    assert nn.max_multi_class_hinge(z, y).tolist() == [1.0, 1.0]
    np.testing.assert_allclose(nn.sparse_softmax_cross_entropy(z, y), np.log(10), rtol=1e-15)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_scores_of_1e4_are_exact(dtype):
    z = Tensor(np.array([[1e4, -1e4, 0.0], [-1e4, 1e4, 1e4]], dtype))
    y = np.array([1, 0])
    for L in (
        nn.sparse_softmax_cross_entropy(z, y),
        nn.softmax_cross_entropy(z, np.eye(3, dtype=dtype)[y]),
    ):
        np.testing.assert_allclose(L.value, [2e4, 2e4 + np.log(2)], rtol=1e-7)
        nn.sum(L).backward()
        assert z.grad.tolist() == [[1.0, -1.0, 0.0], [-1.0, 0.5, 0.5]]
        assert L.dtype == z.grad.dtype == dtype
    z = Tensor(np.array([1e4, 1e4, -1e4, -1e4, 0.0], dtype))
    L = nn.sigmoid_cross_entropy(z, [0, 1, 0, 1, 1])
    np.testing.assert_allclose(L.value, [1e4, 0, 0, 1e4, np.log(2)], rtol=1e-7)
    nn.sum(L).backward()
    assert z.grad.tolist() == [1.0, 0.0, 0.0, -1.0, -0.5]
    assert L.dtype == z.grad.dtype == dtype


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_focal_losses_of_scores_of_1e4_are_exact(dtype, gamma):
    """What is wrong has the whole cross-entropy, what is right none of it; no slope is lost."""
    z = Tensor(np.array([1e4, 1e4, -1e4, -1e4], dtype))
    L = nn.sigmoid_focal_cross_entropy(z, [0, 1, 0, 1], gamma)
    assert L.value.tolist() == [1e4, 0, 0, 1e4]
    nn.sum(L).backward()
    assert z.grad.tolist() == [1, 0, 0, -1]
    assert L.dtype == z.grad.dtype == dtype
    z = Tensor(np.array([[1e4, -1e4, 0.0], [-1e4, 1e4, 0.0]], dtype))
    L = nn.softmax_focal_cross_entropy(z, np.eye(3)[[0, 0]], gamma)
    assert L.value.tolist() == [0, 2e4]
    nn.sum(L).backward()
    assert z.grad.tolist() == [[0, 0, 0], [-1, 1, 0]]
    assert L.dtype == z.grad.dtype == dtype


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_large_errors_are_exact(dtype):
    p = Tensor(np.array([1e4, -1e4, 1e30, 0.0], dtype))
    for loss, taken, slope in ((nn.log_cosh, np.log(2), 1), (nn.huber, 0.5, 1)):
        L = loss(p, np.zeros(4))
        expected = np.abs(p.value) - np.array([taken, taken, taken, 0])
        np.testing.assert_allclose(L.value, expected, rtol=1e-7)
        nn.sum(L).backward()
        assert p.grad.tolist() == [slope, -slope, slope, 0]
        assert L.dtype == p.grad.dtype == dtype


def test_small_errors_keep_their_digits_in_float32():
    d = np.float32([1e-3, 1e-2, 0.1])
    np.testing.assert_allclose(nn.log_cosh(d, np.zeros(3)), np.log(np.cosh(d.astype(float))), 2e-4)
    z = np.float32([20.0])  # 1 - p is 2e-9, less than float32 can tell from 0
    L = nn.sigmoid_focal_cross_entropy(z, [1], 1.0)
    np.testing.assert_allclose(L, np.exp(-20.0) ** 2, rtol=1e-5)


def test_probabilities_of_0_and_1_are_clipped_and_get_no_gradient():
    p = Tensor(np.array([[0.0, 1.0, 0.5]]))
    far = -np.log(1e-7)
    L = nn.binary_cross_entropy(p, np.array([[1.0, 0.0, 1.0]]))
    np.testing.assert_allclose(L.value, [[far, far, np.log(2)]], rtol=1e-8)
    L.backward(np.ones((1, 3)))
    assert p.grad.tolist() == [[0.0, 0.0, -2.0]]
    L = nn.cross_entropy(p, np.ones((1, 3)))
    np.testing.assert_allclose(L.value, [far + 1e-7 + np.log(2)], rtol=1e-8)
    L.backward()
    assert p.grad.tolist() == [[0.0, 0.0, -2.0]]
    for y, gradient in ((0, 0.0), (1, 0.0), (2, -2.0)):
        nn.sparse_cross_entropy(p, [y]).backward()
        assert p.grad[0, y] == gradient


@pytest.mark.parametrize("kind", [np.uint8, np.int64, bool, np.float64, list])
def test_targets_of_any_kind_keep_float32(kind, rng):
    """Labels come as bytes, booleans and integers: as bytes, -y would be 255."""
    z = rng.normal(size=(2, 3)).astype(np.float32)
    p = probabilities(rng, 2, 3).astype(np.float32)
    y = np.float32([[0, 1, 0], [1, 0, 0]])
    given = y.astype(int).tolist() if kind is list else y.astype(kind)
    for loss, output in (
        (nn.sigmoid_cross_entropy, z),
        (nn.softmax_cross_entropy, z),
        (nn.binary_cross_entropy, p),
        (nn.cross_entropy, p),
    ):
        found = loss(output, given)
        assert found.dtype == "float32"
        assert np.array_equal(found, loss(output, y))


@pytest.mark.parametrize("kind", [np.uint8, np.int32, np.int64, np.float32, list])
def test_class_numbers_of_any_kind(kind, rng):
    z = rng.normal(size=(5, 4)).astype(np.float32)
    p = probabilities(rng, 5, 4).astype(np.float32)
    given = NUMBERS.tolist() if kind is list else NUMBERS.astype(kind)
    for loss, output in (
        (nn.sparse_softmax_cross_entropy, z),
        (nn.sparse_cross_entropy, p),
        (nn.multi_class_hinge, z),
        (nn.max_multi_class_hinge, z),
    ):
        found = loss(output, given)
        assert found.dtype == "float32"
        assert np.array_equal(found, loss(output, NUMBERS))


def test_one_example_may_have_no_batch_axis():
    z, p = np.array([1.0, 2.0, 0.0]), np.array([0.2, 0.7, 0.1])
    assert nn.sparse_softmax_cross_entropy(z, 1) == nn.sparse_softmax_cross_entropy(z[None], [1])[0]
    assert nn.sparse_cross_entropy(p, 1) == -np.log(0.7)


def test_a_margin_of_exactly_0_is_no_violation():
    z = Tensor(np.array([[1.0, 0.0]]))
    for loss in (nn.multi_class_hinge, nn.max_multi_class_hinge):
        L = loss(z, [0])
        L.backward()
        assert L.item() == 0
        assert z.grad.tolist() == [[0.0, 0.0]]
