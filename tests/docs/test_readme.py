"""README.md: its programs run, its commands parse, and what it shows of the code is the code."""

import inspect
import shlex

import pytest

import pellucid
from pellucid import gates
from pellucid.cli.main import parser

from .reading import ROOT, blocks, run

PAGE = ROOT / "README.md"
SHELL = "".join(block.text for block in blocks(PAGE) if block.language == "sh").splitlines()
COMMANDS = [line for line in SHELL if line.startswith("pellucid ")]


def test_the_example_learns_and_comes_back_from_its_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pellucid.set_random_seed(0)
    names = run(PAGE)
    model, digits = names["model"], names["digits"]
    assert model.evaluate(digits.x_test, digits.y_test, verbose=0)[1] > 0.94
    again = pellucid.load(tmp_path / "digits.safetensors")
    assert (again.predict(digits.x_test) == model.predict(digits.x_test)).all()


def test_the_example_has_ten_lines():
    first = next(block for block in blocks(PAGE) if block.language == "python")
    assert len([line for line in first.text.splitlines() if line]) == 10


def test_the_gate_is_shown_as_it_stands_in_the_code():
    assert inspect.getsource(gates.Dense).rstrip() in PAGE.read_text()


@pytest.mark.parametrize("command", COMMANDS)
def test_shell_commands_are_known(command):
    assert parser().parse_args(shlex.split(command)[1:]).command == command.split()[1]


def test_every_command_is_shown_or_listed():
    assert len(COMMANDS) == 8
    targets = [line.split()[1] for line in SHELL if line.startswith("make ")]
    makefile = (ROOT / "Makefile").read_text()
    assert targets == ["demo", "test"]
    assert all(f"\n{target}:" in makefile for target in targets)


def test_the_pictures_are_small():
    for picture in (ROOT / "docs" / "pictures").iterdir():
        assert picture.stat().st_size < 150_000, picture.name
