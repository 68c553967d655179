"""The gate itself: how it pairs inputs with derivatives, and what it says where one is missing."""

import numpy as np
import pytest

from pellucid import Gate, Tensor, apply, check_gate, no_graph
from pellucid.errors import GraphError
from pellucid.gates import Add, Concatenate, Dense, Embedding, shared


class Product(Gate):
    """y = a b,   da = dy b; b is taken as fixed."""

    def forward(self, a, b):
        self.b = b
        return a * b

    def da(self, dy):
        return dy * self.b


class ScaledProduct(Product):
    """y = a b s,   da = dy b s: a gate from another."""

    def __init__(self, s):
        self.s = s

    def forward(self, a, b):
        return super().forward(a, b * self.s)


def test_each_input_is_paired_with_the_method_that_is_its_derivative():
    assert Product.input_names == ("a", "b")
    assert Product.derivatives == (Product.da, None)
    assert Dense.input_names == ("x", "W", "b")
    assert Dense.derivatives == (Dense.dx, Dense.dW, Dense.db)
    assert Embedding.derivatives == (None, Embedding.dW)
    assert not Product.any_number


def test_a_gate_of_any_number_of_inputs_has_one_derivative():
    assert Concatenate.any_number
    assert Concatenate.derivatives == (Concatenate.dx,)
    assert Concatenate().name_of(5) == "x"


def test_a_gate_made_from_another_inherits_its_derivative():
    assert ScaledProduct.derivatives == (Product.da, None)
    assert check_gate(lambda: ScaledProduct(3.0), [1.0, 2.0], 4.0)


def test_a_gate_needs_a_forward():
    class Nothing(Gate):
        """Nothing at all."""

    with pytest.raises(TypeError, match=r"abstract method '?forward"):
        Nothing()


def test_an_input_without_derivative_that_needs_one_is_named():
    y = apply(Product(), Tensor([1.0]), Tensor([2.0]))
    with pytest.raises(GraphError) as error:
        y.backward()
    assert str(error.value) == (
        "gate Product: expected an input b that needs no gradient; got one that needs it. "
        "Give the gate a method db, or pass a plain array."
    )


def test_an_input_without_derivative_may_be_an_array_or_a_tensor_of_data():
    a = Tensor([1.0])
    for b in (np.float32([2.0]), Tensor([2.0], requires_grad=False)):
        apply(Product(), a, b).backward()
        assert a.grad.tolist() == [2.0]


def test_a_gate_is_applied_to_tensors_once():
    gate, x = Add(), Tensor([1.0])
    apply(gate, x, x)
    for again in (lambda: apply(gate, x, x), lambda: apply(gate, 1.0, 2.0)):
        with pytest.raises(GraphError) as error:
            again()
    assert str(error.value) == (
        "gate Add: expected a gate that is not yet a node of a graph; got one that was applied "
        "before. Make a new gate for each use: it holds the values of its own forward pass."
    )


def test_a_gate_that_is_no_node_may_be_applied_again():
    gate = Add()
    assert apply(gate, 1.0, 2.0) == 3.0
    with no_graph():
        assert apply(gate, Tensor([1.0]), 2.0).tolist() == [3.0]
    assert gate.number == -1
    assert apply(gate, Tensor([2.0]), 2.0).value.tolist() == [4.0]
    assert gate.number >= 0


class Counted(Gate):
    """y = a b with a part that both derivatives read."""

    def __init__(self):
        self.computed = 0

    def forward(self, a, b):
        self.a, self.b = a, b
        return a * b

    @shared
    def part(self, dy):
        """Twice dy."""
        self.computed += 1
        return 2 * dy

    def da(self, dy):
        return self.part(dy) * self.b / 2

    def db(self, dy):
        return self.part(dy) * self.a / 2


def test_a_shared_part_is_computed_once_for_each_gradient_of_the_output():
    a, b = Tensor([3.0]), Tensor([4.0])
    y = apply(Counted(), a, b)
    y.backward()
    assert (a.grad.item(), b.grad.item(), y.gate.computed) == (4.0, 3.0, 1)
    y.backward([10.0])
    assert (a.grad.item(), b.grad.item(), y.gate.computed) == (40.0, 30.0, 2)
    assert Counted.part.__name__ == "part"
    assert Counted.part.__doc__ == "Twice dy."
