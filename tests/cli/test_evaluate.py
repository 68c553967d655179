"""`pellucid evaluate`: figures, and the table class by class."""

import json

import numpy as np

import pellucid
from pellucid.cli.evaluate import table as class_table
from pellucid.cli.main import main
from pellucid.data import load


def test_it_prints_what_the_library_measures(trained, capsys):
    assert main(["evaluate", str(trained), "digits"]) == 0
    said = capsys.readouterr().out.splitlines()
    digits, model = load("digits"), pellucid.load(trained / "model.safetensors")
    loss, accuracy = model.evaluate(digits.x_test, digits.y_test, verbose=0)
    assert said == ["digits: 359 test rows", f"loss {loss:.4f}  accuracy {accuracy:.4f}"]


def test_per_class_adds_a_row_a_class(trained, capsys):
    assert main(["evaluate", str(trained), "digits", "--per-class"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[3].split()[:4] == ["class", "rows", "recall", "precision"]
    assert [line.split()[0] for line in said[4:]] == list("0123456789")


def test_json_has_the_same_figures_and_the_confusion(trained, capsys):
    assert main(["evaluate", str(trained), "digits", "--json", "--per-class"]) == 0
    said = json.loads(capsys.readouterr().out)
    counts = np.array(said["confusion"])
    assert counts.sum() == 359
    assert said["accuracy"] == counts.trace() / 359
    assert said["classes"] == list("0123456789")
    assert main(["evaluate", str(trained), "digits", "--json", "--part", "train"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == {"loss", "accuracy"}


def test_metrics_of_several_numbers_are_shown_and_are_lists_in_json(trained, tmp_path, capsys):
    model = pellucid.load(trained / "model.safetensors")
    model.compile("adam", model.loss, metrics=["f1_score", "confusion_matrix"])
    model.save(tmp_path / "model")
    assert main(["evaluate", str(tmp_path / "model"), "digits", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (len(said["f1_score"]), np.sum(said["confusion_matrix"])) == (10, 359)
    assert main(["evaluate", str(tmp_path / "model"), "digits"]) == 0
    assert "confusion_matrix array 10 x 10" in capsys.readouterr().out


def test_the_table_counts_right():
    counts = np.array([[8, 2, 0], [0, 10, 0], [0, 0, 0]])
    assert class_table(counts, ["cat", "dog", "cow"]).splitlines() == [
        "class  rows   recall  precision  most often mistaken for",
        "cat      10   80.0 %    100.0 %  dog (2)",
        "dog      10  100.0 %     83.3 %  -",
        "cow       0        -          -  -",
    ]


def test_numbers_have_no_classes(table, tmp_path, capsys):
    asked = ["--model", "linear", "--epochs", "1", "--verbose", "0", "--out", str(tmp_path / "r")]
    assert main(["train", str(table), *asked]) == 0
    assert main(["evaluate", str(tmp_path / "r"), str(table)]) == 0
    assert "table: 12 test rows" in capsys.readouterr().out
    assert main(["evaluate", str(tmp_path / "r"), str(table), "--per-class"]) == 2
    assert "--per-class: expected a model of classes" in capsys.readouterr().err
