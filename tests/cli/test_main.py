"""The command itself: quick to answer, and clear about what went wrong."""

import os
import re
import subprocess
import sys

import pytest

import pellucid
from pellucid.cli import summary
from pellucid.cli.main import main


def modules_after(code):
    """The names of the modules that a fresh Python has imported after this code."""
    code += "\nimport sys; print('MODULES', *sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(said.stdout.rsplit("MODULES ", 1)[1].split())


def test_help_imports_nothing_heavy():
    found = modules_after(
        "from pellucid.cli.main import main\n"
        "for words in (['--help'], ['train', '--help']):\n"
        "    try: main(words)\n"
        "    except SystemExit: pass"
    )
    assert not found & {"numpy", "PIL", "matplotlib", "safetensors", "torch", "urllib3"}
    assert {name for name in found if name.startswith("pellucid")} == {
        "pellucid", "pellucid.cli", "pellucid.cli.main", "pellucid.cli.options", "pellucid.errors",
    }  # fmt: skip


def test_importing_the_library_loads_no_numpy():
    found = modules_after("import pellucid")
    assert "pellucid" in found
    assert "numpy" not in found


def test_python_dash_m_is_the_command():
    words = [sys.executable, "-m", "pellucid", "--version"]
    said = subprocess.run(words, capture_output=True, text=True, check=True)
    assert said.stdout == f"pellucid {pellucid.__version__}\n"


def test_the_commands_are_listed(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    said = capsys.readouterr().out
    for command in ("train", "evaluate", "predict", "summary", "check", "env", "diagnose"):
        assert f"    {command} " in said


def test_the_help_of_train_shows_every_default(capsys):
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert "--batch-size SIZE examples in a mini-batch (default: 32)" in said
    assert "pellucid train --resume runs/digits-cnn-1" in said


@pytest.mark.parametrize("words", [[], ["trian"], ["train", "--epoch-count", "3"]])
def test_wrong_words_give_exit_code_2(words, capsys):
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    assert "usage: pellucid" in capsys.readouterr().err


def test_an_error_is_one_line_without_a_traceback(capsys):
    assert main(["train", "digts"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("pellucid: data 'digts': expected one of digits, ")
    assert shown.err.endswith("Did you mean 'digits'?\n")
    assert shown.err.count("\n") == 1


def test_ctrl_c_gives_exit_code_130(monkeypatch, capsys):
    def interrupted(arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(summary, "run", interrupted)
    assert main(["summary", "x"]) == 130
    assert capsys.readouterr().err == "pellucid: interrupted\n"


def test_a_reader_that_has_seen_enough_is_no_error():
    read, write = os.pipe()
    os.close(read)
    words = [sys.executable, "-u", "-m", "pellucid", "env"]
    with os.fdopen(write, "w") as closed:
        done = subprocess.run(words, stdout=closed, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_option_is_not_guessed_from_its_beginning(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["train", "digits", "--unit", "3"])
    assert stopped.value.code == 2
    assert capsys.readouterr().err.endswith("unrecognized arguments: --unit 3\n")


def test_auto_is_for_what_trains(capsys, table, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    words = ["--engine", "auto"]
    assert main(["env", *words]) == 0
    assert "engine auto\n" in capsys.readouterr().out
    out = str(tmp_path / "run")
    assert main(["train", str(table), "--out", out, "--epochs", "1", *words]) == 0
    said = capsys.readouterr().out
    assert re.search(
        r"^auto: (numpy|torch), [\d.]+ ms a step \((numpy|torch) [\d.]+\)$", said, re.M
    )
    assert main(["evaluate", out, str(table), *words]) == 2
    text = (
        "pellucid: pellucid evaluate --engine: expected an engine, as nothing is trained; got auto"
    )
    assert capsys.readouterr().err.startswith(text)
