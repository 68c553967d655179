"""What a watched pass notes."""

import numpy as np

from pellucid import Input, Sequential
from pellucid.insight.watching import watch
from pellucid.layers import Dense, Flatten


def test_the_calls_of_a_pass_and_its_gradients():
    model = Sequential([Input((2, 2)), Flatten(), Dense(3, activation="relu"), Dense(1)])
    model.compile("adam", "mse")
    x, y = np.ones((4, 2, 2)), np.zeros(4)
    found = watch(model, x, y, None, training=True)
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
    found = watch(model, np.ones((4, 2)), np.zeros(4), None, training=True)
    assert found.model.optimizer is None
    assert model.optimizer is not None
    assert found.model.history is model.history
