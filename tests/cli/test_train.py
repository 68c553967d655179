"""`pellucid train`: what a run leaves behind, and that going on after Ctrl-C is exact."""

import csv
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import pellucid
from pellucid import Sequential
from pellucid.cli.main import main

SMALL = ["--model", "mlp", "--units", "8", "--verbose", "0"]


def train(*words):
    return main(["train", *map(str, words)])


def weights(folder):
    model = pellucid.load(folder / "model.safetensors")
    found = {f"weights/{name}": p.value for name, p in model.named_weights().items()}
    return found | {f"optimizer/{name}": slot for name, slot in model.optimizer.state.items()}


def assert_equal_to_the_bit(one, other):
    one, other = weights(one), weights(other)
    assert one.keys() == other.keys()
    for name, array in one.items():
        assert array.dtype == other[name].dtype
        np.testing.assert_array_equal(array, other[name], err_msg=name)


def test_a_run_leaves_model_settings_history_and_log(trained):
    assert sorted(path.name for path in trained.iterdir()) == [
        "history.csv", "log.txt", "model.safetensors", "settings.toml",
    ]  # fmt: skip
    rows = list(csv.DictReader((trained / "history.csv").read_text().splitlines()))
    assert [row["epoch"] for row in rows] == ["0", "1", "2"]
    assert set(rows[0]) == {"epoch", "loss", "accuracy", "val_loss", "val_accuracy"}
    assert float(rows[2]["loss"]) < float(rows[0]["loss"])
    model = pellucid.load(trained / "model.safetensors")
    assert model.history.history["loss"] == [float(row["loss"]) for row in rows]
    assert model.notes["classes"] == list("0123456789")
    assert model.notes["image"] == {"height": 8, "width": 8, "channels": 1}
    assert model.notes["data"]["name"] == "digits"
    settings = (trained / "settings.toml").read_text()
    assert 'preset = "cnn"' in settings
    assert "units = [16]" in settings


def test_it_says_what_it_does_and_logs_it(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert train("digits", "--model", "linear", "--epochs", 2) == 0
    said = capsys.readouterr().out
    assert "digits: 1,438 training and 359 test images" in said
    assert "linear: 652 parameters, Adam at 0.001; 1,294 rows to train on, 144 to validate" in said
    assert "epoch 2/2" in said
    assert "test  loss" in said
    assert "pellucid predict runs/digits-linear-1 FILE" in said
    log = (tmp_path / "runs/digits-linear-1/log.txt").read_text()
    assert log.split("\n", 1)[1] == said


def test_the_default_model_reads_digits(tmp_path, capsys):
    assert train("digits", "--verbose", 0, "--out", tmp_path / "run") == 0
    accuracy = float(capsys.readouterr().out.split("accuracy ")[1].split()[0])
    assert accuracy >= 0.975


def test_the_same_settings_give_the_same_weights(tmp_path):
    assert train("digits", *SMALL, "--epochs", 1, "--dropout", 0.2, "--out", tmp_path / "a") == 0
    settings = tmp_path / "a" / "settings.toml"
    assert train("--settings", settings, "--out", tmp_path / "b") == 0
    assert_equal_to_the_bit(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b" / "settings.toml").read_text() == settings.read_text()
    assert train("--settings", settings, "--seed", 1, "--out", tmp_path / "c") == 0
    with pytest.raises(AssertionError):
        assert_equal_to_the_bit(tmp_path / "a", tmp_path / "c")


def test_a_file_of_layers_can_be_repeated_from_its_run_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    net = tmp_path / "net.toml"
    net.write_text(
        '[[layer]]\ntype = "Normalization"\n[[layer]]\ntype = "Flatten"\n'
        '[[layer]]\ntype = "Dense"\nunits = "outputs"\n'
        '[optimizer]\ntype = "SGD"\nmomentum = 0.9\nnesterov = true\n[fit]\nepochs = 1\n'
    )
    assert train("digits", "--model", net, "--verbose", 0) == 0
    net.unlink()
    assert train("--settings", "runs/digits-net-1/settings.toml") == 0
    assert_equal_to_the_bit(tmp_path / "runs/digits-net-1", tmp_path / "runs/digits-layers-1")


def test_numbers_can_be_learnt(table, tmp_path, capsys):
    asked = ["--model", "linear", "--epochs", 60, "--learning-rate", 0.1, "--verbose", 0]
    assert train(table, *asked, "--out", tmp_path / "run") == 0
    said = capsys.readouterr().out
    assert "FILE" not in said
    loss = float(said.split("test  loss ")[1].split()[0])
    assert loss < 0.01


def test_a_folder_of_images_can_be_learnt(shapes, tmp_path, capsys):
    asked = ["--epochs", 20, "--batch-size", 4, "--validation-share", 0, "--verbose", 0]
    assert train(shapes, *asked, "--filters", 4, "--units", 16, "--out", tmp_path / "run") == 0
    assert "(4 rows)" in capsys.readouterr().out
    model = pellucid.load(tmp_path / "run/model.safetensors")
    assert model.notes["classes"] == ["lying", "standing"]
    assert model.history.history["accuracy"][-1] == 1.0
    assert f'source = "{shapes}"' in (tmp_path / "run/settings.toml").read_text()


def test_it_stops_early_with_the_best_weights(table, tmp_path, capsys):
    asked = ["--model", "linear", "--epochs", 500, "--learning-rate", 0.5, "--patience", 2]
    assert train(table, *asked, "--out", tmp_path / "run") == 0
    history = pellucid.load(tmp_path / "run/model.safetensors").history.history
    epochs = len(history["val_loss"])
    assert epochs < 500
    assert int(np.argmin(history["val_loss"])) == epochs - 3
    assert "its weights are back" in capsys.readouterr().out
    assert "its weights are back" in (tmp_path / "run/log.txt").read_text()


def test_patience_needs_rows_to_validate_on(table, tmp_path, capsys):
    assert train(table, "--patience", 2, "--validation-share", 0, "--out", tmp_path / "run") == 2
    assert "--patience: expected rows to validate on" in capsys.readouterr().err


# -- going on -------------------------------------------------------------------------------------


def test_ctrl_c_and_resume_give_the_weights_of_an_uninterrupted_run(tmp_path):
    cut, whole = tmp_path / "cut", tmp_path / "whole"
    asked = ["--model", "mlp", "--units", "16", "--dropout", "0.3", "--decay-rate", "0.1"]
    asked += ["--patience", "40", "--batch-size", "8", "--epochs", "25", "--verbose", "0"]
    command = [sys.executable, "-m", "pellucid", "train", "digits", *asked, "--out", str(cut)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            while not (cut / "history.csv").exists() and process.poll() is None:
                time.sleep(0.005)
            process.send_signal(signal.SIGINT)
            said, _ = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130
    assert f"pellucid train --resume {cut}" in said
    stopped = pellucid.load(cut / "model.safetensors")
    assert 0 < stopped.progress["epoch"] < 25
    assert stopped.progress["batch"] > 0
    assert f"epoch {stopped.progress['epoch'] + 1} after batch {stopped.progress['batch']}" in said

    assert train("--resume", cut) == 0
    assert train("digits", *asked, "--out", whole) == 0
    assert_equal_to_the_bit(cut, whole)
    assert (cut / "history.csv").read_text() == (whole / "history.csv").read_text()


@pytest.mark.parametrize("step", [1, 6, 7, 12])
def test_ctrl_c_at_any_batch_can_be_resumed(step, table, tmp_path, monkeypatch, capsys):
    """Of two epochs of six batches: in the first, the last of the first epoch, and so on."""
    cut, whole, made = tmp_path / "cut", tmp_path / "whole", []
    asked = [*SMALL, "--epochs", 2, "--batch-size", 8, "--dropout", 0.2, "--patience", 2]
    make_step = Sequential.train_step

    def interrupted_step(self, *batch):
        made.append(1)
        if len(made) == step:
            signal.raise_signal(signal.SIGINT)
        return make_step(self, *batch)

    monkeypatch.setattr(Sequential, "train_step", interrupted_step)
    assert train(table, *asked, "--out", cut) == 130
    assert len(made) == step
    assert f"after batch {(step - 1) % 6 + 1}; everything is saved" in capsys.readouterr().out
    assert f"--resume {cut}" in (cut / "log.txt").read_text()
    assert train("--resume", cut) == 0
    assert len(made) == 12
    assert train(table, *asked, "--out", whole) == 0
    assert_equal_to_the_bit(cut, whole)
    assert (cut / "history.csv").read_text() == (whole / "history.csv").read_text()


def test_a_finished_run_can_be_trained_further_exactly(tmp_path, capsys):
    short, long = tmp_path / "short", tmp_path / "long"
    assert train("digits", *SMALL, "--epochs", 1, "--out", short) == 0
    assert train("--resume", short) == 2
    assert "a run with epochs still to do; got one that is done after 1" in capsys.readouterr().err
    assert train("--resume", short, "--epochs", 2, "--verbose", 2) == 0
    said = capsys.readouterr().out
    assert f"going on with {short} at epoch 2" in said
    assert "epoch 2/2" in said
    assert train("digits", *SMALL, "--epochs", 2, "--out", long) == 0
    assert_equal_to_the_bit(short, long)
    assert "epochs = 2" in (short / "settings.toml").read_text()


def test_a_run_goes_on_with_its_own_settings_only(trained, capsys):
    assert train("digits", "--resume", trained) == 2
    assert "got DATA" in capsys.readouterr().err
    assert train("--resume", trained, "--batch-size", 3) == 2
    assert "got --batch-size" in capsys.readouterr().err
    assert train("--resume", trained / "none") == 2
    assert "a model file" in capsys.readouterr().err


def test_a_run_does_not_go_on_with_other_data(table, tmp_path, capsys):
    assert train(table, *SMALL, "--epochs", 1, "--out", tmp_path / "run") == 0
    np.savez(table, x_train=np.zeros((60, 3)), y_train=np.arange(60.0))
    assert train("--resume", tmp_path / "run", "--epochs", 2) == 2
    assert "the rows that the run was started with" in capsys.readouterr().err


def test_precision_goes_from_the_shell_into_the_model_and_its_settings(tmp_path, capsys):
    torch_too = ["--engine", "torch", "--precision", "mixed_bfloat16", "--out", tmp_path / "run"]
    assert train("digits", *SMALL, "--epochs", 1, *torch_too) == 0
    assert 'precision = "mixed_bfloat16"' in (tmp_path / "run" / "settings.toml").read_text()
    model = pellucid.load(tmp_path / "run" / "model.safetensors")
    assert model.is_mixed
    capsys.readouterr()
    more = ["--resume", tmp_path / "run", "--epochs", 2]
    assert train(*more) == 2
    assert "fit: expected an engine with bfloat16; got engine numpy." in capsys.readouterr().err
    assert train(*more, "--engine", "torch") == 0


def test_numpy_has_no_bfloat16(tmp_path, capsys):
    assert train("digits", *SMALL, "--precision", "mixed_bfloat16", "--out", tmp_path / "run") == 2
    said = capsys.readouterr().err
    assert said.startswith("pellucid: compile: expected an engine with bfloat16; got engine numpy.")
    assert "--engine torch" in said


def test_auto_says_what_it_takes(tmp_path, capsys):
    asked = ["--model", "linear", "--epochs", 1, "--precision", "auto", "--out", tmp_path / "run"]
    assert train("digits", *asked) == 0
    assert "\nprecision: float32; engine numpy has no bfloat16\n" in capsys.readouterr().out
