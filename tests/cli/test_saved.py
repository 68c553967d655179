"""What a model file says about itself, and the rows that go with it."""

import numpy as np
import pytest

from pellucid import Sequential
from pellucid.cli.main import main
from pellucid.cli.saved import class_names, open_model, preparation, rows_for
from pellucid.data import ImagePreparation, load
from pellucid.errors import DataError
from pellucid.layers import Dense, Flatten, Input


def model_of(shape, outputs, loss, notes=None):
    model = Sequential([Input(shape), Flatten(), Dense(outputs)])
    model.compile(loss=loss)
    model.notes = notes or {}
    return model


def test_a_run_knows_its_classes_and_its_images(trained):
    model = open_model(str(trained))
    assert class_names(model) == list("0123456789")
    assert preparation(model) == ImagePreparation(8, 8, 1)


def test_a_model_without_notes_is_asked_for_its_shape():
    model = model_of((5, 6, 3), 4, "sparse_categorical_crossentropy")
    assert class_names(model) == ["0", "1", "2", "3"]
    assert preparation(model) == ImagePreparation(5, 6, 3)
    assert preparation(model_of((5,), 4, "mse")) is None
    assert preparation(model_of((5, 5, 7), 4, "mse")) is None
    assert class_names(model_of((5,), 4, "mse")) is None
    assert class_names(model_of((5,), 1, "binary_crossentropy")) == ["0", "1"]


def test_the_rows_are_those_that_training_held_out(shapes, tmp_path):
    asked = ["--model", "linear", "--epochs", "1", "--test-share", "0.3", "--seed", "4"]
    assert main(["train", str(shapes), *asked, "--verbose", "0", "--out", str(tmp_path / "r")]) == 0
    model = open_model(str(tmp_path / "r"))
    held = load(shapes, test_fraction=0.3, seed=4)
    found = rows_for(model, str(shapes), "test")
    assert (found.x == held.x_test).all()
    assert found.what == "bars: 6 test rows"
    assert (rows_for(model, str(shapes), "train").x == held.x_train).all()
    assert len(rows_for(model, str(shapes), "all").y) == 20


def test_other_data_without_a_test_part_are_all_new(trained, table, tmp_path):
    digits = load("digits")
    path = tmp_path / "new.npz"
    np.savez(path, x_train=digits.x_train[:7], y_train=digits.y_train[:7])
    found = rows_for(open_model(str(trained)), str(path), "test")
    assert found.what == "new: 7 new rows"
    assert (found.y == digits.y_train[:7]).all()


def test_classes_are_matched_by_name(trained, tmp_path):
    digits = load("digits")
    path = tmp_path / "few.npz"
    x, y = digits.x_train[:4], np.array([0, 1, 1, 0])
    np.savez(path, x_train=x, y_train=y, class_names=np.array(["7", "3"]))
    assert rows_for(open_model(str(trained)), str(path), "test").y.tolist() == [7, 3, 3, 7]
    np.savez(path, x_train=x, y_train=y, class_names=np.array(["7", "three"]))
    with pytest.raises(DataError, match="expected classes of the model; got 'three'"):
        rows_for(open_model(str(trained)), str(path), "test")


def test_images_are_brought_to_the_models_size(trained, tmp_path):
    path = tmp_path / "large.npz"
    x = np.zeros((3, 20, 16, 3), np.uint8)
    np.savez(path, x_train=x, y_train=np.array([0, 1, 2]))
    assert rows_for(open_model(str(trained)), str(path), "test").x.shape == (3, 8, 8, 1)
