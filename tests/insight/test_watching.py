"""What a watched pass notes."""

import numpy as np

from pellucid import Input, Model, Sequential, nn
from pellucid.graph import gradients_of
from pellucid.insight.watching import activation_of, copied, watch
from pellucid.layers import Dense, Dropout, Flatten, PReLU


def test_the_calls_of_a_pass_and_its_gradients():
    model = Sequential([Input((2, 2)), Flatten(), Dense(3, activation="relu"), Dense(1)])
    model.compile("adam", "mse")
    x, y = np.ones((4, 2, 2)), np.zeros(4)
    found = watch(model, x, y, training=True)
    assert [call.name for call in found.calls] == ["flatten", "dense", "dense_1"]
    assert all(call.is_whole for call in found.calls)
    assert found.calls[1].z.gate is not None
    assert found.calls[1].output.gate.inputs[0] is found.calls[1].z
    assert found.gradient(found.calls[0].output) is None  # nobody needs it
    assert found.gradient(found.output).shape == (4, 1)
    assert found.gradient("no tensor") is None


def test_neither_the_optimiser_nor_the_tapes_are_copied():
    model = Sequential([Input((2,)), Dense(1)])
    model.compile("adam", "mse")
    found = watch(model, np.ones((4, 2)), np.zeros(4), training=True)
    assert found.model.optimizer is None
    assert model.optimizer is not None
    assert model.history is not None
    assert found.model.repeated is found.model.history is None


def test_what_a_model_lists_is_noted_as_one_and_what_is_inside_it_by_itself():
    inner = Sequential([Input((2,)), Dense(3), Dense(2)], name="inner")
    model = Sequential([Input((2,)), inner, Dense(1)])
    found = watch(model, np.ones((4, 2)))
    assert [call.name for call in found.calls] == ["inner/dense", "inner/dense_1", "dense"]
    assert [call.name for call in found.listed] == ["inner", "dense"]
    assert [call.original for call in found.listed] == model.layers
    assert found.listed[0].output is found.calls[1].output
    assert found.listed[1].layer is found.model.layers[1]
    assert found.listed[1].layer is not model.layers[1]


def test_a_model_with_a_call_of_its_own_lists_its_layers():
    class Own(Model):
        def __init__(self):
            super().__init__()
            self.top = Dense(1)

        def call(self, x):
            return nn.relu(self.top(x))

    found = watch(Own(), np.ones((4, 2)))
    assert [call.name for call in found.listed] == ["dense"]
    assert [call.name for call in found.calls] == ["dense", "own"]


def test_the_gradient_of_the_input_where_it_is_wanted():
    model = Sequential([Input((2,)), Dense(1)])
    found = watch(model, np.ones((4, 2)), with_slopes=True)
    slopes = gradients_of(found.output, np.ones((4, 1), "float32"))[found.data[0]]
    np.testing.assert_array_equal(slopes, np.tile(model.layers[0].kernel.value.T, (4, 1)))
    assert not watch(model, np.ones((4, 2))).data[0].requires_grad


def test_one_copy_can_be_watched_again():
    model = Sequential([Input((2,)), Dense(8, "tanh"), Dropout(0.5), Dense(1)])
    model.compile("adam", "mse")
    x, y, copy = np.ones((4, 2)), np.zeros(4), copied(model)
    first = watch(copy, x, is_copy=True)
    second = watch(copy, x, y, training=True, is_copy=True)
    assert first.model is second.model is copy
    assert [call.name for call in first.calls] == [call.name for call in second.calls]
    assert [call.name for call in second.calls] == ["dense", "dropout", "dense_1"]
    expected = watch(model, x, y, training=True)
    np.testing.assert_array_equal(second.output.value, expected.output.value)
    for layer in copy.all_layers():
        assert "run" not in vars(layer)
    assert copy.layers[0].activation is model.layers[0].activation


def test_the_names_of_activations():
    layers = Dense(1, "relu"), Dense(1), Dense(1, activation=PReLU(name="bent")), Flatten()
    assert [activation_of(layer) for layer in layers] == ["relu", "", "bent", ""]
