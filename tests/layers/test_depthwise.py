"""Depthwise and separable convolution: against PyTorch, the order of channels by hand, errors."""

import numpy as np
import pytest
from torch.nn import functional as F

from pellucid import Input, Sequential, load
from pellucid.errors import SettingError, ShapeError
from pellucid.layers import Conv2D, DepthwiseConv2D, GlobalAveragePooling2D, SeparableConv2D

from ..saying import says
from .comparing import agree, channels_first, channels_last, padded

WINDOWS = pytest.mark.parametrize(
    ("kernel", "strides", "dilation", "m"),
    [
        ((3, 3), (1, 1), (1, 1), 1),
        ((2, 3), (2, 1), (1, 1), 2),
        ((3, 2), (1, 1), (2, 3), 1),
        ((2, 2), (2, 3), (2, 1), 3),
    ],
)


def torchs_depthwise(x, W, kernel, strides, padding, dilation):
    """PyTorch's convolution in C groups of W (kh, kw, C, m), channels first."""
    x, C = channels_first(x), W.shape[2]
    if padding == "same":
        x = padded(x, kernel, strides, dilation)
    return F.conv2d(x, W.flatten(2).permute(2, 0, 1)[:, None], None, strides, 0, dilation, C)


@pytest.mark.parametrize("padding", ["valid", "same"])
@WINDOWS
@pytest.mark.parametrize("C", [3, 16])
def test_depthwise_conv2d_is_torchs(C, kernel, strides, dilation, m, padding, rng):
    def theirs(x, W, b):
        return channels_last(torchs_depthwise(x, W, kernel, strides, padding, dilation)) + b

    def make(**settings):
        return DepthwiseConv2D(kernel, strides, padding, m, None, dilation, **settings)

    agree(make, theirs, rng.normal(size=(2, 8, 7, C)))


@pytest.mark.parametrize("padding", ["valid", "same"])
@WINDOWS
def test_separable_conv2d_is_torchs(kernel, strides, dilation, m, padding, rng):
    def theirs(x, W, V, b):
        each = torchs_depthwise(x, W, kernel, strides, padding, dilation)
        return channels_last(F.conv2d(each, V.permute(3, 2, 0, 1), b)).tanh()

    def make(**settings):
        return SeparableConv2D(
            5, kernel, strides, padding, None, dilation, m, activation="tanh", **settings
        )

    agree(make, theirs, rng.normal(size=(2, 8, 7, 3)))


def test_filter_k_of_channel_c_gives_channel_c_m_plus_k():
    layer = DepthwiseConv2D(1, depth_multiplier=3, bias_initializer="ones")
    x = np.array([1.0, 10.0]).reshape(1, 1, 1, 2)
    layer(x)
    layer.kernel.assign(np.array([[1.0, 2, 3], [4, 5, 6]])[None, None])
    assert layer.kernel.shape == (1, 1, 2, 3)
    assert layer(x).ravel().tolist() == [2, 3, 4, 41, 51, 61]


def test_channels_do_not_mix_in_one_and_do_in_the_other(rng):
    x = rng.normal(size=(1, 4, 4, 3))
    other = x.copy()
    other[..., 1] += 1
    depthwise, separable = DepthwiseConv2D(2, depth_multiplier=2), SeparableConv2D(4, 2)
    changed = (depthwise(x) != depthwise(other)).any((0, 1, 2))
    assert changed.tolist() == [False, False, True, True, False, False]
    assert (separable(x) != separable(other)).any((0, 1, 2)).all()


def test_a_separable_convolution_is_a_full_one_with_a_product_as_its_filters(rng):
    layer, x = SeparableConv2D(4, 3, depth_multiplier=2), rng.normal(size=(2, 5, 5, 3))
    z = layer(x)
    W, V, _ = layer.get_weights()
    full = Conv2D(4, 3, use_bias=False)
    full(x)
    full.set_weights([np.einsum("ijcm,cmu->ijcu", W, V[0, 0].reshape(3, 2, 4))])
    np.testing.assert_allclose(full(x), z, rtol=1e-4, atol=1e-6)  # float32, sums in another order
    assert layer.count_params() == 3 * 3 * 3 * 2 + 3 * 2 * 4 + 4
    assert layer.named_weights().keys() == {"depthwise_kernel", "pointwise_kernel", "bias"}


def test_first_weights_come_from_each_initializer():
    x = np.zeros((1, 4, 4, 2))
    layer = DepthwiseConv2D(3, depthwise_initializer="ones", bias_initializer="ones")
    layer(x)
    assert [(w == 1).all() for w in layer.get_weights()] == [True, True]
    layer = SeparableConv2D(3, 3, depthwise_initializer="ones", pointwise_initializer="zeros")
    layer(x)
    assert [w.mean() for w in layer.get_weights()] == [1, 0, 0]
    layer = DepthwiseConv2D((3, 5), depth_multiplier=32)
    layer(np.zeros((1, 8, 8, 64)))
    limit = np.sqrt(6 / (3 * 5 * (64 + 32)))  # Keras counts C and m as what goes in and comes out
    assert 0.99 * limit < abs(layer.kernel.value).max() <= limit


def test_each_regularizer_goes_to_its_weight():
    layer = SeparableConv2D(
        2, 2, depthwise_regularizer="l2", pointwise_regularizer="l1", bias_regularizer="l1_l2"
    )
    layer(np.zeros((1, 3, 3, 1)))
    kinds = {name: type(p.regularizer).__name__ for name, p in layer.named_weights().items()}
    assert kinds == {"depthwise_kernel": "L2", "pointwise_kernel": "L1", "bias": "L1L2"}


def test_a_net_of_images_of_any_size_saves_and_loads(rng, tmp_path):
    net = Sequential(
        [
            Input((None, None, 3)),
            SeparableConv2D(16, 3, padding="same", activation="relu"),
            DepthwiseConv2D(3, strides=2, padding="same", activation="relu"),
            GlobalAveragePooling2D(),
        ]
    )
    assert net.layers[1].compute_output_shape((None, None, 9, 16)) == (None, None, 5, 16)
    net.save(tmp_path / "net.safetensors")
    again = load(tmp_path / "net.safetensors")
    for size in ((5, 8), (7, 6)):
        x = rng.normal(size=(2, *size, 3))
        assert np.array_equal(again(x), net(x))


@pytest.mark.parametrize(
    ("make", "name"),
    [(lambda **kw: DepthwiseConv2D(2, **kw), "DepthwiseConv2D")]
    + [(lambda **kw: SeparableConv2D(2, 2, **kw), "SeparableConv2D")],
)
def test_wrong_settings_are_refused(make, name):
    for setting in ("depth_multiplier", "strides", "dilation_rate"):
        text = (
            f"{name}: expected {setting} to be a whole number from 1; got 0. "
            f"Give {setting} a positive whole number."
        )
        with says(SettingError, text):
            make(**{setting: 0})
    with says(
        SettingError, f"{name}: expected padding 'valid' or 'same'; got 'causal'. Choose one."
    ):
        make(padding="causal")
    text = (
        f"{name}: expected images (N, H, W, C); got data_format='channels_first'. "
        "Move the channels last: x.transpose(0, 2, 3, 1)."
    )
    with says(SettingError, text):
        make(data_format="channels_first")


@pytest.mark.parametrize("layer", [DepthwiseConv2D(5), SeparableConv2D(2, 5)])
def test_inputs_that_do_not_fit_are_refused(layer):
    with says(
        ShapeError,
        f"layer {layer.label}: expected images (N, H, W, C): 4 axes with the batch; "
        "got shape (None, 8, 1). "
        "Reshape the data, or put a Reshape or Flatten layer before this one.",
    ):
        layer(np.zeros((2, 8, 1)))
    with says(
        ShapeError,
        f"layer {layer.label}: expected an image of at least (5, 5); got one of (4, 8). "
        "Use a smaller kernel, or padding='same'.",
    ):
        layer(np.zeros((1, 4, 8, 1)))
    with pytest.raises(ShapeError, match="whose D is known"):
        layer(Input((8, 8, None)))
