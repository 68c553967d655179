"""What losses are measured against, beside formulas and beside what training reaches."""

import math

import numpy as np
import pytest

from pellucid import Input, Sequential, losses
from pellucid.insight.diagnosis.case import Case
from pellucid.layers import Dense


def case(loss, y, units, weight=None):
    model = Sequential([Input((2,)), Dense(units)])
    model.compile("sgd", loss)
    return Case(model, y=np.asarray(y), weight=weight)


def entropy(*shares):
    return -sum(p * math.log(p) for p in shares)


CLASSES = [0, 0, 0, 1, 1, 2]
SCORES = losses.SparseCategoricalCrossentropy(from_logits=True)


@pytest.mark.parametrize("from_logits", [True, False])
def test_the_best_constant_says_the_shares_of_the_classes(from_logits):
    of_classes = case(losses.SparseCategoricalCrossentropy(from_logits), CLASSES, 3)
    assert of_classes.constant == pytest.approx(entropy(1 / 2, 1 / 3, 1 / 6))
    assert of_classes.chance == pytest.approx(math.log(3))
    one_hot = case(losses.CategoricalCrossentropy(from_logits), np.eye(3)[CLASSES], 3)
    assert one_hot.constant == pytest.approx(of_classes.constant)
    binary = case(losses.BinaryCrossentropy(from_logits), [[0], [0], [0], [1]], 1)
    assert binary.constant == pytest.approx(entropy(1 / 4, 3 / 4))
    several = case(losses.BinaryCrossentropy(from_logits), [[0, 1], [0, 1], [1, 0], [0, 1]], 2)
    assert several.constant == pytest.approx(entropy(1 / 4, 3 / 4))


def test_weights_of_examples_shift_it():
    weight = np.array([3.0, 1.0, 1.0, 1.0])
    even = case(losses.BinaryCrossentropy(), [[1], [0], [0], [0]], 1, weight)
    assert even.constant == pytest.approx(1.5 * math.log(2))  # the weights' mean is 1.5


def test_numbers_have_their_mean_or_median():
    y = [[0.0], [0.0], [0.0], [8.0]]
    assert case("mse", y, 1).constant == pytest.approx(12.0)  # the variance, around 2
    assert case("mae", y, 1).constant == pytest.approx(2.0)  # around 0
    assert math.isnan(case("mse", y, 1).chance)


def test_some_losses_end_above_0():
    y = np.array([[1.0], [3.0]])
    of_rates = case("poisson", y, 1)
    assert of_rates.least == pytest.approx(np.mean(y - y * np.log(y)), rel=1e-5)
    shares = case(losses.BinaryCrossentropy(), [[0.25], [0.5]], 1)
    assert shares.least == pytest.approx((entropy(0.25, 0.75) + math.log(2)) / 2)
    assert case(SCORES, CLASSES, 3).least == 0
    assert case("mse", y, 1).least == 0


def test_what_is_left_goes_from_1_to_0():
    found = case("poisson", [[1.0], [3.0]], 1)
    assert found.left(found.constant) == 1
    assert found.left(found.least) == 0
    assert math.isnan(case("mse", [[2.0], [2.0]], 1).left(0.5))  # nothing to learn


def test_where_nobody_can_say_it_is_nan():
    assert math.isnan(case(lambda y, p: (y - p) ** 2, [[1.0], [2.0]], 1).constant)
    summed = losses.SparseCategoricalCrossentropy(from_logits=True, reduction="sum")
    assert math.isnan(case(summed, CLASSES, 3).constant)
    assert math.isnan(case("mse", [[1.0], [math.inf]], 1).constant)


def test_maps_have_a_constant_at_each_place():
    model = Sequential([Input((2, 2, 1)), Dense(2)])
    model.compile("sgd", SCORES)
    y = np.array([[[0, 0], [0, 1]]] * 3)
    assert Case(model, y=y).constant == pytest.approx(entropy(1 / 4, 3 / 4))
    model.compile("sgd", "mse")
    assert Case(model, y=np.ones((3, 2, 2, 2))).constant == 0
