"""The area under a curve: by hand, as the share of pairs in order, and by Keras' own examples."""

import math

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from pellucid import losses, metrics
from pellucid.errors import SettingError
from pellucid.metrics import AUC

from ..losses.cases import sigmoid
from ..saying import says
from .measuring import measured

Y, P, WEIGHT = [0, 0, 1, 1], [0.0, 0.5, 0.3, 0.9], [1, 2, 3, 4]

# thresholds -1e-7, 0.5, 1 + 1e-7. tp 7, 4, 0; fp 3, 0, 0; fn 0, 3, 7; tn 0, 3, 3 with the weights.
# ROC: recall 1, 4/7, 0 over false alarms 1, 0, 0. PR: precision 7/10, 1, 0 over recall 1, 4/7, 0.
BENT = (0.5 * (3 + 2 * math.log(10 / 4)) + 4) / 7  # slopes 3/6 and 1, starts 2 and 0


@pytest.mark.parametrize(
    ("curve", "method", "area"),
    [
        ("ROC", "interpolation", (1 + 4 / 7) / 2),
        ("ROC", "majoring", 1),
        ("ROC", "minoring", 4 / 7),
        ("PR", "majoring", 1),
        ("PR", "minoring", 3 / 7 * 0.7),
        ("PR", "interpolation", BENT),
    ],
)
def test_three_thresholds_by_hand(curve, method, area):
    found = measured(AUC(3, curve, method), Y, P, WEIGHT)
    assert found == pytest.approx(area, rel=1e-12)
    apart = AUC(3, curve, method)
    apart.update_state(Y[:1], P[:1], WEIGHT[:1])
    apart.update_state(Y[1:], P[1:], WEIGHT[1:])
    assert apart.result() == pytest.approx(area, rel=1e-12)


def test_between_all_values_the_area_is_the_share_of_pairs_in_order(rng):
    y, p = rng.integers(0, 2, 60), rng.uniform(size=60)
    order = np.sort(p)
    limits = ((order[1:] + order[:-1]) / 2).tolist()
    pairs = mannwhitneyu(p[y == 1], p[y == 0]).statistic / ((y == 1).sum() * (y == 0).sum())
    assert measured(AUC(thresholds=limits), y, p) == pytest.approx(pairs, rel=1e-12)
    assert measured(AUC(thresholds=limits[::-1]), y, p) == pytest.approx(pairs, rel=1e-12)
    assert measured(AUC(), y, p) == pytest.approx(pairs, abs=0.01)


def test_ties_count_half():
    assert measured(AUC(), [0, 1], [0.5, 0.5]) == 0.5
    assert measured(AUC(), [0, 1, 0, 1], [0, 0, 1, 1]) == 0.5
    assert measured(AUC(), [0, 1], [0.2, 0.8]) == 1
    assert measured(AUC(), [1, 0], [0.2, 0.8]) == 0


def test_outputs_of_0_and_1_lie_between_the_ends_in_float32():
    p = np.float32([0, 1, 0, 1])
    for curve in ("ROC", "PR"):
        assert measured(AUC(curve=curve), [0, 1, 0, 1], p) == 1


@pytest.mark.parametrize("curve", ["ROC", "PR"])
@pytest.mark.parametrize("method", ["interpolation", "majoring", "minoring"])
def test_every_label_has_its_area(curve, method, rng):
    y, p = rng.integers(0, 2, (40, 3)), rng.uniform(size=(40, 3))
    alone = [measured(AUC(50, curve, method), y[:, i], p[:, i]) for i in range(3)]
    several = AUC(50, curve, method, multi_label=True, num_labels=3)
    several.update_state(y[:15], p[:15])
    several.update_state(y[15:], p[15:])
    assert several.result() == pytest.approx(np.mean(alone), rel=1e-12)
    weighed = AUC(50, curve, method, multi_label=True, label_weights=[1, 0, 3])
    expected = (alone[0] + 3 * alone[2]) / 4
    assert measured(weighed, y, p) == pytest.approx(expected, rel=1e-12)


def test_without_multi_label_all_outputs_are_taken_together(rng):
    y, p = rng.integers(0, 2, (40, 3)), rng.uniform(size=(40, 3))
    assert measured(AUC(), y, p) == measured(AUC(), y.ravel(), p.ravel())
    weight = rng.uniform(size=40)
    by_label = measured(AUC(label_weights=[1, 0, 3]), y, p, weight)
    expected = measured(AUC(), y.ravel(), p.ravel(), np.outer(weight, [1, 0, 3]).ravel())
    assert by_label == pytest.approx(expected, rel=1e-12)
    numbers = rng.integers(0, 3, 40)
    assert measured(AUC(), numbers, p) == measured(AUC(), np.eye(3)[numbers], p)


def test_of_scores_the_sigmoid_is_taken(rng):
    y, z = rng.integers(0, 2, 40), 3 * rng.normal(size=40)
    expected = measured(AUC(), y, sigmoid(z))
    assert measured(AUC(from_logits=True), y, z) == expected
    named = metrics.get("auc", losses.BinaryFocalCrossentropy(from_logits=True), (None, 1))
    assert measured(named, y, z) == expected
    assert measured(AUC(from_logits=True), [0, 1], np.float32([-1e4, 1e4])) == 1


def test_nothing_has_no_area():
    for curve in ("ROC", "PR"):
        assert AUC(curve=curve).result() == 0
        assert AUC(curve=curve, multi_label=True).result() == 0
        assert measured(AUC(curve=curve), [0, 0], [0.2, 0.7]) == 0


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"num_thresholds": 1}, "num_thresholds to be a whole number from 2; got 1. Try 200."),
        ({"curve": "DET"}, "curve 'ROC' or 'PR'; got 'DET'. Choose one."),
        (
            {"summation_method": "middle"},
            "summation_method 'interpolation', 'minoring' or 'majoring'; got 'middle'. Choose one.",
        ),
        ({"thresholds": [2.0]}, "thresholds from 0 to 1; got 2.0. Try num_thresholds."),
    ],
)
def test_settings_that_are_refused(settings, text):
    with says(SettingError, f"AUC: expected {text}"):
        AUC(**settings)


@pytest.mark.parametrize(
    ("settings", "name"),
    [({"num_labels": 2}, "num_labels"), ({"label_weights": [1, 1]}, "label_w")],
)
def test_as_many_labels_as_outputs(settings, name):
    with pytest.raises(SettingError, match=f"AUC: expected {name}.* for 3 outputs; got 2"):
        AUC(**settings).check(np.zeros((4, 3)), (None, 3))
