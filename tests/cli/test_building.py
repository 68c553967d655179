"""From settings to data and a compiled model."""

import numpy as np
import pytest

from pellucid import losses, optimizers, schedules
from pellucid.cli.building import adapt, build_model, checksum, load_parts
from pellucid.cli.settings import gather
from pellucid.data import DataSet, ImagePreparation
from pellucid.errors import DataError, SettingError
from pellucid.layers import Conv2D, Dense, Input, Normalization, Rescaling
from pellucid.models import Sequential
from pellucid.optimizers import SGD, Adam, RMSprop


def points(y, x=None, **more):
    x = np.random.default_rng(0).normal(size=(len(y), 3)) if x is None else x
    return DataSet("points", x, np.asarray(y), **more)


def built(data, steps=10, **given):
    settings = gather(given)
    return build_model(settings, data, steps), settings


def test_parts_are_disjoint_and_whole():
    parts = load_parts(gather({"data": "digits", "validation_share": "0.25"}))
    assert len(parts.y) + len(parts.validation[1]) == 1438
    assert len(parts.validation[1]) == round(1438 * 0.25)
    assert len(parts.test[1]) == 359
    assert np.ptp(np.bincount(parts.validation[1])) <= 3
    assert parts.rows["name"] == "digits"
    assert load_parts(gather({"data": "digits", "validation_share": "0"})).validation is None


def test_a_test_part_is_held_out_where_there_is_none(table):
    parts = load_parts(gather({"data": str(table), "test_share": "0.5", "seed": "3"}))
    assert len(parts.test[1]) == 30
    assert parts.rows["test_share"] == 0.5
    assert parts.rows["seed"] == 3
    other = load_parts(gather({"data": str(table), "test_share": "0.5", "seed": "4"}))
    assert (parts.test[1] != other.test[1]).any()


def test_images_are_brought_to_the_asked_size(shapes):
    parts = load_parts(gather({"data": str(shapes), "image_size": "6x5", "channels": "3"}))
    assert parts.x.shape[1:] == (6, 5, 3)


def test_training_without_data_is_refused():
    with pytest.raises(SettingError, match="train: expected DATA; got none"):
        load_parts(gather({}))


def test_the_checksum_tells_data_apart():
    data = points([0, 1, 0])
    assert checksum(data) == checksum(points([0, 1, 0]))
    assert checksum(data) != checksum(points([0, 1, 1]))
    assert checksum(data) != checksum(points([0, 1, 0], x=np.zeros((3, 3))))


@pytest.mark.parametrize(
    ("y", "outputs", "loss", "classes"),
    [
        ([0, 1, 2, 1], 3, losses.SparseCategoricalCrossentropy, ["0", "1", "2"]),
        ([0.5, 1.0, 2.0, 1.0], 1, losses.MeanSquaredError, None),
        ([[0.5, 1.0]] * 4, 2, losses.MeanSquaredError, None),
        ([[0, 1], [1, 0], [0, 1], [0, 1]], 2, losses.CategoricalCrossentropy, ["0", "1"]),
    ],
)
def test_the_targets_decide_outputs_and_loss(y, outputs, loss, classes):
    model, _ = built(points(y))
    assert model.output_shape == (None, outputs)
    assert isinstance(model.loss, loss)
    assert model.loss.from_logits is (loss is not losses.MeanSquaredError)
    assert model.metric_names == (["accuracy"] if classes else [])
    assert model.notes == {"classes": classes, "image": None}
    model.fit(points(y).x_train, np.asarray(y), verbose=0)


def test_names_and_image_preparation_go_into_the_notes():
    x = np.zeros((4, 5, 6, 1), np.uint8)
    form = ImagePreparation(5, 6, 1)
    data = points([0, 1, 0, 1], x, class_names=["cat", "dog", "cow"], preparation=form)
    model, settings = built(data)
    assert model.notes == {"classes": ["cat", "dog", "cow"], "image": form.to_config()}
    assert model.output_shape == (None, 3)
    assert settings.value("model") == "cnn"
    assert any(isinstance(layer, Conv2D) for layer in model.layers)


def test_quantities_that_look_like_classes_are_refused():
    with pytest.raises(DataError, match="class numbers below 10,000; got up to 200,000"):
        built(points([0, 200_000]))


def test_what_was_left_open_stands_in_the_settings_afterwards():
    _, settings = built(points([0, 1]), optimizer="sgd")
    assert (settings.value("model"), settings.value("units")) == ("mlp", [128, 128])
    assert (settings.value("learning_rate"), settings.value("momentum")) == (0.01, 0.0)


def test_the_optimizer_is_made_as_asked():
    given = {"learning_rate": "0.5", "momentum": "0.8"}
    adam = built(points([0, 1]), **given)[0].optimizer
    assert isinstance(adam, Adam)
    assert (adam.learning_rate, adam.beta_1) == (0.5, 0.8)
    sgd = built(points([0, 1]), optimizer="SGD", **given)[0].optimizer
    assert isinstance(sgd, SGD)
    assert (sgd.learning_rate, sgd.momentum) == (0.5, 0.8)
    rmsprop = built(points([0, 1]), optimizer="rmsprop", momentum="0.8")[0].optimizer
    assert isinstance(rmsprop, RMSprop)
    assert (rmsprop.learning_rate, rmsprop.momentum) == (0.001, 0.8)


@pytest.mark.parametrize("name", sorted(optimizers.registry.names.values()))
def test_every_optimizer_can_be_asked_for_and_trains(name):
    data = points([0, 1, 0, 1])
    model, settings = built(data, optimizer=name.lower(), decay_rate="0.5")
    assert type(model.optimizer).__name__ == name
    assert settings.value("learning_rate") == (0.01 if name == "SGD" else 0.001)
    before = model.parameters.theta.copy()
    model.fit(data.x_train, data.y_train, verbose=0)
    assert (model.parameters.theta != before).any()


def test_the_rate_decays_once_an_epoch():
    asked = {"learning_rate": "0.6", "decay_rate": "0.5"}
    model, settings = built(points([0, 1]), steps=10, **asked)
    rate = model.optimizer.learning_rate
    assert isinstance(rate, schedules.InverseTimeDecay)
    assert [rate(0), rate(9), rate(10), rate(20)] == pytest.approx([0.6, 0.6, 0.4, 0.3])
    assert settings.value("learning_rate") == 0.6


def test_an_unknown_optimizer_setting_is_refused(tmp_path):
    path = tmp_path / "net.toml"
    path.write_text('[[layer]]\ntype = "Dense"\nunits = 2\n[optimizer]\nnestrov = true\n')
    with pytest.raises(SettingError, match=r"\[optimizer\]: adam nestrov: expected one of"):
        built(points([0, 1]), model=str(path))
    with pytest.raises(SettingError, match="got 'adm'"):
        built(points([0, 1]), optimizer="adm")


def test_a_file_of_layers_may_name_its_loss(tmp_path):
    path = tmp_path / "net.toml"
    path.write_text(
        '[[layer]]\ntype = "Dense"\nunits = "outputs"\n'
        '[loss]\ntype = "BinaryCrossentropy"\nfrom_logits = true\n'
    )
    model, _ = built(points([0, 1]), model=str(path))
    assert isinstance(model.loss, losses.BinaryCrossentropy)
    assert model.output_shape == (None, 1)
    path.write_text('[[layer]]\ntype = "Dense"\nunits = "outputs"\n[loss]\ntype = "Hnge"\n')
    with pytest.raises(SettingError, match=r"net.toml, \[loss\]: loss: .*got 'Hnge'"):
        built(points([0, 1]), model=str(path))


def test_a_presets_settings_do_not_go_with_a_file_of_layers(tmp_path):
    path = tmp_path / "net.toml"
    path.write_text('[[layer]]\ntype = "Dense"\nunits = 2\n')
    with pytest.raises(SettingError, match="--units: expected a preset"):
        built(points([0, 1]), model=str(path), units="3")


def test_every_normalization_measures_what_reaches_it():
    x = np.random.default_rng(0).normal(3.0, 2.0, (300, 4))
    first, second = Rescaling(10.0), Normalization()
    given, third = Normalization(mean=0.0, variance=1.0), Normalization()
    model = Sequential([Input((4,)), first, second, given, Dense(3), third, Dense(2)])
    adapt(model, x)
    assert second.mu.value == pytest.approx(10 * x.mean(axis=0), rel=1e-5)
    assert second.var.value == pytest.approx(100 * x.var(axis=0), rel=1e-5)
    assert given.mu.value.tolist() == [0.0] * 4
    hidden = Sequential(model.layers[:4])(x)
    assert third.mu.value == pytest.approx(hidden.mean(axis=0), abs=1e-5)


def test_the_same_seed_gives_the_same_model():
    one, two, other = (built(points([0, 1, 2]), seed=s)[0].get_weights() for s in ("5", "5", "6"))
    assert all((a == b).all() for a, b in zip(one, two, strict=True))
    assert any((a != b).any() for a, b in zip(one, other, strict=True))
