"""What metrics are asked for by, the accuracy that fits a loss, and the names of figures."""

import pytest

from pellucid import losses, metrics
from pellucid.errors import SettingError
from pellucid.metrics import (
    BinaryAccuracy,
    CategoricalAccuracy,
    LossMetric,
    MeanAbsoluteError,
    SparseCategoricalAccuracy,
    by_name,
)
from pellucid.registry import custom

from ..saying import says
from .measuring import measured
from .test_metric import largest_error


@pytest.mark.parametrize(
    ("loss", "kind", "threshold"),
    [
        (losses.BinaryCrossentropy(), BinaryAccuracy, 0.5),
        (losses.BinaryCrossentropy(from_logits=True), BinaryAccuracy, 0.0),
        (losses.BinaryFocalCrossentropy(from_logits=True), BinaryAccuracy, 0.0),
        (losses.Hinge(), BinaryAccuracy, 0.0),
        (losses.SquaredHinge(), BinaryAccuracy, 0.0),
        (losses.CategoricalCrossentropy(), CategoricalAccuracy, None),
        (losses.CategoricalFocalCrossentropy(), CategoricalAccuracy, None),
        (losses.CategoricalHinge(), CategoricalAccuracy, None),
        (losses.KLDivergence(), CategoricalAccuracy, None),
        (losses.SparseCategoricalCrossentropy(), SparseCategoricalAccuracy, None),
        (losses.MultiClassHinge(), SparseCategoricalAccuracy, None),
        (losses.MaxMultiClassHinge(), SparseCategoricalAccuracy, None),
        (losses.FunctionLoss(len), SparseCategoricalAccuracy, None),
    ],
)
@pytest.mark.parametrize("name", ["accuracy", "acc"])
def test_accuracy_is_the_one_that_fits_the_loss(loss, kind, threshold, name):
    metric = metrics.get(name, loss, (None, 3))
    assert type(metric) is kind
    assert metric.name == name
    assert getattr(metric, "threshold", None) == threshold


def test_the_accuracy_of_a_hinge_takes_both_kinds_of_sides():
    metric = metrics.get("accuracy", losses.Hinge(), (None, 1))
    assert measured(metric, [-1, 1, 1, -1], [-2.0, 0.3, -0.1, 0.2]) == 0.5
    assert measured(metric, [0, 1, 1, 0], [-2.0, 0.3, -0.1, 0.2]) == 0.5


def test_accuracy_of_a_function_with_one_output_is_binary():
    assert type(metrics.get("accuracy", losses.FunctionLoss(len), (None, 1))) is BinaryAccuracy


@pytest.mark.parametrize("loss", [losses.MeanSquaredError(), losses.Huber(), losses.Poisson()])
def test_no_accuracy_fits_numbers(loss):
    text = (
        f"metric 'accuracy': expected a loss on classes; got {type(loss).__name__}. "
        "Use the metric 'mae' for numbers, or name an accuracy: 'binary_accuracy'."
    )
    with says(SettingError, text):
        metrics.get("accuracy", loss, (None, 1))


def test_an_accuracy_by_its_own_name_suits_the_loss_too():
    metric = metrics.get("binary_accuracy", losses.BinaryCrossentropy(True), (None, 1))
    assert metric.threshold == 0
    metric = metrics.get("binary_accuracy", losses.BinaryCrossentropy(), (None, 1))
    assert metric.threshold == 0.5


def test_what_a_metric_is_asked_for_by():
    metric = BinaryAccuracy(threshold=0.3)
    assert metrics.make(metric) is metric
    assert type(metrics.make("mae")) is MeanAbsoluteError
    assert metrics.make("mae").name == "mae"
    assert metrics.make("mean_squared_error").name == "mean_squared_error"
    assert metrics.get("mse", losses.Huber(), (None, 1)).name == "mse"
    assert type(metrics.make(CategoricalAccuracy)) is CategoricalAccuracy
    own = metrics.make(largest_error)
    assert own.name == "largest_error"
    with custom({"largest_error": largest_error}):
        assert metrics.make("largest_error").function is largest_error


def test_a_single_metric_needs_no_list_and_a_loss_object_is_one():
    assert metrics.asked_for(None) == []
    assert metrics.asked_for("mae") == ["mae"]
    assert metrics.asked_for(("mae", "auc")) == ["mae", "auc"]
    (metric,) = metrics.asked_for(losses.Huber(0.5))
    assert isinstance(metric, LossMetric)
    assert metric.loss.delta == 0.5


def test_names_of_ones_own_come_before_pellucids():
    assert metrics.is_name("accuracy")
    assert metrics.is_name("F1_score")
    assert metrics.is_name("huber")
    assert not metrics.is_name("largest_error")
    assert not metrics.is_name(largest_error)
    with custom({"mae": largest_error}):
        assert not metrics.is_name("mae")
        assert metrics.make("mae").function is largest_error


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("binary_acuracy", "BinaryAccuracy"), ("F1-scor", "F1Score"), ("hubert", "Huber")],
)
def test_an_unknown_metric_is_answered_with_the_nearest(name, nearest):
    text = f"metric: expected a known metric; got {name!r}. Did you mean {nearest!r}?"
    with says(SettingError, text):
        metrics.make(name)


def test_figures_have_names_that_differ():
    def named(*names):
        return [metrics.Mean(name) for name in names]

    def names(plain, weighted):
        return list(by_name(named(*plain), named(*weighted)))

    assert names(["loss", "auc", "auc", "auc"], []) == ["loss", "auc", "auc_1", "auc_2"]
    assert names(["acc"], ["acc", "mae"]) == ["acc", "weighted_acc", "mae"]
    assert names(["acc"], ["acc", "acc"]) == ["acc", "weighted_acc", "weighted_acc_1"]
    first, second = named("auc", "auc")
    assert by_name([first], [second]) == {"auc": first, "weighted_auc": second}
    assert (first.name, second.name) == ("auc", "auc")
