"""Training on examples that a layer mixed, and on augmented images: the loss, the figures."""

import numpy as np
import pytest

import pellucid
from pellucid import Sequential, gradient_check, load
from pellucid.layers import (
    Conv2D,
    Dense,
    Flatten,
    Input,
    MixUp,
    RandomBrightness,
    RandomContrast,
    RandomCrop,
    RandomErasing,
    RandomFlip,
    RandomRotation,
    RandomTranslation,
    RandomZoom,
    Rescaling,
)
from pellucid.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    MeanAbsoluteError,
    MeanSquaredError,
    MultiClassHinge,
    SparseCategoricalCrossentropy,
)
from pellucid.optimizers import SGD
from pellucid.training.mixing import Mixture

from .networks import data, same
from .test_interrupt import CtrlC

X, CLASSES = data(12)
HOT = np.eye(3, dtype="float32")[CLASSES]
NUMBERS = np.random.default_rng(2).normal(size=(12, 3)).astype("float32")


def network(*mixing, loss=None, units=3, **settings):
    """One dense layer behind the layers that mix, in float64, always with the same weights."""
    model = Sequential([Input((4,)), *mixing, Dense(units, dtype="float64")], dtype="float64")
    W = np.random.default_rng(1).normal(size=(4, units))
    model.set_weights([W, np.full(units, 0.1)])
    loss = loss or SparseCategoricalCrossentropy(from_logits=True)
    model.compile(SGD(0.1), loss, **settings)
    return model


def mixup(alpha=1.0, seed=0):
    return MixUp(alpha, seed=seed, dtype="float64")


def shares_of(*layers):
    """How much of each example of the batch is in each that came out: (N, N)."""
    whole = np.eye(len(X))
    for layer in layers:
        share, partner = layer.mixing
        whole = share[:, None] * whole + (1 - share[:, None]) * whole[partner]
    return whole


# -- the loss -------------------------------------------------------------------------------------


@pytest.mark.parametrize("y", [CLASSES, HOT], ids=["class numbers", "one-hot rows"])
def test_a_step_is_that_on_mixed_inputs_and_mixed_targets(y):
    """Cross-entropy is linear in its target: class numbers do as well as one-hot rows."""
    layer, kinds = mixup(), {1: SparseCategoricalCrossentropy, 2: CategoricalCrossentropy}
    model = network(layer, loss=kinds[y.ndim](from_logits=True))
    loss = model.train_on_batch(X, y)
    S = shares_of(layer)
    plain = network(loss=CategoricalCrossentropy(from_logits=True))
    assert loss == pytest.approx(plain.train_on_batch(S @ X, S @ HOT), rel=1e-12)
    for w, expected in zip(model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(w, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("loss", "y"),
    [(BinaryCrossentropy(from_logits=True), HOT), (MeanSquaredError(), NUMBERS)],
    ids=["binary", "squared"],
)
def test_other_losses_have_the_gradient_of_mixed_targets(loss, y):
    layer = mixup()
    model, plain = network(layer, loss=loss), network(loss=loss)
    model.train_on_batch(X, y)
    S = shares_of(layer)
    plain.train_on_batch(S @ X, S @ y)
    for w, expected in zip(model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(w, expected, rtol=1e-12)


@pytest.mark.parametrize("reduction", ["mean", "sum", "mean_with_sample_weight"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("kind", "y"), [(MultiClassHinge, CLASSES), (MeanAbsoluteError, NUMBERS)], ids=["hinge", "mae"]
)
def test_the_loss_is_that_of_both_targets_by_their_shares(kind, y, weighted, reduction, rng):
    """Each with the weight of the example that it is of."""
    layer = mixup()
    model = network(layer, loss=kind(reduction=reduction))
    W, b = model.get_weights()
    weight = rng.uniform(0.5, 2, 12) if weighted else np.ones(12)
    loss = model.train_on_batch(X, y, sample_weight=weight if weighted else None)
    share, partner = layer.mixing
    output = (share[:, None] * X + (1 - share[:, None]) * X[partner]) @ W + b
    one = kind(reduction=None)
    first, second = share * weight, (1 - share) * weight[partner]
    total = (first * one(y, output) + second * one(y[partner], output)).sum()
    over = {"mean": 12, "sum": 1, "mean_with_sample_weight": (first + second).sum()}[reduction]
    assert loss == pytest.approx(total / over, rel=1e-12)


def test_class_weights_go_with_the_targets():
    layer = mixup()
    model = network(layer)
    W, b = model.get_weights()
    loss = model.train_on_batch(X, CLASSES, class_weight={0: 5.0, 2: 0.0})
    S = shares_of(layer)
    one = CategoricalCrossentropy(from_logits=True)
    weighed = S @ (HOT * [5.0, 1.0, 0.0])
    assert loss == pytest.approx(one(weighed, S @ X @ W + b), rel=1e-12)


def test_layers_mix_what_others_have_mixed():
    layers = [mixup(seed=seed) for seed in (0, 1, 2)]
    model = network(*layers)
    loss = model.train_on_batch(X, CLASSES)
    S = shares_of(*layers)
    assert (np.count_nonzero(S, axis=1) > 4).any()
    expected = network(loss=CategoricalCrossentropy(from_logits=True))
    assert loss == pytest.approx(expected.train_on_batch(S @ X, S @ HOT), rel=1e-12)


def test_a_layer_inside_a_model_inside_counts_too():
    layer = mixup()
    inner = Sequential([Input((4,)), layer], dtype="float64")
    one, other = network(inner), network(mixup())
    assert one.train_on_batch(X, CLASSES) == other.train_on_batch(X, CLASSES)
    assert same(one.get_weights(), other.get_weights())


def test_hidden_values_may_be_mixed():
    """The layer stands anywhere: between two others it mixes what comes out of the first."""
    first, layer = Dense(5, "tanh", dtype="float64"), mixup()
    model = Sequential([Input((4,)), first, layer, Dense(3, dtype="float64")], dtype="float64")
    model.compile("sgd", SparseCategoricalCrossentropy(from_logits=True))
    h, last = first(X), model.layers[-1]
    W, b = last.get_weights()
    loss = model.train_on_batch(X, CLASSES)
    S = shares_of(layer)
    expected = CategoricalCrossentropy(from_logits=True)(S @ HOT, S @ h @ W + b)
    assert loss == pytest.approx(expected, rel=1e-12)


def test_every_gradient_agrees_with_differences():
    model = Sequential(
        [Input((4,)), Dense(5, "tanh"), MixUp(1.0), Dense(3, kernel_regularizer="l2")]
    )
    model.compile("sgd", SparseCategoricalCrossentropy(from_logits=True))
    assert gradient_check(model, X, CLASSES)


# -- figures --------------------------------------------------------------------------------------


def test_metrics_compare_with_the_target_of_the_larger_share():
    layer = mixup()
    model = network(layer, metrics=["accuracy"])
    W, b = model.get_weights()
    found = model.train_on_batch(X, CLASSES, return_dict=True)
    S = shares_of(layer)
    main = (S @ HOT).argmax(axis=1)
    assert (main != CLASSES).any()
    assert found["accuracy"] == ((S @ X @ W + b).argmax(axis=1) == main).mean()


def test_the_main_target_of_rows_is_a_row():
    layer = mixup()
    layer(X, training=True)
    share, partner = layer.mixing
    mixture = Mixture([Dense(1), layer])
    expected = np.where(share[:, None] >= 0.5, HOT, HOT[partner])
    assert np.array_equal(mixture.main_targets(HOT), expected)
    layer(X)
    assert mixture.main_targets(HOT) is HOT


def test_evaluation_and_prediction_mix_nothing():
    model, plain = network(mixup(), metrics=["accuracy"]), network(metrics=["accuracy"])
    model.train_on_batch(X, CLASSES)
    plain.set_weights(model.get_weights())
    assert model.evaluate(X, CLASSES, verbose=0) == plain.evaluate(X, CLASSES, verbose=0)
    assert np.array_equal(model.predict(X), plain.predict(X))
    history = model.fit(X, CLASSES, validation_data=(X, CLASSES), verbose=0).history
    plain.set_weights(model.get_weights())
    assert history["val_loss"][0] == plain.evaluate(X, CLASSES, verbose=0)[0]


# -- images ---------------------------------------------------------------------------------------


def pictures(n=60):
    """Bytes (n, 8, 8, 1): a bright bar at the top, in the middle, or at the bottom."""
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 100, (n, 8, 8, 1)).astype("uint8"), np.arange(n) % 3
    for image, place in zip(x, y, strict=True):
        image[place * 3 : place * 3 + 2] += 150
    return x, y


def augmented():
    """A network behind every layer that augments, always from the same seed."""
    pellucid.set_random_seed(0)
    model = Sequential(
        [
            Input((8, 8, 1)),
            Sequential([RandomFlip("horizontal"), RandomTranslation(0.1, 0.2, "nearest")]),
            RandomRotation(0.02),
            RandomZoom(0.1),
            RandomBrightness(0.1),
            RandomContrast(0.2),
            RandomErasing(0.3, (0.02, 0.1)),
            RandomCrop(7, 7),
            MixUp(0.2),
            Rescaling(1 / 255),
            Conv2D(4, 3, activation="relu"),
            Flatten(),
            Dense(3),
        ]
    )
    loss = SparseCategoricalCrossentropy(from_logits=True)
    model.compile(pellucid.optimizers.Adam(0.01), loss, ["accuracy"])
    return model


def trained(x, y, **settings):
    """That network after a run."""
    model = augmented()
    model.fit(x, y, verbose=0, **settings)
    return model


def test_a_network_learns_from_augmented_bytes():
    x, y = pictures()
    model = trained(x, y, epochs=12, batch_size=20)
    loss = model.history.history["loss"]
    assert loss[-1] < 0.8 * loss[0]
    assert model.evaluate(x, y, verbose=0)[1] > 0.9


def test_bytes_and_their_numbers_give_the_same_run():
    x, y = pictures()
    runs = [trained(images, y, epochs=2) for images in (x, x.astype("float32"))]
    assert runs[0].history.history == runs[1].history.history
    assert same(runs[0].get_weights(), runs[1].get_weights())


def test_a_run_goes_on_from_its_file_to_the_bit(tmp_path):
    x, y = pictures()
    settings = {"epochs": 3, "batch_size": 16}
    whole, stopped = trained(x, y, **settings), augmented()
    with pytest.raises(KeyboardInterrupt):  # in the middle of the second epoch
        stopped.fit(x, y, callbacks=[CtrlC(1, 1)], verbose=0, **settings)
    stopped.save(tmp_path / "stopped.safetensors")
    pellucid.set_random_seed(99)  # what goes on is what the file says
    again = load(tmp_path / "stopped.safetensors")
    assert again.random_states() == stopped.random_states()
    again.fit(x, y, resume=True, verbose=0, **settings)
    assert again.history.history == whole.history.history
    assert same(again.get_weights(), whole.get_weights())
    assert again.random_states() == whole.random_states()
    assert np.array_equal(again.predict(x), whole.predict(x))
