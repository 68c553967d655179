"""The benchmark lies beside the library, not in it: its folder is found from here."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))


@pytest.fixture
def data(tmp_path, monkeypatch):
    """Stand-ins for both files: ten images of each kind, image i all of ink i."""
    for name, shape in (("mnist", (28, 28)), ("cifar10_small", (32, 32, 3))):
        x = np.broadcast_to(
            np.arange(10, dtype=np.uint8).reshape(10, *(1,) * len(shape)), (10, *shape)
        )
        np.savez(tmp_path / f"{name}.npz", x_train=x, y_train=np.arange(10, dtype=np.uint8))
    monkeypatch.setenv("PELLUCID_DATA", str(tmp_path))
