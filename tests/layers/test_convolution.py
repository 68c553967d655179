"""Convolution layers: against PyTorch, by hand, and the errors for what does not fit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from pellucid import Input, Sequential, load, nn
from pellucid.errors import SettingError, ShapeError
from pellucid.layers import Conv1D, Conv2D, Dense, Flatten, GlobalMaxPooling1D, MaxPooling1D

from ..saying import says
from .comparing import agree, channels_first, channels_last, padded


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(
    ("kernel", "strides", "dilation", "groups"),
    [
        ((3, 3), (1, 1), (1, 1), 1),
        ((2, 3), (2, 1), (1, 1), 1),
        ((3, 2), (1, 1), (2, 3), 2),
        ((2, 2), (2, 3), (2, 1), 4),
        ((1, 1), (1, 1), (1, 1), 1),
    ],
)
def test_conv2d_is_torchs(kernel, strides, dilation, groups, padding, rng):
    def theirs(x, W, b):
        x = channels_first(x)
        if padding == "same":
            x = padded(x, kernel, strides, dilation)
        W = W.permute(3, 2, 0, 1)
        return channels_last(F.conv2d(x, W, b, strides, 0, dilation, groups))

    def make(**settings):
        return Conv2D(8, kernel, strides, padding, None, dilation, groups, **settings)

    agree(make, theirs, rng.normal(size=(3, 8, 7, 4)))


@pytest.mark.parametrize("padding", ["valid", "same", "causal"])
@pytest.mark.parametrize(
    ("kernel", "stride", "dilation", "groups"),
    [(3, 1, 1, 1), (2, 2, 1, 2), (3, 1, 2, 4), (4, 3, 2, 1), (1, 1, 1, 1)],
)
def test_conv1d_is_torchs(kernel, stride, dilation, groups, padding, rng):
    def theirs(x, W, b):
        x = channels_first(x)
        if padding == "same":
            x = padded(x, (kernel,), (stride,), (dilation,))
        if padding == "causal":
            x = F.pad(x, ((kernel - 1) * dilation, 0))
        W = W.permute(2, 1, 0)
        return channels_last(F.conv1d(x, W, b, stride, 0, dilation, groups))

    def make(**settings):
        return Conv1D(8, kernel, stride, padding, None, dilation, groups, **settings)

    agree(make, theirs, rng.normal(size=(3, 9, 4)))


@pytest.mark.parametrize("dilation", [1, 2])
def test_a_causal_output_sees_nothing_that_comes_after_it(dilation, rng):
    layer, x = Conv1D(2, 3, padding="causal", dilation_rate=dilation), rng.normal(size=(1, 8, 1))
    before, other = layer(x), x.copy()
    other[:, 5:] += 1
    after = layer(other)
    assert before.shape == (1, 8, 2)
    assert np.array_equal(before[:, :5], after[:, :5])
    assert (before[:, 5] != after[:, 5]).all()


@given(
    size=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    kernel=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    strides=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    dilation=st.integers(1, 2),
    padding=st.sampled_from(["valid", "same", "causal"]),
)
def test_the_shape_rule_holds_for_every_window(size, kernel, strides, dilation, padding):
    for kind in (Conv1D, Conv2D):
        if padding not in kind.paddings:
            continue
        axes = kind.axes
        layer = kind(3, kernel[:axes], strides[:axes], padding, dilation_rate=dilation)
        x, reach = np.ones((2, *size[:axes], 2)), [(k - 1) * dilation + 1 for k in kernel[:axes]]
        if padding == "valid" and any(n < r for n, r in zip(size, reach, strict=False)):
            with pytest.raises(ShapeError, match=r"expected an? .* of at least"):
                layer(x)
        else:
            assert layer.compute_output_shape((None, *x.shape[1:])) == (None, *layer(x).shape[1:])


def test_the_shape_of_keras_documentation(rng):
    x = rng.random((4, 10, 128))
    assert Conv1D(32, 3, activation="relu")(x).shape == (4, 8, 32)


def test_a_known_side_stays_known_beside_an_unknown_one():
    assert Conv2D(4, 3, padding="same", strides=2)(Input((None, 9, 1))).shape == (None, None, 5, 4)
    assert Conv1D(4, 3)(Input((None, 2))).shape == (None, None, 4)


def test_a_net_of_sequences_of_any_length_saves_and_loads(rng, tmp_path):
    net = Sequential(
        [
            Input((None, 3)),
            Conv1D(4, 3, padding="causal", dilation_rate=2, activation="relu"),
            MaxPooling1D(2),
            Conv1D(2, 2, strides=2, groups=2),
            GlobalMaxPooling1D(),
        ]
    )
    net.save(tmp_path / "net.safetensors")
    again = load(tmp_path / "net.safetensors")
    for length in (8, 13):
        x = rng.normal(size=(2, length, 3))
        assert np.array_equal(again(x), net(x))
        assert again(x).shape == (2, 2)


def test_a_dense_layer_cannot_follow_an_image_of_any_size():
    with pytest.raises(ShapeError, match="whose D is known; got shape \\(None, None\\)"):
        Sequential([Input((None, None, 1)), Flatten(), Dense(2)])


def test_a_convolution_starts_as_glorot_uniform_over_its_window():
    layer = Conv2D(64, (3, 5))
    layer(np.zeros((1, 8, 8, 32)))
    limit = np.sqrt(6 / (3 * 5 * (32 + 64)))
    assert layer.kernel.shape == (3, 5, 32, 64)
    assert 0.99 * limit < abs(layer.kernel.value).max() <= limit


def test_numbers_of_numpy_and_lists_stand_for_whole_numbers():
    config = Conv2D(np.int32(2), [np.int64(3), 2], np.int64(2), "SAME").get_config()
    assert config["kernel_size"] == [3, 2]
    assert config["strides"] == [2, 2]
    assert config["padding"] == "same"
    config = Conv1D(2, np.int64(3), padding="Causal").get_config()
    assert config["kernel_size"] == [3]
    assert config["padding"] == "causal"


@pytest.mark.parametrize(
    ("layer", "what", "shape"),
    [
        (Conv2D(2, 2), "images (N, H, W, C): 4", (2, 8, 8)),
        (Conv1D(2, 2), "sequences (N, L, C): 3", (2, 8, 8, 1)),
    ],
)
def test_inputs_have_the_axes_of_the_layer(layer, what, shape):
    text = (
        f"layer {layer.label}: expected {what} axes with the batch; "
        f"got shape {(None, *shape[1:])}. "
        "Reshape the data, or put a Reshape or Flatten layer before this one."
    )
    with says(ShapeError, text):
        layer(np.zeros(shape))


def test_a_window_larger_than_the_image_is_refused():
    layer = Conv2D(2, 5, name="wide")
    text = (
        "layer wide: expected an image of at least (5, 5); got one of (4, 8). "
        "Use a smaller kernel, or padding='same'."
    )
    for use in (lambda: layer(np.zeros((1, 4, 8, 1))), lambda: layer(Input((4, 8, 1)))):
        with says(ShapeError, text):
            use()


def test_a_window_longer_than_the_sequence_is_refused():
    text = (
        "layer conv1d: expected a sequence of at least 5; got one of 4. "
        "Use a smaller kernel, or padding='same'."
    )
    with says(ShapeError, text):
        Conv1D(2, 3, dilation_rate=2)(np.zeros((1, 4, 1)))


@pytest.mark.parametrize(("filters", "channels"), [(4, 3), (3, 4)])
@pytest.mark.parametrize("kind", [Conv1D, Conv2D])
def test_groups_have_to_divide(kind, filters, channels):
    layer = kind(filters, 1, groups=2)
    text = (
        f"layer {layer.label}: expected groups that divide {channels} channels and {filters} "
        "filters; got groups=2. Choose a common divisor."
    )
    with says(SettingError, text):
        layer(np.zeros((1, *(4, 4)[: kind.axes], channels)))


def test_channels_have_to_be_known():
    with pytest.raises(ShapeError, match=r"layer conv2d: expected one input .* whose D is known"):
        Conv2D(2, 3)(Input((8, 8, None)))


@pytest.mark.parametrize(
    ("make", "inputs", "order"),
    [
        (lambda **kw: Conv1D(2, 3, **kw), "sequences (N, L, C)", "(0, 2, 1)"),
        (lambda **kw: Conv2D(2, 3, **kw), "images (N, H, W, C)", "(0, 2, 3, 1)"),
        (Flatten, "images (N, H, W, C)", "(0, 2, 3, 1)"),
    ],
)
def test_channels_first_is_refused(make, inputs, order):
    layer = make(data_format="channels_last")
    assert layer.data_format == "channels_last"
    text = (
        f"{type(layer).__name__}: expected {inputs}; got data_format='channels_first'. "
        f"Move the channels last: x.transpose{order}."
    )
    with says(SettingError, text):
        make(data_format="channels_first")


@pytest.mark.parametrize(
    ("settings", "name", "wrong"),
    [
        ({"filters": 0}, "filters", "0"),
        ({"kernel_size": 0}, "kernel_size", "0"),
        ({"strides": -1}, "strides", "-1"),
        ({"dilation_rate": 1.5}, "dilation_rate", "1.5"),
        ({"groups": 0}, "groups", "0"),
        ({"groups": True}, "groups", "True"),
    ],
)
@pytest.mark.parametrize("kind", [Conv1D, Conv2D])
def test_settings_count_from_one(kind, settings, name, wrong):
    text = (
        f"{kind.__name__}: expected {name} to be a whole number from 1; got {wrong}. "
        f"Give {name} a positive whole number."
    )
    with says(SettingError, text):
        kind(**{"filters": 2, "kernel_size": 3, **settings})


def test_a_kernel_has_one_number_an_axis():
    text = (
        "Conv1D: expected kernel_size to be one whole number; got (3, 3). "
        "A window over a sequence has one length."
    )
    with says(SettingError, text):
        Conv1D(2, (3, 3))
    text = (
        "Conv2D: expected kernel_size to be one whole number or two; got (3,). "
        "Give one for the height and one for the width."
    )
    with says(SettingError, text):
        Conv2D(2, (3,))


@pytest.mark.parametrize("padding", ["full", "causal", None, 1])
def test_padding_of_an_image_is_valid_or_same(padding):
    text = f"Conv2D: expected padding 'valid' or 'same'; got {padding!r}. Choose one."
    with says(SettingError, text):
        Conv2D(2, 3, padding=padding)


def test_padding_of_a_sequence_may_be_causal_too():
    text = "Conv1D: expected padding 'valid', 'same' or 'causal'; got 'full'. Choose one."
    with says(SettingError, text):
        Conv1D(2, 3, padding="full")


def test_a_filter_finds_what_it_looks_like():
    layer = Conv2D(1, (1, 2), use_bias=False)
    layer(np.zeros((1, 1, 4, 1)))
    layer.set_weights([np.array([-1.0, 1.0]).reshape(1, 2, 1, 1)])
    assert layer(np.array([0.0, 0, 1, 1]).reshape(1, 1, 4, 1)).ravel().tolist() == [0, 1, 0]


def test_the_activation_comes_after_the_bias():
    layer = Conv2D(1, 1, activation=nn.relu, bias_initializer="ones")
    layer(np.zeros((1, 1, 2, 1)))
    layer.kernel.assign(1.0)
    assert layer(np.array([-3.0, -0.5]).reshape(1, 1, 2, 1)).ravel().tolist() == [0, 0.5]
