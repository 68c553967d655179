"""The comparison of precisions: what it trains, and when it says that the limit is missed."""

from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import precision, programs

on_torch = pytest.mark.parametrize("engine", ["torch"], indirect=True)


@on_torch
def test_a_recipe_is_trained_in_the_precision_for_so_many_epochs(engine, rng, monkeypatch):
    seen = []

    def program(data):
        model = programs.Sequential([programs.Dense(3)])
        model.compile(programs.Adam(0.01), programs.from_scores, metrics=["accuracy"])
        model.fit(data.x, data.y, 8, 5, validation_data=(data.x, data.y))
        history = model.history.history
        seen.append((model.precision, len(history["loss"]), history["val_accuracy"][-1]))
        return model

    x = rng.normal(size=(32, 6)).astype(np.float32)
    data = SimpleNamespace(x=x, y=rng.integers(0, 3, 32))
    monkeypatch.setattr(programs, "fashion_dense", program)
    monkeypatch.setattr(precision.pl.data, "load", lambda file: data)
    monkeypatch.setenv("PELLUCID_DATA", "nowhere")
    monkeypatch.setitem(precision.EPOCHS, "fashion-dense", 2)
    found = [precision.accuracy("fashion-dense", name, 0) for name in precision.PRECISIONS]
    assert [each[:2] for each in seen] == [("float32", 2), ("mixed_bfloat16", 2)]
    assert found == [share for _, _, share in seen]


@on_torch
@pytest.mark.parametrize(("mixed", "ends", "said"), [(0.892, 0, "reached"), (0.88, 1, "SHORT")])
def test_the_means_are_compared_with_the_limit(engine, monkeypatch, capsys, mixed, ends, said):
    shares = {"float32": 0.89, "mixed_bfloat16": mixed}
    monkeypatch.setattr(precision, "accuracy", lambda recipe, name, seed: shares[name])
    assert precision.main(["--recipe", "fashion-dense"]) == ends
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "fashion-dense, 10 epochs, float32: 0.8900 (0.8900, 0.8900, 0.8900)"
    assert lines[-1].endswith(said)
