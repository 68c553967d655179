"""What rows say about each other."""

import numpy as np
import pytest

from pellucid.insight.diagnosis.neighbours import hits_beyond_chance, nearest


@pytest.mark.parametrize("shares", [[0.5, 0.5], [0.95, 0.05], [0.6, 0.3, 0.1]])
def test_hits_are_measured_by_the_spread_that_shuffling_has(shares):
    rng = np.random.default_rng(0)
    labels = rng.choice(len(shares), 200, p=shares)
    said = rng.choice(len(shares), 200, p=shares)
    shuffled = [hits_beyond_chance(labels, rng.permutation(said)) for _ in range(4000)]
    assert np.mean(shuffled) == pytest.approx(0, abs=0.06)
    assert np.std(shuffled) == pytest.approx(1, abs=0.04)


def test_a_rare_class_that_is_found_is_far_from_chance():
    labels = (np.arange(200) < 8).astype(int)
    assert hits_beyond_chance(labels, labels) > 10


def test_the_nearest_row_is_another_one():
    x = np.array([[0.0, 0.0], [1.0, 0.0], [0.9, 0.1], [5.0, 5.0]])
    assert nearest(x).tolist() == [2, 2, 1, 2]
