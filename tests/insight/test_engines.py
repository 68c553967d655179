"""What is read from a model does not depend on the engine that it computes on."""

import numpy as np
import pytest
import torch

import pellucid
from pellucid import Input, Sequential, engines
from pellucid.callbacks import Diagnosis
from pellucid.insight import plots
from pellucid.layers import BatchNormalization, Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from pellucid.losses import SparseCategoricalCrossentropy

torch.set_num_threads(1)
rng = np.random.default_rng(0)
X, Y = rng.normal(size=(60, 8, 8, 1)), rng.integers(0, 3, 60)


def on_each(look):
    """What `look` finds of the same model on NumPy's engine and on PyTorch's."""
    found = []
    for engine in ("numpy", "torch"):
        engines.use(engine)
        try:
            pellucid.set_random_seed(2)
            layers = [
                Conv2D(4, 3, activation="relu", dtype="float64"),
                BatchNormalization(dtype="float64"),
                MaxPooling2D(dtype="float64"),
                Flatten(dtype="float64"),
                Dropout(0.2, dtype="float64"),
                Dense(3, kernel_regularizer="l2", dtype="float64"),
            ]
            model = Sequential([Input((8, 8, 1), dtype="float64"), *layers], dtype="float64")
            model.compile("adam", SparseCategoricalCrossentropy(from_logits=True), ["accuracy"])
            found.append(look(model))
        finally:
            engines.use("numpy")
    return found


def test_a_trace():
    a, b = on_each(lambda model: model.trace(X[:4], Y[:4]))
    for ours, theirs in zip(a.layers, b.layers, strict=True):
        for letter in ("Z", "A", "dZ", "dA"):
            found = getattr(theirs, letter)
            assert isinstance(found, np.ndarray)
            np.testing.assert_allclose(found, getattr(ours, letter), rtol=1e-8, atol=1e-10)


def test_the_diagnosis_before_a_run():
    a, b = on_each(lambda model: str(model.diagnose(100 * X, Y)))
    assert a == b
    assert "finding" in a


def test_the_diagnosis_during_a_run_which_goes_on_as_without_it():
    def look(model):
        watch = Diagnosis(verbose=0)
        model.fit(X, Y, 16, 3, 0, callbacks=[watch])
        return str(watch.findings), np.concatenate([w.reshape(-1) for w in model.get_weights()])

    def plain(model):
        model.fit(X, Y, 16, 3, 0)
        return np.concatenate([w.reshape(-1) for w in model.get_weights()])

    (said, ours), (too, theirs) = on_each(look)
    assert said == too
    np.testing.assert_allclose(theirs, ours, rtol=1e-7, atol=1e-9)
    assert np.array_equal(on_each(plain)[1], theirs)


def test_the_learning_rate_range():
    weight = np.linspace(0.5, 1.5, 60)
    a, b = on_each(lambda model: model.lr_find(X, Y, sample_weight=weight, steps=40))
    np.testing.assert_allclose(b.losses[:20], a.losses[:20], rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("filters", (0,)),
        ("feature_maps", (X[0], 0)),
        ("saliency", (X[0],)),
        ("occlusion", (X[0],)),
        ("activation_histograms", (X[:8],)),
        ("gradient_histograms", (X[:8], Y[:8])),
    ],
)
def test_the_numbers_of_pictures(name, given):
    a, b = on_each(lambda model: flat(getattr(plots, f"{name}_data")(model, *given)))
    np.testing.assert_allclose(b, a, rtol=1e-6, atol=1e-9)


def flat(value):
    """All numbers in what a picture is made of."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return np.concatenate([flat(each) for each in value] or [np.zeros(0)])
    if isinstance(value, str) or value is None:
        return np.zeros(0)
    if hasattr(value, "__dict__") and not hasattr(value, "dtype"):
        return flat(vars(value))
    return np.asarray(value, "float64").reshape(-1)
