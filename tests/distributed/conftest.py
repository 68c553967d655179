"""The scenarios, made once by two and by four processes for all tests."""

import numpy as np
import pytest

from .launching import torchrun
from .scenarios import AMONG, EQUAL

BY_FOUR = ["mlp", "one_row_left", "by_weight", "summed", "cnn", "numbers", "ignored"]
BY_FOUR += ["rows", "chance", "stopped"]


class Made:
    """What each process of a number of them has found, scenario by scenario."""

    def __init__(self, folder, size, names):
        self.folder, self.size = folder, size
        self.done = torchrun(size, "program.py", folder, *names)

    def __call__(self, name):
        """What every process has found in a scenario, by rank."""
        paths = [self.folder / name / f"{rank}.npz" for rank in range(self.size)]
        return [dict(np.load(path)) for path in paths]


@pytest.fixture(scope="session")
def two(tmp_path_factory):
    """All scenarios by two processes."""
    return Made(tmp_path_factory.mktemp("two"), 2, [*EQUAL, *AMONG])


@pytest.fixture(scope="session")
def four(tmp_path_factory):
    """Some of them by four, of which some have no rows of a small batch."""
    return Made(tmp_path_factory.mktemp("four"), 4, BY_FOUR)
