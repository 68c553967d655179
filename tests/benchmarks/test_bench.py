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
    assert bench.chosen_jobs(asked("")) == [*bench.JOBS, *bench.MORE]
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


def test_the_page_takes_whole_jobs(capsys):
    with pytest.raises(SystemExit):
        asked("--job svm --peer torch --write")
    assert "the page takes whole jobs" in capsys.readouterr().err


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """Results and pages go to a folder of the test."""
    monkeypatch.setattr(bench, "DOCS", tmp_path / "docs")
    monkeypatch.setattr(bench, "RESULTS", tmp_path / "results")
    (tmp_path / "docs").mkdir()
    monkeypatch.setenv("PELLUCID_DATA", str(tmp_path))
    monkeypatch.setattr(bench.environments, "python_of", lambda name: name)
    monkeypatch.setattr(bench.environments, "keep_to_cores", lambda: 2)
    monkeypatch.setattr(bench, "JOBS", {name: bench.JOBS[name] for name in ("mlp32", "svm")})
    monkeypatch.setattr(bench, "MORE", ("footprint",))
    monkeypatch.setattr(bench, "footprint", lambda peers: results()["footprint"])
    return tmp_path


@pytest.fixture
def measured(monkeypatch):
    """The jobs that were measured, each with its rounds; their figures are made up."""
    names = []

    def measure(name, peers, number, settings, say):
        names.append((name, number))
        figures = results()["jobs"][name]
        for peer, own in figures["peers"].items():
            own["versions"] = {peer: str(len(names))}
        return figures

    monkeypatch.setattr(bench.rounds, "measure", measure)
    return names


def known(path):
    return json.loads(path.read_text())


@pytest.mark.parametrize(("words", "number"), [("", 5), ("--rounds 2", 2), ("--quick", 3)])
def test_all_is_measured_in_as_many_rounds_as_asked(words, number, folders, measured):
    bench.main(words.split() + ["--job", "mlp32"])
    assert known(folders / "results" / "part.json")["rounds"] == number
    assert measured == [("mlp32", number)]


def test_a_quick_run_has_fewer_turns_and_shorter_ones():
    usual = bench.JOBS["mlp32"]
    quick = usual._replace(**bench.QUICK)
    assert quick.turns * quick.seconds < usual.turns * usual.seconds / 2
    assert quick.turns > 1


def test_a_part_prints_and_writes_no_page(folders, measured, capsys):
    bench.main(["--job", "mlp32"])
    assert [name for name, _ in measured] == ["mlp32"]
    assert not list((folders / "docs").iterdir())
    assert known(folders / "results" / "part.json")["rounds"] == 5
    printed = capsys.readouterr().out
    assert "0.4 ± 10 %" in printed
    assert "svm" not in printed


def test_a_whole_run_writes(folders, measured, capsys):
    bench.main([])
    assert [name for name, _ in measured] == ["mlp32", "svm"]
    assert (folders / "docs" / "performance.md").read_text().startswith("# Performance")
    page = known(folders / "docs" / "performance.json")
    assert list(page["jobs"]) == ["mlp32", "svm"]
    assert page["footprint"] == results()["footprint"]
    assert page["versions"] == {"pellucid": {"pellucid": "2"}, "torch": {"torch": "1"}}
    assert "versions" not in page["jobs"]["mlp32"]["peers"]["torch"]
    assert "svm: time over torch's –, to reach 0.6" in capsys.readouterr().out


def test_a_part_that_is_told_to_takes_the_place_of_the_same_jobs(folders, measured):
    bench.main([])
    before = known(folders / "docs" / "performance.json")
    bench.main(["--job", "mlp32", "--write"])
    assert [name for name, _ in measured] == ["mlp32", "svm", "mlp32"]
    after = known(folders / "docs" / "performance.json")
    assert after["jobs"] == before["jobs"]
    assert after["versions"]["pellucid"] == {"pellucid": "3"}
    assert after["footprint"] == before["footprint"]


def test_a_run_that_was_cut_off_goes_on(folders, measured, monkeypatch):
    made = bench.rounds.measure

    def until(name, *rest):
        if name == "svm":
            raise KeyboardInterrupt
        return made(name, *rest)

    monkeypatch.setattr(bench.rounds, "measure", until)
    with pytest.raises(KeyboardInterrupt):
        bench.main([])
    monkeypatch.setattr(bench.rounds, "measure", made)
    assert list(known(folders / "results" / "whole.json")["jobs"]) == ["mlp32"]
    bench.main(["--resume"])
    assert [name for name, _ in measured] == ["mlp32", "svm"]
    assert list(known(folders / "docs" / "performance.json")["jobs"]) == ["mlp32", "svm"]


def test_a_run_does_not_go_on_on_another_machine(folders, measured):
    bench.main([])
    file = folders / "results" / "whole.json"
    file.write_text(file.read_text().replace('"cores used": 2', '"cores used": 64'))
    with pytest.raises(SystemExit, match="another machine"):
        bench.main(["--resume"])


def test_the_page_says_which_figures_are_of_another_machine(folders, measured):
    bench.main([])
    file, page = (folders / "docs" / f"performance.{kind}" for kind in ("json", "md"))
    assert "elsewhere" not in known(file)
    assert "another machine" not in page.read_text()
    here = known(file)["machine"]
    before = here | {"processor": "abacus", "vector units": "beads"}
    file.write_text(json.dumps(known(file) | {"machine": before}))
    bench.main(["--job", "svm", "--write"])
    assert known(file)["machine"] == here
    line = "- on another machine (abacus, vector units beads): "
    assert f"\n{line}mlp32, footprint\n" in page.read_text()
    bench.main(["--job", "mlp32", "--job", "footprint", "--write"])
    assert known(file)["elsewhere"] == {}
    assert line not in page.read_text()


def test_a_page_is_made_again_from_its_figures(folders, measured):
    bench.main(["--job", "mlp32"])
    bench.main(["--from", str(folders / "results" / "part.json")])
    assert [name for name, _ in measured] == ["mlp32"]
    assert "mlp32" in (folders / "docs" / "performance.md").read_text()
