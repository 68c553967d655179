"""`pellucid check`: the gradient check from a shell."""

import pytest

from pellucid.cli.main import main
from pellucid.gates import Dense


def test_a_saved_model_is_checked(trained, capsys):
    assert main(["check", str(trained), "digits", "--rows", "2"]) == 0
    said = capsys.readouterr().out
    assert "on 2 rows, in float64" in said
    assert "all derivatives agree" in said


def test_a_preset_and_a_file_of_layers_are_checked(table, tmp_path, capsys):
    net = tmp_path / "net.toml"
    net.write_text('[[layer]]\ntype = "Dense"\nunits = "outputs"\nactivation = "tanh"\n')
    for model in ("linear", str(net)):
        assert main(["check", model, str(table), "--seed", "1"]) == 0
        assert "all derivatives agree" in capsys.readouterr().out


def test_a_wrong_derivative_is_named_and_gives_exit_code_1(table, monkeypatch, capsys):
    dx, dW, db = Dense.derivatives
    wrong = (dx, lambda self, dz: 1.01 * dW(self, dz), db)
    monkeypatch.setattr(Dense, "derivatives", wrong)
    assert main(["check", "linear", str(table), "--rows", "4"]) == 1
    assert "wrong derivative: dense/kernel" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["--rows", "0"], ["--tolerance", "x"], ["--channels", "5"]])
def test_a_wrong_option_is_refused(table, words, capsys):
    assert main(["check", "linear", str(table), *words]) == 2
    assert f"{words[0]}: expected" in capsys.readouterr().err
