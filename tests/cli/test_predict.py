"""`pellucid predict`: an image is prepared as in training, by what the model file says."""

import json

import numpy as np
import pytest
from PIL import Image

import pellucid
from pellucid import nn
from pellucid.cli.main import main
from pellucid.data import load


def predict(capsys, *words):
    assert main(["predict", *map(str, words)]) == 0
    return capsys.readouterr().out


def test_a_picture_is_read_as_its_row_in_training_was(trained, digit, capsys):
    path, _ = digit
    said = json.loads(predict(capsys, trained, path, "--json"))
    model, row = pellucid.load(trained / "model.safetensors"), load("digits").x_test[5:6]
    p = nn.softmax(model.predict(row))[0]
    assert said[0]["input"] == str(path)
    assert said[0]["class"] == str(p.argmax())
    assert said[0]["probability"] == pytest.approx(float(p.max()), rel=1e-6)
    shares = [each["probability"] for each in said[0]["top"]]
    assert shares == pytest.approx(sorted(p.tolist(), reverse=True)[:3], rel=1e-6)


def test_a_person_gets_one_line_an_image(trained, digit, capsys):
    said = predict(capsys, trained, digit[0], digit[0], "--top", 2)
    lines = said.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(f"{digit[0]}: ")
    assert lines[0].count("%") == 2


def test_another_size_and_colour_are_brought_to_the_models(trained, digit, tmp_path, capsys):
    large = tmp_path / "large.png"
    Image.open(digit[0]).resize((40, 40)).convert("RGB").save(large)
    said = json.loads(predict(capsys, trained, large, "--json"))
    assert said[0]["class"] in "0123456789"


def test_a_folder_is_all_its_images(trained, shapes, capsys):
    said = predict(capsys, trained, shapes)
    assert len(said.splitlines()) == 20
    assert said.startswith(f"{shapes}/lying/0.png: ")


def test_the_rows_of_a_file_come_in_batches(trained, tmp_path, capsys):
    x = load("digits").x_train[:300]
    np.savez(tmp_path / "x.npz", x=x[..., 0])
    said = json.loads(predict(capsys, trained, tmp_path / "x.npz", "--json"))
    assert [each["input"] for each in said[:2]] == [
        f"{tmp_path}/x.npz[0]",
        f"{tmp_path}/x.npz[1]",
    ]
    scores = pellucid.load(trained / "model.safetensors").predict(x)
    assert [each["class"] for each in said] == [str(k) for k in scores.argmax(axis=1)]


def test_floating_point_images_go_in_as_they_are(trained, tmp_path, capsys):
    x = load("digits").x_test[:2]
    np.savez(tmp_path / "bytes.npz", x_test=x)
    np.savez(tmp_path / "floats.npz", x_train=x.astype("float32"))
    found = [predict(capsys, trained, tmp_path / f"{name}.npz") for name in ("bytes", "floats")]
    assert found[0].replace("bytes", "floats") == found[1]


def test_numbers_are_printed_as_they_are(table, tmp_path, capsys):
    run = tmp_path / "run"
    asked = ["--model", "linear", "--epochs", "1", "--verbose", "0", "--out", str(run)]
    assert main(["train", str(table), *asked]) == 0
    capsys.readouterr()
    said = predict(capsys, run, table).splitlines()
    x = np.load(table)["x_train"]
    expected = pellucid.load(run / "model.safetensors").predict(x)
    assert len(said) == 60
    assert float(said[7].split(": ")[1]) == pytest.approx(float(expected[7, 0]), rel=1e-5)
    answers = json.loads(predict(capsys, run, table, "--json"))
    assert answers[7]["output"] == pytest.approx(expected[7].tolist())
    assert main(["predict", str(run), "x.png"]) == 2
    assert "the model takes no images" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none.png", "expected a readable PNG"),
        ("empty", "expected images (.png"),
        ("y.npz", "an array x, x_test or x_train; got none"),
        ("objects.npz", "an .npz file of plain arrays"),
        ("text.npz", "an .npz file of plain arrays"),
    ],
)
def test_what_cannot_be_read_is_reported_in_one_line(trained, tmp_path, name, message, capsys):
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.npz").write_text("no archive")
    np.savez(tmp_path / "y.npz", y=np.zeros(3))
    np.savez(tmp_path / "objects.npz", x=np.array([{}, {}], dtype=object))
    assert main(["predict", str(trained), str(tmp_path / name)]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
