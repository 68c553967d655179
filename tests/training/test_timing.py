"""Copies of a model are timed; the model itself is as it was."""

import numpy as np
import pytest

from pellucid import Input, Sequential
from pellucid.layers import BatchNormalization, Dense, Dropout
from pellucid.training.timing import MOST, ROUNDS, WARM_UP, replica, seconds_a_step


@pytest.fixture
def model(rng):
    """A network with all that a step may change: weights, averages, chance, an optimiser."""
    model = Sequential(
        [Input((3,)), Dense(4), BatchNormalization(), Dropout(0.5, seed=1), Dense(1)]
    )
    model.compile("adam", "mse")
    model.fit(rng.normal(size=(8, 3)), rng.normal(size=8), epochs=2, verbose=0)
    return model


def batch(value=1.0):
    return np.full((8, 3), value, "float32"), np.ones((8, 1), "float32"), None


def test_a_model_is_as_it_was(model):
    optimizer = model.optimizer
    before = model.get_weights(), model.random_states(), optimizer.iterations
    slots = {name: slot.copy() for name, slot in optimizer.state.items()}
    history, progress = model.history, model.progress
    found = seconds_a_step({"a": replica(model), "b": replica(model)}, batch())
    assert found.keys() == {"a", "b"}
    assert all(seconds > 0 for seconds in found.values())
    assert all(map(np.array_equal, model.get_weights(), before[0]))
    assert model.random_states() == before[1]
    assert (optimizer.iterations, optimizer.learning_rate) == (before[2], 0.001)
    assert all((optimizer.state[name] == slot).all() for name, slot in slots.items())
    assert (model.history, model.progress) == (history, progress)
    assert model.repeated is None


def test_copies_take_turns_and_their_weights_stay_where_they_are(model):
    made, copies = [], {"a": replica(model), "b": replica(model)}
    for name, each in copies.items():

        def step(x, y, weight, name=name, own=each.train_step):
            made.append(name)
            return own(x, y, weight)

        each.train_step = step
    seconds_a_step(copies, batch())
    turns = "".join(name for i, name in enumerate(made) if i == 0 or made[i - 1] != name)
    assert turns == "ab" * (ROUNDS + 1)
    assert len(made) <= 2 * (WARM_UP + 1 + ROUNDS * MOST)
    theta = model.parameters.theta
    assert all((each.parameters.theta == theta).all() for each in copies.values())


def test_a_loss_that_is_not_finite_leaves_a_copy_out(model):
    assert seconds_a_step({"a": replica(model)}, batch(np.nan)) == {}
