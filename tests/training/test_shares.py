"""How a batch is divided among processes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.training.shares import filled, place, share


@given(st.integers(1, 50), st.integers(1, 9))
def test_each_row_goes_to_one_process(n, size):
    rows = [list(range(n))[place(n, rank, size)] for rank in range(size)]
    assert [row for some in rows for row in some] == list(range(n))
    lengths = [len(some) for some in rows]
    assert max(lengths) - min(lengths) <= 1


@given(st.integers(1, 50), st.integers(1, 9))
def test_the_parts_of_a_mean_are_one_together(n, size):
    counts = [i % 3 for i in range(n)]
    found = [share(n, place(n, r, size), lambda some: sum(counts[some]), size) for r in range(size)]
    assert sum(each.own for each in found) == n
    if sum(counts):
        assert sum(each.part for each in found) == pytest.approx(1)


def test_a_sum_has_parts_of_one_and_no_rows_have_none():
    assert share(5, slice(0, 3), lambda some: None, 2) == (5, 3, 1.0)
    assert share(1, slice(1, 1), lambda some: 1.0, 2) == (1, 0, 0.0)
    assert share(4, slice(0, 2), lambda some: 0.0, 2) == (4, 2, 0.5)


def test_who_has_no_rows_goes_through_the_first():
    assert filled(slice(3, 3)) == slice(0, 1)
    assert filled(slice(2, 3)) == slice(2, 3)
