"""The folder of a run, and its log."""

import io

import pytest

from pellucid.cli.run_folder import LOG, SETTINGS, Tee, logged, model_file, new_folder
from pellucid.errors import ModelFileError, SettingError


def test_runs_are_numbered(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = [str(new_folder(None, "digits", "cnn")) for _ in range(2)]
    assert names == ["runs/digits-cnn-1", "runs/digits-cnn-2"]
    assert str(new_folder(None, "../my data!", "a b")) == "runs/my_data-a_b-1"
    assert (tmp_path / "runs" / "my_data-a_b-1").is_dir()


def test_a_run_is_not_written_over(tmp_path):
    folder = new_folder(str(tmp_path / "a" / "run"), "digits", "cnn")
    assert folder.is_dir()
    assert new_folder(str(folder), "digits", "cnn") == folder
    (folder / SETTINGS).write_text("")
    with pytest.raises(SettingError, match=r"which holds one. Choose another, or go on"):
        new_folder(str(folder), "digits", "cnn")


def test_a_folder_that_cannot_be_made_is_reported(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingError, match="--out: expected a folder that can be made; got"):
        new_folder(str(tmp_path / "file" / "run"), "digits", "cnn")


def test_a_model_is_named_by_its_file_or_its_run(tmp_path):
    assert model_file("x/y.safetensors").name == "y.safetensors"
    with pytest.raises(ModelFileError, match="Give the path of a model file"):
        model_file(str(tmp_path))
    (tmp_path / SETTINGS).write_text("")
    with pytest.raises(ModelFileError, match=r"start it again with: .*--settings"):
        model_file(str(tmp_path))
    (tmp_path / "model.safetensors").write_bytes(b"")
    assert model_file(str(tmp_path)) == tmp_path / "model.safetensors"


def test_the_log_keeps_the_last_state_of_a_live_line():
    shown, kept = io.StringIO(), io.StringIO()
    tee = Tee(shown, kept)
    for text in ("one\n", "\r1/3 ", "\r2/3 ", "\r3/3  done  ", "\n", "two\r\n", "rest"):
        assert tee.write(text) == len(text)
    tee.flush()
    assert kept.getvalue() == "one\n3/3  done\ntwo\n"
    assert shown.getvalue() == "one\n\r1/3 \r2/3 \r3/3  done  \ntwo\r\nrest"
    assert tee.isatty() is False


def test_what_is_printed_goes_to_the_log_too(tmp_path, capsys):
    for word in ("first", "second"):
        with logged(tmp_path):
            print(word)
    print("outside")
    assert capsys.readouterr().out == "first\nsecond\noutside\n"
    lines = (tmp_path / LOG).read_text().splitlines()
    assert [line for line in lines if not line.startswith("---")] == ["first", "second"]
    assert len(lines) == 4
