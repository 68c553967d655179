"""A gradient that is added up bucket by bucket."""

import numpy as np
import pytest

from pellucid.distributed.buckets import Buckets

from .groups import Threads

PARTS = {name: slice(2 * i, 2 * i + 2) for i, name in enumerate("abcde")}  # of 16 bytes each


def made(group, first=16, others=32):
    return Buckets(group, np.arange(10.0) * (group.rank + 1), PARTS, first, others)


def test_they_are_counted_from_the_end_of_the_vector():
    (found,) = Threads(1)(made)
    assert found.places == [slice(8, 10), slice(4, 8), slice(0, 4)]
    assert len(found) == 3
    (whole,) = Threads(1)(lambda group: made(group, 1000, 1000))
    assert whole.places == [slice(0, 10)]


def test_each_leaves_when_it_is_whole_and_none_before_the_one_ahead():
    sent = []

    def run(group):
        buckets = made(group)
        for name in "dceab":
            buckets.ready(name)
            sent.append((name, list(group.sent)))
        buckets.finish()
        return buckets.gradient

    (gradient,) = Threads(1)(run)
    assert sent == [("d", []), ("c", []), ("e", [2, 4]), ("a", [2, 4]), ("b", [2, 4, 4])]
    assert gradient.tolist() == list(range(10))


@pytest.mark.parametrize("size", [2, 4])
def test_the_sums_are_those_of_the_whole_vector(size):
    def run(group):
        buckets = made(group)
        for _ in range(2):  # a second step begins anew
            buckets.gradient[...] = np.arange(10.0) * (group.rank + 1)
            buckets.begin()
            buckets.ready("e" if group.rank else "a")  # what one reaches, another may not
            buckets.ready("a tensor that is no parameter")
            buckets.finish()
        return buckets.gradient

    for gradient in Threads(size)(run):
        assert gradient.tolist() == (np.arange(10.0) * sum(range(1, size + 1))).tolist()
