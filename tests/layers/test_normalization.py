"""The layers that normalise: against PyTorch, by their formulas, and from data."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from pellucid import Input, Sequential, Tensor
from pellucid.errors import DataError, SettingError, ShapeError
from pellucid.layers import (
    BatchNormalization,
    Dense,
    LayerNormalization,
    Normalization,
    Rescaling,
)

from ..saying import says
from .comparing import agree

MOMENTUM, EPSILON = 0.8, 1e-2


def torch_batch_norm(channels):
    """PyTorch's layer with the same settings: its momentum is the share of the new value."""
    return torch.nn.BatchNorm1d(channels, EPSILON, 1 - MOMENTUM, dtype=torch.float64)


# -- BatchNormalization ---------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(8, 3), (2, 4, 5, 3)])
def test_batch_norm_in_training_is_torchs(shape, rng):
    def theirs(x, gamma, beta):
        rows = x.reshape(-1, 3)
        return F.batch_norm(rows, None, None, gamma, beta, True, 0.0, EPSILON).reshape(x.shape)

    agree(lambda **kw: BatchNormalization(epsilon=EPSILON, **kw), theirs, rng.normal(size=shape))


def test_batch_norm_in_inference_is_torchs(rng):
    mean, variance = torch.tensor([1.0, -2.0, 0.5]), torch.tensor([4.0, 0.25, 1.0])

    def make(**settings):
        layer = BatchNormalization(epsilon=EPSILON, **settings)
        layer.ensure_built((None, 3))
        layer.moving_mean.assign(mean)
        layer.moving_variance.assign(variance)
        return layer

    def theirs(x, gamma, beta):
        mu, var = mean.to(x.dtype), variance.to(x.dtype)
        return F.batch_norm(x, mu, var, gamma, beta, False, 0.0, EPSILON)

    agree(make, theirs, rng.normal(size=(8, 3)), training=False)


def test_moving_averages_are_kerass_and_torchs_but_for_the_variance(rng):
    ours = BatchNormalization(momentum=MOMENTUM, epsilon=EPSILON, dtype="float64")
    theirs, n = torch_batch_norm(3), 10
    mean, variance, unbiased = np.zeros(3), np.ones(3), np.ones(3)
    for _ in range(4):
        x = rng.normal(2.0, 3.0, size=(n, 3))
        ours(x, training=True)
        theirs(torch.tensor(x))
        mean = MOMENTUM * mean + (1 - MOMENTUM) * x.mean(axis=0)
        variance = MOMENTUM * variance + (1 - MOMENTUM) * x.var(axis=0)  # divided by n
        unbiased = MOMENTUM * unbiased + (1 - MOMENTUM) * x.var(axis=0, ddof=1)  # by n - 1
    assert np.allclose(ours.moving_mean.value, mean, rtol=1e-12)
    assert np.allclose(ours.moving_variance.value, variance, rtol=1e-12)
    assert np.allclose(theirs.running_mean, mean, rtol=1e-12)
    assert np.allclose(theirs.running_var, unbiased, rtol=1e-12)
    assert not np.allclose(variance, unbiased, rtol=1e-3)


def test_inference_uses_the_averages_and_leaves_them(rng):
    layer = BatchNormalization(momentum=0.0, dtype="float64")
    x = rng.normal(2.0, 3.0, size=(10, 3))
    layer(x, training=True)
    before, other = layer.get_weights(), rng.normal(size=(4, 3))
    expected = (other - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 1e-3)
    assert np.allclose(layer(other), expected)
    assert all(map(np.array_equal, before, layer.get_weights()))


def test_a_batch_comes_out_with_mean_0_and_variance_1(rng):
    x = rng.normal(100.0, 7.0, size=(500, 2))
    z = BatchNormalization(epsilon=0.0, dtype="float64")(x, training=True)
    assert np.allclose(z.mean(axis=0), 0, atol=1e-12)
    assert np.allclose(z.var(axis=0), 1)


def test_a_large_mean_costs_no_digits_in_float32(rng):
    x = rng.normal(size=(1000, 1)).astype("float32")
    z = BatchNormalization(epsilon=0.0)(x + np.float32(1e4), training=True)
    # float32 has steps of 1e-3 at 1e4
    assert z.std() == pytest.approx(1, abs=1e-3)


def test_a_frozen_batch_norm_uses_and_keeps_its_averages_in_training(rng):
    layer = BatchNormalization(trainable=False)
    x = rng.normal(size=(10, 3)).astype("float32")
    assert np.array_equal(layer(x, training=True), layer(x))
    assert layer.moving_mean.value.tolist() == [0, 0, 0]


def test_no_gradient_reaches_the_averages_and_the_fixed_of_gamma_and_beta(rng):
    layer = BatchNormalization(scale=False)
    layer(Tensor(rng.normal(size=(10, 3))), training=True).sum().backward()
    assert [p.name for p in layer.trainable_weights] == ["beta"]
    assert [p.name for p in layer.weights] == ["gamma", "beta", "moving_mean", "moving_variance"]
    assert [p.name for p in layer.weights if p.grad is not None] == ["beta"]


def test_regularisers_of_gamma_and_beta_reach_their_weights():
    for kind in (BatchNormalization, LayerNormalization):
        layer = kind(gamma_regularizer="l2", beta_regularizer="l1")
        layer(np.zeros((2, 3)))
        assert type(layer.gamma.regularizer).__name__ == "L2"
        assert type(layer.beta.regularizer).__name__ == "L1"


def test_the_channels_are_the_last_axis():
    text = (
        "layer batch_normalization: expected axis=-1, the channels; got axis=1. "
        "Move the channels last."
    )
    with says(SettingError, text):
        BatchNormalization(axis=1)(np.zeros((2, 3, 4)))


@pytest.mark.parametrize("momentum", [-0.1, 1.1])
def test_a_momentum_out_of_range_is_refused(momentum):
    text = f"BatchNormalization: expected momentum from 0 to 1; got {momentum}. Try 0.99."
    with says(SettingError, text):
        BatchNormalization(momentum=momentum)


@pytest.mark.parametrize("kind", [BatchNormalization, LayerNormalization, Normalization])
def test_the_features_have_to_be_known(kind):
    with pytest.raises(ShapeError, match="whose D is known"):
        kind()(Input((4, None)))


# -- LayerNormalization ---------------------------------------------------------------------------


@pytest.mark.parametrize(("axis", "last"), [(-1, 1), ([-1], 1), ([1, 2], 2), ((-1, -2), 2)])
def test_layer_norm_is_torchs(axis, last, rng):
    def theirs(x, gamma, beta):
        return F.layer_norm(x, x.shape[-last:], gamma, beta, EPSILON)

    def make(**settings):
        return LayerNormalization(axis, EPSILON, **settings)

    agree(make, theirs, rng.normal(size=(3, 4, 5)))


@pytest.mark.parametrize("axis", [0, 1, [0, 1, 2], [], 5, [1, 1], -4])
def test_layer_norm_takes_the_last_axes_only(axis):
    text = (
        "layer layer_normalization: expected the last axes, of known length, without the batch; "
        f"got axis={axis} for inputs (None, 3, 4). Move the axes to normalise last."
    )
    with says(SettingError, text):
        LayerNormalization(axis)(np.zeros((2, 3, 4)))


def test_layer_norm_over_an_unknown_length_is_refused():
    with pytest.raises(SettingError, match=r"axis=\[1, 2\] for inputs \(None, None, 4\)"):
        LayerNormalization([1, 2])(Input((None, 4)))


# -- Normalization --------------------------------------------------------------------------------


def test_adapt_brings_every_feature_to_mean_0_and_variance_1(rng):
    x = rng.normal(size=(1000, 3)) * [1, 50, 0.01] + [0, 1000, -3]
    layer = Normalization(dtype="float64")
    layer.adapt(x)
    z = layer(x)
    assert np.allclose(layer.mu.value, x.mean(axis=0), rtol=1e-12, atol=1e-14)
    assert np.allclose(layer.var.value, x.var(axis=0), rtol=1e-12)
    assert np.allclose(z.mean(axis=0), 0, atol=1e-11)
    assert np.allclose(z.var(axis=0), 1)


def test_adapt_takes_the_data_in_blocks(monkeypatch, rng):
    x = rng.normal(3.0, 2.0, size=(107, 4, 3)).astype("float32")
    whole, parts = Normalization(), Normalization()
    whole.adapt(x)
    monkeypatch.setattr("pellucid.layers.normalization.BLOCK", 30)  # 10 rows of 3, 43 blocks
    parts.adapt(x)
    for a, b in zip(whole.get_weights(), parts.get_weights(), strict=True):
        assert np.allclose(a, b, rtol=1e-6)
    assert np.allclose(parts.var.value, x.astype("float64").var(axis=(0, 1)), rtol=1e-6)


def test_adapt_of_bytes_measures_numbers(rng):
    x = rng.integers(0, 256, size=(50, 4, 4, 3), dtype="uint8")
    layer = Normalization()
    layer.adapt(x)
    assert np.allclose(layer.mu.value, x.mean(axis=(0, 1, 2)))
    assert np.allclose(layer.var.value, x.var(axis=(0, 1, 2)), rtol=1e-6)
    assert layer(x).dtype == "float32"
    assert abs(layer(x).mean()) < 1e-5


def test_adapt_of_all_features_together(rng):
    x = rng.normal(5.0, 2.0, size=(100, 4, 3))
    layer = Normalization(axis=None, dtype="float64")
    layer.adapt(x)
    assert layer.mu.shape == ()
    assert layer.mu.value == pytest.approx(x.mean())
    assert layer.var.value == pytest.approx(x.var())


def test_a_feature_that_never_varies_is_only_centred(rng):
    x = np.column_stack([np.full(1000, 0.1), rng.normal(size=1000)]).astype("float32")
    layer = Normalization()
    layer.adapt(x)
    assert layer.var.value[0] == 0
    assert (layer(x)[:, 0] == 0).all()
    assert layer([[1.1, 0.0]])[0, 0] == pytest.approx(1.0)


def test_the_test_set_is_prepared_with_the_training_sets_numbers(rng):
    train, test = rng.normal(size=(100, 2)), rng.normal(3.0, 2.0, size=(50, 2))
    layer = Normalization(dtype="float64")
    layer.adapt(train)
    assert np.allclose(layer(test), (test - train.mean(axis=0)) / train.std(axis=0))


def test_given_mean_and_variance_and_the_way_back(rng):
    x = rng.normal(size=(5, 2))
    mean, variance = [1.0, 2.0], [4.0, 9.0]
    layer = Normalization(mean=mean, variance=variance, dtype="float64")
    back = Normalization(mean=mean, variance=variance, invert=True, dtype="float64")
    assert np.allclose(layer(x), (x - [1, 2]) / [2, 3])
    assert np.allclose(back(layer(x)), x)


def test_training_leaves_mean_and_variance_alone(rng):
    x, y = rng.normal(5.0, 2.0, size=(64, 3)), rng.normal(size=64)
    normalise = Normalization()
    normalise.adapt(x)
    before = normalise.get_weights()
    model = Sequential([normalise, Dense(1)])
    model.compile("sgd", "mse")
    model.fit(x, y, epochs=2, verbose=0)
    assert all(map(np.array_equal, before, normalise.get_weights()))


@pytest.mark.parametrize(
    ("data", "received"),
    [
        (np.zeros((0, 3)), "none"),
        (np.array([[1.0, np.nan, 2.0]]), "NaN or infinity"),
        (np.array([[1.0, 2.0, 0.0], [np.inf, 2.0, 0.0]]), "NaN or infinity"),
        (np.array([[-np.inf, 2.0, 0.0], [np.inf, 2.0, 0.0]]), "NaN or infinity"),
    ],
)
def test_adapt_refuses_what_it_cannot_measure(data, received):
    text = (
        f"Normalization.adapt: expected rows of numbers; got {received}. "
        "Leave such rows out or fill them in."
    )
    with says(DataError, text):
        Normalization().adapt(data)


def test_settings_of_normalization_that_are_refused():
    with says(SettingError, "Normalization: expected axis -1 or None; got 1. Choose one."):
        Normalization(axis=1)
    text = (
        "Normalization: expected mean and variance, or neither; got mean=1.0, variance=None. "
        "Give both, or adapt."
    )
    with says(SettingError, text):
        Normalization(mean=1.0)


# -- Rescaling ------------------------------------------------------------------------------------


def test_rescaling_brings_bytes_to_numbers():
    x = np.array([[0, 51, 255]], dtype="uint8")
    assert np.allclose(Rescaling(1 / 255)(x), [[0, 0.2, 1]])
    assert np.allclose(Rescaling(1 / 127.5, offset=-1)(x), [[-1, -0.6, 1]])


def test_rescaling_by_a_number_of_numpy_keeps_float32():
    layer = Rescaling(np.float64(0.5), np.float64(1.0))
    assert layer(np.ones((2, 3), "float32")).dtype == "float32"
    assert layer(Tensor(np.ones((2, 3), "float32"))).dtype == "float32"
