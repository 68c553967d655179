"""What holds for every gate, over the table of cases."""

import importlib
import inspect
import pkgutil

import numpy as np
import pytest

import pellucid.gates
from pellucid import Gate, Tensor, apply, check_gate
from pellucid.engines import engine_of, find, numpy_engine

from ..bringing import as_numpy, brought, type_of
from .cases import CASES

every_case = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


def concrete_gates():
    """All but the one that needs other processes: test_synchronized.py has what it must hold."""
    rooms = [
        importlib.import_module(f"pellucid.gates.{room.name}")
        for room in pkgutil.iter_modules(pellucid.gates.__path__)
        if room.name != "synchronized"
    ]
    return {
        kind
        for room in rooms
        for kind in vars(room).values()
        if inspect.isclass(kind) and issubclass(kind, Gate) and not inspect.isabstract(kind)
    }


def has_derivative(gate, position):
    return gate.derivatives[0 if gate.any_number else position] is not None


def as_tensors(engine, case, inputs, dtype):
    """The inputs in `dtype`, those as tensors that have a derivative."""
    gate, result = case.make_gate(), []
    for position, value in enumerate(inputs):
        if getattr(value, "dtype", np.dtype(int)).kind == "f":
            value = brought(engine, value.astype(dtype, copy=False))
            result.append(Tensor(value) if has_derivative(gate, position) else value)
        else:
            result.append(brought(engine, value))
    return result


def differentiate(engine, case, inputs, dtype="float64"):
    """The output, the inputs as tensors, and the gradients for a random gradient of the output."""
    tensors = as_tensors(engine, case, inputs, dtype)
    output = apply(case.make_gate(), *tensors)
    if not isinstance(output, Tensor):  # no array among the inputs
        return output, [], []
    output.backward(np.random.default_rng(1).normal(size=output.shape))
    tensors = [t for t in tensors if isinstance(t, Tensor)]
    return output.value, tensors, [t.grad for t in tensors]


def test_every_gate_is_exported_and_has_cases():
    exported = {getattr(pellucid.gates, name) for name in pellucid.gates.__all__}
    assert concrete_gates() == exported - {Gate, pellucid.gates.shared}
    assert concrete_gates() == {case.gate_class for case in CASES}


def test_case_names_differ():
    assert len({case.name for case in CASES}) == len(CASES)


def test_every_gate_has_its_equation_in_its_docstring():
    for gate in concrete_gates():
        assert gate.__doc__ is not None, gate
        assert "=" in gate.__doc__, gate


@every_case
def test_derivatives_agree_with_central_differences(case, engine, rng):
    check = check_gate(case.make_gate, *brought(engine, case.inputs(rng)))
    assert check, str(check)
    assert check.rows
    assert all(row.kinks == 0 for row in check.rows), str(check)


@every_case
def test_float32_stays_float32_and_gradients_have_the_inputs_shapes(case, engine, rng):
    for dtype in ("float32", "float64"):
        output, tensors, gradients = differentiate(engine, case, case.inputs(rng), dtype)
        if tensors:
            assert type_of(output) == dtype
        for tensor, gradient in zip(tensors, gradients, strict=True):
            assert gradient.shape == tensor.shape
            assert type_of(gradient) == dtype


@every_case
def test_same_inputs_give_the_same_and_are_left_alone(case, engine, rng):
    inputs = case.inputs(rng)
    before = [np.array(value) for value in inputs if value is not None]
    first, second = (differentiate(engine, case, inputs) for _ in range(2))
    assert np.array_equal(first[0], second[0])
    assert all(map(np.array_equal, first[2], second[2]))
    after = [value for value in inputs if value is not None]
    assert all(map(np.array_equal, before, after))


@every_case
def test_arrays_give_an_array_and_the_tensors_value(case, engine, rng):
    inputs = case.inputs(rng)
    output = apply(case.make_gate(), *brought(engine, inputs))
    assert not isinstance(output, Tensor)
    expected, tensors, _ = differentiate(engine, case, inputs)
    assert np.array_equal(output, expected)
    assert not tensors or engine_of(output) is engine_of(expected) is engine


def turned(value):
    """The same numbers with the axes in reverse order in memory, and gaps between them."""
    wide = np.empty((*value.shape[::-1], 2))
    other = wide.T[0] if value.ndim else wide[:1].reshape(())
    other[...] = value
    return other


def broadcast(value):
    """The same numbers, with strides of 0 along axes of length 1."""
    return np.broadcast_to(value, value.shape)


@pytest.mark.parametrize("layout", [turned, broadcast])
@every_case
def test_arrays_may_be_read_only_and_lie_in_any_order(case, layout, engine, rng):
    def elsewhere(value):
        if not isinstance(value, np.ndarray) or value.dtype.kind != "f":
            return value
        other = layout(value)
        other.flags.writeable = False
        return other

    inputs = case.inputs(rng)
    expected, found = (
        differentiate(engine, case, each) for each in (inputs, map(elsewhere, inputs))
    )
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-12, atol=1e-12)
    for a, b in zip(found[2], expected[2], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


@every_case
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-10), ("float32", 1e-5)])
def test_the_engines_agree(case, dtype, tolerance, rng):
    """Relative to the largest number of an array, and of what is summed up into one."""
    inputs = case.inputs(rng)
    sizes = [np.abs(v).max(initial=0) for v in inputs if isinstance(v, np.ndarray)]
    found = [differentiate(each, case, inputs, dtype) for each in (numpy_engine, find("torch"))]
    (expected, _, slopes), (output, _, gradients) = found
    for a, b in zip([expected, *slopes], [output, *gradients], strict=True):
        a, b = np.asarray(a), as_numpy(b)
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        largest = np.abs(a[np.isfinite(a)]).max(initial=0)
        largest = max(largest, 1e-3 * max(sizes, default=0)) if a.ndim == 0 else largest
        np.testing.assert_allclose(b, a, rtol=tolerance, atol=tolerance * largest)
