"""`pellucid plot`: the pictures that fit a run, in its folder."""

import shutil
import sys

import numpy as np
import pytest
from PIL import Image

from pellucid.cli.main import main
from pellucid.cli.plot import PICTURES


def run_of(tmp_path, data, *asked):
    folder = tmp_path / "run"
    words = ["train", str(data), "--epochs", "2", "--verbose", "0", "--out", str(folder)]
    assert main([*words, *asked]) == 0
    return folder


def drawn_and_unfit(folder, capsys):
    """The names that the command says it drew, and those that it says do not fit."""
    capsys.readouterr()
    assert main(["plot", str(folder)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"in {folder / 'plots'}:"
    rest = said[1:]
    cut = rest.index("do not fit:") if "do not fit:" in rest else len(rest)
    drawn = [line.strip().removesuffix(".png") for line in rest[:cut]]
    unfit = dict(line.split(maxsplit=1) for line in rest[cut + 1 :])
    assert sorted(p.name for p in (folder / "plots").iterdir()) == sorted(f"{n}.png" for n in drawn)
    assert sorted([*drawn, *unfit]) == sorted(PICTURES)
    return drawn, unfit


def test_a_network_of_images_has_its_pictures(trained, tmp_path, capsys):
    folder = shutil.copytree(trained, tmp_path / "run")
    drawn, unfit = drawn_and_unfit(folder, capsys)
    assert {"learning_curve", "filters", "feature_maps", "confusion_matrix"} <= set(drawn)
    assert {"most_wrong", "saliency", "occlusion", "gradient_histograms"} <= set(drawn)
    assert unfit["thinned_network"].startswith("expected a model with a Dropout layer")
    assert "got a model of (None, 8, 8, 1)" in unfit["decision_boundary"]
    with Image.open(folder / "plots" / "confusion_matrix.png") as image:
        assert image.width > 500


def test_a_network_of_a_table_has_others(table, tmp_path, capsys):
    asked = ["--model", "mlp", "--units", "5", "--dropout", "0.4"]
    drawn, unfit = drawn_and_unfit(run_of(tmp_path, table, *asked), capsys)
    assert {"network_diagram", "thinned_network", "layer_work", "activation_curves"} <= set(drawn)
    assert "score_to_loss" in drawn
    assert {"confusion_matrix", "most_wrong", "saliency", "filters"} <= set(unfit)
    assert unfit["confusion_matrix"] == "expected a model of classes; got MeanSquaredError"


def test_two_features_have_a_decision_boundary(tmp_path, capsys):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 2))
    path = tmp_path / "plane.npz"
    np.savez(path, x_train=x, y_train=(x[:, 0] > 0).astype(int))
    drawn, unfit = drawn_and_unfit(run_of(tmp_path, path, "--model", "linear"), capsys)
    assert {"decision_boundary", "score_to_loss", "layer_work"} <= set(drawn)
    assert unfit["activation_curves"].startswith("expected layers with activations; got none")


def test_without_its_data_a_run_still_has_its_curve(table, tmp_path, capsys):
    folder = run_of(tmp_path, table, "--model", "mlp")
    content = np.load(table)
    np.savez(table, x_train=content["x_train"] + 1, y_train=content["y_train"])
    drawn, unfit = drawn_and_unfit(folder, capsys)
    assert "learning_curve" in drawn
    assert unfit["layer_work"] == "expected the rows that the run was made with; got others"
    table.unlink()
    shutil.rmtree(folder / "plots")
    drawn, unfit = drawn_and_unfit(folder, capsys)
    assert "network_diagram" in drawn
    assert "got" in unfit["layer_work"]


@pytest.mark.parametrize(("there", "received"), [(False, "nothing there"), (True, "a file")])
def test_what_is_no_folder_of_a_run_is_refused(there, received, tmp_path, capsys):
    if there:
        (tmp_path / "x").write_text("")
    assert main(["plot", str(tmp_path / "x")]) == 2
    assert f"expected the folder of a run; got {received}" in capsys.readouterr().err


def test_without_matplotlib_it_says_what_to_install(trained, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert main(["plot", str(trained)]) == 2
    assert "pip install 'pellucid[plots]'" in capsys.readouterr().err
    assert not (trained / "plots").exists()
