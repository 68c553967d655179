"""Training on many GPUs, on paper."""

import pytest
from benchmarks.scaling import Link, Net, all_reduce, buckets, ring, step, tree

from benchmarks import scaling


def test_a_ring_and_a_tree_by_hand():
    link = Link(alpha=2.0, beta=10.0)
    assert ring(4, 80.0, link) == pytest.approx(6 * 2 + 2 * 3 / 4 * 80 / 10)
    assert ring(1, 80.0, link) == 0
    assert tree(8, 80.0, link) == pytest.approx(6 * 2 + 2 * 80 / 10)


def test_one_machine_needs_no_network():
    assert all_reduce(1, 1e6) == 0
    assert all_reduce(8, 1e6) == pytest.approx(scaling.BASE + ring(8, 1e6, scaling.NVLINK))
    among = ring(4, 1e6 / 8, scaling.INFINIBAND)
    assert all_reduce(32, 1e6) == pytest.approx(all_reduce(8, 1e6) + among)


def test_buckets_are_the_whole_gradient():
    assert buckets(1000.0) == [1000.0]
    found = buckets(100 * 2.0**20)
    assert (len(found), sum(found)) == (5, 100 * 2.0**20)


def test_the_last_bucket_is_never_hidden():
    net = Net("small", 1000, 1.0)
    assert step(net, 8) == pytest.approx(1 + all_reduce(8, 4000.0))
    assert step(net, 1) == 1
