"""A run on PyTorch's engine: the same run, and one that goes on where another engine stopped."""

import numpy as np
import pytest
import torch

import pellucid
from pellucid import Input, Sequential, engines, load
from pellucid.callbacks import EarlyStopping, ModelCheckpoint
from pellucid.engines import engine_of, find, numpy_engine
from pellucid.layers import (
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    MaxPooling2D,
    MixUp,
    RandomFlip,
    Rescaling,
)
from pellucid.losses import SparseCategoricalCrossentropy

from ..bringing import as_numpy

torch.set_num_threads(1)
METRICS = ["accuracy", "confusion_matrix"]


@pytest.fixture(autouse=True)
def back():
    yield
    engines.use("numpy")


@pytest.fixture
def images(rng):
    """Bytes, and class numbers in bytes."""
    return rng.integers(0, 256, (40, 8, 8, 1)).astype("uint8"), (np.arange(40) % 3).astype("uint8")


def network(engine, dtype="float64", optimizer="adam"):
    """Convolution, batch norm, pooling, chance: all that a step may be made of."""
    engines.use(engine)
    pellucid.set_random_seed(4)
    settings = {"dtype": dtype}
    layers = [
        Rescaling(1 / 255, **settings),
        RandomFlip(**settings),
        MixUp(**settings),
        Conv2D(4, 3, padding="same", activation="relu", **settings),
        BatchNormalization(**settings),
        MaxPooling2D(**settings),
        Flatten(**settings),
        Dropout(0.3, **settings),
        Dense(3, **settings),
    ]
    model = Sequential([Input((8, 8, 1), dtype=dtype), *layers], **settings)
    model.compile(optimizer, SparseCategoricalCrossentropy(from_logits=True), METRICS)
    return model


def weights(model):
    return np.concatenate([w.reshape(-1) for w in model.get_weights()])


def test_the_same_seed_makes_the_same_run_on_both(images):
    """Weights, order, masks, flips and mixtures are the same: so are the figures, to rounding."""
    runs = []
    for engine in ("numpy", "torch"):
        model = network(engine)
        history = model.fit(*images, 16, 3, 0, validation_split=0.2).history
        assert all(engine_of(p.value) is find(engine) for p in model.weights)
        runs.append((weights(model), history, model.predict(images[0])))
    (a, history, p), (b, others, q) = runs
    np.testing.assert_allclose(b, a, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(q, p, rtol=1e-8, atol=1e-10)
    assert isinstance(q, np.ndarray)
    for name in history:
        np.testing.assert_allclose(others[name], history[name], rtol=1e-8)
    assert all(type(loss) is float for loss in others["val_loss"])
    assert isinstance(others["confusion_matrix"][0], np.ndarray)


def test_a_run_on_torch_is_the_same_again(images):
    runs = []
    for _ in range(2):
        model = network("torch", "float32")
        model.fit(*images, 16, 2, 0)
        runs.append(weights(model))
    assert np.array_equal(*runs)


@pytest.mark.parametrize(("first", "then"), [("numpy", "torch"), ("torch", "numpy")])
def test_a_run_that_is_stopped_goes_on_on_the_other_engine(images, tmp_path, first, then):
    """In the middle of an epoch; with averages, slots, sums of figures and chance."""
    whole = network("numpy")
    whole.fit(*images, 16, 3, 0, callbacks=EarlyStopping("loss", patience=9))
    model, path = network(first), tmp_path / "{batch}.safetensors"
    watch = EarlyStopping("loss", patience=9)
    model.fit(*images, 16, 2, 0, callbacks=[watch, ModelCheckpoint(path, save_freq=4)])
    engines.use(then)
    model = load(tmp_path / "1.safetensors")  # after the first batch of the second epoch
    assert all(engine_of(p.value) is find(then) for p in model.weights)
    history = model.fit(*images, 16, 3, 0, callbacks=EarlyStopping("loss", patience=9), resume=True)
    np.testing.assert_allclose(weights(model), weights(whole), rtol=1e-7, atol=1e-9)
    for name, figures in whole.history.history.items():
        np.testing.assert_allclose(history.history[name], figures, rtol=1e-7)


def test_a_saved_model_gives_the_same_on_the_other_engine(images, tmp_path):
    model = network("torch", "float32")
    model.fit(*images, 16, 1, 0)
    model.save(tmp_path / "model")
    engines.use("numpy")
    other = load(tmp_path / "model")
    assert np.array_equal(weights(other), weights(model))
    np.testing.assert_allclose(other.predict(images[0]), model.predict(images[0]), rtol=1e-4)


def test_a_model_is_moved_with_all_that_its_optimiser_remembers(images):
    stayed, moved = network("numpy"), network("numpy")
    for epoch, place in enumerate(("torch", "numpy", "torch:cpu"), 1):
        for model in (stayed, moved):
            pellucid.set_random_seed(epoch)
            model.fit(*images, 16, epoch, 0, resume=True)
        assert moved.to(place) is moved
        assert all(engine_of(p.value) is find(place) for p in moved.weights)
        assert all(engine_of(slot) is find(place) for slot in moved.optimizer.state.values())
    np.testing.assert_allclose(weights(moved), weights(stayed), rtol=1e-7, atol=1e-9)
    x = images[0][:3]
    assert engine_of(moved(x)) is find("torch")
    np.testing.assert_allclose(as_numpy(moved(x)), as_numpy(stayed(x)), rtol=1e-6)


def test_small_networks_run_from_a_tape_on_torch_too(rng):
    """With class numbers of any type, which become an index once."""
    x, found = rng.normal(size=(64, 5)), []
    for engine, y in (("numpy", np.arange(64) % 3), ("torch", np.arange(64).astype("int32") % 3)):
        engines.use(engine)
        pellucid.set_random_seed(0)
        layers = [Dense(8, "tanh", dtype="float64"), Dense(3, dtype="float64")]
        model = Sequential([Input((5,)), *layers], dtype="float64")
        model.compile("sgd", SparseCategoricalCrossentropy(from_logits=True))
        tapes = []
        step = model.train_step

        def noted(*batch, model=model, tapes=tapes, step=step):
            result = step(*batch)
            tapes.extend(model.repeated.tapes.values())
            return result

        model.train_step = noted
        model.fit(x, y, 16, 2, 0)
        assert None not in tapes
        assert tapes
        found.append(weights(model))
    np.testing.assert_allclose(found[1], found[0], rtol=1e-9)


def test_data_may_be_torchs_on_either_engine(images):
    x, y = map(torch.tensor, images)
    batches = [(x[:20], y[:20].long()), (x[20:], y[20:].long())]
    for engine in ("numpy", "torch"):
        runs = []
        for data in (images, (x, y)):
            model = network(engine)
            model.fit(*data, 16, 1, 0)
            runs.append(weights(model))
            assert isinstance(model.predict(data[0]), np.ndarray)
            assert isinstance(model.predict(data[0][:2]), np.ndarray)
        assert np.array_equal(*runs)
        model.fit(batches, epochs=1, verbose=0)
        model.evaluate(batches, verbose=0)


def test_weights_of_classes_and_examples_go_along(images, rng):
    found = []
    for engine in ("numpy", "torch"):
        model = network(engine)
        weight = np.linspace(0.5, 1.5, 40)
        model.fit(*images, 16, 1, 0, class_weight={0: 2.0, 1: 0.5}, sample_weight=weight)
        loss = model.train_on_batch(*images, weight, return_dict=True)["loss"]
        figures = model.evaluate(*images, verbose=0, sample_weight=weight, return_dict=True)
        found.append([weights(model), loss, figures["loss"]])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-8, atol=1e-10)


def test_a_gradient_check_is_made_on_the_models_engine(images):
    model = network("torch")
    check = pellucid.gradient_check(model, images[0][:4] / 255.0, images[1][:4].astype(int))
    assert check, str(check)
    assert check.rows


def test_a_loss_that_is_not_finite_is_followed_back(images):
    model = network("torch")
    model.train_on_batch(*images)
    before = model.get_weights()
    model.layers[-1].set_weights([np.full((64, 3), 1e308), np.zeros(3)])
    with pytest.raises(pellucid.errors.NotFiniteError, match=r"in layer 8 \(dense\) made"):
        model.train_on_batch(*images)
    assert all(map(np.array_equal, before[:-2], model.get_weights()[:-2]))  # moved averages as well


def test_a_model_brings_its_layers_to_its_own_engine(images):
    model = network("numpy")
    model.layers[-1].to("torch")
    model.train_on_batch(*images)
    assert all(layer.engine is numpy_engine for layer in model.layers)
    assert all(engine_of(p.value) is numpy_engine for p in model.weights)
    engines.use("torch")
    outer = Sequential([Input((8, 8, 1)), *model.layers], dtype="float64")
    assert all(layer.engine is find("torch") for layer in outer.layers)
    assert engine_of(outer(images[0])) is find("torch")
