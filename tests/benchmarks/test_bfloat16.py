"""Workers whose job is in bfloat16 make their products in it."""

import pytest
import torch
from benchmarks.peers.pellucid_worker import Pellucid
from benchmarks.peers.torch_worker import Torch

import pellucid
from benchmarks import jobs, material


@pytest.fixture
def small(data):
    """A job in bfloat16 with few rows, and its data."""
    job = jobs.JOBS["wide-bfloat16"]._replace(steps=1, batch=8)
    return job, *material.load(job)


def test_pytorchs_layers_give_it(small):
    job, x, y = small
    for each, expected in ((job, torch.bfloat16), (job._replace(precision=None), torch.float32)):
        peer, seen = Torch(each), []
        peer.network[0].register_forward_hook(lambda layer, given, z, seen=seen: seen.append(z))
        peer.fit(x, y, 1, lambda: None)
        assert [z.dtype for z in seen] == [expected]
        assert all(p.dtype == torch.float32 for p in peer.network.parameters())


def test_pellucids_model_has_that_precision(small):
    job, x, y = small
    try:
        peer = Pellucid(job, engine="torch")
        peer.fit(x, y, 1, lambda: None)
    finally:
        pellucid.use("numpy")
    assert peer.model.precision == "mixed_bfloat16"
    assert peer.model.engine.name == "torch"
