"""Settings of all tests: hypothesis draws the same examples in every run, and Ctrl-C is as in a
terminal, also where a shell runs the tests in the background and has it ignored."""

import signal

import numpy as np
import pytest
from hypothesis import settings

settings.register_profile(
    "pellucid", derandomize=True, deadline=None, max_examples=25, database=None
)
settings.load_profile("pellucid")
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(params=["numpy", "torch"])
def engine(request):
    """Each engine in turn, in use while the test lasts."""
    import torch

    from pellucid import engines

    torch.set_num_threads(1)
    engines.use(request.param)
    yield engines.in_use()
    engines.use("numpy")


@pytest.fixture
def rng():
    """A source of random numbers that is the same for every test."""
    return np.random.default_rng(0)
