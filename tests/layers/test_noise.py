"""Noise: its size, its chance, and that inference has none."""

import numpy as np
import pytest

from pellucid import Sequential, load, set_random_seed
from pellucid.errors import SettingError
from pellucid.layers import Dense, Dropout, GaussianNoise

from ..saying import says


@pytest.mark.parametrize("stddev", [0.1, 2.0])
def test_the_noise_is_normal_with_mean_0_and_is_added(stddev):
    n = 200_000
    y = GaussianNoise(stddev, seed=1, dtype="float64")(np.full((n, 1), 7.0), training=True)
    noise = y - 7
    assert abs(noise.mean()) < 5 * stddev / np.sqrt(n)
    assert noise.var() == pytest.approx(stddev**2, rel=5 * np.sqrt(2 / n))
    # normal: 68.27 % within one standard deviation, 95.45 % within two
    for deviations, share in ((1, 0.6827), (2, 0.9545)):
        assert (np.abs(noise) < deviations * stddev).mean() == pytest.approx(share, abs=0.006)


def test_inference_and_a_stddev_of_zero_leave_everything_as_it_is(rng):
    x = rng.normal(size=(5, 4)).astype("float32")
    assert np.array_equal(GaussianNoise(0.5)(x), x)
    assert np.array_equal(GaussianNoise(0)(x, training=True), x)


def test_every_call_draws_anew_and_a_seed_repeats_the_whole_run():
    x = np.ones((50, 4))

    def run():
        layer = GaussianNoise(0.5, seed=3)
        return [layer(x, training=True) for _ in range(2)]

    first, second = run(), run()
    assert all(map(np.array_equal, first, second))
    assert not np.array_equal(first[0], first[1])


def test_noise_and_dropout_have_streams_of_their_own():
    found = []
    for with_noise in (False, True):
        set_random_seed(3)
        if with_noise:
            GaussianNoise(1.0)(np.ones((2, 3)), training=True)
        found.append(Dropout(0.5)(np.ones((30, 3)), training=True))
    assert np.array_equal(*found)


def test_a_run_that_goes_on_has_the_noise_that_it_would_have_had(tmp_path, rng):
    x, y = rng.normal(size=(40, 3)), rng.normal(size=(40, 1))
    set_random_seed(0)
    model = Sequential([GaussianNoise(0.3), Dense(4, "tanh"), Dense(1)])
    model.compile("sgd", "mse")
    model.fit(x, y, epochs=1, batch_size=16, verbose=0)
    model.save(tmp_path / "half.safetensors")
    other = load(tmp_path / "half.safetensors")
    for each in (model, other):
        each.fit(x, y, epochs=3, batch_size=16, verbose=0, resume=True)
    assert all(map(np.array_equal, model.get_weights(), other.get_weights()))


@pytest.mark.parametrize("stddev", [-0.1, float("nan")])
def test_a_stddev_below_zero_is_refused(stddev):
    with says(SettingError, f"GaussianNoise: expected stddev from 0; got {stddev!r}. Try 0.1."):
        GaussianNoise(stddev)
