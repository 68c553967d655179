import os
import sys

import pytest
from benchmarks.environments import ROOT, Peer

from benchmarks import rounds

FAKE = """
import json, os, sys, time
from pathlib import Path
from benchmarks.peers import turns

options = json.loads(sys.argv[1])["options"]
name, fails, number = options["name"], options["fails"], 0
log, cache = Path(options["log"]), Path(os.environ["XDG_CACHE_HOME"])


def note(what):
    with log.open("a") as file:
        file.write(f"{name} {what} {os.getpid()}\\n")


assert not list(cache.iterdir())
(cache / "choice.json").write_text("{}")
note(f"begins {cache}")
print("what a library says", flush=True)
for number in range(3):
    if fails == f"dies {number}":
        raise MemoryError("no room")
    if fails == f"hangs {number}":
        time.sleep(600)
    turns.wait(sys.stdout)
    note(number)
note("reports")
report = {"ms": 2.0, "turns": [1.0, 2.0, 9.0], "gflops": 100.0, "megabytes": 1.0}
print(json.dumps(report), flush=True)
"""


class Fakes:
    """Workers that write down what they do; `fails` says which of them end early, and how."""

    def __init__(self, folder):
        self.folder, self.fails = folder, {}

    def peer(self, name):
        """A peer whose worker is the one above."""
        log = str(self.folder / "log")
        options = {"name": name, "log": log, "fails": self.fails.get(name, "")}
        paths = {"PYTHONPATH": os.pathsep.join([str(self.folder), str(ROOT)])}
        return Peer(name, name, "fake_worker", "", options, paths)

    def take_turns(self, names, number=1, say=lambda text: None, job="tiny"):
        """What the benchmark makes of them."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(rounds, "PEERS", {name: self.peer(name) for name in names})
            patch.setattr(rounds, "SGEMM", self.peer("sgemm"))
            return rounds.take_turns(list(names), number, {"job": job}, say)

    def start(self, name):
        """The report of one alone."""
        return rounds.start(self.peer(name), {"job": "tiny"})

    def log(self):
        """What each did, line by line: its name, what, and the rest."""
        return [line.split() for line in (self.folder / "log").read_text().splitlines()]

    def order(self, what):
        """The names of those that did this, in their order."""
        return "".join(name[0] for name, did, *_ in self.log() if did == str(what))

    def are_gone(self):
        """Whether no process is left of all that began."""
        pids = {int(line[-1]) for line in self.log()}
        return pids and not any(is_there(pid) for pid in pids)


def is_there(pid):
    """Whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def fakes(tmp_path, monkeypatch):
    """Workers that are processes of this Python."""
    folder = tmp_path / "benchmarks" / "peers"
    folder.mkdir(parents=True)
    (folder / "fake_worker.py").write_text(FAKE)
    monkeypatch.setattr(rounds, "python_of", lambda environment: sys.executable)
    monkeypatch.setattr(rounds, "PAUSE", 0)
    return Fakes(tmp_path)


def test_rounds_become_medians_with_extremes():
    reports = [{"ms": ms, "megabytes": 90.0, "threads": 2} for ms in (3.0, 1.0, 2.0)]
    found = rounds.summary(reports)
    assert found["ms"] == {"median": 2.0, "low": 1.0, "high": 3.0}
    assert found["threads"] == 2
    assert "turns" not in found


def test_all_are_there_before_the_first_turn_and_the_turn_is_passed_round(fakes):
    found = fakes.take_turns("ab")
    assert [did for _, did, *_ in fakes.log()] == [
        *(["begins"] * 3 + ["0"] * 3 + ["1"] * 3),
        *(["2", "reports"] * 3),
    ]
    assert [fakes.order(what) for what in ("begins", 0, 1, 2)] == ["sab", "sba", "bsa", "bas"]
    assert found["sgemm_gflops"] == {"median": 100.0, "low": 100.0, "high": 100.0}
    assert list(found["peers"]) == ["a", "b"]
    assert found["peers"]["a"]["turns"] == [[1.0, 2.0, 9.0]]
    assert fakes.are_gone()


def test_each_round_begins_with_another_and_turns_are_kept_by_round(fakes):
    found = fakes.take_turns("ab", number=3)
    assert fakes.order("begins") == "sab" + "abs" + "bsa"
    assert found["peers"]["b"]["turns"] == 3 * [[1.0, 2.0, 9.0]]
    assert found["peers"]["b"]["ms"] == {"median": 2.0, "low": 2.0, "high": 2.0}


def test_a_cold_start_is_a_process_after_another(fakes):
    found = fakes.take_turns("ab", job="cold")
    one = ["begins", "0", "1", "2", "reports"]
    assert [did for _, did, *_ in fakes.log()] == 3 * one
    assert list(found["peers"]) == ["a", "b"]


@pytest.mark.parametrize(("when", "turns"), [("dies 0", 0), ("dies 2", 2)])
def test_a_worker_that_dies_is_named_and_the_others_go_on(fakes, when, turns):
    fakes.fails["b"] = when
    said = []
    found = fakes.take_turns("abc", number=2, say=said.append)
    assert found["errors"] == {"b": "MemoryError: no room"}
    assert said[0] == "  b: MemoryError: no room"
    assert list(found["peers"]) == ["a", "c"]
    assert fakes.order("begins").count("b") == 1
    assert [fakes.order(turn).count("b") for turn in range(3)] == [1] * turns + [0] * (3 - turns)
    assert fakes.order("reports").count("a") == fakes.order("reports").count("c") == 2
    assert fakes.are_gone()


def test_a_worker_that_takes_too_long_is_ended(fakes, monkeypatch):
    monkeypatch.setattr(rounds, "SECONDS", 2)
    fakes.fails["b"] = "hangs 1"
    with pytest.raises(rounds.WorkerError, match="took more than 2 s"):
        fakes.start("b")
    assert fakes.are_gone()


def test_without_the_rate_of_products_there_are_no_figures(fakes):
    fakes.fails["sgemm"] = "dies 1"
    with pytest.raises(rounds.WorkerError, match="sgemm: MemoryError: no room"):
        fakes.take_turns("a")


def test_no_process_is_left_when_a_run_is_cut_off(fakes):
    def interrupt(text):
        raise KeyboardInterrupt

    fakes.fails["b"] = "dies 1"
    with pytest.raises(KeyboardInterrupt):
        fakes.take_turns("abc", say=interrupt)
    assert fakes.order("begins") == "sabc"
    assert not fakes.order("reports")
    assert fakes.are_gone()


def test_a_worker_ends_quietly_when_nobody_gives_it_a_turn(fakes):
    with rounds.started(fakes.peer("a"), {"job": "tiny"}) as worker:
        assert worker.answer() is None
        worker.process.stdin.close()
        assert worker.process.wait(60) == 0
        worker.errors.seek(0)
        assert worker.errors.read() == ""
    assert not fakes.order(0)


def test_a_worker_alone_has_all_its_turns(fakes):
    report = fakes.start("a")
    assert (report["ms"], report["turns"]) == (2.0, [1.0, 2.0, 9.0])
    assert [fakes.order(turn) for turn in range(3)] == ["a"] * 3


def test_a_worker_that_dies_gives_its_last_words(fakes):
    peer = rounds.Peer("none", "none", "no_such_worker", "")
    with pytest.raises(rounds.WorkerError, match="no_such_worker"):
        rounds.start(peer, {"job": "tiny"})


def test_a_worker_remembers_nothing_of_another(fakes):
    fakes.take_turns("ab")
    fakes.start("a")
    folders = [rest[0] for _, did, *rest in fakes.log() if did == "begins"]
    assert len(set(folders)) == 4
    assert not any(os.path.exists(folder) for folder in folders)


@pytest.mark.parametrize("job", ["tiny", "predict-mlp32-1"])
def test_real_workers_take_their_turns(job, data, monkeypatch):
    monkeypatch.setattr(rounds, "python_of", lambda environment: sys.executable)
    names = ["pellucid", "numpy"] if job == "tiny" else ["pellucid"]
    small = {"steps": 2, "epochs": 1, "seconds": 0.001, "turns": 2}
    found = rounds.take_turns(names, 1, {"job": job} | small, lambda text: None)
    assert list(found["peers"]) == names
    assert found["sgemm_gflops"]["median"] > 0
    for own in found["peers"].values():
        ((first, second),) = own["turns"]
        assert own["ms"]["median"] == pytest.approx((first + second) / 2)
        assert min(first, second) > 0
    losses = [own["loss_before"] for own in found["peers"].values()]
    assert losses == pytest.approx([losses[0]] * len(names), rel=1e-5)


def test_a_profile_is_the_median_of_each_part(monkeypatch):
    figures = iter([1.0, 9.0, 2.0] * 2)

    def start(peer, settings):
        assert peer is rounds.PROFILE
        ms = next(figures)
        return {"ms": ms, "parts": {"products": ms / 2}, "faults": 0.0}

    monkeypatch.setattr(rounds, "start", start)
    found = rounds.profile(3, lambda text: None)
    assert list(found) == ["mlp128", "cnn-bn"]
    assert found["mlp128"]["parts"] == {"products": 1.0}
    assert found["cnn-bn"]["ms"] == {"median": 2.0, "low": 1.0, "high": 9.0}
