"""Two ways of computing one thing, compared: the value, and the gradient of every input.

`agree` compares a gate with PyTorch, in float64 and in float32; `same` compares two functions made
of gates, in float64. Both hand the same random gradient to the outputs.

Tolerances are relative to the largest number of an array: an element that is a small difference of
large terms cannot be exact to its own size.
"""

import numpy as np
import torch

from pellucid import Tensor, apply

torch.set_num_threads(1)


def close(found, expected, tolerance, what):
    """Assert that two arrays have one shape and, within the tolerance, the same numbers."""
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape, what
    largest = np.abs(expected[np.isfinite(expected)]).max(initial=0)
    np.testing.assert_allclose(
        found, expected, rtol=tolerance, atol=tolerance * largest, err_msg=what
    )


def differentiate(function, inputs):
    """The value of a function of tensors, and its gradients (None for inputs without)."""
    tensors = [Tensor(v) if getattr(v, "dtype", np.dtype(int)).kind == "f" else v for v in inputs]
    output = function(*tensors)
    output.backward(random_gradient(output.shape, output.dtype))
    return output.value, [getattr(t, "grad", None) for t in tensors]


def random_gradient(shape, dtype):
    """A gradient of the output that is the same for both ways."""
    return np.random.default_rng(1).normal(size=shape).astype(dtype)


def agree(make_gate, torch_function, *inputs):
    """Assert that a gate and a function of PyTorch's tensors give the same values and gradients.

    The function gets every array as a tensor, and everything else as it is.
    """
    gate = make_gate()
    for dtype, tolerance in (("float64", 1e-10), ("float32", 1e-5)):
        cast = [
            v.astype(dtype) if isinstance(v, np.ndarray) and v.dtype.kind == "f" else v
            for v in inputs
        ]
        leaves = [
            Tensor(v) if isinstance(v, np.ndarray) and v.dtype.kind == "f" and derivative else v
            for v, derivative in zip(
                cast, gate.derivatives * (len(cast) if gate.any_number else 1), strict=False
            )
        ]
        theirs = [
            torch.tensor(v, requires_grad=isinstance(leaf, Tensor))
            if isinstance(v, np.ndarray)
            else v
            for v, leaf in zip(cast, leaves, strict=True)
        ]
        output, expected = apply(make_gate(), *leaves), torch_function(*theirs)
        close(output.value, expected.detach(), tolerance, f"value in {dtype}")
        dy = random_gradient(output.shape, dtype)
        output.backward(dy)
        expected.backward(torch.tensor(dy))
        checked = 0
        for position, (leaf, their) in enumerate(zip(leaves, theirs, strict=True)):
            if isinstance(leaf, Tensor):
                close(leaf.grad, their.grad, tolerance, f"gradient {position} in {dtype}")
                checked += 1
        assert checked


def same(function, composition, *inputs):
    """Assert that two functions of tensors give the same value and gradients, in float64."""
    value, gradients = differentiate(function, inputs)
    expected, expected_gradients = differentiate(composition, inputs)
    close(value, expected, 1e-10, "value")
    for position, (a, b) in enumerate(zip(gradients, expected_gradients, strict=True)):
        assert (a is None) == (b is None)
        if a is not None:
            close(a, b, 1e-10, f"gradient {position}")
