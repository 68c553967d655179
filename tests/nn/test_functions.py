"""Every function of `nn` is its gate: arrays in, arrays out; lists too; tensors in, tensors out."""

import importlib
import inspect
import pkgutil

import numpy as np
import pytest

from pellucid import Tensor, apply, gradient_check, nn, no_graph, set_random_seed
from pellucid import gates as g

from .cases import CASES, KEEP, A, B

ROOMS = [room.name for room in pkgutil.iter_modules(nn.__path__, "pellucid.nn.")]
# They take their inputs in another way, or are made of several gates: tested below.
ELSEWHERE = {"concatenate", "dropout", "alpha_dropout", "relu6", "soft_shrink", "tanh_shrink"}
every_case = pytest.mark.parametrize(
    ("name", "make_gate", "inputs", "settings"),
    CASES,
    ids=[f"{name} {settings or ''}" for name, _, _, settings in CASES],
)


def test_every_function_is_here_and_every_gate_has_a_function():
    assert set(nn.__all__) == {name for name, *_ in CASES} | ELSEWHERE
    rooms = [importlib.import_module(name) for name in ROOMS]
    written = {
        name
        for room in rooms
        for name, function in inspect.getmembers(room, inspect.isfunction)
        if function.__module__ == room.__name__ and not name.startswith("_")
    }
    assert written == {*nn.__all__, "whole"}
    used = {type(make_gate()) for _, make_gate, _, _ in CASES} | {g.Concatenate, g.Dropout}
    gates = {getattr(g, name) for name in g.__all__} - {g.Gate, g.shared}
    assert gates - used == {g.Slice}  # that one is x[index]


@every_case
def test_arrays_give_the_gates_array(name, make_gate, inputs, settings):
    found = getattr(nn, name)(*inputs, **settings)
    assert isinstance(found, np.ndarray | np.generic)
    assert np.array_equal(found, apply(make_gate(), *inputs))


@every_case
def test_tensors_give_a_tensor_and_the_gates_gradients(name, make_gate, inputs, settings):
    def as_tensors():
        known = make_gate().derivatives
        return [
            Tensor(v) if derivative else v for v, derivative in zip(inputs, known, strict=False)
        ]

    ours, gates = as_tensors(), as_tensors()
    found, expected = getattr(nn, name)(*ours, **settings), apply(make_gate(), *gates)
    assert isinstance(found, Tensor)
    assert type(found.gate) is type(make_gate())
    assert np.array_equal(found.value, expected.value)
    dy = np.random.default_rng(1).normal(size=found.shape)
    found.backward(dy)
    expected.backward(dy)
    for a, b in zip(ours, gates, strict=True):
        assert isinstance(a, Tensor) == isinstance(b, Tensor)
        if isinstance(a, Tensor):
            assert np.array_equal(a.grad, b.grad)
    with no_graph():
        assert isinstance(getattr(nn, name)(*ours, **settings), np.ndarray | np.generic)


@every_case
def test_lists_are_accepted_and_are_float32(name, make_gate, inputs, settings):
    lists = [v.tolist() for v in inputs]
    found = getattr(nn, name)(*lists, **settings)
    singles = [v.astype("float32") if v.dtype.kind == "f" else v for v in inputs]
    assert found.dtype == "float32"
    assert np.array_equal(found, getattr(nn, name)(*singles, **settings))


@pytest.mark.parametrize(
    ("function", "number", "value"),
    [
        (nn.exp, 0.0, 1.0),
        (nn.log, 1.0, 0.0),
        (nn.sqrt, 4.0, 2.0),
        (nn.abs, -3, 3),
        (nn.relu, -1.0, 0.0),
        (nn.sigmoid, 0.0, 0.5),
        (nn.tanh, 0, 0.0),
        (nn.gelu, 0.0, 0.0),
        (nn.softplus, 0.0, np.log(2)),
    ],
)
def test_a_number_gives_a_number(function, number, value):
    assert function(number) == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_concatenate(axis):
    expected = np.concatenate([A, B, A], axis)
    assert np.array_equal(nn.concatenate([A, B, A], axis), expected)
    found = nn.concatenate((A, Tensor(B), A), axis)
    assert isinstance(found, Tensor)
    assert np.array_equal(found.value, expected)
    lists = nn.concatenate([A.tolist(), B.tolist(), A.tolist()], axis)
    np.testing.assert_allclose(lists, expected, rtol=1e-7)
    assert np.array_equal(nn.concatenate([A, B]), np.concatenate([A, B], -1))


def test_dropout_with_a_mask():
    expected = A * KEEP / 0.6
    for keep in (KEEP, KEEP == 1, KEEP.tolist(), KEEP.astype("float32")):
        np.testing.assert_allclose(nn.dropout(A, 0.4, keep=keep), expected, rtol=1e-15)
    found = nn.dropout(Tensor(A), 0.4, keep=KEEP)
    assert isinstance(found.gate, g.Dropout)
    np.testing.assert_allclose(found.value, expected, rtol=1e-15)


@pytest.mark.parametrize(
    ("function", "composition"),
    [
        (nn.relu6, lambda z: np.clip(z, 0, 6)),
        (nn.soft_shrink, lambda z: np.sign(z) * np.maximum(np.abs(z) - 0.5, 0)),
        (lambda z: nn.soft_shrink(z, 1.0), lambda z: np.sign(z) * np.maximum(np.abs(z) - 1, 0)),
        (nn.tanh_shrink, lambda z: z - np.tanh(z)),
    ],
)
def test_activations_made_of_several_gates(function, composition):
    z = 4 * A
    np.testing.assert_allclose(function(z), composition(z), rtol=1e-14, atol=1e-14)
    assert isinstance(function(Tensor(z)), Tensor)
    assert function(z.tolist()).dtype == "float32"
    assert function(z.astype("float32")).dtype == "float32"
    assert gradient_check(lambda z: nn.sum(function(z) * z), z)


def test_alpha_dropout_with_a_mask():
    low = -1.0507009873554805 * 1.6732632423543772
    dropped = np.where(KEEP == 1, A, low)
    for rate in (0.1, 0.4):
        # of a value with mean 0 and variance 1: E = rate low, and E of the square below
        mean, square = rate * low, (1 - rate) + rate * low**2
        s = 1 / np.sqrt(square - mean**2)
        expected = s * (dropped - mean)
        np.testing.assert_allclose(nn.alpha_dropout(A, rate, keep=KEEP), expected, rtol=1e-12)
        x = Tensor(A)
        nn.alpha_dropout(x, rate, keep=KEEP).backward(B)
        np.testing.assert_allclose(x.grad, B * KEEP * s, rtol=1e-12)
    single = nn.alpha_dropout(A.astype("float32"), 0.4)
    assert single.dtype == nn.alpha_dropout(A.tolist(), 0.4).dtype == "float32"


@pytest.mark.parametrize("x", [np.ones((6, 50)), np.ones((6, 50), int), np.ones((6, 50)).tolist()])
def test_dropout_draws_its_own_mask(x):
    set_random_seed(3)
    first, second = nn.dropout(x, 0.5), nn.dropout(x, 0.5)
    assert {*np.unique(first)} == {0.0, 2.0}
    assert not np.array_equal(first, second)
    set_random_seed(3)
    assert np.array_equal(nn.dropout(x, 0.5), first)
    assert isinstance(nn.dropout(Tensor(x), 0.5), Tensor)


def test_the_calls_of_the_notes():
    """logits = model(X), then nn.softmax(logits) or nn.sigmoid(logits)."""
    logits = np.float32([[1e4, 0.0, -1e4], [0.0, 0.0, 0.0]])
    np.testing.assert_allclose(nn.softmax(logits), [[1, 0, 0], [1 / 3, 1 / 3, 1 / 3]], rtol=1e-6)
    assert nn.sigmoid(logits).tolist() == [[1.0, 0.5, 0.0], [0.5, 0.5, 0.5]]
