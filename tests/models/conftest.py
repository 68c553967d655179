"""Every test of this room draws its weights and its order of examples from the same seed."""

import pytest

import pellucid


@pytest.fixture(autouse=True)
def seed():
    pellucid.set_random_seed(0)
