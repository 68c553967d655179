"""Losses: how they are summed and weighted, which targets they take, how they are asked for."""

import inspect
import json
import math

import numpy as np
import pytest

from pellucid import Tensor, gradient_check, losses, nn
from pellucid.errors import DataError, SettingError, ShapeError
from pellucid.losses import (
    BinaryCrossentropy,
    BinaryFocalCrossentropy,
    CategoricalCrossentropy,
    CategoricalFocalCrossentropy,
    CategoricalHinge,
    FunctionLoss,
    Hinge,
    KLDivergence,
    Loss,
    MeanAbsoluteError,
    MeanSquaredError,
    MultiClassHinge,
    SparseCategoricalCrossentropy,
    SquaredHinge,
)
from pellucid.registry import custom

from ..saying import says
from .cases import NAMED, C, N, example, scores

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


@pytest.mark.parametrize("reduction", ["mean", "mean_with_sample_weight", "sum"])
def test_examples_that_all_weigh_nothing_have_no_loss(reduction):
    tensor = Tensor(P)
    loss = MeanSquaredError(reduction=reduction)(Y, tensor, np.zeros(4))
    loss.backward()
    assert float(loss) == 0
    assert not tensor.grad.any()


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


@pytest.mark.parametrize(
    ("kind", "other"),
    [
        (BinaryCrossentropy, "SparseCategoricalCrossentropy"),
        (BinaryFocalCrossentropy, "SparseCategoricalCrossentropy"),
        (Hinge, "MultiClassHinge"),
        (SquaredHinge, "MultiClassHinge"),
    ],
)
def test_class_numbers_where_each_output_has_a_target(kind, other):
    text = (
        f"targets for {kind.__name__}: expected the shape of the outputs, (N, 3); got shape (4,). "
        "Give the last layer as many units as each target has numbers. "
        f"Use {other} for class numbers."
    )
    with says(ShapeError, text):
        kind().check(np.array([0, 1, 2, 1]), (None, 3))


@pytest.mark.parametrize(
    "kind", [CategoricalFocalCrossentropy, CategoricalHinge, KLDivergence, CategoricalCrossentropy]
)
def test_class_numbers_where_rows_belong(kind):
    text = (
        f"targets for {kind.__name__}: expected one-hot rows (N, 3); got shape (4,). "
        "Use SparseCategoricalCrossentropy for class numbers."
    )
    with says(ShapeError, text):
        kind().check(np.array([0, 1, 2, 1]), (None, 3))


# -- settings, and losses of one's own ------------------------------------------------------------


@pytest.mark.parametrize("kind", NAMED, ids=lambda kind: kind.__name__)
def test_settings_go_through_json(kind, rng):
    possible = {"from_logits": True, "label_smoothing": 0.1, "delta": 0.3, "gamma": 0.7}
    possible |= {"alpha": 0.4, "apply_class_balancing": True, "ignore_class": 3}
    taken = inspect.signature(kind).parameters
    settings = {name: value for name, value in possible.items() if name in taken}
    settings |= {"reduction": "sum", "name": "mine"}
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
        "MeanSquaredError: expected reduction 'sum_over_batch_size', 'mean', "
        "'mean_with_sample_weight', 'sum', 'none' or None; got 'avg'. Choose one."
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


def test_what_a_loss_divides_by_joins_its_parts(rng):
    y, p, w = np.array([0, 2, 1, 1, 2, 0, 2]), rng.normal(size=(7, 3)), rng.uniform(0, 2, 7)
    parts = (slice(0, 2), slice(2, 7))
    for settings in (
        {},
        {"ignore_class": 2},
        {"reduction": "mean_with_sample_weight"},
        {"reduction": "sum"},
    ):
        loss = SparseCategoricalCrossentropy(from_logits=True, **settings)
        whole = loss.divisor(7, lambda: y, lambda: w)
        joined = 0
        for rows in parts:
            own = loss.divisor(len(y[rows]), lambda rows=rows: y[rows], lambda rows=rows: w[rows])
            joined += loss(y[rows], p[rows], w[rows]) * (own / whole if whole else 1)
        assert joined == pytest.approx(loss(y, p, w), rel=1e-12)
        assert (whole is None) == ("sum" in settings.values())


def test_a_mean_does_not_look_at_targets_to_know_what_it_divides_by():
    assert losses.MeanSquaredError().divisor(5, pytest.fail, pytest.fail) == 5
