"""A run whose batches are shared, as one process sees it; several make it in tests/distributed."""

import copy

import numpy as np
import pytest

from pellucid import Input, Sequential
from pellucid.layers import Dense
from pellucid.training.feeding import Arrays, Batches
from pellucid.training.team import Team

from ..distributed.groups import ThreadGroup, Threads


@pytest.fixture
def team():
    """The second of three processes."""
    model = Sequential([Input((1,)), Dense(1)])
    model.compile("sgd", "mse")
    return Team(model, ThreadGroup(Threads(3), 1))


def test_the_share_is_that_of_the_batch_in_hand_though_others_are_read_ahead(team, monkeypatch):
    x = np.arange(8.0)[:, None]
    model = team.model
    monkeypatch.setattr(type(model.engine), "ahead", lambda self, batches: iter(list(batches)))
    feed = Arrays(model, (x, x, None), 5)  # batches of five rows and of three
    feed.team = team
    seen = [(given[0].ravel().tolist(), team.share) for given in feed.one_pass(0, 0)]
    assert seen == [([2.0, 3.0], (5, 2, 0.4)), ([6.0], (3, 1, 1 / 3))]


@pytest.mark.parametrize("read_ahead", [False, True])
def test_batches_that_are_handed_out_are_divided_too(team, read_ahead, monkeypatch):
    x, kind = np.arange(7.0)[:, None], type(team.model.engine)
    if read_ahead:
        monkeypatch.setattr(kind, "ahead", lambda self, batches: iter(list(batches)))
    feed = Batches(team.model, [(x[:5], x[:5]), (x[5:], x[5:])], "here {epoch} {batch}")
    feed.team = team
    seen = [(given[1].ravel().tolist(), team.share) for given in feed.epoch()]
    assert seen == [([2.0, 3.0], (5, 2, 0.4)), ([6.0], (2, 1, 0.5))]


def test_a_copy_of_a_model_is_on_its_own(team):
    team.model.team = team
    assert copy.deepcopy(team.model).team is None
