"""Cross-entropies: by hand and against PyTorch, for scores of any size."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from pellucid import Tensor
from pellucid.errors import DataError, SettingError, ShapeError
from pellucid.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    KLDivergence,
    SparseCategoricalCrossentropy,
)

from ..saying import says
from .cases import C, N, scores, softmax
from .comparing import compare

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


# -- by hand ---------------------------------------------------------------------------------------


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


def test_divergences_of_zeros_are_finite_in_float32():
    """As in Keras: both sides are clipped to 1e-7."""
    y, p = np.float32([[0, 1], [0, 1], [0, 0]]), np.float32([[0, 1], [1, 0], [0, 0]])
    tensor = Tensor(p)
    each = KLDivergence(reduction=None)(y, tensor)
    expected = [0, -math.log(1e-7) + 1e-7 * math.log(1e-7), 0]
    np.testing.assert_allclose(each.value, expected, rtol=1e-6)
    assert each.dtype == "float32"
    each.backward(np.ones(3, "float32"))
    assert np.isfinite(tensor.grad).all()
    assert tensor.grad[0, 1] == -1  # dp = -y / p


# -- divergence, and classes that are ignored -----------------------------------------------------


def test_the_divergence_is_torchs(rng):
    y, p = softmax(scores(rng)), softmax(scores(rng))
    other = torch.tensor(y)
    compare(KLDivergence(), y, p, lambda p: F.kl_div(p.log(), other, reduction="batchmean"))
    assert KLDivergence()(y, y) == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize("ignored", [-1, 0, 255])
@pytest.mark.parametrize("from_logits", [True, False])
def test_ignored_classes_are_torchs(ignored, from_logits, rng):
    z, y = scores(rng), np.array([1, ignored, 3, 2, ignored, 1])
    kind = torch.tensor(y)

    def theirs(p):
        ln_p = F.log_softmax(p, -1) if from_logits else torch.log(p / p.sum(-1, keepdim=True))
        return F.nll_loss(ln_p, kind, ignore_index=ignored)

    loss = SparseCategoricalCrossentropy(from_logits, ignore_class=ignored)
    compare(loss, y, z if from_logits else softmax(z), theirs)


def test_what_is_ignored_has_no_loss_and_no_place_in_the_mean():
    z, y = np.zeros((4, 3)), np.array([0, 9, 2, 9])
    each = SparseCategoricalCrossentropy(True, ignore_class=9, reduction=None)(y, z)
    np.testing.assert_allclose(each, np.log(3) * np.array([1, 0, 1, 0]))
    loss = SparseCategoricalCrossentropy(True, ignore_class=9)
    assert loss(y, z) == pytest.approx(math.log(3))
    assert loss(y, z, [4.0, 1.0, 0.0, 1.0]) == pytest.approx(2 * math.log(3))
    assert loss(np.full(4, 9), z) == 0
    assert SparseCategoricalCrossentropy(True, ignore_class=9, reduction="sum")(y, z) == (
        pytest.approx(2 * math.log(3))
    )
    images = np.full((2, 4, 4), 1)
    images[:, :2] = 255
    assert SparseCategoricalCrossentropy(True, ignore_class=255)(
        images.astype("uint8"), np.zeros((2, 4, 4, 3))
    ) == pytest.approx(math.log(3))
    loss.check(y, (None, 3))
    with pytest.raises(DataError, match="class numbers from 0 to 2"):
        loss.check(np.array([0, 9, 3]), (None, 3))


def test_ignoring_is_weighing_where_the_weights_are_the_measure():
    text = (
        "SparseCategoricalCrossentropy: expected another reduction where there is an ignore_class; "
        "got 'mean_with_sample_weight'. Give what is ignored the sample weight 0."
    )
    with says(SettingError, text):
        SparseCategoricalCrossentropy(ignore_class=0, reduction="mean_with_sample_weight")


# -- targets that do not fit ----------------------------------------------------------------------


def test_rows_for_a_divergence_are_probabilities():
    text = (
        "targets for KLDivergence: expected values from 0 to 1; got 0.0 to 3.0. "
        "Divide each row by its sum."
    )
    with says(DataError, text):
        KLDivergence().check(np.array([[0.0, 3.0]]), (None, 2))


@pytest.mark.parametrize("kind", [CategoricalCrossentropy, SparseCategoricalCrossentropy])
def test_one_output_cannot_choose_between_classes(kind):
    text = (
        f"outputs for {kind.__name__}: expected one for each class, 2 or more; got 1. "
        "Give the last layer a unit for each class; or use BinaryCrossentropy for one output."
    )
    with says(ShapeError, text):
        kind().check(np.array([[0], [1]]), (None, 1))
