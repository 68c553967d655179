"""A step run from its tape gives what the step gives."""

import numpy as np
import pytest

from pellucid import Tensor, nn
from pellucid.gates import Add, Gate
from pellucid.gates.gate import shared
from pellucid.graph import backpropagate
from pellucid.graph.tape import Tape
from pellucid.graph.tensor import apply, mode
from pellucid.layers.parameter import FlatParameters, Parameter


def leaves(rng):
    return [Tensor(rng.normal(size=shape)) for shape in ((3, 4), (4,), (4, 2))]


def two_layers(x, y, W1, b1, W2):
    """A small network with a leaf that is used twice and a gate that meets arrays alone."""
    a = nn.relu(Tensor(x, requires_grad=False) @ W1 + b1)
    weight = nn.exp(y)
    return nn.sum(weight * (a @ W2) ** 2) + 0.1 * nn.sum(W1 * W1), a


def taped(step, given, weights):
    tape = Tape(given, weights)
    with tape.noting():
        loss, output = step(*given, *weights)
        backpropagate(loss, leaves_only=True)
    assert tape.whole
    tape.close(output.value, loss.value)
    return tape


def test_loss_output_and_every_gradient(rng):
    weights = leaves(rng)
    tape = taped(two_layers, (rng.normal(size=(5, 3)), rng.normal(size=(5, 2))), weights)
    for _ in range(3):
        for w in weights:
            w.value[...] = rng.normal(size=w.shape)
        x, y = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
        loss, output = tape.run(x, y)
        found = [w.grad for w in weights]
        expected, a = two_layers(x, y, *weights)
        backpropagate(expected, leaves_only=True)
        assert loss == expected.value
        np.testing.assert_array_equal(output, a.value)
        for one, other in zip(found, (w.grad for w in weights), strict=True):
            np.testing.assert_array_equal(one, other)


class Product(Gate):
    """y = a b, its derivatives read from one result that is remembered for each dy."""

    def forward(self, a, b):
        self.a, self.b = a, b
        return a * b

    @shared
    def both(self, dy):
        return dy * self.b, dy * self.a

    def da(self, dy):
        return self.both(dy)[0]

    def db(self, dy):
        return self.both(dy)[1]


def test_the_part_of_the_way_back_that_is_always_the_same(rng):
    """It is gone once, and what follows is computed anew in each step."""
    W = Tensor(rng.normal(size=(4, 3)))

    def step(x, W):
        y = apply(Product(), Tensor(x, requires_grad=False), W)
        return nn.mean(nn.sum(y, axis=1)), y

    tape = taped(step, (rng.normal(size=(4, 3)),), [W])
    assert len(tape.backs) == 1
    tape.quick = None
    for _ in range(3):
        x = rng.normal(size=(4, 3))
        tape.run(x)
        np.testing.assert_array_equal(W.grad, x / 4)


def test_a_gate_of_any_number_of_inputs(rng):
    x, W = rng.normal(size=(2, 3)), Tensor(rng.normal(size=(2, 3)))

    def step(x, W):
        joined = nn.concatenate([W, Tensor(x, requires_grad=False), W], axis=1)
        return nn.sum(joined * joined), joined

    tape = taped(step, (x,), [W])
    tape.run(x + 1)
    np.testing.assert_allclose(W.grad, 4 * W.value)


def test_frozen_leaves_get_no_gradient(rng):
    x, W, b = rng.normal(size=(2, 3)), Tensor(rng.normal(size=(3, 3))), Tensor(np.ones(3))
    b.requires_grad = False
    tape = taped(lambda x, W, b: ((z := Tensor(x, False) @ W + b).sum(), z), (x,), [W, b])
    loss, _ = tape.run(2 * x)
    assert b.grad is None
    np.testing.assert_allclose(loss, (2 * x @ W.value + 1).sum())


def test_gradients_that_land_in_the_vector_of_a_model(rng):
    """Of a weight that is used once, and of one that is used twice: neither spoils the other."""
    W, V = (Parameter(rng.normal(size=(3, 3)), name) for name in "WV")
    flat = FlatParameters([W, V])

    def step(x, W, V):
        z = nn.dense(nn.dense(nn.dense(Tensor(x, requires_grad=False), V), W), V)
        return nn.sum(z * z), z

    tape = taped(step, (rng.normal(size=(4, 3)),), [W, V])
    x = rng.normal(size=(4, 3))
    tape.run(x)
    found = flat.gradient.copy()
    backpropagate(step(x, W, V)[0], leaves_only=True)
    np.testing.assert_array_equal(found, flat.gradient)
    assert found.all()


@pytest.mark.parametrize(
    "other", [lambda x: np.ones_like(x), lambda x: x.mean(), lambda x: x.copy()]
)
def test_an_array_from_elsewhere_is_not_on_the_tape(rng, other):
    """It may be drawn, or counted from the batch: the next step would need a new one."""
    x = rng.normal(size=(2, 3))
    tape = Tape([x], [])
    with tape.noting():
        Tensor(x) * other(x)
    assert not tape.whole


def test_numbers_are_the_same_at_every_step(rng):
    x = rng.normal(size=(2, 3))
    tape = Tape([x], [])
    with tape.noting():
        2 * Tensor(x) + 1.5
    assert tape.whole


def test_noting_ends_also_with_an_error():
    tape = Tape([], [])
    with pytest.raises(ZeroDivisionError), tape.noting():
        raise ZeroDivisionError
    assert mode.tape is None
    apply(Add(), Tensor(1.0), 2.0)
    assert tape.whole
    assert len(tape.values) == 0


def asked(step, x, weights):
    """The tape of an answer: there is no loss."""
    tape = Tape((x,), weights)
    with tape.noting():
        output = step(Tensor(x, requires_grad=False), *weights)
    tape.close(output.value)
    return tape


def test_an_answer_rectifies_what_is_left_of_the_pooled(rng):
    """Max pooling goes before the rectifier, and does not note where it found what."""
    x, W = rng.normal(size=(2, 8, 8, 3)), Tensor(rng.normal(size=(3, 3, 3, 4)))
    tape = asked(lambda x, W: nn.max_pool2d(nn.relu(nn.conv2d(x, W)), 2), x, [W])
    names = [type(call.forward.__self__).__name__ for call in tape.calls]
    assert names == ["Conv2D", "MaxPool2D", "ReLU"]
    other = rng.normal(size=x.shape)
    expected = nn.max_pool2d(nn.relu(nn.conv2d(other, W.value)), 2)
    np.testing.assert_array_equal(tape.results(other)[0], expected)
    assert tape.calls[1].forward.__self__.winner is None


def test_the_order_stays_where_what_is_between_is_read_again(rng):
    def step(x, W):
        a = nn.relu(nn.conv2d(x, W, padding="same"))
        return nn.max_pool2d(a, 2) + nn.sum(a)

    x, W = rng.normal(size=(2, 8, 8, 3)), Tensor(rng.normal(size=(3, 3, 3, 4)))
    tape, other = asked(step, x, [W]), rng.normal(size=x.shape)
    np.testing.assert_allclose(tape.results(other)[0], step(other, W.value), rtol=1e-14)
    assert type(tape.calls[1].forward.__self__).__name__ == "ReLU"
