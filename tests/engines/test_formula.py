"""Formulas as lists of operations that write in place."""

import numpy as np
import pytest

from pellucid.engines.formula import RESULT, Formula, NotTraceable

ROWS, WIDTH = 5, 12


def arrays(dtype="float32"):
    rng = np.random.default_rng(0)
    x, y = (rng.normal(size=(ROWS, WIDTH)).astype(dtype) for _ in range(2))
    return x, y, rng.normal(size=WIDTH).astype(dtype)


def carried_out(function, rows, vectors):
    formula = Formula(function, rows, vectors)
    result = np.empty((ROWS, WIDTH), formula.dtype)
    formula.into(result, [*rows, *vectors], formula.scratch(ROWS))
    return result, formula


@pytest.mark.parametrize(
    "function",
    [
        lambda x, y, v: x * v - y * v - v,
        lambda x, y, v: (x - v) ** 2,
        lambda x, y, v: y * (x > 0),
        lambda x, y, v: np.maximum(x, 0),
        lambda x, y, v: np.minimum(np.exp(-x), 2.5) / (1 + v * v),
        lambda x, y, v: (x + y) * (x - y) * (x * y + (y - 2 * x) * v),
        lambda x, y, v: x > y,
        lambda x, y, v: x,
        lambda x, y, v: -x,
        lambda x, y, v: 2.0**x - x**3,
    ],
)
def test_to_the_bit_what_the_function_gives(function):
    x, y, v = arrays()
    found, _ = carried_out(function, [x, y], [v])
    expected = function(x, y, v)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


def test_the_arrays_that_come_in_are_left_as_they_are():
    x, y, v = arrays()
    before = [each.copy() for each in (x, y, v)]
    carried_out(lambda x, y, v: (x * v + y) * x - y, [x, y], [v])
    for now, then in zip((x, y, v), before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_a_chain_needs_no_array_beside_its_result():
    _, formula = carried_out(lambda x, v: (((x * v) + v) * v - v) / v, [arrays()[0]], [arrays()[2]])
    assert len(formula.registers) == 1
    assert {operation.to for operation in formula.operations} == {RESULT}


def test_registers_are_used_again():
    """Of four products and three sums of them, no more than two are ever needed beside a third."""
    x, _, v = arrays()
    _, formula = carried_out(lambda x, v: x * v + x * x + v * x + x * v, [x], [v])
    assert len(formula.registers) == 2


def test_truth_values_have_registers_of_their_own():
    x, y, v = arrays()
    _, formula = carried_out(lambda x, y, v: y * (x > v), [x, y], [v])
    assert [np.dtype(r) for r in formula.registers] == [np.float32, np.bool_]


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.where(x > 0, x, 0),
        lambda x: x.sum(),
        lambda x: np.add.reduce(x),
        lambda x: np.modf(x)[0],
        lambda x: x * 2 if x > 0 else x,
        lambda x: 1.0,
        lambda x: (x * 2, x)[1],
    ],
)
def test_what_is_more_than_operators_cannot_be_traced(function):
    with pytest.raises(NotTraceable):
        Formula(function, [arrays()[0]], [])
