"""Flips, crops, brightness, contrast, erasing: what each does to an image, and how it is drawn.

An interval of one number, (a, a), forces a draw. Where that is not possible, the draw is read from
what came out. Bounds on shares and means are five standard deviations.
"""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from pellucid import Tensor, layers, set_random_seed
from pellucid.errors import SettingError, ShapeError
from pellucid.layers import (
    MixUp,
    RandomBrightness,
    RandomContrast,
    RandomCrop,
    RandomErasing,
    RandomFlip,
    RandomRotation,
    RandomTranslation,
    RandomZoom,
)
from pellucid.layers.augmentation import Augmentation

from ..saying import says

ALL = {
    "flip": RandomFlip,
    "translation": lambda **s: RandomTranslation(0.3, 0.3, **s),
    "rotation": lambda **s: RandomRotation(0.2, **s),
    "zoom": lambda **s: RandomZoom(0.3, 0.3, **s),
    "brightness": lambda **s: RandomBrightness(0.3, **s),
    "contrast": lambda **s: RandomContrast(0.3, **s),
    "erasing": RandomErasing,
    "mixup": MixUp,
}
each_layer = pytest.mark.parametrize("make", ALL.values(), ids=list(ALL))
each_and_crop = pytest.mark.parametrize(
    "make", [*ALL.values(), lambda **s: RandomCrop(4, 5, **s)], ids=[*ALL, "crop"]
)


def images(N, H=6, W=7, C=3, seed=0):
    """Bytes, no two of an image alike, none at the ends of the range."""
    rng = np.random.default_rng(seed)
    return np.stack([rng.permutation(254)[: H * W * C].reshape(H, W, C) + 1 for _ in range(N)])


# -- what holds for all ---------------------------------------------------------------------------


@each_layer
def test_inference_leaves_everything_as_it_is(make):
    for dtype in ("float32", "uint8"):
        x = images(5).astype(dtype)
        y = make()(x)
        assert np.array_equal(y, x)
        assert y.dtype == "float32"


@each_and_crop
def test_bytes_are_changed_as_their_numbers_are(make):
    x = images(5).astype("uint8")
    found = [make(seed=3)(as_type, training=True) for as_type in (x, x.astype("float32"))]
    assert np.array_equal(found[0], found[1])
    assert found[0].dtype == "float32"


@each_and_crop
def test_each_image_has_a_draw_of_its_own(make):
    """The same image many times in a batch does not come out the same."""
    x = np.repeat(images(1), 64, axis=0)
    x = images(64) if make is MixUp else x
    y = make(seed=0)(x, training=True)
    assert len({image.tobytes() for image in y}) > 3


@each_and_crop
def test_every_call_draws_anew_and_a_seed_repeats_the_whole_run(make):
    x = images(20)

    def run(seed):
        layer = make(seed=seed)
        return [layer(x, training=True) for _ in range(2)]

    first, second, other = run(3), run(3), run(4)
    assert all(map(np.array_equal, first, second))
    assert not np.array_equal(first[0], first[1])
    assert not np.array_equal(first[0], other[0])


@each_and_crop
def test_without_a_seed_layers_have_streams_of_their_own(make):
    x = images(20)

    def run():
        set_random_seed(3)
        return [layer(x, training=True) for layer in (make(), make())]

    first, second = run(), run()
    assert not np.array_equal(first[0], first[1])
    assert all(map(np.array_equal, first, second))


@each_and_crop
def test_a_stream_goes_on_from_its_state(make):
    x = images(20)
    layer, other = make(), make()
    for each in (layer, other):
        each(x, training=True)
    other.set_random_states(layer.random_states())
    assert np.array_equal(layer(x, training=True), other(x, training=True))


@pytest.mark.parametrize(
    "make", [RandomFlip, lambda **s: RandomCrop(2, 2, **s), lambda **s: RandomZoom(0.1, **s)]
)
def test_what_are_no_images_is_refused(make):
    layer = make(name="first")
    text = (
        "layer first: expected images (N, H, W, C): 4 axes with the batch; got shape (None, 6, 7). "
        "Reshape the data, or put a Reshape or Flatten layer before this one."
    )
    with says(ShapeError, text):
        layer(np.zeros((5, 6, 7)))


@pytest.mark.parametrize("seed", [-1, 1.5, "1", True])
def test_a_seed_that_is_none_is_refused(seed):
    text = f"RandomFlip: expected seed to be a whole number from 0; got {seed!r}. Try 0."
    with says(SettingError, text):
        RandomFlip(seed=seed)


def test_another_order_of_axes_is_refused():
    with pytest.raises(SettingError, match=r"RandomFlip: expected images \(N, H, W, C\)"):
        RandomFlip(data_format="channels_first")
    assert RandomFlip(data_format="channels_last").data_format == "channels_last"


def test_an_augmentation_of_ones_own_is_one_method():
    class Invert(Augmentation):
        def augment(self, x):
            return 255 - x

    x = images(3)
    assert np.array_equal(Invert()(x, training=True), 255 - x)
    assert np.array_equal(Invert()(x), x)
    with pytest.raises(TypeError, match=r"Augmentation needs a method augment\(self, x\)"):
        Augmentation()(x, training=True)


# -- flips ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "forms"),
    [
        ("horizontal", [lambda x: x, lambda x: x[:, ::-1]]),
        ("vertical", [lambda x: x, lambda x: x[::-1]]),
        (
            "horizontal_and_vertical",
            [lambda x: x, lambda x: x[:, ::-1], lambda x: x[::-1], lambda x: x[::-1, ::-1]],
        ),
    ],
)
def test_a_flip_is_a_flip_and_all_forms_are_as_likely(mode, forms):
    x, N = images(1), 2000
    y = RandomFlip(mode, seed=1)(np.repeat(x, N, axis=0), training=True)
    counts = [(y == form(x[0])).all(axis=(1, 2, 3)).sum() for form in forms]
    assert sum(counts) == N
    p = 1 / len(forms)
    assert np.abs(np.array(counts) / N - p).max() < 5 * np.sqrt(p * (1 - p) / N)


def test_the_default_flips_both_ways():
    assert RandomFlip().mode == "horizontal_and_vertical"


def test_a_mode_that_is_not_known_is_refused():
    text = (
        "RandomFlip: expected mode 'horizontal', 'vertical' or 'horizontal_and_vertical'; "
        "got 'horizontl'. Did you mean 'horizontal'?"
    )
    with says(SettingError, text):
        RandomFlip("horizontl")


# -- crops ----------------------------------------------------------------------------------------


def test_a_crop_is_a_window_and_every_place_is_as_likely():
    x, N = images(1)[0], 3000
    y = RandomCrop(4, 6, seed=0)(np.repeat(x[None], N, axis=0), training=True)
    places = [(top, left) for top in range(3) for left in range(2)]
    windows = [x[top : top + 4, left : left + 6] for top, left in places]
    counts = np.array([(y == window).all(axis=(1, 2, 3)).sum() for window in windows])
    assert counts.sum() == N
    assert np.abs(counts / N - 1 / 6).max() < 5 * np.sqrt(1 / 6 * 5 / 6 / N)


@pytest.mark.parametrize("size", [(6, 7), (6, 4), (3, 7)])
def test_a_side_of_full_length_is_kept_whole(size):
    x = images(4).astype("float64")
    y = RandomCrop(*size, seed=0, dtype="float64")(x, training=True)
    sums = x.sum(axis=1) if size[0] == 6 else x.sum(axis=2)
    found = y.sum(axis=1) if size[0] == 6 else y.sum(axis=2)
    for image, whole in zip(found, sums, strict=True):
        assert any(np.array_equal(image, whole[k : k + len(image)]) for k in range(7))


SMALLER = [  # crops that the images, 6 x 7, are too small for, and what of them is resized
    ((12, 14), np.s_[:]),
    ((8, 2), np.s_[:, :, 3:4]),
    ((9, 5), np.s_[:, :, 2:5]),
    ((2, 8), np.s_[:, 2:3]),
]
FITTING = [
    ((4, 4), np.s_[:, :, :6]),
    ((3, 7), np.s_[:, 1:4]),
    ((2, 7), np.s_[:, 2:4]),
    ((3, 2), np.s_[:, :, 1:5]),
]


@pytest.mark.parametrize(
    ("size", "window", "training"),
    [(*case, False) for case in FITTING + SMALLER] + [(*case, True) for case in SMALLER],
)
def test_in_inference_and_of_smaller_images_the_middle_is_resized(size, window, training):
    x = images(3).astype("float64")
    y = RandomCrop(*size, dtype="float64")(x, training=training)
    part = torch.tensor(x[window]).permute(0, 3, 1, 2)
    expected = F.interpolate(part, size, mode="bilinear", align_corners=False)
    np.testing.assert_allclose(y, expected.permute(0, 2, 3, 1), rtol=1e-10)


def test_a_crop_of_the_images_own_size_changes_nothing():
    x = images(3)
    for training in (False, True):
        assert np.array_equal(RandomCrop(6, 7)(x, training=training), x)


@pytest.mark.parametrize("name", ["height", "width"])
def test_a_crop_of_no_size_is_refused(name):
    text = (
        f"RandomCrop: expected {name} to be a whole number from 1; got 0. "
        f"Give {name} a positive whole number."
    )
    with says(SettingError, text):
        RandomCrop(**{"height": 2, "width": 2, name: 0})


# -- brightness and contrast ----------------------------------------------------------------------


def test_brightness_of_keras_documented_example():
    x = np.arange(1.0, 13).reshape(1, 2, 2, 3)
    y = RandomBrightness((0.1, 0.1))(x, training=True)
    np.testing.assert_allclose(y, x + 25.5, rtol=1e-6)


def test_brightness_goes_from_black_to_white_and_no_further():
    x = images(3)
    assert (RandomBrightness((-1, -1))(x, training=True) == 0).all()
    assert (RandomBrightness((1, 1))(x, training=True) == 255).all()
    y = RandomBrightness((-0.3, -0.3), value_range=(-1, 1))(x / 127.5 - 1, training=True)
    np.testing.assert_allclose(y, np.maximum(x / 127.5 - 1.6, -1), atol=1e-6)


@pytest.mark.parametrize(("factor", "low", "high"), [(0.2, -0.2, 0.2), ((-0.1, 0.4), -0.1, 0.4)])
def test_brightness_is_drawn_evenly_for_each_image(factor, low, high):
    N = 4000
    x = np.full((N, 2, 2, 1), 0.5)
    y = RandomBrightness(factor, (0, 1), seed=0, dtype="float64")(x, training=True)
    assert (y == y[:, :1, :1]).all()
    d = y[:, 0, 0, 0] - 0.5
    assert low <= d.min() < low + 0.01
    assert high - 0.01 < d.max() <= high
    assert abs(d.mean() - (low + high) / 2) < 5 * (high - low) / np.sqrt(12 * N)


def test_contrast_stretches_each_channel_about_its_own_mean():
    x = images(50).astype("float64") / 1000 + 0.4
    y = RandomContrast(0.5, (0, 1), seed=0, dtype="float64")(x, training=True)
    mean = x.mean(axis=(1, 2), keepdims=True)
    ratio = (y - mean) / (x - mean)
    c = ratio[:, :1, :1, :1]
    np.testing.assert_allclose(ratio, np.broadcast_to(c, x.shape), rtol=1e-7)
    assert 0.5 <= c.min() < 0.6
    assert 1.4 < c.max() <= 1.5


@pytest.mark.parametrize(("factor", "low", "high"), [(0.2, 0.8, 1.2), ((0.4, 0.1), 0.6, 1.1)])
def test_contrast_is_drawn_from_1_less_the_lower_to_1_and_the_upper(factor, low, high):
    N = 4000
    x = np.tile(np.array([0.25, 0.75]).reshape(1, 1, 2, 1), (N, 1, 1, 1))
    y = RandomContrast(factor, (0, 1), seed=0, dtype="float64")(x, training=True)
    c = (y[:, 0, 1, 0] - y[:, 0, 0, 0]) * 2
    assert low <= c.min() < low + 0.01
    assert high - 0.01 < c.max() <= high
    assert abs(c.mean() - (low + high) / 2) < 5 * (high - low) / np.sqrt(12 * N)


def test_contrast_stays_in_the_range_of_values():
    x = np.array([0.0, 255.0]).reshape(1, 1, 2, 1)
    for seed in range(5):
        y = RandomContrast(1.0, seed=seed)(x, training=True)
        assert y.min() >= 0
        assert y.max() <= 255


# -- erasing --------------------------------------------------------------------------------------


def erased(y):
    """Which pixels of images of ones were painted 0, after making sure that it is a rectangle."""
    painted = (y == 0).all(axis=-1)
    assert ((y == 0).any(axis=-1) == painted).all()
    rows, columns = painted.any(axis=2), painted.any(axis=1)
    assert (painted == rows[:, :, None] & columns[:, None]).all()
    for side in (rows, columns):  # without gaps: it begins once at most
        begins = side[:, 1:] & ~side[:, :-1]
        assert (begins.sum(axis=1) + side[:, 0] <= 1).all()
    return painted


def test_one_rectangle_of_each_image_is_painted_over():
    N, ones = 500, np.ones((500, 20, 30, 3))
    painted = erased(RandomErasing(fill_value=0, seed=0)(ones, training=True))
    rows, columns = painted.any(axis=2).sum(axis=1), painted.any(axis=1).sum(axis=1)
    root = np.sqrt([0.02, 0.33])
    for side, n in ((rows, 20), (columns, 30)):  # a length that is not whole is rounded either way
        assert np.floor(root[0] * n) <= side.min() < root[0] * n + 2
        assert root[1] * n - 2 < side.max() <= np.ceil(root[1] * n)
    # the mean of sqrt(s) for s uniform in a .. b is (b^1.5 - a^1.5) / (1.5 (b - a))
    mean = np.subtract(*root[::-1] ** 3) / 1.5 / 0.31
    share = painted.mean(axis=(1, 2))
    assert abs(share.mean() - mean**2) < 5 * share.std() / np.sqrt(N)
    assert not np.array_equal(rows / 20, columns / 30)


def test_a_rectangle_lies_anywhere_inside():
    ones = np.ones((2000, 8, 8, 1))
    layer = RandomErasing(scale=(0.25, 0.25), fill_value=0, seed=0)
    painted = erased(layer(ones, training=True))
    assert (painted.sum(axis=(1, 2)) == 16).all()  # half of each side: cutout
    tops = painted.any(axis=2).argmax(axis=1)
    shares = np.bincount(tops, minlength=5) / 2000
    # it begins evenly in 0 .. 4, and its first row is the nearest: those at the ends have half
    expected = np.array([0.125, 0.25, 0.25, 0.25, 0.125])
    assert (np.abs(shares - expected) < 5 * np.sqrt(expected * (1 - expected) / 2000)).all()


@pytest.mark.parametrize(
    ("factor", "share"), [(1.0, 1.0), (0.0, 0.0), (0.3, 0.3), ((0.2, 0.6), 0.4)]
)
def test_the_factor_is_the_probability(factor, share):
    N, ones = 2000, np.ones((2000, 4, 4, 1))
    layer = RandomErasing(factor, scale=(0.5, 0.5), fill_value=0, seed=0)
    painted = (layer(ones, training=True) == 0).any(axis=(1, 2, 3)).mean()
    assert abs(painted - share) <= 5 * np.sqrt(share * (1 - share) / N)


def test_a_fill_of_one_number_a_channel():
    ones = np.ones((3, 4, 4, 2))
    for fill in ([7, 9], (7.0, 300.0), [7]):
        y = RandomErasing(scale=(1, 1), fill_value=fill)(ones, training=True)
        assert np.array_equal(y, np.broadcast_to(np.minimum(fill, 255.0), y.shape))


def test_without_a_fill_value_the_rectangle_is_noise():
    """Normal with a standard deviation of 100, cut off at 0 and 100, of which 0.16 are beyond."""
    y = RandomErasing(scale=(1, 1), value_range=(0, 100), seed=0)(
        np.ones((20, 10, 10, 3)), training=True
    )
    assert y.min() == 0
    assert y.max() == 100
    assert len(np.unique(y)) > 1500
    for end, share in ((0, 0.5), (100, 0.1587)):
        assert abs((y == end).mean() - share) < 5 * np.sqrt(share * (1 - share) / y.size)


def test_no_gradient_comes_from_what_was_painted_over():
    x = Tensor(np.ones((4, 6, 6, 2)))
    y = RandomErasing(fill_value=0, seed=0, dtype="float64")(x, training=True)
    y.sum().backward()
    assert np.array_equal(x.grad, y.value)


# -- settings -------------------------------------------------------------------------------------

FACTORS = [
    (RandomBrightness, "factor", {}, -1),
    (RandomContrast, "factor", {}, 0),
    (RandomErasing, "factor", {}, 0),
    (RandomErasing, "scale", {}, 0),
    (RandomRotation, "factor", {}, -1),
    (RandomTranslation, "height_factor", {"width_factor": 0.1}, -1),
    (RandomTranslation, "width_factor", {"height_factor": 0.1}, -1),
    (RandomZoom, "height_factor", {}, -1),
    (RandomZoom, "width_factor", {"height_factor": 0.1}, -1),
]


@pytest.mark.parametrize("value", [1.5, -2, (0.1, 1.2), (0.1, 0.2, 0.3), (), "0.1", True, np.nan])
@pytest.mark.parametrize(("kind", "name", "others", "least"), FACTORS)
def test_a_factor_out_of_range_is_refused(kind, name, others, least, value):
    text = (
        f"{kind.__name__}: expected {name} to be a number from {least} to 1, or two; "
        f"got {value!r}. Try 0.2, or (0.1, 0.2)."
    )
    with says(SettingError, text):
        kind(**{name: value, **others})


@pytest.mark.parametrize("value", [(0, 0), (1, 0), 255, (0, 1, 2), ("0", "1"), None])
@pytest.mark.parametrize("kind", [RandomBrightness, RandomContrast, RandomErasing])
def test_a_range_of_values_out_of_order_is_refused(kind, value):
    text = (
        f"{kind.__name__}: expected a value_range of two numbers, the smaller one first; got "
        f"{value!r}. Give (0, 255) for bytes, or (0, 1) behind Rescaling(1 / 255)."
    )
    with says(SettingError, text):
        kind(0.1, value_range=value)


@pytest.mark.parametrize("value", ["grey", [1, "2"], [], True])
def test_a_fill_that_is_no_number_is_refused(value):
    text = (
        "RandomErasing: expected fill_value to be a number, one a channel, or None; "
        f"got {value!r}. Try 0."
    )
    with says(SettingError, text):
        RandomErasing(fill_value=value)


def test_a_fill_for_other_channels_is_refused():
    text = (
        "layer random_erasing: expected a fill_value of one number, or of 3, as its input "
        "(None, 6, 7, 3) has channels; got 2 numbers. Give one for all channels, or one for each."
    )
    with says(SettingError, text):
        RandomErasing(fill_value=[1, 2])(images(2))


def test_factors_may_come_in_either_order():
    x = images(5)
    one, other = (RandomBrightness(f, seed=0)(x, training=True) for f in ((-0.1, 0.3), (0.3, -0.1)))
    assert np.array_equal(one, other)


def test_the_defaults_are_those_of_keras():
    erasing = layers.RandomErasing().get_config()
    assert erasing["factor"] == 1.0
    assert erasing["scale"] == [0.02, 0.33]
    assert erasing["fill_value"] is None
    assert erasing["value_range"] == [0, 255]
    for layer in (RandomTranslation(0.1, 0.1), RandomRotation(0.1), RandomZoom(0.1)):
        config = layer.get_config()
        assert (config["fill_mode"], config["interpolation"]) == ("reflect", "bilinear")
        assert (config["fill_value"], config["seed"], config["data_format"]) == (0.0, None, None)
    assert RandomZoom(0.1).width_factor is None
    assert MixUp().alpha == 0.2
