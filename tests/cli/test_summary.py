"""`pellucid summary`: the layers, and how the model came to be."""

from pellucid import Sequential
from pellucid.cli.main import main
from pellucid.layers import Dense, Input


def test_a_run_is_described(trained, capsys):
    assert main(["summary", str(trained)]) == 0
    said = capsys.readouterr().out
    assert "Conv2D" in said
    assert "SparseCategoricalCrossentropy, Adam at 0.001, 123 steps" in said
    assert "trained on digits, 3 epochs" in said
    assert "images 8 x 8, grey" in said
    assert "10 classes: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9" in said


def test_a_model_without_notes_is_described_by_its_layers(tmp_path, capsys):
    model = Sequential([Input((3,)), Dense(2)])
    model.save(tmp_path / "plain.safetensors")
    assert main(["summary", str(tmp_path / "plain.safetensors")]) == 0
    assert "8 parameters" in capsys.readouterr().out
