"""What follows from sums, gathering and spreading."""

import numpy as np

from .groups import Threads


def test_each_hears_all():
    found = Threads(3)(lambda group: group.gather({"rank": group.rank, "x": np.ones(group.rank)}))
    for heard in found:
        assert [each["rank"] for each in heard] == [0, 1, 2]
        assert [each["x"].size for each in heard] == [0, 1, 2]


def test_all_hear_the_first():
    assert (
        Threads(3)(lambda group: group.broadcast(["a", 1] if group.rank == 0 else 5))
        == [["a", 1]] * 3
    )


def test_one_yes_is_enough():
    assert Threads(2)(lambda group: group.any(group.rank == 1)) == [True, True]
    assert Threads(2)(lambda group: group.any(False)) == [False, False]


def test_the_mean_leaves_what_is_the_same_as_it_was():
    same = np.array([0.1, 1e300, -3.7])

    def mean(group):
        return group.mean([same, np.array([[1.0 + group.rank]])])

    for one, other in Threads(3)(mean):
        assert (one == same).all()
        assert other.tolist() == [[2.0]]
