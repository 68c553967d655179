"""The activation layers: against PyTorch, and their settings."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from pellucid import Tensor, activations, nn
from pellucid.errors import SettingError
from pellucid.layers import ELU, Activation, LeakyReLU, ReLU, Softmax

from ..saying import says
from .comparing import agree

PAIRS = [
    (lambda **kw: ReLU(**kw), torch.relu),
    (lambda **kw: ReLU(6.0, **kw), F.relu6),
    (lambda **kw: ReLU(negative_slope=0.1, **kw), lambda x: F.leaky_relu(x, 0.1)),
    (lambda **kw: LeakyReLU(**kw), lambda x: F.leaky_relu(x, 0.3)),
    (lambda **kw: ELU(0.7, **kw), lambda x: F.elu(x, 0.7)),
    (lambda **kw: Softmax(**kw), lambda x: torch.softmax(x, -1)),
    (lambda **kw: Softmax(axis=1, **kw), lambda x: torch.softmax(x, 1)),
]
NAMED = {
    "linear": lambda x: x * 1,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": lambda x: F.leaky_relu(x, 0.2),
    "elu": F.elu,
    "gelu": F.gelu,
    "silu": F.silu,
    "softplus": F.softplus,
    "softmax": lambda x: torch.softmax(x, -1),
    "log_softmax": lambda x: torch.log_softmax(x, -1),
}


@pytest.mark.parametrize(("make", "theirs"), PAIRS)
def test_activation_layers_are_torchs(make, theirs, rng):
    agree(make, theirs, 4 * rng.normal(size=(5, 4, 3)))


@pytest.mark.parametrize("name", NAMED)
def test_activations_by_name_are_torchs(name, rng):
    agree(lambda **kw: Activation(name, **kw), NAMED[name], rng.normal(size=(5, 4)))


def test_every_registered_activation_is_compared():
    assert set(activations.registry.known.values()) == {getattr(nn, name) for name in NAMED}


def test_relu_with_a_threshold_by_hand():
    x = np.array([[-1.0, 0.0, 0.5, 1.0, 2.0, 9.0]])
    layer = ReLU(max_value=4.0, negative_slope=0.1, threshold=1.0)
    # below 1: 0.1 (x - 1); from 1 on: x; at most 4
    assert np.allclose(layer(x), [[-0.2, -0.1, -0.05, 1.0, 2.0, 4.0]])
    tensor = Tensor(x)
    layer(tensor).sum().backward()
    assert np.allclose(tensor.grad, [[0.1, 0.1, 0.1, 1, 1, 0]])


@pytest.mark.parametrize("name", ["max_value", "negative_slope", "threshold"])
def test_relu_refuses_negative_settings(name):
    text = f"ReLU: expected {name} from 0; got -1.0. Give a positive number."
    with says(SettingError, text):
        ReLU(**{name: -1.0})


def test_softmax_of_large_scores_is_exact():
    assert Softmax()(np.float32([[1e4, 0, -1e4]])).tolist() == [[1, 0, 0]]
