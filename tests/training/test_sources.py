"""What does not go together in what fit, evaluate and predict are given."""

import re

import numpy as np
import pytest

from pellucid.errors import SettingError

from .networks import data, make
from .test_feeding import cut

X, Y = data(16)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"y": Y}, "no y beside data that come in batches; got a ndarray. Leave it out: each ba"),
        ({"sample_weight": np.ones(3)}, "no sample_weight beside data that come in batches; got a"),
        ({"batch_size": 8}, "no batch_size beside data that come in batches; got 8. Leave it out"),
        ({"validation_split": 0.2}, "no validation_split beside data that come in batches; got 0"),
        ({"steps_per_epoch": 0}, "steps_per_epoch to be a whole number from 1, or None; got 0."),
        ({"steps_per_epoch": 2.5}, "steps_per_epoch to be a whole number from 1, or None; got 2.5"),
    ],
)
def test_batches_stand_alone(settings, text):
    with pytest.raises(SettingError, match=re.escape(f"fit: expected {text}")):
        make().fit(cut(), verbose=0, **settings)


def test_measuring_and_predicting_say_who_they_are():
    with pytest.raises(SettingError, match="evaluate: expected no y beside data that come in bat"):
        make().evaluate(cut(), Y)
    with pytest.raises(SettingError, match="predict: expected no batch_size beside data that com"):
        make().predict(cut(), batch_size=3)
    with pytest.raises(SettingError, match="evaluate: expected steps to be a whole number from 1"):
        make().evaluate(X, Y, steps=-1)
    with pytest.raises(SettingError, match="predict: expected steps to be a whole number from 1,"):
        make().predict(X, steps="all")
