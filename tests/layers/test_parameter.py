"""Parameters, and the vector that holds all of a model's."""

import copy

import numpy as np

from pellucid import constraints
from pellucid.layers.parameter import FlatParameters, Parameter


def parameters():
    return [Parameter(np.arange(6.0).reshape(2, 3), "W"), Parameter(np.ones(2), "b")]


def test_the_vector_holds_the_values_one_after_the_other():
    W, b = parameters()
    flat = FlatParameters([W, b])
    assert flat.theta.tolist() == [0, 1, 2, 3, 4, 5, 1, 1]
    flat.theta += 1
    assert W.value.tolist() == [[1, 2, 3], [4, 5, 6]]
    b.assign([7, 8])
    assert flat.theta[-2:].tolist() == [7, 8]


def test_gradients_are_received_into_their_places():
    W, b = parameters()
    flat = FlatParameters([W, b])
    b.receive(np.array([5.0, 6.0]))
    assert flat.gradient.tolist() == [0, 0, 0, 0, 0, 0, 5, 6]
    assert b.grad.base is not None
    flat.clear_except({W})
    assert flat.gradient.tolist() == [0] * 8


def test_a_parameter_alone_keeps_its_gradient():
    W, _ = parameters()
    dW = np.ones((2, 3))
    W.receive(dW)
    assert W.grad is dW


def test_the_layout_is_known_by_its_parameters():
    W, b = parameters()
    flat = FlatParameters([W, b])
    assert flat.still_holds([W, b])
    assert not flat.still_holds([W])
    FlatParameters([b])
    assert not flat.still_holds([W, b])


def test_slots_follow_their_parameters_into_another_layout():
    W, b = parameters()
    before = FlatParameters([W, b])
    new = Parameter(np.zeros(1), "new")
    after = FlatParameters([b, new, W])
    slot = np.arange(8.0)
    assert after.carry_over(slot, before).tolist() == [6, 7, 0, 0, 1, 2, 3, 4, 5]


def test_slots_begin_as_they_are_told_where_a_parameter_is_new():
    W, b = parameters()
    before = FlatParameters([W, b])
    after = FlatParameters([b, Parameter(np.zeros(1), "new"), W])
    first = np.full(9, 0.5)
    assert after.carry_over(np.arange(8.0), before, first).tolist() == [6, 7, 0.5, 0, 1, 2, 3, 4, 5]


def test_a_layout_knows_the_names_that_the_model_gives():
    W, b = parameters()
    assert FlatParameters([W, b]).names == ["W", "b"]
    flat = FlatParameters([W, b], ["dense/W", "dense/b"])
    assert flat.names == copy.deepcopy(flat).names == ["dense/W", "dense/b"]


def test_a_copy_has_its_own_values_in_no_vector():
    W, b = parameters()
    FlatParameters([W, b])
    W.requires_grad = False
    W.constraint, W.learning_rate_multiplier = constraints.MaxNorm(1.5), 0.5
    other = copy.deepcopy(W)
    assert other.constraint.get_config() == W.constraint.get_config()
    assert other.constraint is not W.constraint
    assert other.learning_rate_multiplier == 0.5
    other.assign(0)
    assert W.value.sum() == 15
    assert other.home is None
    assert other.trainable
    assert not other.requires_grad


def test_a_copied_layout_lays_out_the_copies():
    flat = FlatParameters(parameters())
    other = copy.deepcopy(flat)
    assert other.theta.tolist() == flat.theta.tolist()
    other.theta += 1
    assert flat.parameters[0].value[0, 0] == 0
    assert other.parameters[0].value[0, 0] == 1


def test_no_parameters_make_an_empty_vector():
    assert FlatParameters([]).theta.size == 0
