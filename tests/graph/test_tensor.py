"""Tensors: what they take, what they answer, and formulas typed as they stand in the text."""

import operator
import threading
from contextlib import contextmanager

import numpy as np
import pytest

from pellucid import Tensor, apply, gradient_check, nn, no_graph, set_floatx
from pellucid import gates as g

TWO = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]
COMPARE = [operator.lt, operator.le, operator.gt, operator.ge]


@contextmanager
def float64():
    set_floatx("float64")
    try:
        yield
    finally:
        set_floatx("float32")


# -- making one -----------------------------------------------------------------------------------


def test_numbers_lists_and_whole_numbers_become_floatx():
    for value in (3, 3.0, [1, 2], [1.5], np.arange(3), np.array([True]), ((1, 2), (3, 4))):
        assert Tensor(value).dtype == "float32"
        with float64():
            assert Tensor(value).dtype == "float64"
    assert Tensor(np.arange(3)).value.tolist() == [0.0, 1.0, 2.0]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_arrays_of_floating_point_numbers_are_taken_as_they_are(dtype):
    x = np.ones(3, dtype)
    assert Tensor(x).value is x


def test_data_keep_their_type():
    x = np.arange(3, dtype=np.uint8)
    data = Tensor(x, requires_grad=False)
    assert data.value is x
    assert not data.requires_grad


def test_a_new_tensor_is_a_leaf():
    t = Tensor([1.0], name="w")
    assert (t.grad, t.gate, t.requires_grad, t.name) == (None, None, True, "w")


def test_what_an_array_has():
    t = Tensor(np.ones((2, 3)))
    assert (t.shape, t.ndim, t.size, t.dtype, len(t)) == ((2, 3), 2, 6, np.dtype("float64"), 2)
    assert Tensor([[2.5]]).item() == 2.5
    assert float(Tensor(2.5)) == 2.5


def test_as_an_array():
    t = Tensor([1.5, 2.5])
    assert np.asarray(t) is t.value
    copy = np.array(t)
    assert copy.tolist() == [1.5, 2.5]
    assert not np.shares_memory(copy, t.value)
    assert np.asarray(t, dtype="int64").tolist() == [1, 2]


def test_repr():
    t = Tensor([1.0, 2.0], name="x")
    assert repr(t) == "Tensor(array([1., 2.], dtype=float32), name='x')"
    assert repr(t * 2) == "Tensor(array([2., 4.], dtype=float32), from Multiply)"


def test_tensors_are_keys_by_identity():
    a, b = Tensor([1.0]), Tensor([1.0])
    assert a != b
    assert {a: 1, b: 2}[a] == 1


# -- operators ------------------------------------------------------------------------------------


@pytest.mark.parametrize("op", TWO)
@pytest.mark.parametrize("shape", [(2, 3), (3,), ()])
def test_operators_with_a_tensor_on_either_side(op, shape, rng):
    a, b = rng.uniform(0.5, 2, (2, 3)), np.asarray(rng.uniform(0.5, 2, shape))
    expected = op(a, b)
    for y in (op(Tensor(a), Tensor(b)), op(Tensor(a), b), op(a, Tensor(b))):
        assert isinstance(y, Tensor)
        np.testing.assert_allclose(y.value, expected, rtol=1e-15)
    assert gradient_check(op, a, b)
    assert gradient_check(lambda x: op(x, b), a)
    assert gradient_check(lambda x: op(a, x), b)


@pytest.mark.parametrize("op", TWO)
@pytest.mark.parametrize("number", [2, 0.5, np.float32(2), np.float64(2)])
def test_operators_with_a_number_on_either_side(op, number):
    t = Tensor([1.0, 3.0])
    for y, expected in (
        (op(t, number), op(t.value, number)),
        (op(number, t), op(number, t.value)),
    ):
        assert isinstance(y, Tensor)
        assert y.dtype == expected.dtype
        np.testing.assert_allclose(y.value, expected, rtol=1e-6)


@pytest.mark.parametrize("op", TWO)
def test_python_numbers_keep_float32(op):
    for number in (2, 0.5):
        for function in (lambda t, n=number: op(t, n), lambda t, n=number: op(n, t)):
            t = Tensor([1.0, 3.0])
            y = nn.sum(function(t))
            y.backward()
            assert y.dtype == t.grad.dtype == "float32"


@pytest.mark.parametrize("shapes", [((2, 3), (3, 4)), ((3,), (3, 4)), ((2, 3), (3,)), ((3,), (3,))])
def test_matrix_products_with_a_tensor_on_either_side(shapes, rng):
    a, b = (rng.normal(size=shape) for shape in shapes)
    for y in (Tensor(a) @ Tensor(b), Tensor(a) @ b, a @ Tensor(b)):
        assert isinstance(y, Tensor)
        assert np.array_equal(y.value, a @ b)
    assert gradient_check(operator.matmul, a, b)
    assert gradient_check(lambda x: a @ x, b)


def test_lists_on_either_side():
    t = Tensor([1.0, 2.0])
    assert (t + [1, 2]).value.tolist() == ([1, 2] + t).value.tolist() == [2.0, 4.0]


def test_one_input_operators(rng):
    x = rng.normal(size=(2, 3))
    t = Tensor(x)
    assert np.array_equal((-t).value, -x)
    assert np.array_equal(abs(t).value, np.abs(x))
    assert gradient_check(lambda t: -t, x)
    assert gradient_check(abs, x)


@pytest.mark.parametrize("op", COMPARE)
def test_comparisons_give_arrays(op):
    x, other = np.array([1.0, 2.0, 3.0]), np.array([3.0, 2.0, 1.0])
    for found in (op(Tensor(x), other), op(x, Tensor(other)), op(Tensor(x), Tensor(other))):
        assert isinstance(found, np.ndarray)
        assert found.tolist() == op(x, other).tolist()
    assert op(Tensor(x), 2).tolist() == op(x, 2).tolist()
    assert op(2, Tensor(x)).tolist() == op(2, x).tolist()


def test_a_comparison_selects():
    x = Tensor([-1.0, 2.0])
    y = nn.where(x > 0, x, 0.1 * x)
    y.sum().backward()
    assert x.grad.tolist() == np.float32([0.1, 1.0]).tolist()


def test_numpys_own_functions_are_refused_where_they_would_lose_the_graph():
    with pytest.raises(TypeError, match="does not support ufuncs"):
        np.exp(Tensor([1.0]))


def test_indexing_and_walking_along(rng):
    x = rng.normal(size=(3, 4))
    t = Tensor(x)
    assert np.array_equal(t[1, ::2].value, x[1, ::2])
    assert np.array_equal(t[t > 0].value, x[x > 0])
    rows = list(t)
    assert len(rows) == 3
    sum(row.sum() for row in rows).backward()
    assert t.grad.tolist() == np.ones((3, 4)).tolist()


def test_methods_are_the_gates(rng):
    x = rng.normal(size=(2, 3, 4))
    t = Tensor(x)
    for found, expected in (
        (t.T, x.T),
        (t.sum(), x.sum()),
        (t.sum(1), x.sum(1)),
        (t.sum((0, 2), keepdims=True), x.sum((0, 2), keepdims=True)),
        (t.mean(), x.mean()),
        (t.mean(-1, True), x.mean(-1, keepdims=True)),
        (t.max(), x.max()),
        (t.max(0), x.max(0)),
        (t.reshape(6, 4), x.reshape(6, 4)),
        (t.reshape((4, -1)), x.reshape(4, -1)),
        (t.reshape([24]), x.reshape(24)),
        (t.reshape(-1), x.reshape(-1)),
        (t.transpose(), x.T),
        (t.transpose(1, 0, 2), x.transpose(1, 0, 2)),
        (t.transpose((2, 0, 1)), x.transpose(2, 0, 1)),
        (t.transpose([0, 2, 1]), x.transpose(0, 2, 1)),
    ):
        assert isinstance(found, Tensor)
        assert found.gate is not None
        assert found.shape == expected.shape
        np.testing.assert_allclose(found.value, expected, rtol=1e-14)


# -- the graph that grows -------------------------------------------------------------------------


def test_a_result_knows_its_gate_and_the_gate_its_inputs():
    a, b = Tensor([1.0]), np.array([2.0])
    y = a * b
    assert isinstance(y.gate, g.Multiply)
    assert y.gate.inputs[0] is a
    assert y.gate.inputs[1] is b
    assert (y + 1).gate.number > y.gate.number


def test_a_result_needs_a_gradient_where_one_of_its_inputs_does():
    data, weight = Tensor([1.0], requires_grad=False), Tensor([1.0])
    assert not (data * 2).requires_grad
    assert (data * weight).requires_grad
    assert (2 * (data + data) * weight).requires_grad


def test_arrays_alone_give_arrays():
    y = apply(g.Add(), np.ones(2), 1.0)
    assert isinstance(y, np.ndarray)


def test_no_graph_gives_arrays_and_ends_where_it_ends():
    t = Tensor([1.0])
    with no_graph():
        assert isinstance(t * 2, np.ndarray)
        with no_graph():
            assert isinstance(nn.relu(t), np.ndarray)
        assert isinstance(t * 2, np.ndarray)
    assert isinstance(t * 2, Tensor)


def test_no_graph_ends_when_an_error_leaves_it():
    with pytest.raises(ZeroDivisionError), no_graph():
        raise ZeroDivisionError
    assert isinstance(Tensor([1.0]) * 2, Tensor)


def test_no_graph_is_of_one_thread():
    found = {}

    def work():
        found["other"] = Tensor([1.0]) * 2
        with no_graph():
            inside.set()
            leave.wait()

    with no_graph():
        inside, leave = threading.Event(), threading.Event()
        thread = threading.Thread(target=work)
        thread.start()
        inside.wait()
        found["here"] = Tensor([1.0]) * 2
    found["after"] = Tensor([1.0]) * 2  # while the other thread is still inside its own
    leave.set()
    thread.join()
    assert isinstance(found["other"], Tensor)
    assert isinstance(found["here"], np.ndarray)
    assert isinstance(found["after"], Tensor)


# -- examples of the text -------------------------------------------------------------------------


def test_the_circuit_of_x_plus_y_times_z():
    """f = (x + y) z at (-2, 5, -4): q = 3, f = -12; df/dq = z = -4 goes on to x and y."""
    x, y, z = Tensor(-2.0), Tensor(5.0), Tensor(-4.0)
    q = x + y
    f = q * z
    f.backward()
    assert (q.item(), f.item()) == (3, -12)
    assert (f.grad, q.grad, x.grad, y.grad, z.grad) == (1, -4, -4, -4, 3)


def test_the_sigmoid_neuron():
    """w0 x0 + w1 x1 + w2 with w = (2, -3, -3), x = (-1, -2): z = -2 + 6 - 3 = 1, f = 0.73.

    df/dz = f (1 - f) = 0.73 0.27 = 0.197; each weight gets it times its input, and each input
    times its weight.
    """
    with float64():
        w0, w1, w2, x0, x1 = (Tensor(v) for v in (2.0, -3.0, -3.0, -1.0, -2.0))
    z = w0 * x0 + w1 * x1 + w2
    f = 1 / (1 + nn.exp(-z))
    f.backward()
    assert z.item() == 1
    assert round(f.item(), 2) == 0.73
    assert round(float(z.grad), 3) == 0.197
    for variable, by_hand in zip(
        (w0, x0, w1, x1, w2), (-0.2, 0.39, -0.39, -0.59, 0.2), strict=True
    ):
        assert round(float(variable.grad), 2) == by_hand
    one_gate = nn.sigmoid(z)
    np.testing.assert_allclose(one_gate.value, f.value, rtol=1e-15)


def test_the_hidden_layer_of_the_notes(rng):
    """f = W2 max(0, W1 x + b1) + b2, with examples as columns, and its derivatives by hand."""
    W1, b1 = rng.normal(size=(5, 3)), rng.normal(size=(5, 1))
    W2, b2 = rng.normal(size=(2, 5)), rng.normal(size=(2, 1))
    x, df = rng.normal(size=(3, 4)), rng.normal(size=(2, 4))
    tensors = [Tensor(v) for v in (W1, b1, W2, b2, x)]
    tW1, tb1, tW2, tb2, tx = tensors
    f = tW2 @ nn.maximum(0, tW1 @ tx + tb1) + tb2
    f.backward(df)
    z = W1 @ x + b1
    a = np.maximum(0, z)
    dz = (W2.T @ df) * (z > 0)
    by_hand = dz @ x.T, dz.sum(1, keepdims=True), df @ a.T, df.sum(1, keepdims=True), W1.T @ dz
    np.testing.assert_allclose(f.value, W2 @ a + b2, rtol=1e-12)
    for tensor, expected in zip(tensors, by_hand, strict=True):
        np.testing.assert_allclose(tensor.grad, expected, rtol=1e-12, atol=1e-14)


def test_the_same_expression_on_arrays_and_with_arrays_on_the_left(rng):
    W1, x, b1 = rng.normal(size=(5, 3)), rng.normal(size=3), rng.normal(size=5)
    formula = lambda W1, x, b1: nn.maximum(0, W1 @ x + b1)
    expected = formula(W1, x, b1)
    assert isinstance(expected, np.ndarray)
    for y in (formula(W1, Tensor(x), b1), formula(Tensor(W1), x, b1), formula(W1, x, Tensor(b1))):
        assert isinstance(y, Tensor)
        np.testing.assert_allclose(y.value, expected, rtol=1e-14)
    assert gradient_check(lambda x: formula(W1, x, b1), x)


def test_the_backward_pass_of_logistic_regression(rng):
    """With a = sigmoid(x w + b) and the mean cross-entropy: dz = (a - y) / m, dw = x^T dz."""
    x, w, b = rng.normal(size=(6, 3)), Tensor(rng.normal(size=(3, 1))), Tensor(np.zeros(1))
    y = np.array([[0], [1], [1], [0], [1], [0]])
    z = x @ w + b
    a = nn.sigmoid(z)
    J = nn.mean(nn.binary_cross_entropy(a, y))
    J.backward()
    dz = (a.value - y) / 6
    np.testing.assert_allclose(z.grad, dz, rtol=1e-12)
    np.testing.assert_allclose(w.grad, x.T @ dz, rtol=1e-12)
    np.testing.assert_allclose(b.grad, dz.sum(0), rtol=1e-12)
