"""Looking on while layers are called."""

import numpy as np
import pytest

from pellucid import Input, Sequential
from pellucid.layers import Dense
from pellucid.layers.attending import attended


def noting(seen):
    def around(layer, run):
        def running(inputs, training):
            output = run(inputs, training)
            seen.append((layer.name, inputs.shape, output.shape, training))
            return output

        return running

    return around


def test_each_call_is_told_inside_and_none_afterwards():
    model, seen = Sequential([Input((3,)), Dense(4), Dense(1)]), []
    x = np.ones((2, 3), "float32")
    with attended(model.layers, noting(seen)):
        model(x, training=True)
    assert seen == [("dense", (2, 3), (2, 4), True), ("dense_1", (2, 4), (2, 1), True)]
    model(x)
    assert len(seen) == 2
    assert all("run" not in vars(layer) for layer in model.layers)


def test_an_error_inside_leaves_no_trace():
    layer = Dense(2)
    with pytest.raises(ZeroDivisionError), attended([layer], noting([])):
        raise ZeroDivisionError
    assert "run" not in vars(layer)
