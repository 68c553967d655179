"""Batches: every row once, the same for the same seed and epoch, and resumable anywhere."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.data import batches
from pellucid.errors import SettingError


def rows(n, *args, **settings):
    return [np.arange(n)[batch] for batch in batches(n, *args, **settings)]


@given(
    n=st.integers(0, 50),
    size=st.integers(1, 60),
    seed=st.none() | st.integers(0, 2**70),
    epoch=st.integers(0, 5),
    data=st.data(),
)
def test_an_epoch_has_every_row_once_and_resumes_at_any_batch(n, size, seed, epoch, data):
    whole = rows(n, size, seed=seed, epoch=epoch)
    assert sorted(np.concatenate([[], *whole])) == list(range(n))
    assert all(len(batch) == size for batch in whole[:-1])
    start = data.draw(st.integers(0, len(whole)))
    rest = rows(n, size, seed=seed, epoch=epoch, start=start)
    assert [b.tolist() for b in rest] == [b.tolist() for b in whole[start:]]


def test_without_a_seed_batches_are_views():
    x = np.arange(7)
    parts = [x[batch] for batch in batches(len(x), 3)]
    assert [len(part) for part in parts] == [3, 3, 1]
    assert all(np.shares_memory(part, x) for part in parts)


def test_the_order_is_the_documented_one():
    source = np.random.SeedSequence(5, spawn_key=(2,))
    order = np.random.default_rng(source).permutation(10)
    np.testing.assert_array_equal(np.concatenate(rows(10, 4, seed=5, epoch=2)), order)


def test_seeds_and_epochs_differ():
    orders = {
        tuple(rows(20, 20, seed=seed, epoch=epoch)[0]) for seed in (0, 1, 2**32) for epoch in (0, 1)
    }
    assert len(orders) == 6


@pytest.mark.parametrize(
    ("arguments", "settings", "name", "least", "value"),
    [
        ((4, 0), {}, "batch_size", 1, "0"),
        ((4, 2.0), {}, "batch_size", 1, "2.0"),
        ((-1, 2), {}, "n", 0, "-1"),
        ((4, 2), {"epoch": -1}, "epoch", 0, "-1"),
        ((4, 2), {"seed": -3}, "seed", 0, "-3"),
    ],
)
def test_settings_out_of_range_are_refused_at_once(arguments, settings, name, least, value):
    text = f"batches: expected {name} to be a whole number from {least}; got {value}. Try {least}."
    with pytest.raises(SettingError, match=re.escape(text)):
        batches(*arguments, **settings)


@pytest.mark.parametrize("start", [-1, 4])
def test_a_start_past_the_end_is_refused(start):
    text = f"batches: expected start from 0 to 3, the number of batches; got {start}. An epoch"
    with pytest.raises(SettingError, match=re.escape(text)):
        batches(5, 2, start=start)
