"""The kernels called by hand make the steps that the torch engine makes."""

import numpy as np
import pytest
import torch
from benchmarks.peers import bare_worker, pellucid_worker

from benchmarks import jobs, material
from pellucid.engines import in_use, use

SMALL = (jobs.Conv(4), jobs.BatchNorm(), jobs.Relu(), jobs.Conv(3), jobs.BatchNorm(), jobs.Relu())
NETWORKS = {
    "mlp32": jobs.JOBS["mlp32"]._replace(batch=8),
    "mlp128": jobs.JOBS["mlp128"]._replace(batch=8),
    "cnn-bn": jobs.JOBS["cnn-bn"]._replace(
        layers=(*SMALL, jobs.Pool(2), jobs.Flatten(), jobs.Dense(10)), batch=8
    ),
}


@pytest.fixture(autouse=True)
def engine_in_use():
    """What was in use before: a worker says for its whole process which engine computes."""
    before = in_use()
    yield
    use(before)


@pytest.mark.parametrize("name", NETWORKS)
def test_two_steps_lead_to_the_same_scores(name, rng):
    job = NETWORKS[name]
    x = rng.random((8, *jobs.SHAPES[job.data]), np.float32)
    y = rng.integers(0, 10, 8)
    bare = bare_worker.Bare(job)
    ours = pellucid_worker.Pellucid(job, engine="torch")
    np.testing.assert_allclose(bare.predict(x), ours.predict(x), atol=1e-5)
    before = material.mean_loss(job, bare.predict(x), y)
    ends = []
    bare.fit(x, y, 2, lambda: ends.append("bare"))
    ours.fit(x, y, 2, lambda: ends.append("ours"))
    assert ends == ["bare", "bare", "ours", "ours"]
    theirs = bare.predict(x)
    assert material.mean_loss(job, theirs, y) < before
    np.testing.assert_allclose(theirs, ours.predict(x), rtol=1e-3, atol=1e-4)  # Adam's roots


def test_filters_lie_in_the_vector_with_their_channels_last():
    job = NETWORKS["cnn-bn"]
    (W,) = bare_worker.Bare(job).weights[0]
    assert W.shape == (4, 3, 3, 3)
    assert W.is_contiguous(memory_format=torch.channels_last)
    own = material.weights(job)[0]["kernel"]
    np.testing.assert_array_equal(W.permute(2, 3, 1, 0).numpy(), own)
