"""Folders of images: classes, sizes, channels, the test part, and all the ways to be wrong."""

import re

import numpy as np
import pytest
from PIL import Image

from pellucid.data import ImagePreparation, folders, load
from pellucid.errors import DataError

RNG = np.random.default_rng(3)


def grey(height=6, width=5):
    return RNG.integers(0, 256, (height, width), np.uint8)


def colour(height=6, width=5):
    return RNG.integers(0, 256, (height, width, 3), np.uint8)


def save(root, pictures):
    """Write {relative path: array}; gives the folder back."""
    for path, array in pictures.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(array).save(root / path)
    return root


def refused(root, text, **settings):
    with pytest.raises(DataError, match=re.escape(text)):
        load(root, **settings)


def test_grey_images_come_back_bit_for_bit(tmp_path):
    pictures = {"b/2.png": grey(), "b/1.BMP": grey(), "a/z.png": grey()}
    data = load(save(tmp_path / "letters", pictures))
    assert data.name == "letters"
    assert data.class_names == ["a", "b"]
    assert data.preparation == ImagePreparation(6, 5, 1)
    assert data.y_train.tolist() == [0, 1, 1]
    assert (data.x_train.dtype, data.y_train.dtype) == (np.uint8, np.int64)
    expected = [pictures[name] for name in ("a/z.png", "b/1.BMP", "b/2.png")]
    np.testing.assert_array_equal(data.x_train[..., 0], expected)
    assert data.x_test is None


def test_one_colour_image_makes_three_channels(tmp_path):
    pictures = {"a/1.png": grey(), "b/1.png": colour()}
    data = load(save(tmp_path, pictures))
    assert data.preparation == ImagePreparation(6, 5, 3)
    np.testing.assert_array_equal(data.x_train[0], np.repeat(pictures["a/1.png"][..., None], 3, 2))
    np.testing.assert_array_equal(data.x_train[1], pictures["b/1.png"])


def test_grey_in_an_rgb_file_is_grey(tmp_path):
    values = grey()
    data = load(save(tmp_path, {"a/1.png": np.stack([values] * 3, 2), "b/1.png": grey()}))
    np.testing.assert_array_equal(data.x_train[0, ..., 0], values)


def test_every_suffix_is_read_and_the_rest_ignored(tmp_path):
    names = ["1.png", "2.jpg", "3.jpeg", "4.bmp", "5.webp"]
    root = save(tmp_path, {f"{c}/{name}": colour() for c in "ab" for name in names})
    save(root, {"a/.hidden.png": colour(), ".cache/1.png": colour(), "loose.png": colour()})
    (root / "a" / "notes.txt").write_text("no image")
    (root / "a" / "folder.png").mkdir()
    data = load(root)
    assert data.x_train.shape == (10, 6, 5, 3)
    assert data.class_names == ["a", "b"]


def test_size_and_channels_on_request(tmp_path):
    root = save(tmp_path, {"a/1.png": colour(9, 7), "b/1.png": colour(6, 5)})
    assert load(root, image_size=(4, 8)).x_train.shape == (2, 4, 8, 3)
    assert load(root, image_size=4, channels=1).x_train.shape == (2, 4, 4, 1)


def test_sizes_that_differ_get_the_median(tmp_path):
    pictures = {"a/1.png": grey(4, 8), "a/2.png": grey(6, 8), "b/1.png": grey(20, 10)}
    assert load(save(tmp_path, pictures)).preparation == ImagePreparation(6, 8, 1)


def test_common_size_shrinks_large_images_and_keeps_their_form():
    assert folders.common_size([(3000, 4000)] * 3) == (3000, 4000)
    assert folders.common_size([(3000, 4000), (3000, 4000), (4000, 3000)]) == (96, 128)
    assert folders.common_size([(1, 4000), (1, 4001)]) == (1, 128)


def test_a_prediction_sees_what_training_saw(tmp_path):
    root = save(tmp_path, {f"{c}/{i}.jpg": colour(9 + i, 7) for c in "ab" for i in range(3)})
    data = load(root)
    form = ImagePreparation.from_config(data.preparation.to_config())
    np.testing.assert_array_equal(form.prepare(root / "b" / "1.jpg"), data.x_train[4])


def test_train_and_test_subfolders(tmp_path):
    pictures = {f"train/{c}/{i}.png": grey() for c in "abc" for i in range(2)}
    pictures |= {"test/c/1.png": grey(9, 9), "test/a/1.png": grey()}
    root = save(tmp_path, pictures)
    (root / "test" / "b").mkdir()
    data = load(root, test_fraction=0.5)
    assert data.class_names == ["a", "b", "c"]
    assert data.y_test.tolist() == [0, 2]
    assert data.x_test.shape == (2, 6, 5, 1)
    np.testing.assert_array_equal(data.x_test[0, ..., 0], pictures["test/a/1.png"])


def test_classes_may_be_called_train_and_test(tmp_path):
    data = load(save(tmp_path, {"train/1.png": grey(), "test/1.png": grey()}))
    assert data.class_names == ["test", "train"]


def test_a_fraction_is_held_out(tmp_path):
    data = load(
        save(tmp_path, {f"{c}/{i}.png": grey() for c in "ab" for i in range(5)}), test_fraction=0.2
    )
    assert data.y_test.tolist() == [0, 1]


def test_an_empty_folder(tmp_path):
    refused(
        tmp_path,
        f"folder {str(tmp_path)!r}: expected one subfolder of images for each of at least two"
        " classes; got no subfolder. Put the images of each class into a subfolder",
    )


def test_images_without_a_subfolder(tmp_path):
    root = save(tmp_path, {"1.png": grey(), "2.png": grey()})
    refused(root, "got no subfolder and 2 images beside it. Put the images of each class")


def test_one_class(tmp_path):
    refused(save(tmp_path, {"cat/1.png": grey()}), "got the one subfolder 'cat'. Put the images")


def test_classes_one_level_too_deep(tmp_path):
    root = save(tmp_path, {"flowers/a/1.png": grey(), "flowers/b/1.png": grey()})
    inner = str(root / "flowers")
    refused(root, f"got the one subfolder 'flowers'. If the classes are in it, load {inner!r}.")


def test_an_empty_class(tmp_path):
    root = save(tmp_path, {"a/1.png": grey(), "b/1.png": grey()})
    (root / "c").mkdir()
    (root / "d").mkdir()
    refused(
        root,
        "expected images (.png, .jpg, .jpeg, .bmp, .webp) in every subfolder; got none in 'c', 'd'."
        " Remove a subfolder that is no class. Parts for training and testing are called 'train'",
    )


def test_a_test_class_that_training_lacks(tmp_path):
    pictures = {"train/a/1.png": grey(), "train/b/1.png": grey(), "test/x/1.png": grey()}
    refused(
        save(tmp_path, pictures),
        f"folder {str(tmp_path / 'test')!r}: expected images in subfolders that the training part"
        " has too; got the class 'x'. The training classes are: a, b.",
    )


def test_a_test_part_without_images(tmp_path):
    root = save(tmp_path, {"train/a/1.png": grey(), "train/b/1.png": grey()})
    (root / "test" / "a").mkdir(parents=True)
    refused(root, "has too; got no images. The training classes are: a, b.")


@pytest.mark.parametrize("settings", [{}, {"image_size": 6, "channels": 1}])
def test_unreadable_images_are_named_and_counted(tmp_path, settings):
    root = save(tmp_path, {f"{c}/{i}.png": grey() for c in "ab" for i in range(3)})
    for name in ("a/1.png", "b/2.png"):
        (root / name).write_bytes(b"no image")
    first = str(root / "a" / "1.png")
    text = (
        f"folder {str(root)!r}: expected images that can be read; got 2 of 6 that cannot, the first"
        f" {first!r} (UnidentifiedImageError: "
    )
    refused(root, text, **settings)


@pytest.mark.parametrize("name", ["a/0.png", "a/2.jpg"])
def test_a_truncated_image_is_named(tmp_path, name):
    root = save(
        tmp_path,
        {"a/0.png": grey(64, 64), "a/1.png": grey(), "b/0.png": grey(), "a/2.jpg": colour(64, 64)},
    )
    data = (root / name).read_bytes()
    (root / name).write_bytes(data[: len(data) // 2])
    refused(root, f"got 1 of 4 that cannot, the first {str(root / name)!r} (")


def test_a_folder_too_large_for_memory_asks_for_a_size(tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "MOST_BYTES", 59)
    root = save(tmp_path, {"a/1.png": grey(), "b/1.png": grey()})
    refused(
        root,
        "expected an image_size for images this large; got 2 images of 6 x 5, 0.0 GiB of memory."
        " Say image_size=128, or image_size=(6, 5) to keep them so.",
    )
    assert load(root, image_size=(6, 5)).x_train.shape == (2, 6, 5, 1)
