"""Dropout with a given mask against PyTorch's arithmetic, and with one that is drawn."""

import numpy as np
import pytest

from pellucid import Tensor, nn
from pellucid import gates as g
from pellucid.engines import numpy_engine

from .comparing import agree, same


@pytest.mark.parametrize("rate", [0.0, 0.25, 0.5, 0.9])
@pytest.mark.parametrize("shape", [(4, 5), (4, 1), (1, 5)])
def test_with_a_given_mask(rate, shape, rng):
    keep = rng.random(shape) >= rate
    agree(
        lambda: g.Dropout(rate),
        lambda x, keep: x * keep / (1 - rate),
        rng.normal(size=(4, 5)),
        keep,
    )
    x = rng.normal(size=(4, 5))
    same(lambda x: nn.dropout(x, rate, keep=keep), lambda x: nn.where(keep, x, 0) / (1 - rate), x)


def test_what_stays_is_divided_by_the_keep_probability():
    x = np.ones((200, 100), np.float32)
    y = nn.dropout(x, 0.2, source=numpy_engine.generator(0))
    assert set(np.unique(y).tolist()) == {0.0, 1.25}
    assert y.dtype == "float32"
    # 20,000 draws: the share that stays is 0.8 with a standard deviation of 0.0028.
    assert abs((y > 0).mean() - 0.8) < 0.012
    assert abs(y.mean() - 1) < 0.015


def test_rate_0_keeps_all_and_changes_nothing(rng):
    x = rng.normal(size=(3, 4))
    assert np.array_equal(nn.dropout(x, 0.0), x)


def test_the_same_source_drops_the_same(rng):
    x = rng.normal(size=(5, 6))
    first, again, other = (
        nn.dropout(x, 0.5, source=numpy_engine.generator(seed)) for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_noise_shape_drops_along_an_axis_together():
    x = np.ones((4, 7, 50))
    y = nn.dropout(x, 0.5, noise_shape=(None, 1, None), source=numpy_engine.generator(0))
    assert np.array_equal(y, np.broadcast_to(y[:, :1], y.shape))
    assert {0.0, 2.0} == set(np.unique(y).tolist())


def test_the_gradient_passes_where_the_value_passed():
    x = Tensor(np.full((20, 20), 3.0))
    y = nn.dropout(x, 0.5, source=numpy_engine.generator(0))
    y.backward(np.ones((20, 20)))
    assert np.array_equal(x.grad, y.value / 3)
