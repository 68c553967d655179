"""What the Diagnosis callback costs, as the benchmark finds it."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
from benchmarks.peers.pellucid_worker import Pellucid

from benchmarks import diagnosing, jobs
from pellucid.callbacks import Diagnosis

JOB = jobs.JOBS["tiny"]


@pytest.fixture
def data(rng):
    return rng.normal(size=(64, 20)).astype(np.float32), rng.integers(0, 3, size=64)


def test_the_share_is_that_of_the_hooks(data, monkeypatch):
    """By a clock that goes on by one second each time it is read: so much does each hook take."""
    clock = itertools.count()
    monkeypatch.setattr(diagnosing, "time", SimpleNamespace(perf_counter=lambda: next(clock)))
    hooks = 1 + 1 + 2 + 1 + 1  # of one epoch of two batches
    assert diagnosing.share(JOB, *data, epochs=1) == (hooks / (2 * hooks + 1), 2 * hooks + 1)


def test_a_timed_callback_sees_what_another_sees(data):
    seen = []
    for is_timed in (False, True):
        diagnosis = Diagnosis(verbose=0)
        taken = diagnosing.timed(diagnosis) if is_timed else []
        Pellucid(JOB).model.fit(*data, JOB.batch, 3, verbose=0, callbacks=[diagnosis])
        seen.append((len(diagnosis.looks), diagnosis.step, diagnosis.history.keys()))
        assert len(taken) == is_timed * (1 + 3 + 6 + 3 + 1)
    assert seen[0] == seen[1]
    assert seen[0][1] == 6
