"""Transposed convolution: against PyTorch, sizes by Keras' rule, painting by hand, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from pellucid import Input, Sequential, load, nn
from pellucid.errors import SettingError, ShapeError
from pellucid.layers import Conv2D, Conv2DTranspose

from ..saying import says
from .comparing import agree, channels_first, channels_last


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(
    ("kernel", "strides", "dilation", "more"),
    [
        ((3, 3), (1, 1), (1, 1), None),
        ((3, 2), (2, 2), (1, 1), None),
        ((2, 2), (3, 1), (1, 1), None),
        ((3, 2), (2, 1), (1, 3), None),
        ((3, 3), (2, 2), (1, 1), (1, 1)),
        ((3, 5), (2, 3), (1, 1), (0, 2)),
        ((4, 2), (2, 2), (1, 1), (1, 1)),
        ((2, 3), (3, 2), (2, 1), (2, 0)),
    ],
)
def test_conv2d_transpose_is_torchs_cut_to_size(kernel, strides, dilation, more, padding, rng):
    """PyTorch paints all; Keras' rule then says how much stays, and the cut falls on both ends."""
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]

    def kept(P, r, s, o):
        if padding == "valid":
            return (P - 1) * s + r + (max(r, s) - r if o is None else o)
        return P * s if o is None else (P - 1) * s + r % 2 + o

    def theirs(x, W, b):
        x, W = channels_first(x), W.permute(3, 2, 0, 1).contiguous()
        z = F.conv_transpose2d(x, W, None, strides, 0, 0, 1, dilation)
        HW = [*map(kept, x.shape[2:], reach, strides, more or (None, None))]
        sides = []
        for whole, n in reversed([*zip(z.shape[2:], HW, strict=True)]):
            before = max(whole - n, 0) // 2
            sides += [-before, n - whole + before]
        return channels_last(F.pad(z, sides)) + b

    def make(**settings):
        return Conv2DTranspose(
            4, kernel, strides, padding, None, dilation, output_padding=more, **settings
        )

    agree(make, theirs, rng.normal(size=(2, 4, 3, 5)))


@pytest.mark.parametrize(
    ("layer", "HW"),
    [
        (Conv2DTranspose(1, 2, 2), (20, 16)),
        (Conv2DTranspose(1, 3, 2), (21, 17)),
        (Conv2DTranspose(1, 3, 2, output_padding=1), (22, 18)),
        (Conv2DTranspose(1, 2, 3), (30, 24)),
        (Conv2DTranspose(1, 2, 3, output_padding=0), (29, 23)),
        (Conv2DTranspose(1, 3, 2, "same"), (20, 16)),
        (Conv2DTranspose(1, 3, 2, "same", output_padding=0), (19, 15)),
        (Conv2DTranspose(1, 3, 2, "same", output_padding=(1, 0)), (20, 15)),
        (Conv2DTranspose(1, 2, 2, "same", output_padding=1), (19, 15)),
        (Conv2DTranspose(1, 3, dilation_rate=2), (14, 12)),
    ],
)
def test_sizes_are_those_of_keras_rule(layer, HW):
    """ "valid": (P - 1) s + max(r, s), or + r + o; "same": P s, or (P - 1) s + r mod 2 + o."""
    assert layer.compute_output_shape((None, 10, 8, 2)) == (None, *HW, 1)
    assert layer(np.ones((1, 10, 8, 2))).shape == (1, *HW, 1)
    assert layer.compute_output_shape((None, None, 8, 2)) == (None, None, HW[1], 1)


def test_each_place_paints_its_window_and_windows_add_up():
    layer, x = Conv2DTranspose(1, (1, 3), (1, 2)), np.array([1.0, 10.0]).reshape(1, 1, 2, 1)
    layer(x)
    layer.kernel.assign(np.array([1.0, 2, 3]).reshape(1, 3, 1, 1))
    assert layer(x).ravel().tolist() == [1, 2, 3 + 10, 20, 30]
    cut = Conv2DTranspose(1, (1, 3), (1, 2), "same", bias_initializer="ones", activation=nn.relu)
    cut(x)
    cut.kernel.assign(layer.kernel.value)
    assert cut(x).ravel().tolist() == [2, 3, 14, 21]


@given(
    size=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    kernel=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    strides=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    padding=st.sampled_from(["valid", "same"]),
)
def test_it_leads_back_to_the_size_that_a_convolution_came_from(size, kernel, strides, padding):
    """Its output for the places of a convolution is the smallest image with so many, or larger."""
    if padding == "valid":
        size = tuple(map(max, size, kernel))
    there = Conv2D(1, kernel, strides, padding)
    back = Conv2DTranspose(1, kernel, strides, padding)
    small = there.compute_output_shape((None, *size, 1))
    large = back.compute_output_shape(small)
    assert there.compute_output_shape(large) == small
    if padding == "valid":
        rest = [(n - k) % s for n, k, s in zip(size, kernel, strides, strict=True)]
        back = Conv2DTranspose(1, kernel, strides, padding, output_padding=rest)
        assert back.compute_output_shape(small) == (None, *size, 1)
        assert back(np.ones((1, *small[1:]))).shape == (1, *size, 1)


def test_a_net_that_goes_down_and_up_saves_and_loads(rng, tmp_path):
    net = Sequential(
        [
            Input((None, None, 2)),
            Conv2D(4, 3, strides=2, padding="same", activation="relu"),
            Conv2DTranspose(2, 3, 2, "same", output_padding=0),
        ]
    )
    net.save(tmp_path / "net.safetensors")
    again = load(tmp_path / "net.safetensors")
    for size in ((5, 7), (9, 3)):
        x = rng.normal(size=(2, *size, 2))
        assert again(x).shape == x.shape
        assert np.array_equal(again(x), net(x))
    assert again.layers[1].output_padding == (0, 0)


@pytest.mark.parametrize("more", [2, (0, 2)])
def test_output_padding_is_below_the_strides(more):
    text = (
        f"Conv2DTranspose: expected output_padding below the strides (2, 2); got {more!r}. "
        "Give less, or leave it out."
    )
    with says(SettingError, text):
        Conv2DTranspose(1, 3, 2, output_padding=more)


@pytest.mark.parametrize(
    ("settings", "name", "wrong", "least"),
    [
        ({"filters": 0}, "filters", "0", 1),
        ({"kernel_size": (3, 0)}, "kernel_size", "0", 1),
        ({"strides": 0}, "strides", "0", 1),
        ({"dilation_rate": 0}, "dilation_rate", "0", 1),
        ({"output_padding": -1}, "output_padding", "-1", 0),
        ({"output_padding": (0, 0.5)}, "output_padding", "0.5", 0),
    ],
)
def test_settings_count_from_one_or_from_nothing(settings, name, wrong, least):
    text = (
        f"Conv2DTranspose: expected {name} to be a whole number from {least}; got {wrong}. "
        f"Give {name} {'' if least else '0 or '}a positive whole number."
    )
    with says(SettingError, text):
        Conv2DTranspose(**{"filters": 2, "kernel_size": 3, "strides": 2, **settings})


def test_other_settings_that_are_refused():
    with says(
        SettingError,
        "Conv2DTranspose: expected padding 'valid' or 'same'; got 'causal'. Choose one.",
    ):
        Conv2DTranspose(1, 3, padding="causal")
    with pytest.raises(SettingError, match=r"images \(N, H, W, C\); got data_format='channels_f"):
        Conv2DTranspose(1, 3, data_format="channels_first")


def test_an_output_of_nothing_is_refused():
    layer = Conv2DTranspose(1, (3, 2), 2, "same", output_padding=0)
    text = (
        "layer conv2d_transpose: expected an output of at least one row and one column; "
        "got (1, 0) for an input of shape (None, 1, 1, 1). Leave output_padding out."
    )
    with says(ShapeError, text):
        layer(np.zeros((2, 1, 1, 1)))


def test_inputs_that_do_not_fit_are_refused():
    with pytest.raises(ShapeError, match=r"layer conv2d_transpose: expected images"):
        Conv2DTranspose(1, 3)(np.zeros((2, 8, 1)))
    with pytest.raises(ShapeError, match="whose D is known"):
        Conv2DTranspose(1, 3)(Input((8, 8, None)))
