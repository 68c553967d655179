"""The number type of new weights and data."""

import numpy as np
import pytest

from pellucid import Tensor, floatx, layers, set_floatx
from pellucid.errors import SettingError

from .saying import says


@pytest.fixture
def double():
    set_floatx("float64")
    yield
    set_floatx("float32")


def test_float32_is_the_default():
    assert floatx() == "float32"
    assert layers.Dense(1)(np.zeros((1, 2))).dtype == "float32"


def test_float64_reaches_weights_data_and_tensors(double):
    layer = layers.Dense(1)
    assert layer(np.zeros((1, 2))).dtype == "float64"
    assert layer.kernel.dtype == "float64"
    assert Tensor([1, 2]).dtype == "float64"


@pytest.mark.parametrize("dtype", ["float16", "int32", np.float64, None])
def test_another_type_is_refused(dtype):
    text = f"set_floatx: expected 'float32' or 'float64'; got {dtype!r}. Choose one."
    with says(SettingError, text):
        set_floatx(dtype)
    assert floatx() == "float32"
