"""The base of metrics: means over batches, weights, states, metrics of one's own."""

import numpy as np
import pytest

from pellucid import metrics
from pellucid.metrics import FunctionMetric, Mean, MeanSquaredError, Metric, Sum
from pellucid.registry import custom

from .measuring import measured


def test_batches_of_any_sizes_make_one_mean():
    metric, whole = MeanSquaredError(), MeanSquaredError()
    y, p = np.zeros(5), np.arange(5.0)
    for part in (slice(0, 3), slice(3, 5)):
        metric.update_state(y[part], p[part])
    assert metric.result() == measured(whole, y, p) == 6
    metric.reset_state()
    assert metric.result() == 0
    assert measured(metric, [0.0], [2.0]) == 4


def test_a_mean_of_batches_weighs_them_by_size():
    mean = Mean("loss")
    mean.add(2.0, 3)
    mean.add(6.0, 1)
    assert mean.result() == 3
    assert mean.name == "loss"


@pytest.mark.parametrize(("kind", "result"), [(Mean, 5 / 4), (Sum, 5)])
def test_means_and_sums_of_numbers(kind, result):
    metric = kind()
    assert metric.result() == 0
    metric.update_state(2)
    metric.update_state([[1.0, 2.0], [0.0, 0.0]], [1.0, 0.5])
    metric.update_state([7.0], [0.0])
    assert metric.result() == result


def largest_error(y_true, y_pred):
    return np.abs(y_pred - y_true).max(axis=-1)


def test_a_plain_function_is_a_metric():
    own = FunctionMetric(largest_error, "worst")
    assert measured(own, [[0.0, 0.0]], [[1.0, -3.0]]) == 3
    with custom({"largest_error": largest_error}):
        again = metrics.registry.get({"class": "FunctionMetric", "config": own.get_config()})
    assert again.function is largest_error
    assert again.name == "worst"


def test_a_mean_of_ones_own():
    class Within(Metric):
        def __init__(self, distance=1.0, **settings):
            super().__init__(**settings)
            self.distance = distance

        def values(self, y_true, y_pred):
            return np.abs(y_true - y_pred) < self.distance

    assert Within().get_config() == {"distance": 1.0, "name": "within"}
    assert measured(Within(2.0), [0.0, 0.0], [1.0, 3.0]) == 0.5


def test_a_metric_of_ones_own_that_is_no_mean():
    class Largest(Metric):
        sums = ("largest",)

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.largest = max(self.largest, np.max(np.abs(np.subtract(y_true, y_pred))))

        def result(self):
            return float(self.largest)

    metric = Largest()
    assert measured(metric, [0.0, 1.0], [0.5, 1.0]) == 0.5
    assert measured(metric, [0.0], [0.2]) == 0.5
    again = Largest()
    again.set_state(metric.get_state())
    assert again.result() == 0.5
    metric.reset_state()
    assert metric.result() == 0


def test_a_metric_without_values_says_so():
    with pytest.raises(TypeError, match=r"Metric needs a method values\(self, y_true, y_pred\)"):
        Metric().update_state([1.0], [1.0])


def test_states_are_joined_by_their_sums():
    parts = [Mean() for _ in range(3)]
    parts[0].update_state([1.0, 2.0])
    parts[2].update_state([6.0])
    whole = Mean()
    whole.set_state(whole.joined([part.get_state() for part in parts]))
    assert whole.result() == 3
