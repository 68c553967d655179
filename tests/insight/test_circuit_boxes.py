"""What stands on a box."""

import numpy as np
import pytest

from pellucid import Tensor, nn
from pellucid.insight.circuit_boxes import Boxes, clipped, figure, sign_of

A = Tensor([[1.0, 2.0], [3.0, 4.0]])


@pytest.mark.parametrize(
    ("tensor", "sign", "shown"),
    [
        (A + A, "+", [0, 1]),
        (A + 1, "+1", [0]),
        (1 - A, "1−", [1]),
        (A - 0.5, "−0.5", [0]),
        (A * -1, "×−1", [0]),
        (2 / A, "2/x", [1]),
        (A / 4, "÷4", [0]),
        (A**2, "x²", [0]),
        (A**3, "x^3", [0]),
        (nn.maximum(0, A), "max(0, x)", [1]),
        (nn.dense(A, A), "x W", [0, 1]),
        (nn.dense(A, A, A[0]), "x W + b", [0, 1, 2]),
        (nn.softplus(A), "softplus", [0]),
        (A @ A, "@", [0, 1]),
    ],
)
def test_signs(tensor, sign, shown):
    assert sign_of(tensor.gate) == (sign, shown)


def test_figures():
    assert figure(np.float32(1 / 3)) == ["0.333"]
    assert figure(np.array([[1.0, 2.0], [3.0, -4.0]])) == ["[1 2; 3 −4]"]
    assert figure(np.full((5, 2), 1234.5)) == ["(5, 2)", "1234 ± 0"]
    assert figure(np.array([])) == ["(0,)", "nan ± nan"]
    assert figure(float("nan")) == ["nan"]


def test_inputs_that_may_not_be_swapped_have_letters():
    a, b = Tensor(1.0), Tensor(2.0)
    for tensor, letters in ((a - b, ["a", "b"]), (a * b, ["", ""]), (nn.exp(a), [""])):
        boxes = Boxes([tensor], lambda t: None, lambda t: "leaf").boxes
        assert [wire.letter for box in boxes for wire in box.wires] == letters


def test_long_names_lose_their_middle():
    assert clipped("a" * 20 + "b" * 20) == "a" * 12 + "…" + "b" * 12
