"""The reverse pass: order, shared use, depth, and what it says where it cannot go on."""

import gc
import weakref

import numpy as np
import pytest

from pellucid import Gate, Tensor, apply, gradient_check, nn
from pellucid.errors import GraphError, ShapeError
from pellucid.graph import backpropagate, gradients_of, walk


def test_gradients_of_a_shared_input_add_up():
    x = Tensor(3.0)
    (x + x).backward()
    assert x.grad == 2
    (x * x).backward()
    assert x.grad == 6
    (x * x * x + 2 * x).backward()
    assert x.grad == 3 * 9 + 2


def test_gradients_through_two_paths_meet():
    """a feeds b and c, which meet in d: each gate is passed once, with its whole gradient."""
    a = Tensor(2.0)
    b, c = a * 3, a * a
    d = b * c  # 3 a^3
    d.backward()
    assert (b.grad, c.grad, a.grad) == (4, 6, 36)


def test_a_long_way_and_a_short_way_to_the_same_tensor():
    """The short way's gradient must wait for the long way's."""
    x = Tensor(2.0)
    y = x * x
    long = y
    for _ in range(5):
        long = long + 1
    (long + y).backward()
    assert y.grad == 2
    assert x.grad == 8


def test_a_ladder_of_diamonds_is_passed_once_a_gate():
    """Forty diamonds have 2^40 paths: only a reverse pass in order comes to an end."""
    x = Tensor(np.ones(()))
    y = x
    for _ in range(40):
        y = y + y
    y.backward()
    assert x.grad == 2.0**40
    assert len(walk(y)) == 41


def test_a_chain_of_5000_gates():
    x = Tensor(np.array([1.0, 2.0]))
    y = x
    for _ in range(5000):
        y = y + 1
    nn.sum(y).backward()
    assert x.grad.tolist() == [1.0, 1.0]
    assert y.value.tolist() == [5001.0, 5002.0]
    del y  # and it is taken apart without going 5,000 calls deep


def test_a_second_backward_sets_the_same_numbers_again():
    x = Tensor([1.0, 2.0])
    y = (x * x).sum()
    y.backward()
    first = x.grad.copy()
    y.backward()
    assert np.array_equal(x.grad, first)
    (3 * x).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]


def test_gradients_of_two_results_are_added_by_adding_the_results():
    x = Tensor([1.0, 2.0])
    a, b = (x * x).sum(), (3 * x).sum()
    (a + b).backward()
    assert x.grad.tolist() == [5.0, 7.0]


def test_tensors_between_have_gradients_too_unless_leaves_only():
    for leaves_only in (False, True):
        x = Tensor([1.0, 2.0])
        h = x * 2
        y = h.sum()
        y.backward(leaves_only=leaves_only)
        assert x.grad.tolist() == [2.0, 2.0]
        assert (h.grad is None) == (y.grad is None) == leaves_only
    assert x.gate is None


def test_a_pass_that_frees_gives_up_what_it_has_gone_through(engine, rng):
    x, W = Tensor(rng.normal(size=(6, 4))), Tensor(rng.normal(size=(4, 4)))
    alive, behind = [], []

    class Watching(Gate):
        """y = x, noting which of the tensors behind it are still there when its turn comes."""

        def forward(self, x):
            return x + 0

        def dx(self, dy):
            alive.append([tensor() is not None for tensor in behind])
            return dy

    first = apply(Watching(), x @ W)
    h = nn.relu(first)
    loss = nn.sum(nn.relu(h) @ W)
    expected = {leaf: np.asarray(dv) for leaf, dv in backpropagate(loss).items()}
    behind += [weakref.ref(h), weakref.ref(first)]
    del h, first
    alive.clear()
    found = backpropagate(loss, frees=True)
    assert alive == [[False, True]]
    assert [tensor() for tensor in behind] == [None, None]
    assert loss.gate is None
    assert loss.grad is not None  # of the pass before
    for leaf, dv in expected.items():
        np.testing.assert_array_equal(found[leaf], dv)
        np.testing.assert_array_equal(leaf.grad, dv)


class Doubled(Gate):
    """y = 2 x, which keeps the gradient that it gives."""

    kept = None

    def forward(self, x):
        return 2 * x

    def dx(self, dy):
        self.kept = 2 * dy
        return self.kept


class Given(Doubled):
    """The same, saying that nobody else holds what it gives."""

    gives_new = True


class Kept(Given):
    """What is said of a class is not said of one that is made of it."""


def test_only_gradients_that_nobody_holds_are_added_to(engine):
    assert [each.gives_new for each in (Doubled, Given, Kept)] == [False, True, False]
    for first, second in ((Doubled, Kept), (Given, Doubled), (Doubled, Given), (Given, Given)):
        x = Tensor([1.0, 3.0]) * 1.0
        gates = first(), second()
        loss = nn.sum(apply(gates[0], x) + apply(gates[1], x))
        backpropagate(loss)
        assert x.grad.tolist() == [4, 4]
        for gate in gates:
            assert gate.kept.tolist() == [2, 2] or type(gate).gives_new


def test_a_rectifier_writes_over_a_gradient_only_where_that_is_nobodys(engine):
    for kind in (Given, Doubled):
        x = Tensor([1.0, -3.0]) * 1.0
        last = kind()
        backpropagate(nn.sum(apply(last, nn.relu(x)) * 2.0), frees=True)
        over = engine.name == "torch" and kind is Given
        assert last.kept.tolist() == ([4, 0] if over else [4, 4])


def test_the_gradients_of_the_leaves_are_returned():
    x, w, unused = Tensor([1.0, 2.0]), Tensor([3.0, 4.0]), Tensor([5.0])
    leaves = backpropagate((x * w).sum())
    assert set(leaves) == {x, w}
    assert leaves[x] is x.grad
    assert leaves[w].tolist() == [1.0, 2.0]
    assert unused.grad is None


def test_a_leaf_is_its_own_derivative():
    x = Tensor([2.0])
    x.backward()
    assert x.grad.tolist() == [1.0]


def test_a_result_of_many_numbers_needs_a_gradient():
    x = Tensor([[1.0, 2.0]])
    y = x * x
    with pytest.raises(ShapeError) as error:
        y.backward()
    assert str(error.value) == (
        "backward: expected a result of one number; got one of shape (1, 2). "
        "Take its sum() or mean() first, or pass gradient= of that shape."
    )
    y.backward([[10.0, 100.0]])
    assert x.grad.tolist() == [[20.0, 400.0]]
    y.backward(np.array([[1, 0]]))
    assert x.grad.tolist() == [[2.0, 0.0]]
    assert x.grad.dtype == "float32"


def test_one_number_may_have_any_shape():
    for shape in ((), (1,), (1, 1)):
        x = Tensor(np.full(shape, 3.0))
        (x * x).backward()
        assert x.grad.tolist() == np.full(shape, 6.0).tolist()


class Unwilling(Gate):
    """y = a + b, whose derivative by a must not be asked for."""

    def forward(self, a, b):
        return a + b

    def da(self, dy):
        raise AssertionError("nobody needs da")

    def db(self, dy):
        return dy


def test_what_nobody_needs_is_never_computed():
    b = Tensor([1.0])
    for a in (Tensor([1.0], requires_grad=False), np.ones(1), 1.0):
        apply(Unwilling(), a, b).backward()
        assert b.grad.tolist() == [1.0]
    data = Tensor([1.0], requires_grad=False)
    between = data * 2
    apply(Unwilling(), between, b).backward()
    assert between.grad is None
    assert data.grad is None


class WrongShape(Gate):
    """y = x W, with a derivative by W that forgets to sum."""

    def forward(self, x, W):
        self.x, self.W = x, W
        return x * W

    def dx(self, dy):
        return dy * self.W

    def dW(self, dy):
        return dy * self.x


def test_a_derivative_of_the_wrong_shape_is_named():
    x, W = Tensor(np.ones((4, 3))), Tensor(np.ones(3))
    y = apply(WrongShape(), x, W).sum()
    with pytest.raises(ShapeError) as error:
        y.backward()
    assert str(error.value) == (
        "gate WrongShape: expected dW in the shape of W, (3,); got shape (4, 3). "
        "Let dW sum over, or reshape to, what W has."
    )


class Rounded(Gate):
    """y = x to the nearest whole number: it has no derivative."""

    def forward(self, x):
        return self.xp.round(x)


def test_a_gate_without_derivative_stops_the_reverse_pass():
    y = apply(Rounded(), Tensor([1.2]) * 2).sum()
    with pytest.raises(GraphError) as error:
        y.backward()
    assert str(error.value) == (
        "gate Rounded: expected an input x that needs no gradient; got one that needs it. "
        "Give the gate a method dx, or pass a plain array."
    )
    data = Tensor([1.2], requires_grad=False)
    w = Tensor([2.0])
    (apply(Rounded(), data) * w).backward()
    assert w.grad.tolist() == [1.0]


def test_walk_puts_every_tensor_after_those_it_came_from():
    x, w = Tensor([1.0]), Tensor([2.0])
    a = x * w
    b = a + x
    y = b * a
    found = walk(y)
    assert set(found[:2]) == {x, w}
    assert found[2:] == [a, b, y]
    assert walk(x) == [x]


def test_a_graph_is_freed_as_soon_as_nobody_holds_its_result(rng):
    """There is no cycle in it: counting references is enough, and memory returns at each step."""
    x, W, b = rng.normal(size=(4, 3)), Tensor(rng.normal(size=(3, 2))), Tensor(np.zeros(2))
    gc.disable()
    try:
        h = nn.relu(nn.dense(x, W, b))
        z = nn.batch_norm(h, Tensor(np.ones(2)), Tensor(np.zeros(2)))
        y = nn.mean(nn.sparse_softmax_cross_entropy(z, [0, 1, 1, 0]))
        y.backward()
        held = [weakref.ref(each) for t in walk(y) if t.gate for each in (t, t.gate)]
        assert len(held) == 10
        del h, z, y
        assert [ref() for ref in held] == [None] * 10
    finally:
        gc.enable()
    assert W.grad is not None


def test_gradients_are_not_changed_by_what_is_done_with_another():
    """An addition hands the same array on to both: the reverse pass never writes into it."""
    a, b = Tensor([1.0, 2.0]), Tensor([3.0, 4.0])
    s = a + b
    (s * s + a).sum().backward()
    assert s.grad.tolist() == [8.0, 12.0]
    assert a.grad.tolist() == [9.0, 13.0]
    assert b.grad.tolist() == [8.0, 12.0]


def test_a_deep_expression_agrees_with_central_differences(rng):
    def f(x, y):
        h = nn.tanh(x @ y) + nn.sum(x, axis=1, keepdims=True)
        h = nn.softmax(h * nn.sigmoid(h)) / (1 + nn.exp(-h))
        return nn.sum(nn.concatenate([h, h[:, ::-1]]) ** 2) + nn.max(nn.abs(y))

    check = gradient_check(f, rng.normal(size=(4, 3)), rng.normal(size=(3, 5)))
    assert check, str(check)
    assert [row.name for row in check.rows] == ["x", "y"]


# -- looking, without setting anything ------------------------------------------------------------


def test_gradients_of_are_those_of_backward_and_set_none():
    x, w = Tensor([1.0, 2.0]), Tensor(3.0)
    z = x * w
    y = (z * z + z).sum()
    found = gradients_of(y)
    assert all(tensor.grad is None for tensor in walk(y))
    y.backward()
    assert found.keys() == set(walk(y))
    for tensor, gradient in found.items():
        np.testing.assert_array_equal(gradient, tensor.grad)
    twice = gradients_of(z, [2.0, 0.0])
    assert twice[x].tolist() == [6.0, 0.0]


def test_data_and_what_is_made_of_it_alone_have_no_gradient():
    x, w = Tensor([1.0, 2.0], requires_grad=False), Tensor(3.0)
    scaled = x * 2
    found = gradients_of((scaled * w).sum())
    assert x not in found
    assert scaled not in found
    assert found[w] == 6


def test_a_graph_is_walked_gate_by_gate():
    """After `backward`, every value and gradient can be read on the way; a step keeps leaves'."""
    x, w, b = Tensor([[1.0, 2.0]]), Tensor([[3.0], [4.0]]), Tensor([0.5])
    loss = nn.sum(nn.sigmoid(nn.dense(x, w, b)))
    loss.backward()
    a = loss.gate.inputs[0]
    z = a.gate.inputs[0]
    assert [type(t.gate).__name__ for t in (loss, a, z)] == ["Sum", "Sigmoid", "Dense"]
    assert z.gate.input_names == ("x", "W", "b")
    assert [source is t for source, t in zip(z.gate.inputs, (x, w, b), strict=True)] == [True] * 3
    np.testing.assert_allclose(z.grad, a.grad * a.value * (1 - a.value))
    np.testing.assert_array_equal(b.grad, z.grad[0])
    again = nn.sum(nn.exp(x))
    again.backward(leaves_only=True)
    assert again.gate.inputs[0].grad is None
    assert x.grad is not None


def test_a_leaf_is_ready_once_its_gradient_is_whole():
    a, b, c = Tensor(2.0), Tensor(3.0), Tensor(5.0)
    told = []
    y = (a * b) * b + c * 1.0  # b is used twice, c by the gate that is visited first
    gradients = backpropagate(y, ready=lambda leaf: told.append((leaf, float(leaf.grad))))
    assert told == [(c, 1.0), (a, 9.0), (b, 12.0)]
    assert {leaf: float(g) for leaf, g in gradients.items()} == {a: 9.0, b: 12.0, c: 1.0}
