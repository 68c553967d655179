"""The examples in Keras' documentation, with the numbers that stand there."""

import numpy as np
import pytest

from pellucid import losses

Y, P = [[0.0, 1.0], [0.0, 0.0]], [[0.6, 0.4], [0.4, 0.6]]
ROWS, Q = [[0, 1, 0], [0, 0, 1]], [[0.05, 0.95, 0], [0.1, 0.8, 0.1]]
BITS, Z = [[0, 1], [0, 0]], [[-18.6, 0.51], [2.94, -12.8]]

EXAMPLES = [  # loss, settings, targets, outputs, one an example
    ("BinaryCrossentropy", {}, Y, P, [0.916, 0.714]),
    ("BinaryCrossentropy", {"from_logits": True}, BITS, Z, [0.2353, 1.4955]),
    ("CategoricalCrossentropy", {}, ROWS, Q, [0.0513, 2.303]),
    ("SparseCategoricalCrossentropy", {}, [1, 2], Q, [0.0513, 2.303]),
    ("KLDivergence", {}, Y, P, [0.916, -3.08e-06]),
    ("MeanSquaredError", {}, Y, [[1.0, 1.0], [1.0, 0.0]], [0.5, 0.5]),
    ("MeanAbsoluteError", {}, Y, [[1.0, 1.0], [1.0, 0.0]], [0.5, 0.5]),
    ("MeanSquaredLogarithmicError", {}, Y, [[1.0, 1.0], [1.0, 0.0]], [0.240, 0.240]),
    ("MeanAbsolutePercentageError", {}, [[2, 1], [2, 3]], [[1, 1], [1, 0]], [25, 75]),
    ("Huber", {}, Y, P, [0.18, 0.13]),
    ("LogCosh", {}, Y, [[1.0, 1.0], [0.0, 0.0]], [0.217, 0.0]),
    ("Poisson", {}, Y, [[1.0, 1.0], [0.0, 0.0]], [1.0, 0.0]),
    ("CosineSimilarity", {}, [[0.0, 1.0], [1.0, 1.0]], [[1.0, 0.0], [1.0, 1.0]], [0, -1]),
    ("Hinge", {}, Y, P, [1.1, 1.5]),
    ("SquaredHinge", {}, Y, P, [1.46, 2.26]),
    ("CategoricalHinge", {}, Y, P, [1.2, 1.6]),
    ("BinaryFocalCrossentropy", {"gamma": 5, "from_logits": True}, BITS, Z, [0.0017, 1.1561]),
    (
        "BinaryFocalCrossentropy",
        {"gamma": 5, "from_logits": True, "apply_class_balancing": True},
        BITS,
        Z,
        [0.0004, 0.8670],
    ),
    ("CategoricalFocalCrossentropy", {}, ROWS, Q, [3.2058331e-05, 4.6627346e-01]),
]


@pytest.mark.parametrize(
    ("name", "settings", "y", "p", "each"), EXAMPLES, ids=[case[0] for case in EXAMPLES]
)
def test_each_example_and_its_reductions(name, settings, y, p, each):
    make = getattr(losses, name)
    found = make(reduction=None, **settings)(y, p)
    np.testing.assert_allclose(found, each, atol=6e-4, rtol=6e-4)
    np.testing.assert_allclose(make(**settings)(y, p), np.mean(found), rtol=1e-6)
    np.testing.assert_allclose(make(reduction="sum", **settings)(y, p), np.sum(found), rtol=1e-6)
    weighed = make(**settings)(y, p, [0.8, 0.2])
    np.testing.assert_allclose(weighed, (0.8 * found[0] + 0.2 * found[1]) / 2, rtol=1e-5)


def test_focal_losses_with_other_settings():
    def focal(gamma, balanced, weight=None, **settings):
        loss = losses.BinaryFocalCrossentropy(balanced, gamma=gamma, from_logits=True, **settings)
        return loss(BITS, Z, weight)

    flat = losses.BinaryFocalCrossentropy(gamma=2, from_logits=True)
    assert flat([0, 1, 0, 0], [-18.6, 0.51, 2.94, -12.8]) == pytest.approx(0.691, abs=5e-4)
    flat = losses.BinaryFocalCrossentropy(True, gamma=2, from_logits=True)
    assert flat([0, 1, 0, 0], [-18.6, 0.51, 2.94, -12.8]) == pytest.approx(0.51, abs=5e-4)
    assert focal(3, False) == pytest.approx(0.647, abs=5e-4)
    assert focal(3, True) == pytest.approx(0.482, abs=5e-4)
    assert focal(3, False, [0.8, 0.2]) == pytest.approx(0.133, abs=5e-4)
    assert focal(3, True, [0.8, 0.2]) == pytest.approx(0.097, abs=5e-4)
    assert focal(4, False, reduction="sum") == pytest.approx(1.222, abs=5e-4)
    assert focal(4, True, reduction="sum") == pytest.approx(0.914, abs=5e-4)
    by_class = losses.CategoricalFocalCrossentropy()
    assert by_class(ROWS, Q) == pytest.approx(0.23315276, rel=1e-6)
    assert by_class(ROWS, Q, [0.3, 0.7]) == pytest.approx(0.1632, abs=5e-5)
