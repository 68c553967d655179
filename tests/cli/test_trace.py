"""`pellucid trace`: a pass of a saved model from a shell."""

import pytest

from pellucid import load
from pellucid.cli.main import main
from pellucid.cli.saved import open_model


def test_the_table_of_a_batch(trained, capsys):
    assert main(["trace", str(trained), "digits", "--rows", "4"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("the first 4 of digits: ")
    assert "4 examples forwards and back, as in training" in said
    assert "dZ" in said


def test_one_layer_the_way_to_the_loss_and_columns(trained, capsys):
    name = open_model(str(trained)).layers[-1].name
    assert main(["trace", str(trained), "digits", "--layer", name, "--columns"]) == 0
    said = capsys.readouterr().out
    assert name in said
    assert "(10, 8)" in said
    assert main(["trace", str(trained), "digits", "--score-to-loss", "--inference"]) == 0
    said = capsys.readouterr().out
    assert "-ln P(class)" in said
    assert len([line for line in said.splitlines() if line[:1].isdigit()]) == 8


@pytest.mark.parametrize("name", ["circuit.svg", "circuit.html"])
def test_the_circuit_is_drawn(trained, tmp_path, capsys, name):
    path = tmp_path / name
    assert main(["trace", str(trained), "digits", "--svg", str(path)]) == 0
    assert "data-opens" in path.read_text()
    assert f"circuit: {path}" in capsys.readouterr().out


def test_a_model_without_a_loss_is_traced_forwards(trained, tmp_path, capsys):
    model = open_model(str(trained))
    model.loss = None
    model.save(tmp_path / "m.safetensors", for_training=False)
    assert load(tmp_path / "m.safetensors").loss is None
    assert main(["trace", str(tmp_path / "m.safetensors"), "digits"]) == 0
    assert "8 examples forwards, as in training" in capsys.readouterr().out


def test_what_is_refused(trained, capsys):
    assert main(["trace", str(trained), "digits", "--layer", "nothing"]) == 2
    assert "the name of a layer that was called; got 'nothing'" in capsys.readouterr().err
    assert main(["trace", str(trained), "digits", "--rows", "0"]) == 2
    assert main(["trace", str(trained), "digits", "--svg", "x.png"]) == 2
    assert "a path ending in .svg or .html" in capsys.readouterr().err
