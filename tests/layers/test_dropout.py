"""Dropout of every kind: how much is dropped, what is kept, and which chance decides."""

import numpy as np
import pytest

from pellucid import set_random_seed
from pellucid.errors import SettingError, ShapeError
from pellucid.layers import (
    AlphaDropout,
    Dense,
    Dropout,
    GaussianDropout,
    SpatialDropout1D,
    SpatialDropout2D,
)
from pellucid.registry import snake_case

from ..saying import says

KINDS = {  # a kind of dropout, and the shape of what it is called on
    Dropout: (50, 4),
    AlphaDropout: (50, 4),
    GaussianDropout: (50, 4),
    SpatialDropout1D: (20, 3, 8),
    SpatialDropout2D: (20, 2, 3, 8),
}
every_kind = pytest.mark.parametrize("kind", KINDS)


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


@every_kind
def test_inference_and_rate_zero_leave_everything_as_it_is(kind, rng):
    x = rng.normal(size=KINDS[kind]).astype("float32")
    assert np.array_equal(kind(0.5)(x), x)
    assert np.array_equal(kind(0)(x, training=True), x)
    assert not np.array_equal(kind(0.5)(x, training=True), x)


@every_kind
def test_every_call_draws_anew_and_a_seed_repeats_the_whole_run(kind):
    x = np.ones(KINDS[kind])

    def run():
        layer = kind(0.5, seed=3)
        return [layer(x, training=True) for _ in range(2)]

    first, second = run(), run()
    assert all(map(np.array_equal, first, second))
    assert not np.array_equal(first[0], first[1])


@every_kind
def test_layers_draw_from_streams_of_their_own_which_the_seed_repeats(kind):
    x = np.ones(KINDS[kind])

    def run():
        set_random_seed(3)
        return [layer(x, training=True) for layer in (kind(0.5), kind(0.5))]

    first, second = run(), run()
    assert not np.array_equal(first[0], first[1])
    assert all(map(np.array_equal, first, second))


def test_a_noise_shape_drops_along_an_axis_together():
    y = Dropout(0.5, noise_shape=(None, 1, None), seed=0)(np.ones((20, 7, 5)), training=True)
    assert (y == y[:, :1]).all()
    assert 0 < (y[:, 0] == 0).mean() < 1


@pytest.mark.parametrize("kind", [SpatialDropout1D, SpatialDropout2D])
def test_spatial_dropout_drops_whole_channels_of_an_example(kind):
    x = np.ones((400, *(5, 6)[: len(KINDS[kind]) - 2], 50))
    y = kind(0.3, seed=2, dtype="float64")(x, training=True)
    channels = y.reshape(400, -1, 50)
    assert (channels == channels[:, :1]).all()
    assert set(np.unique(y)) == {0.0, 1 / 0.7}
    # 20,000 draws: five standard deviations of the share that stays
    assert abs((channels[:, 0] > 0).mean() - 0.7) < 5 * np.sqrt(0.3 * 0.7 / 20_000)


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_gaussian_dropout_has_the_mean_and_variance_of_dropout(rate):
    n, variance = 200_000, rate / (1 - rate)
    y = GaussianDropout(rate, seed=1, dtype="float64")(np.ones((n, 1)), training=True)
    assert abs(y.mean() - 1) < 5 * np.sqrt(variance / n)
    assert y.var() == pytest.approx(variance, rel=5 * np.sqrt(2 / n))
    share = (np.abs(y - 1) < np.sqrt(variance)).mean()  # normal: 68.27 % within one deviation
    assert share == pytest.approx(0.6827, abs=0.006)
    twice = GaussianDropout(rate, seed=1, dtype="float64")(np.full((n, 1), 2.0), training=True)
    np.testing.assert_allclose(twice, 2 * y, rtol=1e-14)  # it multiplies


@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_alpha_dropout_keeps_mean_0_and_variance_1(rate, rng):
    n = 400_000
    x = rng.normal(size=(n, 1))
    y = AlphaDropout(rate, seed=1, dtype="float64")(x, training=True)
    lowest, times = np.unique(y, return_counts=True)
    lowest = lowest[times.argmax()]  # where all that is dropped goes
    assert abs((y == lowest).mean() - rate) < 5 * np.sqrt(rate * (1 - rate) / n)
    # y^2 has a variance below 3 here: five standard deviations of each mean
    assert abs(y.mean()) < 5 / np.sqrt(n)
    assert abs(y.var() - 1) < 5 * np.sqrt(3 / n)


def test_alpha_dropout_drops_along_an_axis_together():
    y = AlphaDropout(0.5, noise_shape=(None, 1), seed=0)(np.ones((40, 7)), training=True)
    assert (y == y[:, :1]).all()
    assert len(np.unique(y)) == 2


def test_dropping_more_of_one_kind_changes_nothing_of_the_weights():
    """Dropout and weights have streams of their own."""
    found = []
    for kinds in ((), (Dropout, GaussianDropout)):
        set_random_seed(3)
        for kind in kinds:
            kind(0.5)(np.ones((2, 3)), training=True)
        layer = Dense(4)
        layer(np.ones((2, 3)))
        found.append(layer.get_weights()[0])
    assert np.array_equal(*found)


@every_kind
@pytest.mark.parametrize("rate", [-0.1, 1, 1.5, float("nan")])
def test_a_rate_out_of_range_is_refused(kind, rate):
    text = f"{kind.__name__}: expected rate from 0 to below 1; got {rate!r}. Try 0.5."
    with says(SettingError, text):
        kind(rate)


@pytest.mark.parametrize(
    ("kind", "what", "rank"),
    [(SpatialDropout1D, "sequences (N, L, C)", 3), (SpatialDropout2D, "images (N, H, W, C)", 4)],
)
def test_spatial_dropout_refuses_inputs_of_another_rank(kind, what, rank):
    name = snake_case(kind.__name__)
    text = (
        f"layer {name}: expected {what}: {rank} axes with the batch; got shape (None, 4). "
        "Reshape the data, or put a Reshape or Flatten layer before this one."
    )
    with says(ShapeError, text):
        kind(0.5)(np.zeros((2, 4)))


def test_channels_are_last():
    with pytest.raises(SettingError, match=r"SpatialDropout2D: expected images \(N, H, W, C\)"):
        SpatialDropout2D(0.5, data_format="channels_first")


def test_a_noise_shape_of_another_rank_is_refused():
    text = (
        "layer dropout: expected a noise_shape of 2 lengths, as its input (None, 4) has; got (4,). "
        "Give one for each axis, the batch included; None is the input's own."
    )
    with says(ShapeError, text):
        Dropout(0.5, noise_shape=(4,))(np.zeros((2, 4)))
