"""Padding, cropping and upsampling: by Keras' own examples, against PyTorch, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from pellucid import Input, Sequential, load
from pellucid.errors import SettingError, ShapeError
from pellucid.layers import (
    Cropping1D,
    Cropping2D,
    UpSampling1D,
    UpSampling2D,
    ZeroPadding1D,
    ZeroPadding2D,
)
from pellucid.layers.resizing import interpolation

from ..saying import says
from .comparing import agree, channels_first, channels_last

ALL = [Cropping1D, Cropping2D, UpSampling1D, UpSampling2D, ZeroPadding1D, ZeroPadding2D]


def counted(*shape):
    """The numbers from 0 on, in this shape."""
    return np.arange(float(np.prod(shape))).reshape(shape)


# -- Keras' documentation -------------------------------------------------------------------------


def test_zero_padding_of_keras_documentation():
    found = ZeroPadding1D(2)(counted(2, 2, 3))
    expected = [[0] * 3, [0] * 3, [0, 1, 2], [3, 4, 5], [0] * 3, [0] * 3]
    assert found[0].tolist() == expected
    found = ZeroPadding2D(1)(counted(1, 1, 2, 2))
    expected = [[[0, 0]] * 4, [[0, 0], [0, 1], [2, 3], [0, 0]], [[0, 0]] * 4]
    assert found[0].tolist() == expected


def test_cropping_of_keras_documentation():
    assert Cropping1D(1)(counted(2, 3, 2)).tolist() == [[[2, 3]], [[8, 9]]]
    x = counted(2, 28, 28, 3)
    found = Cropping2D(((2, 2), (4, 4)))(x)
    assert found.shape == (2, 24, 20, 3)
    assert found[0, 0, 0].tolist() == x[0, 2, 4].tolist()
    assert found[-1, -1, -1].tolist() == x[-1, -3, -5].tolist()


def test_upsampling_of_keras_documentation():
    found = UpSampling1D(2)(counted(2, 2, 3))
    assert found[0].tolist() == [[0, 1, 2], [0, 1, 2], [3, 4, 5], [3, 4, 5]]
    found = UpSampling2D((1, 2))(counted(2, 2, 1, 3))
    assert found.tolist() == [
        [[[0, 1, 2], [0, 1, 2]], [[3, 4, 5], [3, 4, 5]]],
        [[[6, 7, 8], [6, 7, 8]], [[9, 10, 11], [9, 10, 11]]],
    ]


# -- values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(2, 2), (1, 3), (4, 2)])
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_upsampling_of_images_is_torchs(size, interpolation, rng):
    settings = {} if interpolation == "nearest" else {"align_corners": False}

    def theirs(x):
        x = channels_first(x)
        return channels_last(F.interpolate(x, scale_factor=size, mode=interpolation, **settings))

    make = lambda **kw: UpSampling2D(size, None, interpolation, **kw)
    agree(make, theirs, rng.normal(size=(2, 3, 5, 4)))
    agree(make, theirs, rng.normal(size=(2, 1, 2, 1)))


def test_upsampling_of_sequences_is_torchs(rng):
    theirs = lambda x: channels_last(F.interpolate(channels_first(x), scale_factor=3))
    agree(lambda **kw: UpSampling1D(3, **kw), theirs, rng.normal(size=(2, 4, 3)))


def test_padding_and_cropping_are_torchs(rng):
    """PyTorch's pad crops where a side is negative; it names the last axis first."""
    image, sequence = rng.normal(size=(2, 6, 5, 3)), rng.normal(size=(2, 6, 3))
    pad = lambda *sides: lambda x: F.pad(x, (0, 0, *sides))
    agree(lambda **kw: ZeroPadding2D(((1, 2), (3, 0)), **kw), pad(3, 0, 1, 2), image)
    agree(lambda **kw: ZeroPadding1D((1, 2), **kw), pad(1, 2), sequence)
    agree(lambda **kw: Cropping2D(((1, 2), (3, 0)), **kw), pad(-3, 0, -1, -2), image)
    agree(lambda **kw: Cropping1D((0, 4), **kw), pad(0, -4), sequence)


@pytest.mark.parametrize(
    ("given", "sides"),
    [
        (2, ((2, 2), (2, 2))),
        ((1, 2), ((1, 1), (2, 2))),
        (((1, 0), (2, 3)), ((1, 0), (2, 3))),
        ([[1, 0], 4], ((1, 0), (4, 4))),
        (np.int64(1), ((1, 1), (1, 1))),
    ],
)
def test_sides_of_an_image_in_every_form(given, sides):
    assert ZeroPadding2D(given).padding == sides
    assert Cropping2D(given).cropping == sides
    assert ZeroPadding2D(given).get_config()["padding"] == [list(ends) for ends in sides]


def test_ends_of_a_sequence_in_every_form():
    for kind, name in ((ZeroPadding1D, "padding"), (Cropping1D, "cropping")):
        assert getattr(kind(), name) == (1, 1)
        assert getattr(kind(3), name) == (3, 3)
        assert getattr(kind([0, 2]), name) == (0, 2)


def test_cropping_undoes_padding_and_steps_undo_repeats(rng):
    x = rng.normal(size=(2, 4, 5, 3)).astype("float32")
    sides = ((1, 2), (0, 3))
    assert np.array_equal(Cropping2D(sides)(ZeroPadding2D(sides)(x)), x)
    assert np.array_equal(UpSampling2D((3, 2))(x)[:, 1::3, ::2], x)
    assert np.array_equal(Cropping2D(0)(x), x)


def test_the_weights_of_linear_interpolation_by_hand():
    """Outputs of 3 places at twice the length lie at 0 (cut), 1/4, 3/4, 5/4, 7/4, 2 (cut)."""
    expected = [[1, 0, 0], [0.75, 0.25, 0], [0.25, 0.75, 0]]
    expected += [row[::-1] for row in reversed(expected)]
    assert interpolation(3, 2, "float64").tolist() == expected
    assert interpolation(3, 2, "float32").dtype == "float32"
    assert interpolation(4, 1, "float64").tolist() == np.eye(4).tolist()
    assert interpolation(1, 3, "float64").tolist() == [[1], [1], [1]]


@given(st.integers(1, 12), st.integers(1, 5))
def test_interpolation_keeps_constants_and_the_mean_of_straight_lines(L, times):
    A = interpolation(L, times, "float64")
    np.testing.assert_allclose(A.sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_allclose((A @ np.arange(L)).mean(), (L - 1) / 2, atol=1e-12)
    assert (A >= 0).all()
    assert ((A > 0).sum(axis=1) <= 2).all()


# -- shapes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        (ZeroPadding1D(2), (None, 3), (None, 3)),
        (ZeroPadding2D(((1, 0), (2, 2))), (None, 5, 3), (None, 9, 3)),
        (Cropping1D((0, 2)), (None, 3), (None, 3)),
        (Cropping2D(1), (5, None, 3), (3, None, 3)),
        (UpSampling1D(3), (None, 3), (None, 3)),
        (UpSampling2D(3), (None, 4, 3), (None, 12, 3)),
    ],
)
def test_a_side_that_is_not_known_stays_so(layer, shape, expected):
    assert layer(Input(shape)).shape == (None, *expected)


def test_a_net_of_images_of_any_size_saves_and_loads(rng, tmp_path):
    net = Sequential(
        [
            Input((None, None, 2)),
            ZeroPadding2D(((1, 0), (0, 2))),
            UpSampling2D((2, 3), interpolation="bilinear"),
            Cropping2D(((0, 1), (2, 0))),
            UpSampling2D(),
        ]
    )
    net.save(tmp_path / "net.safetensors")
    again = load(tmp_path / "net.safetensors")
    assert again.layers[1].interpolation == "bilinear"
    for H, W in ((3, 4), (5, 2)):
        x = rng.normal(size=(2, H, W, 2))
        assert np.array_equal(again(x), net(x))
        assert again(x).shape == (2, 2 * (2 * (H + 1) - 1), 2 * (3 * (W + 2) - 2), 2)


# -- errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ALL)
def test_inputs_have_the_axes_of_the_layer(kind):
    layer, inputs = kind(), "images (N, H, W, C): 4"
    shape = (2, 8, 1)
    if kind.__name__.endswith("1D"):
        shape, inputs = (2, 8), "sequences (N, L, C): 3"
    text = (
        f"layer {layer.label}: expected {inputs} axes with the batch; "
        f"got shape {(None, *shape[1:])}. "
        "Reshape the data, or put a Reshape or Flatten layer before this one."
    )
    with says(ShapeError, text):
        layer(np.zeros(shape))


@pytest.mark.parametrize(
    ("layer", "shape", "cropping"),
    [
        (Cropping1D((2, 1)), (2, 3, 1), "(2, 1)"),
        (Cropping2D(((0, 0), (2, 3))), (2, 9, 4, 1), "((0, 0), (2, 3))"),
    ],
)
def test_something_has_to_be_left(layer, shape, cropping):
    text = (
        f"layer {layer.label}: expected an input that is longer along each axis than what is "
        f"cropped; got shape {(None, *shape[1:])} and cropping {cropping}. Crop less."
    )
    larger = np.zeros((2, *(9 for _ in shape[1:-1]), 1))
    for use in (lambda: layer(np.zeros(shape)), lambda: layer(Input(shape[1:]))):
        with says(ShapeError, text):
            use()
    assert layer(larger).size > 0
    with says(ShapeError, text):  # also once it has been used
        layer(np.zeros(shape))


@pytest.mark.parametrize(
    ("make", "name", "wrong", "least"),
    [
        (lambda: ZeroPadding1D(-1), "ZeroPadding1D: expected padding", "-1", 0),
        (lambda: ZeroPadding1D((0, 1.5)), "ZeroPadding1D: expected padding", "1.5", 0),
        (lambda: ZeroPadding2D(((0, -2), 1)), "ZeroPadding2D: expected padding", "-2", 0),
        (lambda: Cropping1D("a"), "Cropping1D: expected cropping", "'a'", 0),
        (lambda: Cropping2D(-1), "Cropping2D: expected cropping", "-1", 0),
        (lambda: UpSampling1D(0), "UpSampling1D: expected size", "0", 1),
        (lambda: UpSampling2D((2, 0)), "UpSampling2D: expected size", "0", 1),
    ],
)
def test_settings_count_from_one_or_from_nothing(make, name, wrong, least):
    setting = name.split()[-1]
    text = (
        f"{name} to be a whole number from {least}; got {wrong}. "
        f"Give {setting} {'' if least else '0 or '}a positive whole number."
    )
    with says(SettingError, text):
        make()


def test_ends_are_one_number_or_two():
    text = (
        "Cropping1D: expected cropping to be one whole number, or two for each axis; "
        "got (1, 2, 3). Give one for the start and one for the end of the axis."
    )
    with says(SettingError, text):
        Cropping1D((1, 2, 3))
    text = (
        "ZeroPadding2D: expected padding to be one whole number, (height, width) or "
        "((top, bottom), (left, right)); got (1, 2, 3). "
        "Give one for the height and one for the width."
    )
    with says(SettingError, text):
        ZeroPadding2D((1, 2, 3))


def test_an_interpolation_that_is_not_there_is_refused():
    text = (
        "UpSampling2D: expected interpolation 'nearest' or 'bilinear'; got 'bicubic'. Choose one."
    )
    with says(SettingError, text):
        UpSampling2D(interpolation="bicubic")
    assert UpSampling2D(interpolation="Bilinear").interpolation == "bilinear"


@pytest.mark.parametrize("kind", [ZeroPadding1D, ZeroPadding2D, Cropping2D, UpSampling2D])
def test_channels_first_is_refused(kind):
    order = "(0, 2, 1)" if kind is ZeroPadding1D else "(0, 2, 3, 1)"
    with pytest.raises(SettingError) as error:
        kind(data_format="channels_first")
    assert str(error.value).endswith(f"Move the channels last: x.transpose{order}.")
    assert kind(data_format="channels_last").data_format == "channels_last"
