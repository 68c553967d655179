"""Losses: against numbers worked out by hand and against PyTorch, and how they are summed up."""

import inspect
import json
import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from pellucid import Tensor, gradient_check, losses, nn
from pellucid.errors import DataError, SettingError, ShapeError
from pellucid.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    FunctionLoss,
    Loss,
    MaxMultiClassHinge,
    MeanAbsoluteError,
    MeanSquaredError,
    MultiClassHinge,
    SparseCategoricalCrossentropy,
)
from pellucid.registry import custom

from .saying import says

torch.set_num_threads(1)

N, C = 6, 4
NAMED = [kind for kind in set(losses.registry.known.values()) if kind is not FunctionLoss]


def scores(rng, dtype="float64"):
    return rng.normal(size=(N, C)).astype(dtype)


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def example(kind, rng):
    """Targets and outputs that a loss takes."""
    z = scores(rng)
    if issubclass(kind, BinaryCrossentropy):
        return rng.integers(0, 2, size=(N, C)), 1 / (1 + np.exp(-z))
    if issubclass(kind, CategoricalCrossentropy):
        return np.eye(C)[rng.integers(0, C, size=N)], softmax(z)
    if issubclass(kind, SparseCategoricalCrossentropy):
        return rng.integers(0, C, size=N), softmax(z)
    if issubclass(kind, MultiClassHinge):
        return rng.integers(0, C, size=N), z
    return rng.normal(size=(N, C)), z


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


# -- reduction and weights ------------------------------------------------------------------------

Y, P = np.array([0.0, 0.0, 0.0, 0.0]), np.array([[1.0], [2.0], [3.0], [4.0]])  # 1, 4, 9, 16


@pytest.mark.parametrize(
    ("reduction", "plain", "weighted"),
    [
        ("sum_over_batch_size", 30 / 4, (1 + 3 * 16) / 4),
        ("mean", 30 / 4, (1 + 3 * 16) / 4),
        ("mean_with_sample_weight", 30 / 4, (1 + 3 * 16) / 4.0),
        ("sum", 30, 1 + 3 * 16),
    ],
)
def test_reductions_are_kerass(reduction, plain, weighted):
    loss = MeanSquaredError(reduction=reduction)
    assert loss(Y, P) == plain
    assert loss(Y, P, sample_weight=[1, 0, 0, 3]) == weighted


def test_the_weighted_mean_divides_by_the_examples_or_by_the_weights():
    weight = [1, 0, 0, 0.5]
    assert MeanSquaredError()(Y, P, weight) == (1 + 8) / 4
    assert MeanSquaredError(reduction="mean_with_sample_weight")(Y, P, weight) == (1 + 8) / 1.5


@pytest.mark.parametrize("reduction", [None, "none"])
def test_without_reduction_every_example_has_its_loss(reduction):
    loss = MeanSquaredError(reduction=reduction)
    assert loss.reduction is None
    assert loss(Y, P).tolist() == [1, 4, 9, 16]
    assert loss(Y, P, [1, 0, 0, 0.5]).tolist() == [1, 0, 0, 8]
    assert loss(Y, P, [[1], [0], [0], [0.5]]).tolist() == [1, 0, 0, 8]


@pytest.mark.parametrize("kind", NAMED, ids=lambda kind: kind.__name__)
def test_weights_weigh_examples_and_their_gradients(kind, rng):
    y, p = example(kind, rng)
    weight = rng.uniform(size=N)
    tensor = Tensor(p)
    value = kind()(y, tensor, weight)
    value.backward()
    each = kind(reduction=None)(y, p)
    assert each.shape == (N,)
    assert float(value) == pytest.approx((each * weight).sum() / N)
    one = Tensor(p)
    kind()(y, one).backward()
    assert np.allclose(tensor.grad, one.grad * weight[:, None])


def test_weights_of_images_reach_every_place():
    y, p = np.zeros((2, 3, 3), int), np.zeros((2, 3, 3, 4))
    loss = SparseCategoricalCrossentropy(True)
    assert loss(y, p, [2.0, 0.0]) == pytest.approx(math.log(4))
    assert loss(y, p, np.zeros((2, 3, 3))) == 0


def test_weights_that_do_not_fit_are_refused():
    with pytest.raises(ShapeError, match="sample_weight: expected one weight for each"):
        MeanSquaredError()(Y, P, [1, 2, 3])


# -- targets --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [BinaryCrossentropy, MeanSquaredError, MeanAbsoluteError])
def test_targets_n_go_with_outputs_n_1(kind):
    y, p = np.array([0, 1, 1]), np.array([0.2, 0.7, 0.6])
    each = [
        kind(reduction=None)(a, b) for a in (y, y[:, None], y.astype(bool)) for b in (p, p[:, None])
    ]
    assert all(e.shape == (3,) and np.array_equal(e, each[0]) for e in each)
    tensor = Tensor(p[:, None])
    kind()(y, tensor).backward()
    assert tensor.grad.shape == (3, 1)


def test_class_numbers_go_as_n_or_n_1_or_floats():
    z = np.zeros((3, 4))
    for y in ([0, 1, 2], [[0], [1], [2]], [0.0, 1.0, 2.0]):
        assert SparseCategoricalCrossentropy(True)(y, z) == pytest.approx(math.log(4))
        assert MultiClassHinge()(y, z) == 3


def test_whole_numbers_as_outputs_are_not_cut_off():
    smooth = BinaryCrossentropy(from_logits=True, label_smoothing=0.5)
    assert smooth([1], np.array([[0]])) == pytest.approx(math.log(2))
    assert smooth([1], np.array([[2]])) == pytest.approx(smooth([1], [[2.0]]))


@pytest.mark.parametrize("kind", NAMED, ids=lambda kind: kind.__name__)
def test_targets_of_another_shape_are_refused_on_every_call(kind, rng):
    y, p = example(kind, rng)
    with pytest.raises(ShapeError, match=f"^targets for {kind.__name__}: expected "):
        kind()(y[:-1], p)


@pytest.mark.parametrize("kind", NAMED, ids=lambda kind: kind.__name__)
def test_the_check_before_a_run_passes_good_targets_and_names_the_loss(kind, rng):
    y, _ = example(kind, rng)
    kind().check(y, (None, C))
    with pytest.raises(ShapeError, match=f"^targets for {kind.__name__}: expected "):
        kind().check(np.zeros((N, C + 1)), (None, C))


def test_binary_targets_are_from_0_to_1():
    text = (
        "targets for BinaryCrossentropy: expected values from 0 to 1; got -1 to 1. "
        "Use SparseCategoricalCrossentropy for class numbers, or scale the targets."
    )
    with says(DataError, text):
        BinaryCrossentropy().check(np.array([-1, 1, 1]), (None, 1))
    BinaryCrossentropy().check(np.array([True, False]), (None, 1))


# -- settings, and losses of one's own ------------------------------------------------------------


@pytest.mark.parametrize("kind", NAMED, ids=lambda kind: kind.__name__)
def test_settings_go_through_json(kind, rng):
    settings = {"reduction": "sum", "name": "mine"}
    taken = inspect.signature(kind).parameters
    settings |= {k: v for k, v in (("from_logits", True), ("label_smoothing", 0.1)) if k in taken}
    loss = kind(**settings)
    again = losses.get(
        json.loads(json.dumps({"class": kind.__name__, "config": loss.get_config()}))
    )
    assert again.get_config() == loss.get_config() == settings
    y, p = example(kind, rng)
    assert again(y, p) == loss(y, p)


def test_losses_by_name_have_kerass_names():
    for name, kind in {
        "binary_crossentropy": BinaryCrossentropy,
        "categorical_crossentropy": CategoricalCrossentropy,
        "sparse_categorical_crossentropy": SparseCategoricalCrossentropy,
        "mean_squared_error": MeanSquaredError,
        "mean_absolute_error": MeanAbsoluteError,
    }.items():
        assert type(losses.get(name)) is kind
        assert losses.get(name).name == name
    assert type(losses.get("mse")) is MeanSquaredError
    assert type(losses.get("MAE")) is MeanAbsoluteError
    assert type(losses.get("bce")) is BinaryCrossentropy
    assert losses.get(None) is None
    loss = MeanSquaredError()
    assert losses.get(loss) is loss


def test_settings_that_are_refused():
    text = (
        "MeanSquaredError: expected reduction to be one of 'sum_over_batch_size', 'mean', "
        "'mean_with_sample_weight', 'sum', 'none', None; got 'avg'. Choose one of them."
    )
    with says(SettingError, text):
        MeanSquaredError(reduction="avg")
    text = "BinaryCrossentropy: expected label_smoothing from 0 to 1; got 10. Try 0.1."
    with says(SettingError, text):
        BinaryCrossentropy(label_smoothing=10)
    text = "loss: expected a known loss; got 'mea_squared_error'. Did you mean 'MeanSquaredError'?"
    with says(SettingError, text):
        losses.get("mea_squared_error")


def cubic(y_true, y_pred):
    d = nn.abs(y_pred - y_true)
    return nn.mean(d * d * d, axis=-1)


def test_a_plain_function_is_a_loss(rng):
    y, p = rng.normal(size=(N, C)), scores(rng)
    loss = losses.get(cubic)
    assert loss.name == "cubic"
    assert loss(y, p) == pytest.approx((abs(p - y) ** 3).mean())
    weight = rng.uniform(size=N)
    assert loss(y, p, weight) == pytest.approx(((abs(p - y) ** 3).mean(axis=1) * weight).mean())
    check = gradient_check(lambda p: loss(y, p), p)
    assert check, str(check)
    loss.check(y, (None, 7))  # nothing is known of its targets


def test_a_plain_function_may_give_one_number(rng):
    y, p = rng.normal(size=(N, C)), scores(rng)
    loss = FunctionLoss(lambda y, p: nn.mean((p - y) * (p - y)))
    assert loss(y, p) == pytest.approx(((p - y) ** 2).mean())
    with pytest.raises(ShapeError, match="let a loss of your own give one an example"):
        loss(y, p, np.ones(N))


def test_a_plain_function_is_found_again_by_its_name():
    with custom({"cubic": cubic}):
        again = losses.get({"class": "FunctionLoss", "config": losses.get(cubic).get_config()})
        assert losses.get("cubic").function is cubic
    assert again.function is cubic


def test_a_loss_of_ones_own(rng):
    class Pinball(Loss):
        """max(q d, (q - 1) d) with d = y - p."""

        def __init__(self, q=0.5, **settings):
            super().__init__(**settings)
            self.q = q

        def call(self, y_true, y_pred):
            d = y_true - y_pred
            return nn.mean(nn.maximum(self.q * d, (self.q - 1) * d), axis=-1)

    loss = Pinball(0.9)
    assert loss.get_config() == {"q": 0.9, "name": "pinball", "reduction": "sum_over_batch_size"}
    assert loss(np.array([[1.0], [0.0]]), np.array([[0.0], [1.0]])) == pytest.approx(0.5)
    y, p = rng.normal(size=(N, 1)), rng.normal(size=(N, 1))
    assert gradient_check(lambda p: loss(y, p), p)


def test_a_loss_without_a_call_says_so():
    with pytest.raises(TypeError, match=r"Loss needs a method call\(self, y_true, y_pred\)"):
        Loss()([1.0], [1.0])
