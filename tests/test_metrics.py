"""Metrics: by hand, over batches, and the accuracy that fits a loss."""

import json

import numpy as np
import pytest

from pellucid import losses, metrics
from pellucid.errors import SettingError, ShapeError
from pellucid.metrics import (
    BinaryAccuracy,
    CategoricalAccuracy,
    FunctionMetric,
    Mean,
    MeanAbsoluteError,
    MeanSquaredError,
    Metric,
    SparseCategoricalAccuracy,
)
from pellucid.registry import custom

from .saying import says


def measured(metric, *batch):
    metric.update_state(*batch)
    return metric.result()


def test_binary_accuracy_counts_sides_of_the_threshold():
    y, p = [0, 1, 1, 0], [[0.2], [0.7], [0.5], [0.4]]
    assert measured(BinaryAccuracy(), y, p) == 0.75  # 0.5 is not above 0.5
    assert measured(BinaryAccuracy(threshold=0.3), y, p) == 0.75
    assert measured(BinaryAccuracy(), y, np.ravel(p)) == 0.75
    assert measured(BinaryAccuracy(), [[1, 0], [1, 1]], [[0.9, 0.9], [0.9, 0.9]]) == 0.75


def test_categorical_accuracies_count_the_largest():
    p = [[0.1, 0.7, 0.2], [0.5, 0.3, 0.2], [0.2, 0.2, 0.6]]
    assert measured(SparseCategoricalAccuracy(), [1, 0, 0], p) == pytest.approx(2 / 3)
    assert measured(SparseCategoricalAccuracy(), [[1], [0], [0]], p) == pytest.approx(2 / 3)
    assert measured(CategoricalAccuracy(), np.eye(3)[[1, 0, 0]], p) == pytest.approx(2 / 3)
    images = np.zeros((2, 4, 4, 3))
    assert measured(SparseCategoricalAccuracy(), np.zeros((2, 4, 4)), images) == 1


def test_errors_on_numbers():
    y, p = [0.0, 0.0], [[1.0], [3.0]]
    assert measured(MeanSquaredError(), y, p) == 5
    assert measured(MeanAbsoluteError(), y, p) == 2


def test_batches_of_any_sizes_make_one_mean():
    metric, whole = MeanSquaredError(), MeanSquaredError()
    y, p = np.zeros(5), np.arange(5.0)
    for part in (slice(0, 3), slice(3, 5)):
        metric.update_state(y[part], p[part])
    assert metric.result() == measured(whole, y, p) == 6
    metric.reset_state()
    assert metric.result() == 0
    assert measured(metric, [0.0], [2.0]) == 4


def test_weights_make_a_weighted_mean():
    y, p = [0.0, 0.0], [[1.0], [3.0]]
    assert measured(MeanSquaredError(), y, p, [3, 1]) == (3 + 9) / 4
    assert measured(MeanSquaredError(), y, p, [[3], [1]]) == (3 + 9) / 4
    assert measured(BinaryAccuracy(), [1, 0], [0.9, 0.9], [0.25, 0.75]) == 0.25
    images = np.zeros((2, 4, 4, 3))
    images[1, ..., 2] = 1
    found = measured(SparseCategoricalAccuracy(), np.zeros((2, 4, 4)), images, [3.0, 1.0])
    assert found == 0.75
    with pytest.raises(ShapeError, match="sample_weight"):
        MeanSquaredError().update_state(y, p, [1, 2, 3])


def test_a_mean_of_batches_weighs_them_by_size():
    mean = Mean("loss")
    mean.add(2.0, 3)
    mean.add(6.0, 1)
    assert mean.result() == 3
    assert mean.name == "loss"


@pytest.mark.parametrize(
    ("loss", "kind", "threshold"),
    [
        (losses.BinaryCrossentropy(), BinaryAccuracy, 0.5),
        (losses.BinaryCrossentropy(from_logits=True), BinaryAccuracy, 0.0),
        (losses.CategoricalCrossentropy(), CategoricalAccuracy, None),
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


def test_accuracy_of_a_function_with_one_output_is_binary():
    assert type(metrics.get("accuracy", losses.FunctionLoss(len), (None, 1))) is BinaryAccuracy


def test_no_accuracy_fits_numbers():
    text = (
        "metric 'accuracy': expected a loss on classes; got MeanSquaredError. "
        "Use the metric 'mae' for numbers, or name an accuracy: 'binary_accuracy'."
    )
    with says(SettingError, text):
        metrics.get("accuracy", losses.MeanSquaredError(), (None, 1))


def largest_error(y_true, y_pred):
    return np.abs(y_pred - y_true).max(axis=-1)


def test_what_a_metric_is_asked_for_by():
    metric = BinaryAccuracy(threshold=0.3)
    assert metrics.make(metric) is metric
    assert type(metrics.make("mae")) is MeanAbsoluteError
    assert metrics.make("mae").name == "mae"
    assert metrics.make("mean_squared_error").name == "mean_squared_error"
    assert metrics.get("mse", None, (None, 1)).name == "mse"
    assert type(metrics.make(CategoricalAccuracy)) is CategoricalAccuracy
    own = metrics.make(largest_error)
    assert own.name == "largest_error"
    assert measured(own, [[0.0, 0.0]], [[1.0, -3.0]]) == 3
    with custom({"largest_error": largest_error}):
        assert metrics.make("largest_error").function is largest_error


@pytest.mark.parametrize(
    "metric",
    [
        BinaryAccuracy("mine", threshold=0.3),
        CategoricalAccuracy(),
        SparseCategoricalAccuracy(),
        MeanSquaredError("mine"),
        MeanAbsoluteError(),
        Mean("loss"),
        FunctionMetric(largest_error, "worst"),
    ],
    ids=lambda metric: type(metric).__name__,
)
def test_settings_go_through_json(metric):
    config = json.loads(json.dumps(metric.get_config()))
    with custom({"largest_error": largest_error}):
        again = metrics.registry.get({"class": type(metric).__name__, "config": config})
    assert again.get_config() == config
    assert again.name == metric.name


def test_every_registered_metric_has_kerass_name():
    for kind in set(metrics.registry.known.values()) - {FunctionMetric}:
        assert kind().name == metrics.snake_case(kind.__name__)


def test_a_metric_of_ones_own():
    class Within(Metric):
        def __init__(self, distance=1.0, **settings):
            super().__init__(**settings)
            self.distance = distance

        def values(self, y_true, y_pred):
            return np.abs(y_true - y_pred) < self.distance

    assert Within().get_config() == {"distance": 1.0, "name": "within"}
    assert measured(Within(2.0), [0.0, 0.0], [1.0, 3.0]) == 0.5


def test_a_metric_without_values_says_so():
    with pytest.raises(TypeError, match=r"Metric needs a method values\(self, y_true, y_pred\)"):
        Metric().update_state([1.0], [1.0])


def test_an_unknown_metric_is_answered_with_the_nearest():
    text = "metric: expected a known metric; got 'binary_acuracy'. Did you mean 'BinaryAccuracy'?"
    with says(SettingError, text):
        metrics.make("binary_acuracy")
