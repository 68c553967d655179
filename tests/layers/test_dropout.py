"""Dropout: how much is dropped, what is kept, and which chance decides."""

import numpy as np
import pytest

from pellucid import set_random_seed
from pellucid.errors import SettingError, ShapeError
from pellucid.layers import Dropout

from ..saying import says


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_each_value_is_dropped_with_probability_rate_and_the_mean_stays(rate):
    n, keep = 200_000, 1 - rate
    y = Dropout(rate, seed=1, dtype="float64")(np.ones((n, 1)), training=True)
    assert set(np.unique(y)) == {0.0, 1 / keep}
    # the share that stays is binomial: five standard deviations of it
    five = 5 * np.sqrt(rate * keep / n)
    assert abs((y > 0).mean() - keep) < five
    assert abs(y.mean() - 1) < five / keep
    # inverted dropout: E[y^2] = 1 / keep, so each unit's variance is (1 - keep) / keep
    assert y.var() == pytest.approx(rate / keep, rel=0.02)


def test_inference_and_rate_zero_leave_everything_as_it_is(rng):
    x = rng.normal(size=(5, 4)).astype("float32")
    assert np.array_equal(Dropout(0.5)(x), x)
    assert np.array_equal(Dropout(0)(x, training=True), x)


def test_every_call_draws_anew_and_a_seed_repeats_the_whole_run():
    x = np.ones((50, 4))

    def run():
        layer = Dropout(0.5, seed=3)
        return [layer(x, training=True) for _ in range(2)]

    first, second = run(), run()
    assert all(map(np.array_equal, first, second))
    assert not np.array_equal(first[0], first[1])


def test_layers_draw_from_streams_of_their_own_which_the_seed_repeats():
    x = np.ones((50, 4))

    def run():
        set_random_seed(3)
        return [layer(x, training=True) for layer in (Dropout(0.5), Dropout(0.5))]

    first, second = run(), run()
    assert not np.array_equal(first[0], first[1])
    assert all(map(np.array_equal, first, second))


def test_a_noise_shape_drops_along_an_axis_together():
    y = Dropout(0.5, noise_shape=(None, 1, None), seed=0)(np.ones((20, 7, 5)), training=True)
    assert (y == y[:, :1]).all()
    assert 0 < (y[:, 0] == 0).mean() < 1


@pytest.mark.parametrize("rate", [-0.1, 1, 1.5, float("nan")])
def test_a_rate_out_of_range_is_refused(rate):
    text = f"Dropout: expected a rate from 0 to below 1; got {rate!r}. Try 0.5."
    with says(SettingError, text):
        Dropout(rate)


def test_a_noise_shape_of_another_rank_is_refused():
    text = (
        "layer dropout: expected a noise_shape of 2 lengths, as its input (None, 4) has; got (4,). "
        "Give one for each axis, the batch included; None is the input's own."
    )
    with says(ShapeError, text):
        Dropout(0.5, noise_shape=(4,))(np.zeros((2, 4)))
