"""Each setting is read alike from a shell's text and from a TOML value."""

import pytest

from pellucid.cli.options import BY_NAME, GROUPS, OPTIONS, chosen
from pellucid.errors import SettingError

GOOD = [
    ("epochs", "12", 12),
    ("epochs", 12, 12),
    ("hidden_layers", "0", 0),
    ("units", "153,21", [153, 21]),
    ("units", [153, 21], [153, 21]),
    ("units", "64", [64]),
    ("units", 64, [64]),
    ("image_size", "32", [32, 32]),
    ("image_size", 32, [32, 32]),
    ("image_size", "24x32", [24, 32]),
    ("image_size", [24, 32], [24, 32]),
    ("channels", "3", 3),
    ("channels", 1, 1),
    ("learning_rate", "1e-3", 0.001),
    ("learning_rate", 1, 1.0),
    ("validation_share", "0", 0.0),
    ("dropout", 0.5, 0.5),
    ("verbose", "AUTO", "auto"),
    ("verbose", "2", 2),
    ("activation", "tanh", "tanh"),
]
BAD = [
    ("epochs", "0"), ("epochs", "1.5"), ("epochs", 1.5), ("epochs", True), ("epochs", "many"),
    ("units", "3,"), ("units", "0"), ("units", [1.5]), ("units", {}),
    ("image_size", "1x2x3"), ("image_size", "0"), ("image_size", []), ("image_size", 1.5),
    ("channels", "2"), ("learning_rate", "0"), ("learning_rate", "nan"), ("learning_rate", True),
    ("learning_rate", []), ("test_share", "0"), ("test_share", "1"), ("dropout", "1"),
    ("dropout", "-0.1"), ("verbose", 3), ("activation", 3), ("activation", ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "expected"), GOOD)
def test_a_value_is_read(name, value, expected):
    found = BY_NAME[name].read(value, "here")
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_wrong_value_is_refused_with_its_place_and_what_was_expected(name, value):
    with pytest.raises(SettingError) as caught:
        BY_NAME[name].read(value, "there")
    assert caught.value.where == "there"
    assert caught.value.received == repr(value)
    assert len(caught.value.expected) > 5


def test_the_default_of_every_option_is_one_that_it_would_read():
    for option in BY_NAME.values():
        if option.default is not None:
            assert option.read(option.default, "default") == option.default
        else:
            assert option.otherwise, f"{option.name} says nothing of its default"


def test_the_help_shows_the_default():
    assert BY_NAME["batch_size"].explained().endswith("(default: 32)")
    assert BY_NAME["model"].explained().endswith("(default: cnn for images, mlp for tables)")


def test_every_hyper_parameter_of_the_notes_is_there():
    names = {option.name for option in OPTIONS}
    assert names >= {
        "learning_rate", "momentum", "batch_size", "epochs", "hidden_layers", "units",
        "activation", "decay_rate",
    }  # fmt: skip


def test_every_option_of_a_run_has_its_place_in_a_file():
    places = [(option.table, option.in_file) for option in OPTIONS]
    assert len(set(places)) == len(places)
    assert {table for table, _ in places} == set(GROUPS)


def test_chosen_is_the_given_value_or_the_default():
    assert chosen({"rows": "3"}, "rows") == 3
    assert chosen({}, "rows") == 8
    with pytest.raises(SettingError, match="--rows: expected a whole number from 1 up; got '0'"):
        chosen({"rows": "0"}, "rows")
