"""Losses: their values and gradients, by hand and against PyTorch, for scores of any size."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from pellucid import Tensor, gradient_check
from pellucid.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    MaxMultiClassHinge,
    MeanAbsoluteError,
    MeanSquaredError,
    MultiClassHinge,
    SparseCategoricalCrossentropy,
)

from .loss_cases import NAMED, C, N, example, scores, softmax

torch.set_num_threads(1)


def compare(loss, y, p, theirs, tolerance=1e-10):
    """Assert that value and gradient are PyTorch's."""
    ours, other = Tensor(p), torch.tensor(p, requires_grad=True)
    value, expected = loss(y, ours), theirs(other)
    value.backward()
    expected.backward()
    assert value.dtype == p.dtype
    assert float(value) == pytest.approx(expected.item(), rel=tolerance)
    largest = other.grad.abs().max().item()
    np.testing.assert_allclose(ours.grad, other.grad, rtol=tolerance, atol=tolerance * largest)
    assert float(loss(y, p)) == float(value)


# -- against PyTorch ------------------------------------------------------------------------------


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-10), ("float32", 1e-5)])
def test_cross_entropies_are_torchs(dtype, tolerance, rng):
    z = scores(rng, dtype)
    classes = rng.integers(0, C, size=N)
    rows = np.eye(C, dtype=dtype)[classes]
    soft = softmax(scores(rng)).astype(dtype)
    bits = rng.integers(0, 2, size=(N, C))
    p, q = softmax(z).astype(dtype), (1 / (1 + np.exp(-z))).astype(dtype)
    sparse = torch.tensor(classes)
    for loss, y, x, theirs in (
        (SparseCategoricalCrossentropy(True), classes, z, lambda z: F.cross_entropy(z, sparse)),
        (
            SparseCategoricalCrossentropy(),
            classes,
            p,
            lambda p: F.nll_loss(torch.log(p / p.sum(-1, keepdim=True)), sparse),
        ),
        (CategoricalCrossentropy(True), rows, z, lambda z: F.cross_entropy(z, sparse)),
        (CategoricalCrossentropy(True), soft, z, lambda z: F.cross_entropy(z, torch.tensor(soft))),
        (
            CategoricalCrossentropy(True, label_smoothing=0.2),
            rows,
            z,
            lambda z: F.cross_entropy(z, sparse, label_smoothing=0.2),
        ),
        (
            BinaryCrossentropy(True),
            bits,
            z,
            lambda z: F.binary_cross_entropy_with_logits(z, torch.tensor(bits, dtype=z.dtype)),
        ),
        (
            BinaryCrossentropy(),
            bits,
            q,
            lambda q: F.binary_cross_entropy(q, torch.tensor(bits, dtype=q.dtype)),
        ),
    ):
        compare(loss, y, x, theirs, tolerance)


def test_losses_on_numbers_are_torchs(rng):
    y, p = rng.normal(size=(N, C)), scores(rng)
    compare(MeanSquaredError(), y, p, lambda p: F.mse_loss(p, torch.tensor(y)))
    compare(MeanAbsoluteError(), y, p, lambda p: F.l1_loss(p, torch.tensor(y)))


def test_the_maximum_hinge_is_torchs_over_the_worst_class(rng):
    z, y = 2 * scores(rng), rng.integers(0, C, size=N)

    def theirs(z):
        rows = torch.arange(N)
        wrong = z.index_put((rows, torch.tensor(y)), torch.tensor(-torch.inf, dtype=z.dtype))
        return torch.relu(1 + wrong.amax(-1) - z[rows, y]).mean()

    compare(MaxMultiClassHinge(), y, z, theirs)


def test_the_sum_hinge_is_torchs_times_the_number_of_classes(rng):
    z, y = 2 * scores(rng), rng.integers(0, C, size=N)
    compare(MultiClassHinge(), y, z, lambda z: C * F.multi_margin_loss(z, torch.tensor(y)))


@pytest.mark.parametrize("kind", NAMED, ids=lambda kind: kind.__name__)
def test_gradients_agree_with_central_differences(kind, rng):
    y, p = example(kind, rng)
    check = gradient_check(lambda p: kind()(y, p), p)
    assert check, str(check)


# -- by hand --------------------------------------------------------------------------------------


def test_the_hinge_of_the_three_images():
    # scores of cat, car, frog for an image of each (Stanford CS231n, lecture 3)
    z = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])
    # max(0, 5.1 - 3.2 + 1) + max(0, -1.7 - 3.2 + 1) = 2.9 + 0
    # max(0, 1.3 - 4.9 + 1) + max(0, 2.0 - 4.9 + 1)  = 0 + 0
    # max(0, 2.2 + 3.1 + 1) + max(0, 2.5 + 3.1 + 1)  = 6.3 + 6.6
    each = MultiClassHinge(reduction=None)([0, 1, 2], z)
    assert np.allclose(each, [2.9, 0, 12.9])
    assert MultiClassHinge()([0, 1, 2], z) == pytest.approx(15.8 / 3)
    assert np.allclose(MaxMultiClassHinge(reduction=None)([0, 1, 2], z), [2.9, 0, 6.6])


def test_the_hinge_of_equal_scores_is_the_number_of_wrong_classes():
    assert MultiClassHinge()([0, 5], np.zeros((2, 10))) == 9
    assert MaxMultiClassHinge()([0, 5], np.zeros((2, 10))) == 1


def test_the_softmax_of_the_three_scores():
    # e^3.2, e^5.1, e^-1.7 = 24.533, 164.022, 0.183; 24.533 / 188.737 = 0.130; -ln 0.130 = 2.040
    z = np.array([[3.2, 5.1, -1.7]])
    assert SparseCategoricalCrossentropy(True)([0], z) == pytest.approx(2.0404, abs=1e-4)
    assert SparseCategoricalCrossentropy()([0], softmax(z)) == pytest.approx(2.0404, abs=1e-4)


def test_binary_cross_entropy_by_hand():
    y, p = [1, 0], [[0.9], [0.2]]
    each = BinaryCrossentropy(reduction=None)(y, p)
    assert np.allclose(each, [-math.log(0.9), -math.log(0.8)], rtol=1e-6)
    logits = [[math.log(9)], [math.log(0.25)]]  # ln(p / (1 - p))
    assert np.allclose(BinaryCrossentropy(True, reduction=None)(y, logits), each, rtol=1e-6)


def test_label_smoothing_by_hand():
    # y (1 - s) + s / 2: 1 -> 0.9, 0 -> 0.1 at s = 0.2
    expected = -0.9 * math.log(0.7) - 0.1 * math.log(0.3)
    assert BinaryCrossentropy(label_smoothing=0.2)([1], [[0.7]]) == pytest.approx(expected)
    # y (1 - s) + s / C: (1, 0, 0) -> (0.8, 0.1, 0.1) at s = 0.3
    p = np.array([[0.5, 0.3, 0.2]])
    expected = -0.8 * math.log(0.5) - 0.1 * math.log(0.3) - 0.1 * math.log(0.2)
    smooth = CategoricalCrossentropy(label_smoothing=0.3)
    assert smooth([[1, 0, 0]], p) == pytest.approx(expected)


def test_probabilities_that_do_not_sum_to_one_are_divided_by_their_sum():
    p = np.array([[2.0, 1.0, 1.0]])
    assert CategoricalCrossentropy()([[1, 0, 0]], p) == pytest.approx(math.log(2))
    assert SparseCategoricalCrossentropy()([0], p) == pytest.approx(math.log(2))


def test_means_over_an_examples_outputs():
    y, p = np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([[1.0, 3.0], [1.0, 3.0]])
    assert MeanSquaredError(reduction=None)(y, p).tolist() == [5, 2]
    assert MeanAbsoluteError(reduction=None)(y, p).tolist() == [2, 1]


# -- stability ------------------------------------------------------------------------------------


def test_scores_of_1e4_are_exact_in_float32():
    z = np.float32([[1e4, -1e4], [-1e4, 1e4]])
    rows = np.eye(2, dtype="float32")
    for loss, right, wrong in (
        (SparseCategoricalCrossentropy(True), [0, 1], [1, 0]),
        (CategoricalCrossentropy(True), rows, rows[::-1]),
    ):
        assert loss(right, z) == 0
        assert loss(wrong, z) == 2e4
        tensor = Tensor(z)
        loss(wrong, tensor).backward()
        assert tensor.grad.tolist() == [[0.5, -0.5], [-0.5, 0.5]]
    binary = BinaryCrossentropy(True)
    assert binary(rows, z) == 0
    assert binary(1 - rows, z) == 1e4
    tensor = Tensor(z)
    binary(1 - rows, tensor).backward()
    assert tensor.grad.tolist() == [[0.25, -0.25], [-0.25, 0.25]]


def test_probabilities_of_0_and_1_are_finite_in_float32():
    p = np.float32([[0, 1], [1, 0]])
    for loss, y in (
        (SparseCategoricalCrossentropy(), [0, 1]),
        (CategoricalCrossentropy(), np.eye(2)),
        (BinaryCrossentropy(), np.eye(2)),
    ):
        tensor = Tensor(p)
        value = loss(y, tensor)
        value.backward()
        # clipped to 1e-7, as in Keras: -ln 1e-7 = 16.1
        assert float(value) == pytest.approx(-math.log(1e-7), rel=0.02)
        assert np.isfinite(tensor.grad).all()
