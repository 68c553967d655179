"""The comparison of precisions: what it trains, and when it says that the limit is missed."""

from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import precision, programs
from pellucid import engines


@pytest.fixture(autouse=True)
def numpy_afterwards():
    yield
    engines.use("numpy")


def test_a_program_is_trained_in_the_precision_for_so_many_epochs(rng, monkeypatch):
    seen = []

    def program(data):
        model = programs.Sequential([programs.Dense(3)])
        model.compile(programs.Adam(0.01), programs.from_scores, metrics=["accuracy"])
        model.fit(data.x, data.y, 8, 5, validation_data=(data.x, data.y))
        seen.append((model.precision, len(model.history.history["loss"])))
        return model

    monkeypatch.setattr(programs, "fashion_dense", program)
    engines.use("torch")
    x = rng.normal(size=(32, 6)).astype(np.float32)
    data = SimpleNamespace(x=x, y=rng.integers(0, 3, 32))
    training = precision.Training("fashion_dense", "fashion_mnist", 2)
    found = [precision.accuracy(training, data, name, 0) for name in precision.PRECISIONS]
    assert seen == [("float32", 2), ("mixed_bfloat16", 2)]
    assert all(0 <= share <= 1 for share in found)


@pytest.mark.parametrize(("mixed", "ends", "said"), [(0.892, 0, "reached"), (0.88, 1, "SHORT")])
def test_the_means_are_compared_with_the_limit(monkeypatch, capsys, mixed, ends, said):
    shares = {"float32": 0.89, "mixed_bfloat16": mixed}
    monkeypatch.setenv("PELLUCID_DATA", "nowhere")
    monkeypatch.setattr(precision.pl.data, "load", lambda file: None)
    monkeypatch.setattr(precision, "accuracy", lambda training, data, name, seed: shares[name])
    assert precision.main(["--network", "dense"]) == ends
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "dense, 10 epochs, float32: 0.8900 (0.8900, 0.8900, 0.8900)"
    assert lines[-1].endswith(said)
