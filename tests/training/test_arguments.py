"""What a run is asked for: good numbers pass, others are named with where they were given."""

import numpy as np
import pytest

from pellucid.errors import SettingError
from pellucid.training.arguments import check_run

from ..saying import says


def test_good_numbers_pass():
    check_run("fit")
    check_run("fit", batch_size=np.int64(8), epochs=3, initial_epoch=5, validation_split=0.5)
    check_run("fit", validation_split=None, class_weight={0: 0, 1: 2.5})


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"batch_size": 0}, "batch_size to be a whole number from 1; got 0. Try 32."),
        ({"epochs": 0}, "epochs to be a whole number from 1; got 0. Try 1."),
        ({"initial_epoch": 0.5}, "initial_epoch to be a whole number from 0; got 0.5. Try 0."),
        ({"validation_split": 1}, "validation_split from 0 to below 1; got 1. Try 0.2."),
        ({"class_weight": 3}, "class_weight to be a dictionary; got int. Try {0: 1.0, 1: 2.0}."),
        (
            {"class_weight": {"a": "b"}},
            "class_weight['a'] from 0; got 'b'. Give class_weight['a'] 0 or a positive number.",
        ),
    ],
)
def test_what_is_out_of_range_is_named(given, text):
    with says(SettingError, f"here: expected {text}"):
        check_run("here", **given)
