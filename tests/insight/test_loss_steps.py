"""The steps from scores to the loss end at the loss itself, for every loss that has them."""

import numpy as np
import pytest

from pellucid import Input, Sequential, losses, set_random_seed
from pellucid.errors import SettingError
from pellucid.layers import Dense

X = np.random.default_rng(1).normal(size=(5, 4))
CLASSES = np.array([0, 1, 2, 1, 0])
ONE_HOT = np.eye(3)[CLASSES]
ZERO_ONE = np.array([0, 1, 1, 0, 1])


def steps(loss, y, units, activation=None, x=X):
    set_random_seed(2)
    model = Sequential([Input((4,), dtype="float64"), Dense(units, activation, dtype="float64")])
    model.compile("sgd", loss)
    t = model.trace(x, y)
    return t, t.score_to_loss(), np.asarray(model.loss.call(np.asarray(y), t.output)).reshape(-1)


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("loss", "y"),
    [
        (losses.SparseCategoricalCrossentropy(from_logits=True), CLASSES),
        (losses.CategoricalCrossentropy(from_logits=True), ONE_HOT),
    ],
)
def test_scores_exponentials_normalised_minus_log(loss, y):
    t, found, expected = steps(loss, y, 3)
    z = t["dense"].Z
    np.testing.assert_allclose(found["score"], z, rtol=1e-6)
    np.testing.assert_allclose(found["exp"], np.exp(z - z.max(1, keepdims=True)), 1e-6)
    np.testing.assert_allclose(found["P"], softmax(z), rtol=1e-6)
    np.testing.assert_allclose(found["P(class)"], softmax(z)[range(5), CLASSES], rtol=1e-6)
    np.testing.assert_allclose(found.losses, expected, rtol=1e-6)
    assert found["-ln P(class)"] is found.losses


@pytest.mark.parametrize("from_scores", [True, False])
def test_a_softmax_output_goes_back_to_its_scores(from_scores):
    activation = "softmax" if from_scores else "sigmoid"
    t, found, expected = steps("sparse_categorical_crossentropy", CLASSES, 3, activation)
    np.testing.assert_allclose(found.losses, expected, rtol=1e-4)
    assert ("score" in str(found)) == from_scores
    if from_scores:
        np.testing.assert_allclose(found["score"], t["dense"].Z)


@pytest.mark.parametrize(
    ("loss", "y", "units"),
    [
        (losses.BinaryCrossentropy(from_logits=True), ZERO_ONE, 1),
        (losses.BinaryCrossentropy(from_logits=True), ONE_HOT, 3),
        (losses.MultiClassHinge(), CLASSES, 3),
        (losses.MaxMultiClassHinge(), CLASSES, 3),
        (losses.Hinge(), ZERO_ONE, 1),
        (losses.Hinge(), 2 * ONE_HOT - 1, 3),
        (losses.SquaredHinge(), ZERO_ONE, 1),
        (losses.MeanSquaredError(), ONE_HOT, 3),
        (losses.MeanAbsoluteError(), ZERO_ONE, 1),
    ],
)
def test_other_losses_have_steps_of_their_own(loss, y, units):
    _, found, expected = steps(loss, y, units)
    assert len(found.steps) > 2
    assert found.steps[-1].name != "loss"
    np.testing.assert_allclose(found.losses, expected, rtol=1e-6)
    assert len(str(found).splitlines()) == 2 + 2 + 5 + 2


def test_binary_cross_entropy_of_probabilities():
    _, found, expected = steps("binary_crossentropy", ZERO_ONE, 1, "sigmoid")
    np.testing.assert_allclose(found.losses, expected, rtol=1e-6)
    np.testing.assert_allclose(np.exp(-found.losses), found["P(y)"], rtol=1e-6)


@pytest.mark.parametrize(
    ("loss", "y"),
    [
        (losses.Huber(), ZERO_ONE),
        (losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.1), ZERO_ONE),
        (lambda y, p: (p - y) ** 4, ZERO_ONE.reshape(-1, 1)),
    ],
)
def test_any_other_loss_shows_outputs_targets_and_losses(loss, y):
    _, found, expected = steps(loss, y, 1)
    assert [step.name for step in found.steps] == ["output", "y", "loss"]
    np.testing.assert_allclose(found.losses, expected)


def test_an_ignored_class_and_smoothed_labels_show_what_the_loss_made():
    ignoring = losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=1)
    smoothing = losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.2)
    for loss, y in ((ignoring, CLASSES), (smoothing, ONE_HOT)):
        _, found, expected = steps(loss, y, 3)
        assert found.steps[-1].name == "loss"
        np.testing.assert_allclose(found.losses, expected)


def test_it_is_stable():
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    _, found, expected = steps(loss, CLASSES, 3, x=X * 1e4)
    assert np.isfinite(found.losses).all()
    np.testing.assert_allclose(found.losses, expected)
    _, found, expected = steps(losses.BinaryCrossentropy(from_logits=True), ZERO_ONE, 1, x=X * 1e4)
    np.testing.assert_allclose(found.losses, expected)


def test_targets_are_needed():
    model = Sequential([Input((4,)), Dense(1)])
    with pytest.raises(SettingError, match=r"expected targets for each example; got none"):
        model.trace(X).score_to_loss()
