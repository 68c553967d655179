"""F scores: against precision and recall, class by class and averaged."""

import numpy as np
import pytest

from pellucid import losses, metrics
from pellucid.errors import SettingError, ShapeError
from pellucid.metrics import F1Score, FBetaScore, Precision, Recall

from ..losses.cases import sigmoid
from ..saying import says
from .measuring import in_batches, measured

Y = np.array([0, 1, 2, 2, 1, 0, 2, 2])
P = np.eye(3)[[0, 2, 2, 2, 1, 1, 0, 2]] * 0.8 + 0.1
# class 0: tp 1, fp 1, fn 1; class 1: tp 1, fp 1, fn 1; class 2: tp 3, fp 1, fn 1
BY_CLASS = [1 / 2, 1 / 2, 3 / 4]


def test_by_class_and_averaged_by_hand():
    for y in (Y, Y[:, None], np.eye(3)[Y], np.eye(3, dtype=bool)[Y]):
        np.testing.assert_allclose(measured(F1Score(), y, P), BY_CLASS)
        assert measured(F1Score("macro"), y, P) == pytest.approx(sum(BY_CLASS) / 3)
        assert measured(F1Score("micro"), y, P) == pytest.approx(10 / 16)
        assert measured(F1Score("weighted"), y, P) == pytest.approx((2 * 0.5 + 2 * 0.5 + 3) / 8)
    assert np.allclose(in_batches(F1Score(), [3, 5], Y, P), BY_CLASS)


@pytest.mark.parametrize("beta", [0.5, 1.0, 2.0])
def test_it_is_the_weighted_harmonic_mean(beta, rng):
    y, p = rng.integers(0, 2, (30, 2)), rng.uniform(size=(30, 2))
    found = measured(FBetaScore(beta=beta, threshold=0.4), y, p)
    for k in range(2):
        precision = measured(Precision(0.4, class_id=k), y, p)
        recall = measured(Recall(0.4, class_id=k), y, p)
        expected = (1 + beta**2) / (1 / precision + beta**2 / recall)
        assert found[k] == pytest.approx(expected, rel=1e-12)


def test_weights_weigh_examples():
    weight = np.array([1.0, 0.0, 2.0, 1.0, 0.5, 1.0, 0.25, 1.0])
    # class 2: tp 2 + 1 + 1, fn 0.25, fp 0
    found = measured(F1Score(), Y, P, weight)
    assert found[2] == pytest.approx(8 / 8.25)


def test_a_largest_output_of_0_is_not_positive():
    assert measured(F1Score(), [[1, 0]], [[0.0, 0.0]]).tolist() == [0, 0]
    assert measured(F1Score(), [[1, 0]], [[1e-3, 0.0]]).tolist() == [1, 0]


def test_nothing_scores_0():
    for average in (None, "micro", "macro", "weighted"):
        assert F1Score(average).result() == 0
        assert np.sum(measured(F1Score(average), np.zeros((2, 3)), np.zeros((2, 3)))) == 0


def test_one_output_needs_a_threshold_and_gives_a_number():
    y, p = [1, 0, 1, 1], [[0.9], [0.8], [0.2], [0.6]]
    assert measured(F1Score(threshold=0.5), y, p) == pytest.approx(4 / 6)
    text = (
        "outputs for F1Score: expected several, of which the largest is taken; got 1. "
        "Give a threshold: threshold=0.5."
    )
    with says(ShapeError, text):
        F1Score().update_state(y, p)


def test_asked_for_by_name_it_suits_the_loss(rng):
    y, z = rng.integers(0, 2, (20, 2)), rng.normal(size=(20, 2))
    expected = measured(F1Score(threshold=0.5), y, sigmoid(z))
    named = metrics.get("f1_score", losses.BinaryCrossentropy(True), (None, 2))
    assert np.array_equal(measured(named, y, z), expected)
    named = metrics.get("f1_score", losses.BinaryCrossentropy(), (None, 2))
    assert np.array_equal(measured(named, y, sigmoid(z)), expected)
    named = metrics.get("f1_score", losses.SparseCategoricalCrossentropy(True), (None, 3))
    assert np.allclose(measured(named, Y, np.log(P)), BY_CLASS)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (
            {"average": "mean"},
            "average None, 'micro', 'macro' or 'weighted'; got 'mean'. Choose one.",
        ),
        ({"beta": 0}, "beta above 0; got 0. Try 1.0."),
        ({"threshold": 0}, "a threshold above 0, and at most 1; got 0. Try 0.5."),
        ({"threshold": 1.2}, "a threshold above 0, and at most 1; got 1.2. Try 0.5."),
    ],
)
def test_settings_that_are_refused(settings, text):
    with says(SettingError, f"FBetaScore: expected {text}"):
        FBetaScore(**settings)
