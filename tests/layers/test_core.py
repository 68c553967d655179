"""Dense and layers of shape: against PyTorch, and the errors for what does not fit."""

import numpy as np
import pytest
import torch

from pellucid import Input, Tensor, nn
from pellucid.errors import SettingError, ShapeError
from pellucid.layers import Dense, Flatten, LeakyReLU, Permute, RepeatVector, Reshape

from ..saying import says
from .comparing import agree


@pytest.mark.parametrize("shape", [(6, 4), (3, 2, 4)])
def test_dense_is_torchs_linear(shape, rng):
    def theirs(x, W, b):
        return torch.nn.functional.linear(x, W.T, b)

    agree(lambda **kw: Dense(5, **kw), theirs, rng.normal(size=shape))


def test_dense_without_bias_and_with_an_activation(rng):
    agree(
        lambda **kw: Dense(5, "sigmoid", use_bias=False, **kw),
        lambda x, W: torch.sigmoid(x @ W),
        rng.normal(size=(6, 4)),
    )


def test_dense_starts_as_glorot_uniform_with_bias_zero():
    layer = Dense(200)
    layer(np.zeros((1, 100)))
    limit = np.sqrt(6 / 300)
    assert layer.kernel.shape == (100, 200)
    assert 0.99 * limit < abs(layer.kernel.value).max() <= limit
    assert layer.kernel.value.std() == pytest.approx(limit / np.sqrt(3), rel=0.02)
    assert np.array_equal(layer.bias.value, np.zeros(200))


def test_dense_keeps_its_number_of_units_from_numpy():
    assert Dense(np.int64(3)).get_config()["units"] == 3


@pytest.mark.parametrize("units", [0, -2, 2.5, "3", None, True])
def test_dense_refuses_units_that_count_nothing(units):
    text = (
        f"Dense: expected units to be a whole number from 1; got {units!r}. "
        "Give units a positive whole number."
    )
    with says(SettingError, text):
        Dense(units)


@pytest.mark.parametrize("shape", [(None,), (None, None), [(None, 2), (None, 3)]])
def test_dense_refuses_inputs_without_a_known_number_of_features(shape):
    text = (
        f"layer dense: expected one input (N, ..., D) whose D is known; got shape {shape}. "
        "Give each example its features, or channels, along the last axis."
    )
    with says(ShapeError, text):
        Dense(3).ensure_built(shape)


def test_dense_refuses_other_features_than_it_was_built_for():
    layer = Dense(3, name="first")
    layer(np.zeros((2, 4)))
    text = (
        "layer first: expected inputs of shape (None, 4); got shape (None, 5). "
        "Reshape the data to it, or make a new layer for this shape."
    )
    with says(ShapeError, text):
        layer(np.zeros((2, 5)))


def test_an_unknown_activation_is_answered_with_the_nearest():
    text = "activation: expected a known activation; got 'sigmoyd'. Did you mean 'sigmoid'?"
    with says(SettingError, text):
        Dense(3, activation="sigmoyd")


def test_an_activation_may_be_a_plain_function_or_a_layer(rng):
    x = rng.normal(size=(4, 3))

    def cube(z):
        return z * z * z

    for activation, expected in (
        (cube, lambda z: z**3),
        (LeakyReLU(0.25), lambda z: np.where(z > 0, z, 0.25 * z)),
    ):
        layer = Dense(2, activation, dtype="float64")
        output = layer(Tensor(x))
        assert np.allclose(output.value, expected(x @ layer.kernel.value))
        output.sum().backward()
        assert layer.kernel.grad.shape == (3, 2)
    again = Dense.from_config(layer.get_config())
    assert again.activation.negative_slope == 0.25


def test_linear_is_the_activation_when_none_is_named():
    assert Dense(1).activation is Dense(1, "linear").activation is nn.linear


def test_flatten_unrolls_row_by_row():
    x = np.arange(12.0).reshape(2, 2, 3)
    assert Flatten()(x).tolist() == [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]]
    assert Flatten()(x).tolist() == torch.nn.Flatten()(torch.tensor(x)).tolist()
    assert Flatten()(np.zeros((0, 2, 3))).shape == (0, 6)


def test_flatten_of_a_length_that_is_not_known_is_not_known():
    assert Flatten()(Input((None, 3))).shape == (None, None)


def test_reshape_keeps_the_order_of_the_numbers():
    x = np.arange(12.0).reshape(2, 6)
    assert Reshape((3, 2))(x).tolist() == x.reshape(2, 3, 2).tolist()
    assert Reshape((3, -1))(Input((None,))).shape == (None, 3, None)
    assert Reshape((3, 2))(Input((None,))).shape == (None, 3, 2)


@pytest.mark.parametrize("target", [(4, 2), (4, -1), (1,)])
def test_reshape_refuses_what_does_not_fit(target):
    text = (
        "layer reshape: expected 6 numbers an example, as its input (None, 6) has; "
        f"got target_shape {target}. "
        "Make the product of target_shape equal, or let one length be -1."
    )
    with says(ShapeError, text):
        Reshape(target)(np.zeros((2, 6)))


@pytest.mark.parametrize("target", [(-1, -1), (0, 2), (-2, 3)])
def test_reshape_refuses_lengths_that_are_none(target):
    text = (
        "Reshape: expected a target_shape of whole numbers from 1, with one -1 at most; "
        f"got {target}. Leave the batch axis out, and let -1 stand for what is left over."
    )
    with says(SettingError, text):
        Reshape(target)


@pytest.mark.parametrize("dims", [(1,), (2, 1), (2, 3, 1), (3, 1, 2), (1, 3, 2, 4)])
def test_permute_is_torchs(dims, rng):
    x = rng.normal(size=(2, 3, 4, 5, 6)[: len(dims) + 1])
    agree(lambda **kw: Permute(dims, **kw), lambda x: x.permute(0, *dims), x)


def test_permute_leaves_open_what_is_not_known():
    assert Permute((2, 1))(Input((10, 64))).shape == (None, 64, 10)  # Keras' example
    assert Permute((2, 1))(Input((None, 64))).shape == (None, 64, None)


@pytest.mark.parametrize("dims", [(), (0, 1), (1, 1), (1, 3), (-1, 1)])
def test_permute_refuses_what_is_no_order(dims):
    text = (
        f"Permute: expected dims in which each of 1, 2, ... is there once; got {dims}. "
        "Leave the batch out: it is axis 0 and stays in front."
    )
    with says(SettingError, text):
        Permute(dims)


def test_permute_refuses_another_number_of_axes():
    text = (
        "layer permute: expected examples with 2 axes, as many as dims has: 3 axes with the batch; "
        "got shape (None, 4). "
        "Reshape the data, or put a Reshape or Flatten layer before this one."
    )
    with says(ShapeError, text):
        Permute((2, 1))(np.zeros((2, 4)))


def test_repeat_vector_is_torchs(rng):
    theirs = lambda x: x[:, None].repeat(1, 3, 1)
    agree(lambda **kw: RepeatVector(3, **kw), theirs, rng.normal(size=(2, 4)))
    assert RepeatVector(3)(Input((32,))).shape == (None, 3, 32)  # Keras' example
    assert RepeatVector(3)(Input((None,))).shape == (None, 3, None)


@pytest.mark.parametrize("n", [0, -1, 2.0, "2"])
def test_repeat_vector_refuses_what_is_no_count(n):
    text = (
        f"RepeatVector: expected n to be a whole number from 1; got {n!r}. "
        "Give n a positive whole number."
    )
    with says(SettingError, text):
        RepeatVector(n)


def test_repeat_vector_refuses_what_is_no_vector():
    with pytest.raises(ShapeError, match=r"expected vectors \(N, D\): 2 axes with the batch; got"):
        RepeatVector(2)(np.zeros((2, 3, 4)))
