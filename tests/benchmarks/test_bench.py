import json

import pytest

from benchmarks import bench

from .figures import results


def asked(words):
    return bench.arguments(words.split())


def test_a_job_is_named_whole_or_by_its_beginning():
    assert bench.chosen_jobs(asked("--job cnn --job predict-mlp")) == [
        *("cnn", "predict-mlp32-1", "predict-mlp32-10000")
    ]
    assert bench.chosen_jobs(asked("")) == list(bench.JOBS)
    assert bench.chosen_jobs(asked("--quick")) == bench.QUICK_JOBS


def test_pellucid_runs_with_every_choice_of_peers():
    assert bench.chosen_peers(asked("--peer torch")) == ["pellucid", "torch"]


def test_an_unknown_job_is_refused(capsys):
    with pytest.raises(SystemExit):
        asked("--job mlp64")
    assert "no job begins with 'mlp64'" in capsys.readouterr().err


@pytest.mark.parametrize("words", ["--quick", "--job svm", "--peer jax", "--steps 3", "--rounds 2"])
def test_a_part_of_a_run_is_not_a_whole_one(words):
    assert bench.is_whole(asked(""))
    assert not bench.is_whole(asked(words))


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """Results and pages go to a folder of the test."""
    monkeypatch.setattr(bench, "DOCS", tmp_path / "docs")
    monkeypatch.setattr(bench, "RESULTS", tmp_path / "results")
    (tmp_path / "docs").mkdir()
    measured = results()
    del measured["linearity"]  # whose picture another environment draws
    monkeypatch.setattr(bench, "run", lambda words: measured)
    return tmp_path


def test_a_part_prints_and_writes_no_page(folders, capsys):
    bench.main(["--job", "mlp32"])
    assert not list((folders / "docs").iterdir())
    assert json.loads((folders / "results" / "part.json").read_text())["rounds"] == 5
    printed = capsys.readouterr().out
    assert "0.4 ± 10 %" in printed
    assert "svm: time over torch's –, to reach 0.6" in printed


@pytest.mark.parametrize("words", [[], ["--job", "mlp32", "--write"]])
def test_a_whole_run_writes_and_so_does_a_part_that_is_told_to(folders, words):
    bench.main(words)
    assert (folders / "docs" / "performance.md").read_text().startswith("# Performance")
    assert json.loads((folders / "docs" / "performance.json").read_text())["rounds"] == 5


def test_a_page_is_made_again_from_its_figures(folders):
    bench.main(["--job", "mlp32"])
    known = folders / "results" / "part.json"
    bench.main(["--from", str(known)])
    assert "abacus" in (folders / "docs" / "performance.md").read_text()


def test_versions_are_gathered_from_the_figures():
    jobs = results()["jobs"]
    for figures in jobs.values():
        for peer, own in figures["peers"].items():
            own["versions"] = {peer: "1"}
    assert bench.versions(jobs) == {"pellucid": {"pellucid": "1"}, "torch": {"torch": "1"}}
    assert "versions" not in jobs["mlp32"]["peers"]["torch"]
