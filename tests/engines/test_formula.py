"""Formulas as lists of operations that write in place."""

import weakref

import numpy as np
import pytest

from pellucid.engines import formula
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


# -- formulas that are kept -----------------------------------------------------------------------


def rows(dtype="float64", width=3):
    return [np.ones((2, width), dtype)]


def shifted(by):
    return lambda x: x + by


def test_functions_that_do_the_same_share_a_formula():
    found = [Formula.of(shifted(by), rows(), []) for by in (1.0, 1.0, 2.0, 1)]
    assert found[0] is found[1]
    assert len({id(formula) for formula in found}) == 3
    maximum = np.maximum
    chain = [Formula.of(lambda x: shifted(2)(maximum(x, 0)), rows(), []) for _ in range(2)]
    assert chain[0] is chain[1]


@pytest.mark.parametrize("other", [rows("float32"), rows(width=4), rows() * 2])
def test_other_arrays_have_another_formula(other):
    def sum_of(*arrays):
        return arrays[0] + arrays[-1]

    assert Formula.of(sum_of, rows(), []) is Formula.of(sum_of, rows(), [])
    assert Formula.of(sum_of, rows(), []) is not Formula.of(sum_of, other, [])


def test_a_function_with_anything_else_around_it_is_asked_anew():
    array = np.array(1.0)
    first = Formula.of(lambda x: x + array, rows(), [])
    assert Formula.of(lambda x: x + array, rows(), []) is not first


def test_a_formula_that_is_kept_holds_no_array():
    x = rows()
    gone = weakref.ref(x[0])
    Formula.of(shifted(3.0), x, [])
    del x
    assert gone() is None


def test_so_many_are_kept(monkeypatch):
    monkeypatch.setattr(Formula, "_known", {})
    monkeypatch.setattr(formula, "MOST", 2)
    for by in range(5):
        Formula.of(shifted(by), rows(), [])
        assert len(Formula._known) <= 2
