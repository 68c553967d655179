"""The examples in Keras' documentation, with the numbers that stand there."""

import numpy as np
import pytest

from pellucid import metrics

from .measuring import measured

Y, P = [[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]]
HALF = [[1, 1], [0, 0]]
ROWS, Q = [[0, 1, 0], [0, 0, 1]], [[0.05, 0.95, 0], [0.1, 0.8, 0.1]]
LAST, R = [[0, 0, 1], [0, 1, 0]], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]]
MARKS = [[1, 1, 1], [1, 0, 0], [1, 1, 0]]
GUESSES = [[0.2, 0.6, 0.7], [0.2, 0.6, 0.6], [0.6, 0.8, 0.0]]
ONE = [0, 0, 1, 0]

EXAMPLES = [  # metric, settings, targets, outputs, result, weights, weighted result
    ("BinaryAccuracy", {}, [1, 1, 0, 0], [[0.98], [1], [0], [0.6]], 0.75, [1, 0, 0, 1], 0.5),
    ("CategoricalAccuracy", {}, LAST, R, 0.5, [0.7, 0.3], 0.3),
    ("SparseCategoricalAccuracy", {}, [[2], [1]], R, 0.5, [0.7, 0.3], 0.3),
    ("TopKCategoricalAccuracy", {"k": 1}, LAST, R, 0.5, [0.7, 0.3], 0.3),
    ("SparseTopKCategoricalAccuracy", {"k": 1}, [2, 1], R, 0.5, [0.7, 0.3], 0.3),
    ("MeanSquaredError", {}, Y, HALF, 0.25, [1, 0], 0.5),
    ("RootMeanSquaredError", {}, Y, HALF, 0.5, [1, 0], 0.70710677),
    ("MeanAbsoluteError", {}, Y, HALF, 0.25, [1, 0], 0.5),
    ("MeanAbsolutePercentageError", {}, Y, HALF, 2.5e8, [1, 0], 5e8),
    ("MeanSquaredLogarithmicError", {}, Y, HALF, 0.12011322, [1, 0], 0.24022643),
    ("LogCoshError", {}, Y, HALF, 0.10844523, [1, 0], 0.21689045),
    ("Poisson", {}, Y, HALF, 0.49999997, [1, 0], 0.99999994),
    ("CosineSimilarity", {}, [[0, 1], [1, 1]], [[1, 0], [1, 1]], 0.5, [0.3, 0.7], 0.7),
    ("BinaryCrossentropy", {}, Y, P, 0.81492424, [1, 0], 0.9162905),
    ("CategoricalCrossentropy", {}, ROWS, Q, 1.1769392, [0.3, 0.7], 1.6271976),
    ("SparseCategoricalCrossentropy", {}, [1, 2], Q, 1.1769392, [0.3, 0.7], 1.6271976),
    ("KLDivergence", {}, Y, P, 0.45814306, [1, 0], 0.9162892),
    ("Hinge", {}, Y, P, 1.3, [1, 0], 1.1),
    ("SquaredHinge", {}, Y, P, 1.86, [1, 0], 1.46),
    ("CategoricalHinge", {}, Y, P, 1.4000001, [1, 0], 1.2),
    ("TruePositives", {}, [0, 1, 1, 1], [1, 0, 1, 1], 2, ONE, 1),
    ("FalsePositives", {}, [0, 1, 0, 0], [0, 0, 1, 1], 2, ONE, 1),
    ("TrueNegatives", {}, [0, 1, 0, 0], [1, 1, 0, 0], 2, ONE, 1),
    ("FalseNegatives", {}, [0, 1, 1, 1], [0, 1, 0, 0], 2, ONE, 1),
    ("Precision", {}, [0, 1, 1, 1], [1, 0, 1, 1], 0.6666667, ONE, 1),
    ("Recall", {}, [0, 1, 1, 1], [1, 0, 1, 1], 0.6666667, ONE, 1),
    ("Precision", {"top_k": 2}, [0, 0, 1, 1], [1, 1, 1, 1], 0, [1, 1, 1, 1], 0),
    ("Precision", {"top_k": 4}, [0, 0, 1, 1], [1, 1, 1, 1], 0.5, [1, 1, 1, 1], 0.5),
    ("AUC", {"num_thresholds": 3}, [0, 0, 1, 1], [0, 0.5, 0.3, 0.9], 0.75, [1, 0, 0, 1], 1),
    ("R2Score", {}, [[1], [4], [3]], [[2], [4], [4]], 0.57142866, [1, 1, 1], 0.57142866),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "settings", "y", "p", "expected", "weight", "weighed"),
    EXAMPLES,
    ids=[f"{case[0]} {case[1] or ''}" for case in EXAMPLES],
)
def test_each_example(name, settings, y, p, expected, weight, weighed):
    metric = getattr(metrics, name)(**settings)
    assert measured(metric, y, p) == pytest.approx(expected, rel=1e-6)
    metric.reset_state()
    assert measured(metric, y, p, weight) == pytest.approx(weighed, rel=1e-6)


def test_scores_by_class():
    found = measured(metrics.F1Score(threshold=0.5), MARKS, GUESSES)
    np.testing.assert_allclose(found, [0.5, 0.8, 0.6666667], rtol=1e-6)
    found = measured(metrics.FBetaScore(beta=2.0, threshold=0.5), MARKS, GUESSES)
    np.testing.assert_allclose(found, [0.3846154, 0.90909094, 0.8333334], rtol=1e-6)


def test_means_and_sums():
    mean, total = metrics.Mean(), metrics.Sum()
    for metric in (mean, total):
        metric.update_state([1, 3, 5, 7])
    assert (mean.result(), total.result()) == (4, 16)
    for metric in (mean, total):
        metric.reset_state()
        metric.update_state([1, 3, 5, 7], sample_weight=[1, 1, 0, 0])
    assert (mean.result(), total.result()) == (2, 4)
