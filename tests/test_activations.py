"""Activations by name; their values and derivatives are tested with their gates and layers."""

import json

import numpy as np
import pytest

from pellucid import Input, Sequential, activations, nn
from pellucid.errors import SettingError
from pellucid.layers import Dense, LeakyReLU
from pellucid.registry import custom

from .saying import says

NAMES = [
    "celu",
    "elu",
    "gelu",
    "glu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "tanh",
    "tanh_shrink",
]


@pytest.mark.parametrize("name", NAMES)
def test_an_activation_is_the_function_of_nn(name):
    assert activations.get(name) is getattr(nn, name) is getattr(activations, name)


def test_other_ways_to_name_an_activation():
    assert activations.get(None) is nn.linear
    assert activations.get("swish") is nn.silu
    assert activations.get("hard_swish") is nn.hard_silu
    assert activations.get("exponential") is activations.exponential is nn.exp
    assert activations.get("LeakyReLU") is nn.leaky_relu
    assert activations.get(np.tanh) is np.tanh
    assert isinstance(activations.get(LeakyReLU), LeakyReLU)


def test_an_unknown_activation_is_answered_with_the_nearest():
    text = "activation: expected a known activation; got 'rellu'. Did you mean 'relu'?"
    with says(SettingError, text):
        activations.get("rellu")


def wiggle(z):
    return z * nn.sigmoid(3 * z)


def test_a_function_of_ones_own_is_found_by_name():
    config = Dense(2, wiggle).get_config()
    assert config["activation"] == "wiggle"
    with custom({"wiggle": wiggle}):
        assert Dense.from_config(config).activation is wiggle


def test_a_layer_as_an_activation_keeps_its_settings(rng):
    x, first = rng.normal(size=(3, 4)), Dense(2, LeakyReLU(0.1))
    second = Dense.from_config(json.loads(json.dumps(first.get_config())))
    first(x)
    second(x)
    second.set_weights(first.get_weights())
    assert np.array_equal(first(x), second(x))


def test_glu_alone_changes_the_shape():
    assert activations.shape_after(nn.glu, (None, 5, 6)) == (None, 5, 3)
    assert activations.shape_after(nn.glu, (None, None)) == (None, None)
    assert activations.shape_after(nn.relu, (None, 5, 6)) == (None, 5, 6)
    model = Sequential([Input((4,)), Dense(6, "glu"), Dense(2)])
    assert model.layers[1].kernel.shape == (3, 2)
