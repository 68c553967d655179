"""Settings that are looked over: what comes back, and what is said of the rest."""

import math

import numpy as np
import pytest

from pellucid.errors import SettingError
from pellucid.settings import (
    is_whole,
    kept_share,
    known_seed,
    known_settings,
    not_negative,
    one_of,
    plain_number,
    positive,
    share,
    whole,
)

from .saying import says


class Thing:
    """What the settings belong to."""


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1, True), (np.int64(7), True), (0, False), (True, False), (1.0, False), ("1", False)],
)
def test_whole_numbers_are_told_from_others(value, expected):
    assert is_whole(value, 1) is expected


def test_what_is_right_comes_back():
    assert one_of(Thing(), "kind", None, ("a", None)) is None
    assert one_of(Thing(), "kind", "Valid", ("valid", "same")) == "valid"
    assert one_of(Thing(), "kind", "roc", ("ROC", "PR")) == "ROC"
    assert known_settings(Thing(), "kind", "ab", str.upper) == "ab"
    assert known_seed(Thing(), np.int64(3)) == 3
    assert known_seed(Thing(), None) is None
    assert share(Thing(), "rate", 0, "") == 0
    assert share(Thing(), "rate", np.float32(1), "") == 1
    assert positive(Thing(), "size", 0.5, "") == 0.5
    assert not_negative(Thing(), "size", 0, "") == 0
    assert whole(Thing(), "count", np.int8(3), 1, "") == 3
    assert type(whole(Thing(), "count", np.int8(3), 1, "")) is int
    assert type(share(Thing(), "rate", np.float32(1), "")) is float


@pytest.mark.parametrize(
    ("check", "value", "text"),
    [
        (
            lambda *a: one_of(*a, ("a", None)),
            "b",
            "x 'a' or None; got 'b'. Choose one.",
        ),
        (
            lambda *a: one_of(*a, ("valid", "same", "causal")),
            "smae",
            "x 'valid', 'same' or 'causal'; got 'smae'. Did you mean 'same'?",
        ),
        (lambda *a: one_of(*a, ("a",)), 1, "x 'a'; got 1. Choose one."),
        (lambda *a: share(*a, "Try 0."), 1.1, "x from 0 to 1; got 1.1. Try 0."),
        (lambda *a: share(*a, "Try 0."), math.nan, "x from 0 to 1; got nan. Try 0."),
        (lambda *a: share(*a, "Try 0."), "1", "x from 0 to 1; got '1'. Try 0."),
        (lambda *a: positive(*a, "Try 1."), 0, "x above 0; got 0. Try 1."),
        (lambda *a: positive(*a, "Try 1."), math.inf, "x above 0; got inf. Try 1."),
        (lambda *a: not_negative(*a, "Try 1."), -1, "x from 0; got -1. Try 1."),
        (lambda *a: whole(*a, 2, "Try 2."), 1, "x to be a whole number from 2; got 1. Try 2."),
        (
            lambda *a: whole(*a, 0, "Try 2."),
            True,
            "x to be a whole number from 0; got True. Try 2.",
        ),
        (lambda *a: whole(*a, 0, "Try 2."), 1.5, "x to be a whole number from 0; got 1.5. Try 2."),
    ],
)
def test_what_is_wrong_is_named(check, value, text):
    with says(SettingError, f"Thing: expected {text}"):
        check(Thing(), "x", value)


@pytest.mark.parametrize("value", [0.5, 1, np.float64(0.5), np.float32(0.25), np.int64(3)])
def test_good_numbers_come_back_as_pythons_own(value):
    for found in (positive(Thing(), "x", value), not_negative(Thing(), "x", value)):
        assert found == value
        assert type(found) in (int, float)
    assert type(plain_number(np.float32(1.5))) is float


def test_the_ends_of_the_ranges():
    assert not_negative(Thing(), "x", 0) == kept_share(Thing(), "x", 0) == 0
    assert kept_share(Thing(), "x", 0.999) == 0.999
    assert whole(Thing(), "x", np.int64(2), 2) == 2
    assert type(whole(Thing(), "x", np.int64(2), 2)) is int


@pytest.mark.parametrize("value", [-1, math.nan, math.inf])
def test_numbers_out_of_range(value):
    with says(SettingError, f"Thing: expected x above 0; got {value}. Give x a positive number."):
        positive(Thing(), "x", value)
    text = f"Thing: expected x from 0; got {value}. Give x 0 or a positive number."
    with says(SettingError, text):
        not_negative(Thing(), "x", value)
    with says(SettingError, f"Thing: expected x from 0 to below 1; got {value}. Try 0.9."):
        kept_share(Thing(), "x", value)
    with says(SettingError, f"Thing: expected x above 0; got {value}. Try 3."):
        positive(Thing(), "x", value, "Try 3.")


@pytest.mark.parametrize("value", [1, 2.0, True, "2"])
def test_what_is_no_whole_number_or_too_small(value):
    text = f"Thing: expected x to be a whole number from 2; got {value!r}. Try 2."
    with says(SettingError, text):
        whole(Thing(), "x", value, 2)
