"""Hinges: by hand, and against PyTorch."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from pellucid import Tensor
from pellucid.errors import DataError
from pellucid.losses import (
    CategoricalHinge,
    Hinge,
    MaxMultiClassHinge,
    MultiClassHinge,
    SquaredHinge,
)

from ..saying import says
from .cases import C, N, scores
from .comparing import compare


def test_the_maximum_hinge_is_torchs_over_the_worst_class(rng):
    z, y = 2 * scores(rng), rng.integers(0, C, size=N)

    def theirs(z):
        rows = torch.arange(N)
        wrong = z.index_put((rows, torch.tensor(y)), torch.tensor(-torch.inf, dtype=z.dtype))
        return torch.relu(1 + wrong.amax(-1) - z[rows, y]).mean()

    compare(MaxMultiClassHinge(), y, z, theirs)


def test_the_sum_hinge_is_torchs_times_the_number_of_classes(rng):
    z, y = 2 * scores(rng), rng.integers(0, C, size=N)
    compare(MultiClassHinge(), y, z, lambda z: C * F.multi_margin_loss(z, torch.tensor(y)))


def test_the_hinge_of_the_three_images():
    # scores of cat, car, frog for an image of each (Stanford CS231n, lecture 3)
    z = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])
    # max(0, 5.1 - 3.2 + 1) + max(0, -1.7 - 3.2 + 1) = 2.9 + 0
    # max(0, 1.3 - 4.9 + 1) + max(0, 2.0 - 4.9 + 1)  = 0 + 0
    # max(0, 2.2 + 3.1 + 1) + max(0, 2.5 + 3.1 + 1)  = 6.3 + 6.6
    each = MultiClassHinge(reduction=None)([0, 1, 2], z)
    assert np.allclose(each, [2.9, 0, 12.9])
    assert MultiClassHinge()([0, 1, 2], z) == pytest.approx(15.8 / 3)
    assert np.allclose(MaxMultiClassHinge(reduction=None)([0, 1, 2], z), [2.9, 0, 6.6])


def test_the_hinge_of_equal_scores_is_the_number_of_wrong_classes():
    assert MultiClassHinge()([0, 5], np.zeros((2, 10))) == 9
    assert MaxMultiClassHinge()([0, 5], np.zeros((2, 10))) == 1


# -- of two classes -------------------------------------------------------------------------------


def test_hinges_of_two_classes_are_torchs(rng):
    """PyTorch has the hinge as a margin between a score and none."""
    z, y = 2 * scores(rng), rng.choice([-1.0, 1.0], size=(N, C))
    t = torch.tensor(y)
    theirs = lambda z: F.margin_ranking_loss(z, torch.zeros_like(z), t, margin=1.0)
    compare(Hinge(), y, z, theirs)
    squared = lambda z: (torch.relu(1 - t * z) ** 2).mean()
    compare(SquaredHinge(), y, z, squared)


@pytest.mark.parametrize("kind", [Hinge, SquaredHinge])
def test_targets_0_and_1_stand_for_minus_1_and_1(kind, rng):
    z, y = 2 * scores(rng), rng.choice([-1, 1], size=(N, C))
    for other in (y > 0, (y > 0).astype("uint8"), (y > 0) * 1.0):
        assert kind()(other, z) == kind()(y, z)


@pytest.mark.parametrize("kind", [Hinge, SquaredHinge])
def test_a_score_at_its_margin_is_no_violation(kind):
    z = Tensor([[1.0], [-1.0], [5.0]])
    loss = kind()([1, 0, 1], z)
    loss.backward()
    assert float(loss) == 0
    assert z.grad.tolist() == [[0], [0], [0]]


@pytest.mark.parametrize("kind", [Hinge, SquaredHinge])
@pytest.mark.parametrize(
    ("y", "received"),
    [([0, 1, 2, 3], "0, 1, 2, ..."), ([-1, 0, 1], "-1, 0, 1"), ([0.5, 1.0], "0.5, 1.0")],
)
def test_targets_that_are_no_sides_are_refused(kind, y, received):
    text = (
        f"targets for {kind.__name__}: expected all 0 or 1, or all -1 or 1; got {received}. "
        "Use MultiClassHinge for class numbers."
    )
    with says(DataError, text):
        kind().check(np.array(y), (None, 1))
    for fine in ([0, 1], [-1, 1], [1, 1], [False, True], [-1.0, -1.0]):
        kind().check(np.array(fine), (None, 1))


# -- of several, by rows --------------------------------------------------------------------------


def test_the_categorical_hinge_is_torchs_maximum_with_0_for_the_right_class(rng):
    z, y = 2 * scores(rng), np.eye(C)[rng.integers(0, C, size=N)]
    t = torch.tensor(y)
    theirs = lambda z: torch.relu(1 + ((1 - t) * z).amax(-1) - (t * z).sum(-1)).mean()
    compare(CategoricalHinge(), y, z, theirs)


def test_the_categorical_hinge_is_the_maximum_hinge_where_a_wrong_score_is_above_0():
    z = np.array([[0.5, 2.0, -1.0], [3.0, 1.0, 0.2], [-3.0, -2.0, -4.0]])
    y = [0, 0, 1]
    found = CategoricalHinge(reduction=None)(np.eye(3)[y], z)
    # 1 + 2 - 0.5; 1 + 1 - 3 < 0; 1 + 0 + 2, where the lead of 1 would do for the other
    assert found.tolist() == [2.5, 0, 3]
    assert MaxMultiClassHinge(reduction=None)(y, z).tolist() == [2.5, 0, 0]
