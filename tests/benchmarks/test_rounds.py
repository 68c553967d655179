from pathlib import Path
from subprocess import CompletedProcess

import pytest

from benchmarks import rounds


def test_rounds_become_medians_with_extremes():
    reports = [{"ms": ms, "megabytes": 90.0, "threads": 2} for ms in (3.0, 1.0, 2.0)]
    found = rounds.summary(reports)
    assert found["ms"] == {"median": 2.0, "low": 1.0, "high": 3.0}
    assert found["threads"] == 2


def test_peers_take_turns_and_one_that_fails_is_left_out(monkeypatch):
    asked = []

    def start(peer, settings):
        asked.append(peer.title)
        if peer is rounds.SGEMM:
            return {"gflops": 100.0}
        if peer.title == "JAX":
            raise rounds.WorkerError("no such device")
        return {"ms": float(len(asked)), "megabytes": 1.0}

    monkeypatch.setattr(rounds, "start", start)
    found = rounds.take_turns(["pellucid", "jax", "torch"], 2, {"job": "tiny"}, lambda text: None)
    assert asked == ["sgemm", "Pellucid", "JAX", "PyTorch", "sgemm", "PyTorch", "Pellucid"]
    assert found["errors"] == {"jax": "no such device"}
    assert list(found["peers"]) == ["pellucid", "torch"]
    assert found["peers"]["torch"]["ms"] == {"median": 5.0, "low": 4.0, "high": 6.0}


def test_a_worker_that_dies_gives_its_last_words(monkeypatch):
    monkeypatch.setattr(rounds, "python_of", lambda environment: "python3")
    peer = rounds.Peer("none", "none", "no_such_worker", "")
    with pytest.raises(rounds.WorkerError, match="no_such_worker"):
        rounds.start(peer, {"job": "tiny"})


def test_a_worker_remembers_nothing_of_another(monkeypatch):
    def run(command, *, env, **settings):
        seen.append(Path(env["XDG_CACHE_HOME"]))
        assert not list(seen[-1].iterdir())
        (seen[-1] / "choice.json").write_text("{}")
        return CompletedProcess(command, 0, '{"ms": 2.5}\n', "")

    seen = []
    monkeypatch.setattr(rounds, "python_of", lambda environment: "python3")
    monkeypatch.setattr(rounds.subprocess, "run", run)
    for _ in range(2):
        assert rounds.start(rounds.PROFILE, {"job": "tiny"}) == {"ms": 2.5}
    assert not any(folder.exists() for folder in seen)


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
