"""`pellucid diagnose` says what is wrong with a run, with the data or without."""

import json
import shutil

import numpy as np

from pellucid.cli.diagnose import curves
from pellucid.cli.main import main


def trained(tmp_path, *asked):
    """The folder of a run on the digits."""
    folder = tmp_path / "run"
    words = ["train", "digits", "--model", "mlp", "--units", "16", "--verbose", "0"]
    assert main([*words, "--out", str(folder), *asked]) == 0
    return folder


def test_a_run_without_faults_says_so(tmp_path, capsys):
    folder = trained(tmp_path, "--epochs", "15")
    capsys.readouterr()
    assert main(["diagnose", str(folder)]) == 0
    said = capsys.readouterr().out
    assert said == f"{folder}: 15 epochs\n\ndiagnosis: nothing found\n"


def test_a_run_with_a_fault_names_it_at_its_end_and_afterwards(tmp_path, capsys):
    folder = trained(tmp_path, "--epochs", "4", "--learning-rate", "1e-7")
    said = capsys.readouterr().out
    assert "found: low-learning-rate, no-better-than-constant; what to do:" in said
    assert f"pellucid diagnose {folder}\n" in said
    assert main(["diagnose", str(folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found[0]["name"] == "low-learning-rate"
    assert found[0]["mend"].startswith("Adam(learning_rate=1e-06) (now 1e-07)")


def test_what_was_seen_is_told_without_the_data(tmp_path, capsys):
    folder = trained(tmp_path, "--epochs", "4", "--learning-rate", "1e-7")
    settings = (folder / "settings.toml").read_text()
    (folder / "settings.toml").write_text(settings.replace('"digits"', '"gone.npz"'))
    capsys.readouterr()
    assert main(["diagnose", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "without the data, as data 'gone.npz'" in said
    assert "low-learning-rate: the learning rate" in said


def test_a_model_file_is_told_its_data(tmp_path, capsys):
    folder = trained(tmp_path, "--epochs", "15")
    file = tmp_path / "model.safetensors"
    shutil.copy(folder / "model.safetensors", file)
    capsys.readouterr()
    assert main(["diagnose", str(file)]) == 0
    assert "pellucid diagnose RUN DATA" in capsys.readouterr().out
    assert main(["diagnose", str(file), "digits"]) == 0
    assert "nothing found" in capsys.readouterr().out


def test_the_history_of_a_run_is_read_column_by_column(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text('epoch,loss,val_loss,f1\n0,0.5,,"[0.1, 0.2]"\n1,nan,0.7,"[0.3, 0.4]"\n')
    found = curves(path)
    assert list(found) == ["loss", "val_loss"]
    assert found["loss"][0] == 0.5
    assert np.isnan(found["loss"][1])
    assert found["val_loss"] == [0.7]
