"""A run that all tests of the commands look at, and data in small."""

import numpy as np
import pytest
from PIL import Image

from pellucid import data
from pellucid.cli.main import main


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """The folder of a small convolutional network's run on the digits."""
    folder = tmp_path_factory.mktemp("trained") / "run"
    asked = ["--filters", "4", "--units", "16", "--epochs", "3", "--verbose", "0"]
    assert main(["train", "digits", "--out", str(folder), *asked]) == 0
    return folder


@pytest.fixture
def table(tmp_path):
    """An .npz file of 60 rows (3,) with numbers to predict."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(60, 3))
    path = tmp_path / "table.npz"
    np.savez(path, x_train=x, y_train=x @ [1.0, -2.0, 0.5])
    return path


@pytest.fixture(scope="session")
def shapes(tmp_path_factory):
    """A folder of images, 12 x 10: bars that stand, and bars that lie."""
    root = tmp_path_factory.mktemp("data") / "bars"
    for name in ("lying", "standing"):
        (root / name).mkdir(parents=True)
        for i in range(10):
            image = np.zeros((12, 10), np.uint8)
            if name == "lying":
                image[i, :] = 255
            else:
                image[:, i % 10] = 255
            Image.fromarray(image).save(root / name / f"{i}.png")
    return root


@pytest.fixture
def digit(tmp_path):
    """A held-out digit as a PNG file, and its class."""
    digits = data.load("digits")
    path = tmp_path / "digit.png"
    Image.fromarray(digits.x_test[5, :, :, 0]).save(path)
    return path, digits.class_names[digits.y_test[5]]
