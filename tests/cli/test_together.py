"""A run that torchrun starts again: its folder is found by its mark."""

import pytest

from pellucid.cli import together

STARTED = {
    "RANK": "0",
    "WORLD_SIZE": "2",
    "LOCAL_RANK": "0",
    "MASTER_ADDR": "x",
    "MASTER_PORT": "1",
}


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """Two runs, of which this torchrun has made the second; and what torchrun says."""
    monkeypatch.chdir(tmp_path)
    folders = [tmp_path / "runs" / name for name in ("a-1", "a-2")]
    for name, value in STARTED.items():
        monkeypatch.setenv(name, value)
    for folder, run in zip(folders, ("another", "this"), strict=True):
        folder.mkdir(parents=True)
        monkeypatch.setenv("TORCHELASTIC_RUN_ID", run)
        together.leave_mark(folder)
    return [folder.relative_to(tmp_path) for folder in folders]


def test_only_a_run_that_is_started_again_has_been_broken_off(runs, monkeypatch):
    assert together.broken_off(None) is None
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "1")
    assert together.broken_off(None) == runs[1]
    assert together.broken_off(str(runs[1])) == runs[1]
    assert together.broken_off(str(runs[0])) is None
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "a third")
    assert together.broken_off(None) is None


def test_one_process_leaves_no_mark(tmp_path):
    together.leave_mark(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert together.folder_of(lambda: tmp_path) == tmp_path


def test_all_but_the_first_process_are_silent(tmp_path, monkeypatch, capsys):
    for name, value in {**STARTED, "RANK": "1"}.items():
        monkeypatch.setenv(name, value)
    with together.logged(tmp_path):
        print("heard by nobody")
    assert capsys.readouterr().out == ""
    assert list(tmp_path.iterdir()) == []
