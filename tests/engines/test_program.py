"""Programs: the calls of a step, made again with other arrays; what cannot be followed has none."""

import numpy as np
import pytest

from pellucid.engines.program import record


@pytest.fixture
def x(rng):
    return rng.normal(size=(4, 3))


def again(step, given, lasting=(), change=None):
    """What the program gives for other arrays, and what the step itself gives for them."""
    made = record(step, given, lasting)
    assert made is not None
    others = [array[::-1].copy() for array in given]
    if change is not None:
        change(*lasting)
    found = [np.array(result) for result in made(*others)]
    return found, step(*others, *lasting)


def scores(x, y):
    """Operators, reductions, places, and writing in place."""
    at_y = np.arange(4), y
    z = x - np.max(x, axis=1, keepdims=True)
    z *= 2
    e = np.exp(z)
    e /= e.sum(axis=1, keepdims=True)
    e[at_y] -= 1
    return [e, z[at_y], z.reshape(-1)[y + 1], np.astype(z > -1, z.dtype), z.argmax(axis=1)]


def test_a_program_gives_what_the_step_gives(x):
    found, expected = again(scores, [x, np.array([0, 2, 1, 1])])
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, b)
        assert a.dtype == b.dtype


def test_views_of_what_is_given_follow_it(x):
    def step(x, y):
        return [x.T.dot(y), np.permute_dims(x, (1, 0)) + 1, x[1:, None].reshape(3, 3).T * 2]

    found, expected = again(step, [x, np.arange(4.0)])
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, b)


def test_lasting_arrays_are_read_anew_and_constants_are_not(x):
    W, asked = np.ones((3, 2)), []

    def step(x, W):
        constant = np.full(2, 3.0)
        asked.append(1)
        return [x.dot(W * W) + constant * constant]

    found, expected = again(step, [x], [W], change=lambda W: np.multiply(W, 5, out=W))
    np.testing.assert_array_equal(found[0], expected[0])
    assert found[0].max() > 9 + np.abs(x).sum(axis=1).max()
    assert len(asked) == 2  # for the record, and for what is expected
    assert len(record(step, [x], [W]).calls) == 3


def test_a_product_may_be_written_where_it_has_to_go(x):
    place = np.zeros((3, 3))
    made = record(lambda x: [x.T.dot(x, out=place)], [x], [])
    made(2 * x)
    np.testing.assert_array_equal(place, 4 * (x.T @ x))


def test_plain_numbers_take_the_type_of_the_arrays_beside_them():
    x = np.ones(3, np.float32)
    made = record(lambda x: [np.maximum(x, 0) - 1, x * 0.1], [x], [])
    assert [a.dtype for a in made(x)] == [np.float32, np.float32]
    assert made(x)[1][0] == np.float32(0.1)


ELSEWHERE = np.zeros((4, 3))
UNKNOWN = {
    "a choice": lambda x: [x if x.sum() > 0 else -x],
    "a number": lambda x: [float(x.sum()) * x],
    "a loop": lambda x: [sum(row for row in x)],
    "an array": lambda x: [np.asarray(x) + 1],
    "another function": lambda x: [np.sort(x)],
    "another method": lambda x: [x.cumsum()],
    "two results": lambda x: list(np.modf(x)),
    "memory of others": lambda x: [np.add(x, 1, out=ELSEWHERE)],
    "written to what is given": lambda x: [np.add(x, 1, out=x)],
    "places and slices": lambda x: [x[np.array([0, 1]), 1:]],
    "a copy": lambda x: [x.T.reshape(-1)],
    "a part of what is given": lambda x: [x[1:]],
}


@pytest.mark.parametrize("step", UNKNOWN.values(), ids=UNKNOWN)
def test_a_step_that_asks_for_more_has_no_program(step, x):
    before = x.copy()
    assert record(step, [x], []) is None
    np.testing.assert_array_equal(x, before)


def test_errors_of_the_step_itself_are_not_hidden(x):
    def step(x):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        record(step, [x], [])
