import json
import re

import pytest
from benchmarks.accuracy import Piece
from benchmarks.recipes import RECIPES

from benchmarks import accuracy, accuracy_page

WHOLE = accuracy.pieces(list(RECIPES), [0, 1, 2])


def made(piece):
    """Figures that a training could have left: 0.99, less a thousandth a seed."""
    return piece._asdict() | {
        "accuracy": [0.95] * 9 + [0.99 - piece.seed / 1000],
        "parameters": 1234,
        "seconds": 10.0 + piece.seed,
        "versions": {piece.library: "1.0"},
        "program": accuracy.fingerprint(RECIPES[piece.recipe], piece.library),
        "day": f"2026-01-0{1 + piece.seed}",
        "machine": {"processor": "abacus", "cores used": 2},
    }


@pytest.fixture
def house(tmp_path, monkeypatch):
    """Figures and pages go to a folder of the test, and trainings are made up and counted."""
    trained = []

    def train(piece):
        trained.append(piece)
        figures = made(piece)
        return {name: value for name, value in figures.items() if name != "machine"}

    monkeypatch.setattr(accuracy, "DOCS", tmp_path)
    monkeypatch.setattr(accuracy, "KNOWN", tmp_path / "results" / "known.json")
    monkeypatch.setattr(accuracy, "train", train)
    monkeypatch.setattr(accuracy.environments, "keep_to_cores", lambda: 2)
    monkeypatch.setenv("PELLUCID_DATA", str(tmp_path))
    return tmp_path, trained


def test_each_recipe_is_trained_with_each_seed_and_by_pytorch_where_it_is_asked_for():
    assert accuracy.pieces(["mnist-dense", "cifar-svm"], [0, 1]) == [
        Piece("mnist-dense", "pellucid", 0),
        Piece("mnist-dense", "pellucid", 1),
        Piece("cifar-svm", "pellucid", 0),
        Piece("cifar-svm", "torch", 0),
        Piece("cifar-svm", "pellucid", 1),
        Piece("cifar-svm", "torch", 1),
    ]


def test_a_part_is_kept_and_not_made_again(house, capsys):
    folder, trained = house
    accuracy.main(["--recipe", "deep-relu", "--seed", "1"])
    assert trained == [Piece("deep-relu", "pellucid", 1)]
    assert "deep-relu, Pellucid, seed 0" in capsys.readouterr().out.split("Missing:")[1]
    accuracy.main(["--recipe", "deep-relu"])
    assert [piece.seed for piece in trained] == [1, 0, 2]
    assert not (folder / "accuracy.md").exists()


def test_a_run_that_is_stopped_leaves_what_was_trained(house, monkeypatch):
    train = accuracy.train

    def stopped(piece):
        if piece.seed == 2:
            raise KeyboardInterrupt
        return train(piece)

    monkeypatch.setattr(accuracy, "train", stopped)
    with pytest.raises(KeyboardInterrupt):
        accuracy.main(["--recipe", "mnist-dense"])
    assert [run["seed"] for run in accuracy.load(accuracy.KNOWN)] == [0, 1]


def test_a_worker_that_fails_is_said_and_the_others_go_on(house, monkeypatch, capsys):
    train = accuracy.train

    def failing(piece):
        if piece.seed == 0:
            raise accuracy.rounds.WorkerError("MemoryError")
        return train(piece)

    monkeypatch.setattr(accuracy, "train", failing)
    accuracy.main(["--recipe", "mnist-dense"])
    said = capsys.readouterr()
    assert "MemoryError" in said.err
    assert "mnist-dense, Pellucid, seed 0" in said.out.split("Missing:")[1]
    assert len(accuracy.load(accuracy.KNOWN)) == 2


def test_what_was_trained_by_other_code_is_trained_anew(house):
    _, trained = house
    piece = Piece("mnist-dense", "pellucid", 0)
    accuracy.save([made(piece) | {"program": "of old"}], accuracy.KNOWN)
    accuracy.main(["--recipe", "mnist-dense", "--seed", "0"])
    assert trained == [piece]
    (only,) = accuracy.load(accuracy.KNOWN)
    assert only["program"] != "of old"


def test_words_change_no_fingerprint_and_code_does():
    first = 'def f(x):\n    """Says this."""\n    return x + 1  # one\n'
    other = 'def f(x):\n    """Says that."""\n    return x + 1\n'
    assert accuracy_page.bare(first) == accuracy_page.bare(other)
    assert accuracy_page.bare(first) != accuracy_page.bare(other.replace("1", "2"))


def test_settings_belong_to_the_fingerprint():
    names = ("deep-relu", "deep-sigmoid", "deep-sigmoid-small")
    assert len({accuracy.fingerprint(RECIPES[name], "pellucid") for name in names}) == 3


def test_a_whole_run_writes_the_page_which_is_made_again_from_its_figures(house, capsys):
    folder, trained = house
    accuracy.main([])
    assert trained == WHOLE
    text = (folder / "accuracy.md").read_text()
    assert "Nothing is missing." in capsys.readouterr().out
    (folder / "accuracy.md").unlink()
    accuracy.main(["--from", str(folder / "accuracy.json")])
    assert (folder / "accuracy.md").read_text() == text
    assert len(trained) == len(WHOLE)
    assert not list(folder.rglob("*.part"))


def test_a_page_of_a_part_says_what_is_missing(house):
    folder, _ = house
    file = folder / "some.json"
    file.write_text(json.dumps([made(piece) for piece in WHOLE if piece.recipe != "cifar-conv"]))
    accuracy.main(["--from", str(file)])
    text = (folder / "accuracy.md").read_text()
    assert "- not trained: cifar-conv, PyTorch, seed 2" in text
    assert "| Small CIFAR-10, convolutional | – | – | – |" in text


def test_without_data_nothing_is_trained(house, monkeypatch):
    monkeypatch.delenv("PELLUCID_DATA")
    with pytest.raises(SystemExit, match="PELLUCID_DATA must name"):
        accuracy.main([])


@pytest.mark.parametrize("words", ["--recipe mnist", "--seeds 0", "--seed -1"])
def test_what_is_not_there_is_refused(words, capsys):
    with pytest.raises(SystemExit):
        accuracy.arguments(words.split())
    assert "error" in capsys.readouterr().err


def test_the_page_has_the_figures_what_was_asked_and_whether_it_is_reached():
    runs = [made(piece) for piece in WHOLE]
    text = accuracy_page.page(runs, 3, [])
    rows = re.findall(r"^\| MNIST, dense \|(.*)\|$", text, re.M)
    first, last = ([cell.strip() for cell in row.split("|")] for row in rows)
    assert first[2:] == ["1", "0.9500 (0.9500 to 0.9500)", "at least 0.955 after 1 epoch", "**no**"]
    assert last[2:5] == ["10", "0.9890 (0.9880 to 0.9900)", "at least 0.974 after 10 epochs"]
    assert "- MNIST, dense: at least 0.955 after 1 epoch, and it is 0.9500\n" in text
    assert "- processor: abacus, cores used: 2\n- measured: 2026-01-01 to 2026-01-03\n" in text
    assert "- Pellucid: pellucid 1.0\n- PyTorch: torch 1.0\n" in text


def test_pytorch_stands_beside_with_the_difference():
    runs = [made(piece) for piece in WHOLE]
    for run in runs:
        run["accuracy"][-1] -= 0.004 * (run["library"] == "torch")
    row = accuracy_page.beside(runs)[1]
    assert row[0] == "Small CIFAR-10, linear"
    assert row[2:4] == ["0.9850 (0.9840 to 0.9860)", "+0.0040"]


def test_a_network_that_is_too_large_is_said():
    runs = [made(piece) | {"parameters": 123_456} for piece in WHOLE]
    text = accuracy_page.page(runs, 3, [])
    assert "fewer than 100,000 parameters, and it is 123,456\n" in text


def test_where_all_is_reached_nothing_is_said_of_failures():
    runs = [made(piece) for piece in WHOLE]
    for run in runs:
        low = run["recipe"].startswith("deep-sigmoid")
        run["accuracy"] = [0.1 if low else 0.99] * 10
    assert "What is not reached" not in accuracy_page.page(runs, 3, [])


def test_each_program_is_shown_as_it_stands_with_the_recipes_that_it_trains():
    text = "\n".join(accuracy_page.listings())
    for name, source in accuracy_page.programs().items():
        assert f"### {name}\n" in text
        assert source in text
    assert {recipe.program for recipe in RECIPES.values()} == set(accuracy_page.programs())
    assert "activation='sigmoid', initializer='random_normal'" in text


def test_every_row_of_a_table_is_as_long_as_its_heading():
    text = accuracy_page.page([made(piece) for piece in WHOLE], 3, [])
    for block in re.findall(r"(?:^\|.*\n)+", text, re.M):
        assert len({line.count("|") for line in block.splitlines()}) == 1
