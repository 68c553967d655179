"""What does not go together in what fit, evaluate and predict are given."""

import re

import numpy as np
import pytest

from pellucid.errors import SettingError
from pellucid.layers import Dense, Flatten, Input
from pellucid.models import Sequential
from pellucid.training import sources
from pellucid.training.sources import to_predict

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


def test_predict_takes_fewer_of_large_examples_at_a_time(monkeypatch):
    """256 rows, or so many as make 4 MB, but not below 32; a size that is asked for holds."""
    model = Sequential([Input((64, 64, 3)), Flatten(), Dense(2)])
    x = np.zeros((300, 64, 64, 3), "float32")  # 49,152 bytes each
    model.ensure_built((None, 64, 64, 3))
    batches = to_predict(model, x, None, None).in_order()
    assert [rows.stop - rows.start for rows in batches] == [64, 64, 64, 64, 44]
    assert len(to_predict(model, x[:, :8, :8], None, None).in_order()) == 2
    assert len(to_predict(model, x, 100, None).in_order()) == 3
    assert len(to_predict(model, x, None, 2).in_order()) == 2
    monkeypatch.setattr(sources, "AT_ONCE", 1)
    assert len(to_predict(model, x, None, None).in_order()) == 10
