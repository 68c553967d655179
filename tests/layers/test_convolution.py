"""Convolution and pooling layers: against PyTorch, and the errors for what does not fit."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from pellucid import Input, Sequential, nn
from pellucid.errors import SettingError, ShapeError
from pellucid.layers import (
    AveragePooling2D,
    Conv2D,
    Dense,
    Flatten,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    MaxPooling2D,
)

from ..saying import says
from .comparing import agree, channels_first, channels_last

WINDOWS = [Conv2D, MaxPooling2D, AveragePooling2D]


def padded(x, kernel, strides, dilation, fill=0.0):
    """(N, C, H, W) with the padding "same" put around it by the rule of its definition."""
    sides = []
    for size, k, s, d in reversed([*zip(x.shape[2:], kernel, strides, dilation, strict=True)]):
        total = max((-(-size // s) - 1) * s + (k - 1) * d + 1 - size, 0)
        sides += [total // 2, total - total // 2]
    return F.pad(x, sides, value=fill)


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


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("pool", "strides"), [((2, 2), None), ((3, 2), (2, 1)), ((2, 3), (3, 2))])
def test_pooling_is_torchs(pool, strides, padding, rng):
    steps = strides or pool
    x = rng.normal(size=(3, 8, 7, 4))

    def largest(x):
        x = channels_first(x)
        if padding == "same":
            x = padded(x, pool, steps, (1, 1), -torch.inf)
        return channels_last(F.max_pool2d(x, pool, steps))

    def mean(x):
        inside, x = torch.ones_like(channels_first(x)), channels_first(x)
        if padding == "same":
            x, inside = (padded(v, pool, steps, (1, 1)) for v in (x, inside))
        return channels_last(F.avg_pool2d(x, pool, steps) / F.avg_pool2d(inside, pool, steps))

    agree(lambda **kw: MaxPooling2D(pool, strides, padding, **kw), largest, x)
    agree(lambda **kw: AveragePooling2D(pool, strides, padding, **kw), mean, x)


@pytest.mark.parametrize("keepdims", [False, True])
def test_global_pooling_is_torchs(keepdims, rng):
    x = rng.normal(size=(3, 4, 5, 2))
    agree(
        lambda **kw: GlobalAveragePooling2D(keepdims=keepdims, **kw),
        lambda x: x.mean((1, 2), keepdim=keepdims),
        x,
    )
    agree(
        lambda **kw: GlobalMaxPooling2D(keepdims=keepdims, **kw),
        lambda x: x.amax((1, 2), keepdim=keepdims),
        x,
    )


@given(
    size=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    kernel=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    strides=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    dilation=st.integers(1, 2),
    padding=st.sampled_from(["valid", "same"]),
)
def test_the_shape_rule_holds_for_every_window(size, kernel, strides, dilation, padding):
    x = np.ones((2, *size, 2))
    for layer in (
        Conv2D(3, kernel, strides, padding, dilation_rate=dilation),
        MaxPooling2D(kernel, strides, padding),
        AveragePooling2D(kernel, strides, padding),
    ):
        spread = dilation if isinstance(layer, Conv2D) else 1
        reach = [(k - 1) * spread + 1 for k in kernel]
        if padding == "valid" and any(n < r for n, r in zip(size, reach, strict=True)):
            with pytest.raises(ShapeError, match="expected an image of at least"):
                layer(x)
        else:
            assert layer.compute_output_shape((None, *size, 2)) == (None, *layer(x).shape[1:])


def test_an_image_of_any_size_goes_through_a_net_without_dense_layers(rng):
    net = Sequential(
        [
            Input((None, None, 1)),
            Conv2D(4, 3, strides=2, padding="same"),
            MaxPooling2D(),
            Conv2D(3, (1, 2)),
            GlobalAveragePooling2D(),
        ]
    )
    assert [shape for _, shape in net.flow()] == [
        (None, None, None, 4),
        (None, None, None, 4),
        (None, None, None, 3),
        (None, 3),
    ]
    for size in ((8, 8), (9, 14)):
        assert net(rng.normal(size=(2, *size, 1))).shape == (2, 3)


def test_a_known_side_stays_known_beside_an_unknown_one():
    assert Conv2D(4, 3, padding="same", strides=2)(Input((None, 9, 1))).shape == (None, None, 5, 4)
    assert MaxPooling2D()(Input((9, None, 1))).shape == (None, 4, None, 1)


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


@pytest.mark.parametrize("kind", WINDOWS)
def test_images_have_four_axes(kind):
    layer = kind(2, 2) if kind is Conv2D else kind()
    text = (
        f"layer {layer.label}: expected images (N, H, W, C): 4 axes with the batch; "
        "got shape (None, 8, 8). "
        "Reshape the data, or put a Reshape or Flatten layer before this one."
    )
    with says(ShapeError, text):
        layer(np.zeros((2, 8, 8)))


def test_global_pooling_wants_four_axes_too():
    with pytest.raises(ShapeError, match="layer global_max_pooling2d: expected images"):
        GlobalMaxPooling2D()(np.zeros((2, 8)))


@pytest.mark.parametrize("kind", WINDOWS)
def test_a_window_larger_than_the_image_is_refused(kind):
    layer = kind(2, 5, name="wide") if kind is Conv2D else kind(5, name="wide")
    text = (
        "layer wide: expected an image of at least (5, 5); got one of (4, 8). "
        "Use a smaller kernel, or padding='same'."
    )
    for use in (lambda: layer(np.zeros((1, 4, 8, 1))), lambda: layer(Input((4, 8, 1)))):
        with says(ShapeError, text):
            use()


@pytest.mark.parametrize(("filters", "channels"), [(4, 3), (3, 4)])
def test_groups_have_to_divide(filters, channels):
    text = (
        f"layer conv2d: expected groups that divide {channels} channels and {filters} filters; "
        "got groups=2. Choose a common divisor."
    )
    with says(SettingError, text):
        Conv2D(filters, 1, groups=2)(np.zeros((1, 4, 4, channels)))


def test_channels_have_to_be_known():
    with pytest.raises(ShapeError, match=r"layer conv2d: expected one input .* whose D is known"):
        Conv2D(2, 3)(Input((8, 8, None)))


@pytest.mark.parametrize("kind", [*WINDOWS, GlobalAveragePooling2D, GlobalMaxPooling2D, Flatten])
def test_channels_first_is_refused(kind):
    text = (
        f"{kind.__name__}: expected images (N, H, W, C); got data_format='channels_first'. "
        "Move the channels last: x.transpose(0, 2, 3, 1)."
    )
    given = (2, 3) if kind is Conv2D else ()
    with says(SettingError, text):
        kind(*given, data_format="channels_first")
    assert kind(*given, data_format="channels_last").data_format == "channels_last"


@pytest.mark.parametrize(
    ("settings", "name", "wrong"),
    [
        ({"filters": 0}, "filters", "0"),
        ({"kernel_size": (3, 0)}, "kernel_size", "0"),
        ({"strides": -1}, "strides", "-1"),
        ({"dilation_rate": 1.5}, "dilation_rate", "1.5"),
        ({"groups": 0}, "groups", "0"),
    ],
)
def test_settings_count_from_one(settings, name, wrong):
    text = (
        f"Conv2D: expected {name} to be a whole number from 1; got {wrong}. "
        f"Give {name} a positive whole number."
    )
    with says(SettingError, text):
        Conv2D(**{"filters": 2, "kernel_size": 3, **settings})


def test_sizes_are_one_number_or_two():
    text = (
        "MaxPooling2D: expected pool_size to be one whole number or two; got (2, 2, 2). "
        "Give one for the height and one for the width."
    )
    with says(SettingError, text):
        MaxPooling2D((2, 2, 2))


@pytest.mark.parametrize("padding", ["full", None, 1])
def test_padding_is_valid_or_same(padding):
    text = f"Conv2D: expected padding 'valid' or 'same'; got {padding!r}. Choose one."
    with says(SettingError, text):
        Conv2D(2, 3, padding=padding)


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
