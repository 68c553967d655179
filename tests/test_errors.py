"""The one form of an error."""

import copy

import pytest

from pellucid import errors
from pellucid.errors import (
    DataError,
    DistributedError,
    EngineError,
    GraphError,
    ModelFileError,
    NotFiniteError,
    PellucidError,
    SettingError,
    ShapeError,
    nearest,
)

KINDS = [
    *[ShapeError, DataError, SettingError, ModelFileError, GraphError, NotFiniteError],
    *[EngineError, DistributedError],
]


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_says_where_what_was_expected_what_came_and_the_mend(kind):
    error = kind("layer 2 (dense)", "4 features", "5", "Reshape the data.")
    assert str(error) == "layer 2 (dense): expected 4 features; got 5. Reshape the data."
    assert error.where == "layer 2 (dense)"
    assert (error.expected, error.received, error.mend) == ("4 features", "5", "Reshape the data.")
    assert isinstance(error, PellucidError)
    assert isinstance(error, ValueError)
    assert kind.__doc__


def test_an_error_without_a_mend_ends_with_its_sentence():
    assert str(DataError("fit", "x", "y", "")) == "fit: expected x; got y."


def test_every_kind_is_tested_here():
    found = [v for v in vars(errors).values() if isinstance(v, type)]
    found = [v for v in found if issubclass(v, PellucidError) and v is not PellucidError]
    assert set(found) == set(KINDS)


def test_the_nearest_name_or_all_there_are():
    assert nearest("mnits", ["digits", "mnist"]) == "Did you mean 'mnist'?"
    assert nearest("adamm", ["Adamax", "Nadam", "Adam"]) == "Did you mean 'Adam'?"
    assert nearest("xyz", ["mnist", "digits"]) == "There is: digits, mnist."


def test_an_error_travels_to_another_process():
    sent = errors.ShapeError("here", "one", "two", "Mend it.")
    received = copy.copy(sent)
    assert (str(received), received.mend) == (str(sent), "Mend it.")


def test_an_error_may_say_what_it_came_up_in():
    error = DataError("data", "x and y", "x", "Give y.")
    found = error.within("fit, epoch 1, batch 3")
    assert type(found) is DataError
    assert str(found) == "fit, epoch 1, batch 3, data: expected x and y; got x. Give y."
    assert error.where == "data"
