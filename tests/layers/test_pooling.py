"""Pooling layers: against PyTorch, by Keras' own examples, and the errors for what does not fit."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from pellucid import Input, Sequential
from pellucid.errors import SettingError, ShapeError
from pellucid.layers import (
    AveragePooling1D,
    AveragePooling2D,
    Conv2D,
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    MaxPooling1D,
    MaxPooling2D,
)

from ..saying import says
from .comparing import agree, channels_first, channels_last, padded

POOLS = [MaxPooling1D, MaxPooling2D, AveragePooling1D, AveragePooling2D]
GLOBAL = [GlobalAveragePooling1D, GlobalAveragePooling2D, GlobalMaxPooling1D, GlobalMaxPooling2D]
INPUTS = {1: "sequences (N, L, C)", 2: "images (N, H, W, C)"}


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("pool", "strides"), [((2, 2), None), ((3, 2), (2, 1)), ((2, 3), (3, 2))])
def test_pooling_of_images_is_torchs(pool, strides, padding, rng):
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


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("pool", "strides"), [(2, None), (3, 2), (2, 3)])
def test_pooling_of_sequences_is_torchs(pool, strides, padding, rng):
    steps = strides or pool
    x = rng.normal(size=(3, 8, 4))

    def largest(x):
        x = channels_first(x)
        if padding == "same":
            x = padded(x, (pool,), (steps,), (1,), -torch.inf)
        return channels_last(F.max_pool1d(x, pool, steps))

    def mean(x):
        inside, x = torch.ones_like(channels_first(x)), channels_first(x)
        if padding == "same":
            x, inside = (padded(v, (pool,), (steps,), (1,)) for v in (x, inside))
        return channels_last(F.avg_pool1d(x, pool, steps) / F.avg_pool1d(inside, pool, steps))

    agree(lambda **kw: MaxPooling1D(pool, strides, padding, **kw), largest, x)
    agree(lambda **kw: AveragePooling1D(pool, strides, padding, **kw), mean, x)


@pytest.mark.parametrize("keepdims", [False, True])
def test_global_pooling_is_torchs(keepdims, rng):
    image, sequence = rng.normal(size=(3, 4, 5, 2)), rng.normal(size=(3, 6, 2))
    for mean, largest, axes, x in (
        (GlobalAveragePooling2D, GlobalMaxPooling2D, (1, 2), image),
        (GlobalAveragePooling1D, GlobalMaxPooling1D, (1,), sequence),
    ):
        agree(
            lambda kind=mean, **kw: kind(keepdims=keepdims, **kw),
            lambda x, axes=axes: x.mean(axes, keepdim=keepdims),
            x,
        )
        agree(
            lambda kind=largest, **kw: kind(keepdims=keepdims, **kw),
            lambda x, axes=axes: x.amax(axes, keepdim=keepdims),
            x,
        )


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (MaxPooling1D(2, 1, "valid"), [2, 3, 4, 5]),
        (MaxPooling1D(2, 2, "valid"), [2, 4]),
        (MaxPooling1D(2, 1, "same"), [2, 3, 4, 5, 5]),
        (AveragePooling1D(2, 1, "valid"), [1.5, 2.5, 3.5, 4.5]),
        (AveragePooling1D(2, 2, "valid"), [1.5, 3.5]),
        (AveragePooling1D(2, 1, "same"), [1.5, 2.5, 3.5, 4.5, 5]),
    ],
    ids=lambda value: getattr(value, "padding", ""),
)
def test_the_sequence_of_keras_documentation(layer, expected):
    assert layer(np.arange(1.0, 6.0).reshape(1, 5, 1)).ravel().tolist() == expected


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (MaxPooling2D((2, 2), (1, 1)), [[5, 6], [8, 9]]),
        (MaxPooling2D((2, 2), (1, 1), "same"), [[5, 6, 6], [8, 9, 9], [8, 9, 9]]),
        (AveragePooling2D((2, 2), (1, 1)), [[3, 4], [6, 7]]),
        (AveragePooling2D((2, 2), (1, 1), "same"), [[3, 4, 4.5], [6, 7, 7.5], [7.5, 8.5, 9]]),
    ],
    ids=lambda value: getattr(value, "padding", ""),
)
def test_the_image_of_keras_documentation(layer, expected):
    assert layer(np.arange(1.0, 10.0).reshape(1, 3, 3, 1))[0, ..., 0].tolist() == expected


@given(
    size=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    pool=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    strides=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    padding=st.sampled_from(["valid", "same"]),
)
def test_the_shape_rule_holds_for_every_window(size, pool, strides, padding):
    for kind in POOLS:
        axes = kind.axes
        layer, x = kind(pool[:axes], strides[:axes], padding), np.ones((2, *size[:axes], 2))
        if padding == "valid" and any(n < k for n, k in zip(size[:axes], pool[:axes], strict=True)):
            with pytest.raises(ShapeError, match=r"expected an? .* of at least"):
                layer(x)
        else:
            assert layer.compute_output_shape((None, *x.shape[1:])) == (None, *layer(x).shape[1:])


def test_a_known_side_stays_known_beside_an_unknown_one():
    assert MaxPooling2D()(Input((9, None, 1))).shape == (None, 4, None, 1)
    assert AveragePooling1D(3, 2)(Input((None, 2))).shape == (None, None, 2)
    assert GlobalMaxPooling1D()(Input((None, 2))).shape == (None, 2)


@pytest.mark.parametrize("kind", [*POOLS, *GLOBAL])
def test_inputs_have_the_axes_of_the_layer(kind):
    layer, axes = kind(), kind.axes
    wrong = (2, 8, 8)[: axes + 1]
    text = (
        f"layer {layer.label}: expected {INPUTS[axes]}: {axes + 2} axes with the batch; "
        f"got shape {(None, *wrong[1:])}. "
        "Reshape the data, or put a Reshape or Flatten layer before this one."
    )
    with says(ShapeError, text):
        layer(np.zeros(wrong))


@pytest.mark.parametrize("kind", [MaxPooling2D, AveragePooling2D])
def test_a_window_larger_than_the_image_is_refused(kind):
    layer = kind(5, name="wide")
    text = (
        "layer wide: expected an image of at least (5, 5); got one of (4, 8). "
        "Use a smaller kernel, or padding='same'."
    )
    for use in (lambda: layer(np.zeros((1, 4, 8, 1))), lambda: layer(Input((4, 8, 1)))):
        with says(ShapeError, text):
            use()


@pytest.mark.parametrize("kind", [MaxPooling1D, AveragePooling1D])
def test_a_window_longer_than_the_sequence_is_refused(kind):
    text = (
        "layer long: expected a sequence of at least 5; got one of 4. "
        "Use a smaller kernel, or padding='same'."
    )
    with says(ShapeError, text):
        kind(5, name="long")(np.zeros((1, 4, 1)))


@pytest.mark.parametrize("kind", [*POOLS, *GLOBAL])
def test_channels_first_is_refused(kind):
    order = {1: "(0, 2, 1)", 2: "(0, 2, 3, 1)"}[kind.axes]
    text = (
        f"{kind.__name__}: expected {INPUTS[kind.axes]}; got data_format='channels_first'. "
        f"Move the channels last: x.transpose{order}."
    )
    with says(SettingError, text):
        kind(data_format="channels_first")
    assert kind(data_format="channels_last").data_format == "channels_last"


def test_sizes_are_one_number_or_two():
    text = (
        "MaxPooling2D: expected pool_size to be one whole number or two; got (2, 2, 2). "
        "Give one for the height and one for the width."
    )
    with says(SettingError, text):
        MaxPooling2D((2, 2, 2))


def test_a_sequence_has_one_size():
    text = (
        "MaxPooling1D: expected pool_size to be one whole number; got (2, 2). "
        "A window over a sequence has one length."
    )
    with says(SettingError, text):
        MaxPooling1D((2, 2))


@pytest.mark.parametrize("kind", POOLS)
@pytest.mark.parametrize("setting", ["pool_size", "strides"])
def test_settings_count_from_one(kind, setting):
    text = (
        f"{kind.__name__}: expected {setting} to be a whole number from 1; got 0. "
        f"Give {setting} a positive whole number."
    )
    with says(SettingError, text):
        kind(**{setting: 0})


@pytest.mark.parametrize("kind", POOLS)
def test_padding_is_valid_or_same(kind):
    text = f"{kind.__name__}: expected padding 'valid' or 'same'; got 'causal'. Choose one."
    with says(SettingError, text):
        kind(padding="causal")
    assert kind(padding="SAME").padding == "same"


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
