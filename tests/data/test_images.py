"""One image to one array: every kind of file in, the documented values out, the same way always."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from pellucid.data import ImagePreparation
from pellucid.data.images import is_grey, upright_size
from pellucid.errors import DataError, SettingError

RNG = np.random.default_rng(5)
GREY = RNG.integers(0, 256, (6, 4), np.uint8)
RGB = RNG.integers(0, 256, (6, 4, 3), np.uint8)


def prepare(source, channels, height=6, width=4):
    result = ImagePreparation(height, width, channels).prepare(source)
    assert result.shape == (height, width, channels)
    assert result.dtype == np.uint8
    return result


def saved(folder, image, name="image.png", **settings):
    image.save(folder / name, **settings)
    return folder / name


def test_config_round_trip():
    form = ImagePreparation(28, 30, 1)
    assert form.to_config() == {"height": 28, "width": 30, "channels": 1}
    assert ImagePreparation.from_config(form.to_config()) == form


@given(
    hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 3])))
)
def test_an_array_of_the_right_size_is_not_touched(array):
    np.testing.assert_array_equal(prepare(array, array.shape[2], *array.shape[:2]), array)
    image = Image.fromarray(array[..., 0] if array.shape[2] == 1 else array)
    np.testing.assert_array_equal(prepare(image, array.shape[2], *array.shape[:2]), array)


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.webp"])
@pytest.mark.parametrize("array", [GREY, RGB])
def test_lossless_files_come_back_bit_for_bit(tmp_path, name, array):
    settings = {"lossless": True} if name.endswith("webp") else {}
    path = saved(tmp_path, Image.fromarray(array), name, **settings)
    expected = array.reshape(6, 4, -1)
    np.testing.assert_array_equal(prepare(path, expected.shape[2]), expected)
    np.testing.assert_array_equal(prepare(str(path), expected.shape[2]), expected)


def test_grey_and_colour_turn_into_each_other():
    np.testing.assert_array_equal(prepare(GREY, 3), np.repeat(GREY[..., None], 3, 2))
    np.testing.assert_array_equal(prepare(np.repeat(GREY[..., None], 3, 2), 1)[..., 0], GREY)
    luma = RGB @ [0.299, 0.587, 0.114]
    assert abs(prepare(RGB, 1)[..., 0] - luma).max() < 0.51


def test_sixteen_bits_are_scaled_not_clipped(tmp_path):
    values = np.array([[0, 128, 129, 257], [32768, 65278, 65406, 65535]], np.uint16)
    expected = np.round(values / 257).astype(np.uint8)
    assert expected.tolist() == [[0, 0, 1, 1], [128, 254, 254, 255]]
    path = saved(tmp_path, Image.fromarray(values))
    for source in (path, values, Image.fromarray(values), Image.fromarray(values.astype(np.int32))):
        np.testing.assert_array_equal(prepare(source, 1, 2, 4)[..., 0], expected)
    np.testing.assert_array_equal(prepare(path, 3, 2, 4)[..., 2], expected)


def test_sixteen_bit_colour_arrays():
    np.testing.assert_array_equal(prepare(RGB.astype(np.uint16) * 257, 3), RGB)


def test_black_and_white():
    mask = GREY > 127
    for source in (mask, Image.fromarray(mask)):
        np.testing.assert_array_equal(prepare(source, 1)[..., 0], np.where(mask, 255, 0))


def test_what_is_transparent_is_laid_on_white(tmp_path):
    alpha = np.array([[0, 255, 51, 102]] * 6, np.uint8)
    share = alpha[..., None] / 255
    expected = RGB * share + 255 * (1 - share)
    rgba = np.dstack([RGB, alpha])
    for source in (rgba, saved(tmp_path, Image.fromarray(rgba))):
        result = prepare(source, 3)
        assert abs(result - expected).max() <= 1
        np.testing.assert_array_equal(result[:, 0], 255)
        np.testing.assert_array_equal(result[:, 1], RGB[:, 1])
    grey_alpha = prepare(np.dstack([GREY, alpha]), 1)[..., 0]
    np.testing.assert_array_equal(grey_alpha[:, 0], 255)
    np.testing.assert_array_equal(grey_alpha[:, 1], GREY[:, 1])


def test_a_palette_is_looked_up(tmp_path):
    colours = RNG.integers(0, 256, (5, 3), np.uint8)
    index = RNG.integers(0, 5, (6, 4)).astype(np.uint8)
    image = Image.fromarray(index, "L")
    image.putpalette(colours.tobytes())
    assert image.mode == "P"
    np.testing.assert_array_equal(prepare(image, 3), colours[index])
    np.testing.assert_array_equal(prepare(saved(tmp_path, image), 3), colours[index])
    clear = prepare(saved(tmp_path, image, transparency=2), 3)
    np.testing.assert_array_equal(clear[index == 2], 255)
    np.testing.assert_array_equal(clear[index != 2], colours[index][index != 2])
    several = saved(tmp_path, image, transparency=bytes([0, 255, 0, 255, 255]))
    np.testing.assert_array_equal(prepare(several, 3)[(index == 0) | (index == 2)], 255)


@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_the_image_stands_upright(tmp_path, name, turn):
    stored = np.zeros((16, 24), np.uint8)
    stored[:8, :8] = 255  # the corner that the first stored row and column share
    exif = Image.Exif()
    exif[0x0112] = turn
    path = saved(tmp_path, Image.fromarray(stored), name, exif=exif)
    # The EXIF standard says where row 0 and column 0 are when the picture stands upright.
    bottom, right = turn in (3, 4, 7, 8), turn in (2, 3, 6, 7)
    height, width = (24, 16) if turn >= 5 else (16, 24)
    assert upright_size(path) == (height, width)
    result = prepare(path, 1, height, width)[..., 0]
    corner = result[-8:] if bottom else result[:8]
    corner = corner[:, -8:] if right else corner[:, :8]
    assert corner.min() > 200
    assert result.astype(int).sum() < 300 * 64


def test_resizing_is_antialiased():
    stripes = np.tile(np.array([0, 255], np.uint8), (64, 32))
    small = prepare(stripes, 1, 8, 8)
    assert abs(small.astype(int) - 127).max() < 16


@given(hnp.arrays(np.uint8, (5, 7, 3)), st.integers(1, 12), st.integers(1, 12))
def test_resizing_is_the_same_for_array_and_image(array, height, width):
    expected = prepare(Image.fromarray(array), 3, height, width)
    np.testing.assert_array_equal(prepare(array, 3, height, width), expected)


def test_a_flat_image_stays_flat_when_it_is_stretched():
    np.testing.assert_array_equal(prepare(np.full((3, 9, 3), 77, np.uint8), 3), 77)


def test_the_source_is_left_as_it_is():
    image = Image.fromarray(GREY)
    exif = image.getexif()
    exif[0x0112] = 6
    prepare(image, 3)
    np.testing.assert_array_equal(np.asarray(image), GREY)
    assert image.getexif()[0x0112] == 6


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_is_grey(tmp_path, mode):
    assert is_grey(saved(tmp_path, Image.fromarray(GREY).convert(mode)))


@pytest.mark.parametrize("mode", ["P", "RGB", "RGBA"])
def test_is_not_grey(tmp_path, mode):
    assert not is_grey(saved(tmp_path, Image.fromarray(RGB).convert(mode)))


def test_a_file_that_is_no_image(tmp_path):
    path = tmp_path / "a.png"
    path.write_text("no image")
    text = (
        f"image {str(path)!r}: expected a readable PNG, JPEG, BMP or WebP file, a Pillow image, or"
        " an array; got UnidentifiedImageError: "
    )
    with pytest.raises(DataError, match=re.escape(text)):
        prepare(path, 1)
    with pytest.raises(DataError, match=re.escape(text)):
        upright_size(path)


def test_a_file_of_another_format_is_not_opened(tmp_path):
    path = saved(tmp_path, Image.fromarray(GREY), "a.tiff")
    with pytest.raises(DataError, match="got UnidentifiedImageError"):
        prepare(path, 1)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match=r"got FileNotFoundError: .*Remove it, or save it again"):
        prepare(tmp_path / "a.png", 1)


def test_floating_point_images():
    text = "image: expected a readable PNG, .*got ValueError: its values are floating-point numbers"
    with pytest.raises(DataError, match=text):
        prepare(Image.fromarray(np.zeros((6, 4), np.float32)), 1)


def test_a_source_that_is_no_image():
    with pytest.raises(DataError, match="a Pillow image, or an array; got AttributeError"):
        prepare([[1, 2]], 1)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((6, 4), np.float32),
        np.zeros((6, 4), np.int64),
        np.zeros((6, 4, 5), np.uint8),
        np.zeros((2, 6, 4, 3), np.uint8),
        np.zeros(6, np.uint8),
        np.zeros((0, 4), np.uint8),
    ],
)
def test_arrays_that_are_no_image(array):
    text = (
        "image: expected an array (H, W) or (H, W, C), C from 1 to 4, of uint8, uint16 or bool; got"
        f" shape {array.shape} of {array.dtype}. Scale the values to 0..255 and make them uint8"
    )
    with pytest.raises(DataError, match=re.escape(text)):
        prepare(array, 1)


@pytest.mark.parametrize("value", [0, -2, 2.0, True, "8", None])
def test_a_size_that_is_none(value):
    text = f"image preparation: expected width to be a whole number from 1; got {value!r}. Try 1."
    with pytest.raises(SettingError, match=re.escape(text)):
        ImagePreparation(8, value, 1)


@pytest.mark.parametrize("channels", [2, 4])
def test_channels_that_are_none(channels):
    text = (
        "image preparation: expected 1 channel (grey) or 3 (red, green, blue); got"
        f" {channels}. Transparency is laid on white, it is no channel of its own."
    )
    with pytest.raises(SettingError, match=re.escape(text)):
        ImagePreparation(8, 8, channels)


@pytest.mark.parametrize(
    ("config", "received"),
    [
        ({}, "none"),
        ({"height": 8, "width": 8}, "height, width"),
        ({"height": 8, "width": 8, "channels": 1, "crop": 2}, "height, width, channels, crop"),
    ],
)
def test_a_config_of_another_form(config, received):
    text = (
        "image preparation: expected the settings height, width, channels; got"
        f" {received}. The configuration may come from a newer version."
    )
    with pytest.raises(SettingError, match=re.escape(text)):
        ImagePreparation.from_config(config)
