"""The first program that a reader of the text types, in a process of its own, and the lines of the
text on losses and logits."""

import subprocess
import sys

import numpy as np
import pytest

from pellucid import Sequential, nn
from pellucid.layers import Dense
from pellucid.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
)

PROGRAM = """\
import numpy as np
from pellucid import Sequential, nn
from pellucid.layers import Dense
from pellucid.losses import BinaryCrossentropy, SparseCategoricalCrossentropy

x = np.array([[200.0, 17.0], [120.0, 5.0], [425.0, 20.0], [212.0, 18.0]])
y = np.array([1, 0, 0, 1])
model = Sequential([Dense(units=153, activation='sigmoid'), \
Dense(units=21, activation='sigmoid'), Dense(units=1, activation='sigmoid')])
model.compile(loss=BinaryCrossentropy())
model.fit(x, y, epochs=100)
model.predict(np.array([[200.0, 17.0]]))

model = Sequential([Dense(units=25, activation='relu'), \
Dense(units=15, activation='relu'), Dense(units=2, activation='linear')])
model.compile(loss=SparseCategoricalCrossentropy(from_logits=True))
model.fit(x, y, epochs=100)
logits = model(x)
f_x = nn.softmax(logits)
"""
AFTERWARDS = """
assert f_x.shape == (4, 2) and abs(f_x.sum(axis=1) - 1).max() < 1e-6, f_x
"""


def test_the_program_runs_as_it_stands():
    command = [sys.executable, "-W", "error", "-c", PROGRAM + AFTERWARDS]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert len(lines) == 200
    assert lines[0].startswith("epoch   1/100  ")
    assert lines[-1].startswith("epoch 100/100  ")
    assert all("  loss " in line for line in lines)


def test_a_stack_of_sigmoids_learns_with_binary_crossentropy(rng):
    x = rng.normal(size=(40, 2))
    y = np.repeat((x.sum(1, keepdims=True) > 0).astype(int), 21, axis=1)
    model = Sequential(
        [Dense(units=153, activation="sigmoid"), Dense(units=21, activation="sigmoid")]
    )
    model.compile(loss=BinaryCrossentropy())
    history = model.fit(x, y, epochs=100, verbose=0).history["loss"]
    assert history[-1] < 0.75 * history[0]
    outputs = model.predict(rng.normal(size=(3, 2)))
    assert outputs.shape == (3, 21)
    assert ((outputs > 0) & (outputs < 1)).all()


@pytest.mark.parametrize(
    ("loss", "activation", "units", "target"),
    [
        (BinaryCrossentropy(), "sigmoid", 1, lambda x: (x[:, 0] > 0).astype(int)),
        (MeanSquaredError(), "linear", 1, lambda x: x[:, 0]),
        (SparseCategoricalCrossentropy(), "softmax", 3, lambda x: x[:, :3].argmax(1)),
        (CategoricalCrossentropy(), "softmax", 3, lambda x: np.eye(3)[x[:, :3].argmax(1)]),
    ],
)
def test_each_loss_of_the_text_trains_the_output_made_for_it(loss, activation, units, target, rng):
    x = rng.normal(size=(64, 4))
    model = Sequential([Dense(20, "relu"), Dense(units, activation)])
    model.compile("adam", loss)
    history = model.fit(x, target(x), epochs=60, verbose=0).history["loss"]
    assert history[-1] < 0.75 * history[0]


def test_logits_of_any_size_are_exact():
    model = Sequential([Dense(units=3, activation="linear", kernel_initializer="ones")])
    model.compile(loss=SparseCategoricalCrossentropy(from_logits=True))
    X = np.array([[1e4, -2e4], [2e4, -1e4]], "float32")
    logits = model(X)
    assert logits.dtype == np.float32
    np.testing.assert_array_equal(logits[:, 0], [-1e4, 1e4])
    np.testing.assert_allclose(nn.softmax(logits), 1 / 3, rtol=1e-6)
    np.testing.assert_array_equal(nn.sigmoid(logits[:, 0]), [0, 1])
    assert model.evaluate(X, np.array([0, 2]), verbose=0) == pytest.approx(np.log(3), rel=1e-6)
    kernel, bias = model.get_weights()
    model.set_weights([kernel * [1, 0, 0], bias])
    assert model.evaluate(X, np.array([0, 0]), verbose=0) == pytest.approx(1e4 / 2, rel=1e-3)
    assert model.train_on_batch(X, np.array([0, 0])) == pytest.approx(1e4 / 2, rel=1e-3)
    assert all(np.isfinite(w).all() for w in model.get_weights())
