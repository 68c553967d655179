"""The activation layers: against PyTorch, and their settings."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from pellucid import Input, Tensor, activations, nn
from pellucid.errors import SettingError, ShapeError
from pellucid.layers import ELU, GELU, Activation, LeakyReLU, PReLU, ReLU, Softmax

from ..saying import says
from .comparing import agree


def tau(x):
    """Of PyTorch's tensors (N, 4): what sparsemax subtracts, given the places that stay above 0."""
    order = x.sort(-1, descending=True).values
    first = [order[:, :k].sum(-1, keepdim=True) - 1 for k in range(1, 5)]
    found = first[0]
    for k in range(1, 4):
        found = torch.where(order[:, k : k + 1] > found, first[k] / (k + 1), found)
    return found


PAIRS = [
    (lambda **kw: ReLU(**kw), torch.relu),
    (lambda **kw: ReLU(6.0, **kw), F.relu6),
    (lambda **kw: ReLU(negative_slope=0.1, **kw), lambda x: F.leaky_relu(x, 0.1)),
    (lambda **kw: LeakyReLU(**kw), lambda x: F.leaky_relu(x, 0.3)),
    (lambda **kw: PReLU(**kw), lambda x, alpha: torch.where(x > 0, x, alpha * x)),
    (lambda **kw: PReLU(shared_axes=2, **kw), lambda x, alpha: torch.where(x > 0, x, alpha * x)),
    (
        lambda **kw: PReLU(shared_axes=[1], **kw),
        lambda x, alpha: F.prelu(x.movedim(-1, 1), alpha.reshape(-1)).movedim(1, -1),
    ),
    (lambda **kw: ELU(0.7, **kw), lambda x: F.elu(x, 0.7)),
    (lambda **kw: GELU(**kw), F.gelu),
    (lambda **kw: GELU(approximate=True, **kw), lambda x: F.gelu(x, approximate="tanh")),
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
    "log_sigmoid": F.logsigmoid,
    "mish": F.mish,
    "glu": F.glu,
    "squareplus": lambda x: (x + torch.sqrt(x * x + 4)) / 2,
    "softsign": F.softsign,
    "relu6": F.relu6,
    "selu": F.selu,
    "celu": F.celu,
    "hard_sigmoid": lambda x: F.relu6(x + 3) / 6,
    "hard_silu": F.hardswish,
    "hard_tanh": F.hardtanh,
    "hard_shrink": F.hardshrink,
    "soft_shrink": F.softshrink,
    "tanh_shrink": F.tanhshrink,
    "sparse_plus": lambda x: torch.where(x < 1, ((x + 1) / 2).clamp(0) ** 2, x),
    "sparse_sigmoid": lambda x: ((x + 1) / 2).clamp(0, 1),
    "sparsemax": lambda x: torch.relu(x - tau(x)),
    "exp": torch.exp,
}
EXAMPLES = {  # those of Keras' documentation
    "celu": ([-1.0, 0.0, 1.0], [-0.63212056, 0, 1]),
    "glu": ([-1.0, 0.0, 1.0, 1.0], [-0.73105858, 0]),
    "hard_shrink": ([-0.5, 0.0, 1.0], [0, 0, 1]),
    "hard_silu": ([-3.0, -1.0, 0.0, 1.0, 3.0], [0, -0.33333334, 0, 0.66666667, 3]),
    "hard_sigmoid": ([-1.0, 0.0, 1.0], [0.33333334, 0.5, 0.66666667]),
    "log_sigmoid": ([-0.541391, 0.0, 0.5, 5.0], [-1.0000418, -0.6931472, -0.474077, -0.00671535]),
    "mish": ([-1.0, 0.0, 1.0], [-0.30340147, 0, 0.86509842]),
    "selu": ([-1.0, 0.0, 1.0], [-1.1113307, 0, 1.050701]),
    "soft_shrink": ([-1.0, 0.0, 1.0], [-0.5, 0, 0.5]),
    "softsign": ([-0.1, -10.0, 1.0, 0.0, 100.0], [-0.09090909, -0.90909091, 0.5, 0, 0.99009901]),
    "sparse_plus": ([-1.0, 0.0, 1.0], [0, 0.25, 1]),
    "sparse_sigmoid": ([-6.0, -1.0, 0.0, 1.0, 6.0], [0, 0, 0.5, 1, 1]),
    "sparsemax": ([-1.0, 0.0, 1.0], [0, 0, 1]),
    "squareplus": ([-1.0, 0.0, 1.0], [0.618034, 1, 1.618034]),
    "tanh_shrink": ([-1.0, 0.0, 1.0], [-0.23840584, 0, 0.23840584]),
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


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_of_keras(name):
    x, expected = EXAMPLES[name]
    found = Activation(name)(np.float32([x]))
    np.testing.assert_allclose(found, [expected], rtol=1e-5, atol=1e-7)


def test_prelu_learns_a_slope_for_what_does_not_share_one(rng):
    shapes = {None: (3, 2, 4), 3: (3, 2, 1), (1, 2): (1, 1, 4), (1, 2, 3): (1, 1, 1)}
    for shared, shape in shapes.items():
        layer = PReLU("ones", shared_axes=shared)
        layer.ensure_built((None, 3, 2, 4))
        assert layer.alpha.shape == shape
        x = rng.normal(size=(2, 3, 2, 4)).astype("float32")
        assert np.array_equal(layer(x), x)  # with alpha = 1


def test_prelu_takes_other_lengths_where_alpha_is_shared(rng):
    layer = PReLU(shared_axes=[1, 2])
    assert layer(rng.normal(size=(1, 5, 6, 3))).shape == (1, 5, 6, 3)
    assert layer(rng.normal(size=(1, 7, 2, 3))).shape == (1, 7, 2, 3)
    assert layer(Input((None, None, 3))).shape == (None, None, None, 3)
    text = (
        "layer p_re_lu: expected inputs of shape (None, 5, 3); got shape (None, 4, 3). "
        "Reshape the data to it, or make a new layer for this shape."
    )
    layer = PReLU()
    layer(rng.normal(size=(1, 5, 3)))
    with says(ShapeError, text):
        layer(rng.normal(size=(1, 4, 3)))


def test_prelu_needs_the_lengths_that_share_no_alpha():
    text = (
        "layer p_re_lu: expected inputs of known lengths where no alpha is shared; "
        "got shape (None, None, 3). "
        "Share alpha along the others: shared_axes=[1, 2] for images."
    )
    with says(ShapeError, text):
        PReLU()(Input((None, 3)))


@pytest.mark.parametrize("axes", [0, 3, [1, -1]])
def test_prelu_refuses_axes_that_are_not_there(axes):
    text = (
        f"layer p_re_lu: expected shared_axes from 1 to 2, as its input is (None, 4, 3); "
        f"got {axes}. Count the axes with the batch as 0."
    )
    with says(SettingError, text):
        PReLU(shared_axes=axes)(Input((4, 3)))


@pytest.mark.parametrize("name", ["max_value", "negative_slope", "threshold"])
def test_relu_refuses_negative_settings(name):
    text = f"ReLU: expected {name} from 0; got -1.0. Give a positive number."
    with says(SettingError, text):
        ReLU(**{name: -1.0})


def test_softmax_of_large_scores_is_exact():
    assert Softmax()(np.float32([[1e4, 0, -1e4]])).tolist() == [[1, 0, 0]]
