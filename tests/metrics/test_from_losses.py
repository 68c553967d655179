"""Losses as metrics: the mean of each example's loss, whatever the reduction."""

import inspect

import numpy as np
import pytest

from pellucid import losses, metrics
from pellucid.losses import Huber
from pellucid.metrics import LossMetric, MeanAbsoluteError, RootMeanSquaredError

from ..losses.cases import NAMED, C, N, example
from .measuring import in_batches, measured


@pytest.mark.parametrize("kind", NAMED, ids=lambda kind: kind.__name__)
def test_every_loss_is_a_metric_by_its_name(kind, rng):
    y, p = example(kind, rng)
    name = losses.loss.snake_case(kind.__name__)
    metric = metrics.make(name)
    sign = -1 if kind is losses.CosineSimilarity else 1  # the metric is 1 where the loss is -1
    assert isinstance(metric, LossMetric)
    assert metric.name == name
    weight = rng.uniform(size=N)
    each = sign * kind(reduction=None)(y, p)
    assert in_batches(metric, [2, 4], y, p) == pytest.approx(each.mean())
    metric.reset_state()
    assert measured(metric, y, p, weight) == pytest.approx(np.average(each, weights=weight))


def test_a_loss_object_or_its_settings_are_a_metric():
    for given in (Huber(0.5), LossMetric(Huber(0.5)), LossMetric("huber", "small")):
        metric = metrics.make(given)
        again = metrics.make({"class": "LossMetric", "config": metric.get_config()})
        assert again.loss.get_config() == metric.loss.get_config()
        assert again.name == metric.name
    assert metrics.make(Huber(0.5)).name == "huber_loss"
    config = {"class": "Huber", "config": Huber(0.5).get_config()}
    assert metrics.make(config).loss.delta == 0.5


def test_a_loss_that_is_summed_is_a_mean_as_a_metric():
    metric = LossMetric(losses.MeanSquaredError(reduction="sum"))
    assert measured(metric, [0.0, 0.0], [1.0, 3.0]) == 5


def test_whole_numbers_as_outputs_are_not_cut_off():
    assert measured(MeanAbsoluteError(), [0.5, 0.5], [1, 0]) == 0.5


def test_the_root_is_of_the_whole_mean():
    y, p = np.zeros(4), np.array([1.0, 1.0, 1.0, 3.0])
    assert in_batches(RootMeanSquaredError(), [3, 1], y, p) == pytest.approx(np.sqrt(3))


def test_sums_of_float32_keep_their_digits():
    metric, p = MeanAbsoluteError(), np.full(1000, 0.1, "float32")
    for _ in range(2000):
        metric.update_state(np.zeros(1000, "float32"), p)
    assert metric.result() == pytest.approx(0.1, rel=1e-7)


@pytest.mark.parametrize(
    "kind",
    [
        metrics.BinaryCrossentropy,
        metrics.CategoricalCrossentropy,
        metrics.SparseCategoricalCrossentropy,
    ],
)
def test_settings_are_those_of_the_loss(kind, rng):
    y, z = example(getattr(losses, kind.__name__), rng)
    settings = {"from_logits": True, "label_smoothing": 0.2}
    settings = {k: v for k, v in settings.items() if k in inspect.signature(kind).parameters}
    metric = kind(name="mine", **settings)
    assert metric.get_config() == {"name": "mine", **settings}
    expected = getattr(losses, kind.__name__)(**settings)(y, z)
    assert measured(metric, y, z) == pytest.approx(expected)
    metric.check(y, (None, C))


def test_asked_for_by_name_it_takes_scores_as_the_loss_does():
    by_class, by_output = losses.CategoricalCrossentropy(True), losses.BinaryCrossentropy(True)
    metric = metrics.get("categorical_focal_crossentropy", by_class, (None, 3))
    assert metric.loss.from_logits is True
    metric = metrics.get("bce", by_output, (None, 3))
    assert metric.get_config()["from_logits"] is True
    metric = metrics.get("bce", losses.BinaryCrossentropy(), (None, 3))
    assert metric.get_config()["from_logits"] is False
    metric = metrics.get(metrics.BinaryCrossentropy(), by_output, (None, 3))
    assert metric.get_config()["from_logits"] is False  # an object is taken as it stands
