"""Focal losses: by hand, from probabilities and from scores, and at any size."""

import math

import numpy as np
import pytest

from pellucid import Tensor, losses
from pellucid.errors import SettingError
from pellucid.losses import (
    BinaryCrossentropy,
    BinaryFocalCrossentropy,
    CategoricalCrossentropy,
    CategoricalFocalCrossentropy,
)

from ..saying import says
from .cases import C, N, scores, sigmoid, softmax


def test_binary_by_hand():
    # (1 - 0.8)^2 (-ln 0.8), and 0.3^2 (-ln 0.7) for the target 0
    y, p = [[1], [0]], [[0.8], [0.3]]
    expected = np.array([-0.04 * math.log(0.8), -0.09 * math.log(0.7)])
    found = BinaryFocalCrossentropy(reduction=None)(y, p)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    balanced = BinaryFocalCrossentropy(True, alpha=0.9, reduction=None)(y, p)
    np.testing.assert_allclose(balanced, expected * [0.9, 0.1], rtol=1e-6)


def test_categorical_by_hand():
    # alpha (1 - 0.5)^2 (-ln 0.5)
    y, p = [[0, 1, 0]], [[0.3, 0.5, 0.2]]
    loss = CategoricalFocalCrossentropy(alpha=1.0)(y, p)
    assert loss == pytest.approx(-0.25 * math.log(0.5), rel=1e-6)
    by_class = CategoricalFocalCrossentropy(alpha=[1.0, 3.0, 1.0])(y, p)
    assert by_class == pytest.approx(-0.75 * math.log(0.5), rel=1e-6)


@pytest.mark.parametrize("s", [0.0, 0.2])
@pytest.mark.parametrize("gamma", [0.5, 2.0])
def test_scores_give_what_their_probabilities_give(gamma, s, rng):
    z, y = scores(rng), rng.integers(0, C, size=N)
    rows, settings = np.eye(C)[y], {"gamma": gamma, "label_smoothing": s}
    for kind, activation in (
        (BinaryFocalCrossentropy, sigmoid),
        (CategoricalFocalCrossentropy, softmax),
    ):
        one, other = Tensor(z), kind(**settings)(rows, activation(z))
        loss = kind(from_logits=True, **settings)(rows, one)
        assert float(loss) == pytest.approx(other, rel=1e-6)


def test_without_a_focus_they_are_the_cross_entropies(rng):
    z, rows = scores(rng), np.eye(C)[rng.integers(0, C, size=N)]
    for from_logits, p in ((True, z), (False, softmax(z))):
        one = CategoricalFocalCrossentropy(1.0, 0.0, from_logits)(rows, p)
        assert one == pytest.approx(CategoricalCrossentropy(from_logits)(rows, p))
        q = p if from_logits else sigmoid(z)
        one = BinaryFocalCrossentropy(gamma=0.0, from_logits=from_logits)(rows, q)
        assert one == pytest.approx(BinaryCrossentropy(from_logits)(rows, q))


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_probabilities_of_0_and_1_and_scores_of_1e4_are_finite_in_float32(gamma):
    rows = np.eye(2, dtype="float32")
    for kind in (BinaryFocalCrossentropy, CategoricalFocalCrossentropy):
        for from_logits, p in ((False, rows), (True, np.float32(2e4) * rows - 1e4)):
            for y in (rows, 1 - rows):
                tensor = Tensor(p)
                loss = kind(gamma=gamma, from_logits=from_logits)(y, tensor)
                loss.backward()
                assert loss.dtype == "float32"
                assert float(loss) == pytest.approx(0, abs=1e-6) or y[0, 0] == 0
                assert np.isfinite(tensor.grad).all()


@pytest.mark.parametrize(
    ("kind", "settings", "text"),
    [
        ("Binary", {"gamma": -1}, "gamma from 0; got -1. Try 2.0."),
        ("Binary", {"alpha": 1.5}, "alpha from 0 to 1; got 1.5. Try 0.25."),
        ("Binary", {"label_smoothing": 2}, "label_smoothing from 0 to 1; got 2. Try 0.1."),
        ("Categorical", {"gamma": math.inf}, "gamma from 0; got inf. Try 2.0."),
        ("Categorical", {"alpha": [1, -1]}, "alpha from 0; got -1. Try 0.25."),
    ],
)
def test_settings_that_are_refused(kind, settings, text):
    with says(SettingError, f"{kind}FocalCrossentropy: expected {text}"):
        getattr(losses, f"{kind}FocalCrossentropy")(**settings)


def test_an_alpha_for_each_class():
    text = (
        "CategoricalFocalCrossentropy: expected alpha to be one number, or 3: one for each class; "
        "got 2 of them. Give each class its factor."
    )
    loss = CategoricalFocalCrossentropy([0.2, 0.8])
    with says(SettingError, text):
        loss.check(np.eye(3), (None, 3))
    loss.check(np.eye(2), (None, 2))
    again = losses.get({"class": "CategoricalFocalCrossentropy", "config": loss.get_config()})
    assert again.alpha == [0.2, 0.8]
    assert CategoricalFocalCrossentropy(np.array([0.2, 0.8])).alpha == [0.2, 0.8]
