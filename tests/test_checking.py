"""Numbers that are settings: what is let through, as what, and the text where it is not."""

import math

import numpy as np
import pytest

from pellucid.checking import above_zero, from_zero, plain_number, share, whole_from
from pellucid.errors import SettingError

from .saying import says


class Owner:
    """Something with settings."""


@pytest.mark.parametrize("value", [0.5, 1, np.float64(0.5), np.float32(0.25), np.int64(3)])
def test_good_numbers_come_back_as_pythons_own(value):
    for found in (above_zero(Owner(), "x", value), from_zero(Owner(), "x", value)):
        assert found == value
        assert type(found) in (int, float)
    assert type(plain_number(np.float32(1.5))) is float


def test_the_ends_of_the_ranges():
    assert from_zero(Owner(), "x", 0) == share(Owner(), "x", 0) == 0
    assert share(Owner(), "x", 0.999) == 0.999
    assert whole_from(Owner(), "x", np.int64(2), 2) == 2
    assert type(whole_from(Owner(), "x", np.int64(2), 2)) is int


@pytest.mark.parametrize("value", [-1, math.nan, math.inf])
def test_numbers_out_of_range(value):
    with says(SettingError, f"Owner: expected x above 0; got {value}. Give x a positive number."):
        above_zero(Owner(), "x", value)
    text = f"Owner: expected x from 0; got {value}. Give x 0 or a positive number."
    with says(SettingError, text):
        from_zero(Owner(), "x", value)
    with says(SettingError, f"Owner: expected x from 0 to below 1; got {value}. Try 0.9."):
        share(Owner(), "x", value)
    with says(SettingError, f"Owner: expected x above 0; got {value}. Try 3."):
        above_zero(Owner(), "x", value, "Try 3.")


@pytest.mark.parametrize("value", [1, 2.0, True, "2"])
def test_what_is_no_whole_number_or_too_small(value):
    text = f"Owner: expected x to be a whole number from 2; got {value!r}. Try 2."
    with says(SettingError, text):
        whole_from(Owner(), "x", value, 2)
