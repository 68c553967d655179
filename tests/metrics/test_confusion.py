"""True and false positives and negatives, what is made of them, and the confusion matrix."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import losses, metrics
from pellucid.errors import DataError, SettingError, ShapeError
from pellucid.insight import confusion_counts
from pellucid.metrics import (
    ConfusionMatrix,
    FalseNegatives,
    FalsePositives,
    Precision,
    Recall,
    TrueNegatives,
    TruePositives,
)
from pellucid.metrics.confusion import ThresholdMetric

from ..losses.cases import sigmoid
from ..saying import says
from .measuring import measured

COUNTS = (TruePositives, FalsePositives, TrueNegatives, FalseNegatives)
Y = np.array([1, 1, 1, 0, 0, 0, 0, 1])
P = np.array([0.9, 0.5, 0.2, 0.7, 0.1, 0.5, 0.4, 0.6])


def counted(y, p, t, weight=1.0):
    """tp, fp, tn, fn, one after the other."""
    y, above = y > 0, p > t
    return [(weight * (y == a) * (above == b)).sum() for a, b in ((1, 1), (0, 1), (0, 0), (1, 0))]


def test_each_count_is_a_count(rng):
    weight = rng.uniform(size=8)
    for kind, expected, weighed in zip(
        COUNTS, counted(Y, P, 0.5), counted(Y, P, 0.5, weight), strict=True
    ):
        assert measured(kind(), Y, P) == expected
        assert measured(kind(0.5), Y, P) == expected
        assert measured(kind([0.5]), Y, P) == expected
        assert measured(kind(), Y, P, weight) == pytest.approx(weighed, rel=1e-12)


def test_thresholds_may_come_in_any_order_and_each_has_its_result():
    given = [0.7, 0.0, 0.5, 1.0, 0.5]
    for place, kind in enumerate(COUNTS):
        found = measured(kind(given), Y, P)
        assert found.tolist() == [counted(Y, P, t)[place] for t in given]
    tp, fp, _, fn = np.array([counted(Y, P, t) for t in given]).T
    np.testing.assert_allclose(measured(Recall(given), Y, P), tp / (tp + fn))
    np.testing.assert_allclose(measured(Precision(given), Y, P), tp / np.where(tp + fp, tp + fp, 1))
    assert measured(Precision(np.array([0.2, 0.8])), Y, P).shape == (2,)


@given(
    st.lists(st.integers(0, 10), min_size=1, max_size=30),
    st.lists(st.integers(0, 10), min_size=1, max_size=12),
    st.sampled_from(["float32", "float64"]),
    st.integers(0, 99),
)
def test_any_thresholds_count_as_if_each_were_alone(outputs, thresholds, dtype, seed):
    """Outputs and thresholds are tenths, so that many are equal."""
    p = (np.array(outputs) / 10).astype(dtype)
    y = np.random.default_rng(seed).integers(0, 2, len(p))
    t = [threshold / 10 for threshold in thresholds]
    for place, kind in enumerate(COUNTS):
        found = np.ravel(measured(kind(t), y, p))
        assert found.tolist() == [counted(y, p, p.dtype.type(each))[place] for each in t]


def test_an_output_at_the_threshold_is_not_above_it_in_float32_either():
    for t in (0.1, 0.3, 0.7):
        for p in (np.float32([t]), [t]):
            assert measured(TruePositives(t), [1], p) == 0
            assert measured(FalseNegatives(t), [1], p) == 1


def test_nothing_divided_by_nothing_is_0():
    for kind in (Precision, Recall):
        assert kind().result() == 0
        assert kind([0.2, 0.5]).result().tolist() == [0, 0]
        assert measured(kind(), [0, 0], [0.1, 0.2]) == 0


def test_targets_may_be_rows_or_class_numbers(rng):
    y, p = rng.integers(0, 3, 20), rng.dirichlet(np.ones(3), 20)
    for kind in (*COUNTS, Precision, Recall):
        by_row = measured(kind(0.4), np.eye(3)[y], p)
        assert measured(kind(0.4), y, p) == by_row
        assert measured(kind(0.4), y[:, None], p) == by_row
        assert measured(kind(0.4), y == 1, p[:, 1]) == measured(kind(0.4), y == 1, p[:, 1:2])
    assert measured(TruePositives(), [-1, 1], [0.9, 0.9]) == 1  # -1 is the other side


def test_the_top_k_are_positive_and_no_others(rng):
    y, p = rng.integers(0, 2, (10, 5)), rng.uniform(size=(10, 5))
    order = np.argsort(-p, axis=1)
    top = np.zeros_like(y)
    np.put_along_axis(top, order[:, :2], 1, axis=1)
    assert measured(Precision(top_k=2), y, p) == pytest.approx((top * y).sum() / 20)
    assert measured(Recall(top_k=2), y, p) == pytest.approx((top * y).sum() / y.sum())
    both = top * (p > 0.6)
    assert measured(Precision(0.6, top_k=2), y, p) == pytest.approx((both * y).sum() / both.sum())
    assert measured(Recall(top_k=5), y, p) == 1


def test_one_class_by_itself(rng):
    y, p = rng.integers(0, 3, 30), rng.dirichlet(np.ones(3), 30)
    for kind in (Precision, Recall):
        assert measured(kind(0.4, class_id=1), y, p) == measured(kind(0.4), y == 1, p[:, 1])
        assert measured(kind(0.4, class_id=0), y, p) == measured(kind(0.4), y == 0, p[:, 0])
    first = p.argmax(1) == 2
    expected = (first & (y == 2)).sum() / first.sum()
    assert measured(Precision(top_k=1, class_id=2), y, p) == pytest.approx(expected)


def test_of_scores_the_sigmoid_is_taken(rng):
    z = rng.normal(size=8)
    for kind in (*COUNTS, Precision, Recall):
        assert measured(kind(0.3, from_logits=True), Y, z) == measured(kind(0.3), Y, sigmoid(z))
        named = metrics.get(kind.__name__, losses.BinaryCrossentropy(True), (None, 1))
        assert measured(named, Y, z) == measured(kind(), Y, sigmoid(z))
        named = metrics.get(kind.__name__, losses.BinaryCrossentropy(), (None, 1))
        assert measured(named, Y, P) == measured(kind(), Y, P)
    assert measured(TruePositives(from_logits=True), [1, 1], np.float32([1e4, -1e4])) == 1


def test_scores_that_softmax_takes_together_are_refused_to_a_threshold():
    text = (
        "metric 'precision': expected outputs that are probabilities; got scores that "
        "SparseCategoricalCrossentropy takes together, by softmax. "
        "Give the last layer an activation, and leave from_logits out."
    )
    with says(SettingError, text):
        metrics.get("precision", losses.SparseCategoricalCrossentropy(True), (None, 3))


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"thresholds": 1.5}, "thresholds from 0 to 1; got 1.5. Try 0.5."),
        ({"thresholds": [0.5, -0.1]}, "thresholds from 0 to 1; got -0.1. Try 0.5."),
        ({"thresholds": "half"}, "thresholds from 0 to 1; got 'half'. Try 0.5."),
        ({"top_k": 0}, "top_k to be a whole number from 1; got 0. Try 5."),
        ({"class_id": -1}, "class_id to be a whole number from 0; got -1. Classes are numbered f"),
    ],
)
@pytest.mark.parametrize("kind", [Precision, Recall])
def test_settings_that_are_refused(kind, settings, text):
    with pytest.raises(SettingError) as error:
        kind(**settings)
    assert str(error.value).startswith(f"{kind.__name__}: expected {text}")


def test_a_class_that_is_not_there():
    text = (
        "outputs for Recall: expected at least 4, as class_id is 3; got 3. "
        "Classes are numbered from 0."
    )
    with says(ShapeError, text):
        Recall(class_id=3).update_state([0, 1], np.zeros((2, 3)))


def test_targets_out_of_range_are_refused_before_a_run():
    text = (
        "targets for Recall: expected values from -1 to 1; got 0 to 2. "
        "Give the last layer a unit for each class."
    )
    with says(DataError, text):
        Recall().check(np.array([0, 2]), (None, 1))
    with pytest.raises(DataError, match="targets for ConfusionMatrix: expected class numbers from"):
        ConfusionMatrix().check(np.array([0, 3]), (None, 3))


def test_a_base_without_a_formula_says_so():
    with pytest.raises(TypeError, match=r"ThresholdMetric needs a method formula\(self, tp, fp, "):
        measured(ThresholdMetric(), Y, P)


# -- the matrix -----------------------------------------------------------------------------------


def test_the_matrix_counts_pairs(rng):
    y, p = rng.integers(0, 4, 50), rng.normal(size=(50, 4))
    expected = confusion_counts(y, p)
    for targets in (y, y[:, None], np.eye(4)[y], y.astype("uint8")):
        found = measured(ConfusionMatrix(), targets, p)
        assert found.dtype == "int64"
        assert np.array_equal(found, expected)
    metric = ConfusionMatrix()
    metric.update_state(y[:20], p[:20])
    metric.update_state(y[20:], p[20:])
    assert np.array_equal(metric.result(), expected)
    places = measured(ConfusionMatrix(), y.reshape(2, 25), p.reshape(2, 25, 4))
    assert np.array_equal(places, expected)


def test_the_matrix_of_one_output_has_two_classes():
    expected = confusion_counts(Y, P > 0.5).tolist()
    assert measured(ConfusionMatrix(), Y, P).tolist() == expected
    assert measured(ConfusionMatrix(), Y, P[:, None]).tolist() == expected
    assert measured(ConfusionMatrix(), Y[:, None], P[:, None]).tolist() == expected
    assert measured(ConfusionMatrix(threshold=0.6), Y, P).tolist() == [[3, 1], [3, 1]]
    named = metrics.get("confusion_matrix", losses.BinaryCrossentropy(True), (None, 1))
    assert measured(named, Y, P - 0.5).tolist() == expected


def test_the_weighted_matrix_sums_weights():
    y, p, weight = [0, 0, 1], [[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]], [0.5, 2.0, 0.25]
    assert measured(ConfusionMatrix(), y, p, weight).tolist() == [[0.5, 2.0], [0.0, 0.25]]


def test_a_matrix_of_nothing_is_empty():
    assert ConfusionMatrix().result().shape == (0, 0)
