"""The demonstration does what it promises, and fails where the promise is not kept."""

import runpy
from pathlib import Path

import pytest
from PIL import Image

from pellucid import Sequential

DEMO = Path(__file__).parents[2] / "examples" / "demo.py"


def test_the_demo_trains_saves_reads_and_draws(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(DEMO), run_name="__main__")
    said = capfd.readouterr().out
    assert "Read by another process:  pellucid predict demo/digits.safetensors" in said
    assert "It is a 5" in said
    for name in ("learning-curve.png", "confusion-matrix.png", "digit.png"):
        with Image.open(tmp_path / "demo" / name) as image:
            image.verify()


def test_the_demo_fails_loudly_where_the_network_has_not_learnt(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fit = Sequential.fit

    def briefly(self, *data, epochs, **settings):
        return fit(self, *data, epochs=1, **settings)

    monkeypatch.setattr(Sequential, "fit", briefly)
    with pytest.raises(SystemExit, match="FAILED: accuracy"):
        runpy.run_path(str(DEMO), run_name="__main__")
