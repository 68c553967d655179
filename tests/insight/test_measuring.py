"""Arrays in a few numbers."""

import math

import numpy as np
import pytest

from pellucid import Tensor
from pellucid.insight.measuring import digits, short, statistics


def test_they_are_those_of_numpy_in_float64():
    x = np.random.default_rng(0).normal(1e4, 1.0, size=(300, 400)).astype("float32")
    x[0] = 0
    s, exact = statistics(Tensor(x)), x.astype("float64")
    assert s.shape == (300, 400)
    assert s.mean == pytest.approx(exact.mean(), rel=1e-12)
    assert s.deviation == pytest.approx(exact.std(), rel=1e-12)
    assert s.norm == pytest.approx(np.linalg.norm(exact), rel=1e-12)
    assert (s.smallest, s.largest, s.zeros) == (0, x.max(), 1 / 300)


def test_nothing_and_nan():
    assert all(math.isnan(v) for v in statistics(np.zeros((0, 3)))[1:])
    s = statistics([0.0, float("nan"), float("inf")])
    assert math.isnan(s.mean)
    assert s.zeros == pytest.approx(1 / 3)
    assert statistics([True, False]).mean == 0.5


@pytest.mark.parametrize(
    ("number", "text", "brief"),
    [
        (1234.5, "1234", "1234"),
        (99999.0, "99999", "99999"),
        (123456.0, "1.23e+05", "1.23e+05"),
        (-0.00012345, "−0.000123", "−0.000123"),
        (0.1, "0.100", "0.1"),
        (999.9, "1.00e+03", "1e+03"),
        (float("nan"), "nan", "nan"),
        (float("-inf"), "−inf", "−inf"),
    ],
)
def test_numbers_as_texts(number, text, brief):
    assert digits(number) == text
    assert short(number) == brief
