"""The presets fit every image size, prepare their input, and end in scores."""

import numpy as np
import pytest

from pellucid import Sequential
from pellucid.cli import presets
from pellucid.errors import SettingError
from pellucid.layers import (
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Input,
    MaxPooling2D,
    Normalization,
)


def model_of(name, shape, outputs=10, **given):
    layers = presets.PRESETS[name](shape, outputs, **presets.resolve(name, given))
    return Sequential([Input(shape), *layers])


def kinds(model):
    return [type(layer) for layer in model.layers]


@pytest.mark.parametrize(
    ("shape", "stages"),
    [((4, 4, 1), 0), ((8, 8, 1), 1), ((28, 28, 1), 2), ((32, 32, 3), 3), ((64, 15, 3), 1)],
)
def test_the_cnn_pools_as_often_as_the_image_allows(shape, stages):
    model = model_of("cnn", shape)
    assert kinds(model).count(MaxPooling2D) == stages
    assert kinds(model).count(Conv2D) == stages + 1
    flat = model.layers[kinds(model).index(Flatten) - 1].input_shape[1:3]
    assert all(side >= 4 for side in flat)
    assert model(np.zeros((2, *shape))).shape == (2, 10)


def test_filters_double_up_to_a_limit():
    filters = [c.filters for c in model_of("cnn", (64, 64, 3)).layers if isinstance(c, Conv2D)]
    assert filters == [16, 32, 64, 128, 128]
    wide = model_of("cnn", (16, 16, 1), filters=200)
    assert [c.filters for c in wide.layers if isinstance(c, Conv2D)] == [200, 200, 200]


@pytest.mark.parametrize("name", ["linear", "mlp", "cnn"])
def test_a_preset_begins_with_its_preparation_and_ends_linear(name):
    model = model_of(name, (8, 8, 1), 7)
    assert isinstance(model.layers[0], Normalization)
    last = model.layers[-1]
    assert isinstance(last, Dense)
    assert last.units == 7
    assert last.activation.__name__ == "linear"


def test_the_linear_model_is_one_layer_of_weights():
    model = model_of("linear", (8, 8, 1), l2=0.5)
    assert kinds(model) == [Normalization, Flatten, Dense]
    assert model.layers[-1].kernel_regularizer.l2 == 0.5


def test_hidden_layers_are_made_as_asked():
    model = model_of("mlp", (5,), units=[15, 3], activation="tanh", dropout=0.25, l2=0.1)
    assert kinds(model)[2:] == [Dense, Dropout, Dense, Dropout, Dense]
    first = model.layers[2]
    assert (first.units, first.activation.__name__) == (15, "tanh")
    assert first.kernel_initializer == "glorot_uniform"
    assert model.layers[3].rate == 0.25
    assert model_of("mlp", (5,)).layers[2].kernel_initializer == "he_normal"


@pytest.mark.parametrize(
    ("given", "units"),
    [
        ({}, [128, 128]),
        ({"hidden_layers": 3}, [128, 128, 128]),
        ({"units": [5]}, [5, 5]),
        ({"units": [5], "hidden_layers": 1}, [5]),
        ({"units": [5, 4, 3]}, [5, 4, 3]),
        ({"hidden_layers": 0}, []),
        ({"units": [], "hidden_layers": 0}, []),
    ],
)
def test_units_and_hidden_layers_are_brought_together(given, units):
    found = presets.resolve("mlp", given)
    assert found["units"] == units
    assert found["hidden_layers"] == len(units)
    assert presets.resolve("mlp", found) == found


def test_what_does_not_fit_is_refused():
    with pytest.raises(SettingError, match="--units: expected one number, or one for each of 3"):
        presets.resolve("mlp", {"units": [1, 2], "hidden_layers": 3})
    with pytest.raises(SettingError, match=r"model 'mlp': expected only its own .*; got filters"):
        presets.resolve("mlp", {"filters": 3})
    with pytest.raises(SettingError, match=r"\[model\] preset.*Did you mean 'cnn'"):
        presets.resolve("cn", {})
    with pytest.raises(SettingError, match="model 'cnn': expected images"):
        model_of("cnn", (5,))
