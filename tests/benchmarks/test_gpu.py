"""The benchmark of a GPU, tried out on a processor."""

import numpy as np
import pytest
import torch
from benchmarks.peers.torch_on_gpu import Graphed
from benchmarks.peers.torch_worker import Torch

import pellucid
from benchmarks import gpu, jobs, material, report, targets

LIMITS = {"gpu": {"mlp128": {"eager": 0.2, "graphed": 1.05}, "busy": 0.95}}


def figures(own, eager, graphed, busy):
    def of(ms):
        return {"ms": {"median": ms, "low": ms * 0.9, "high": ms * 1.1}, "torch": "2.13.0"}

    pellucids = of(own) | {"busy": busy, "gpu": "abacus"}
    return {"mlp128": {"pellucid": pellucids, "eager": of(eager), "graphed": of(graphed)}}


@pytest.fixture
def numpy_afterwards():
    yield
    pellucid.use("numpy")


@pytest.mark.parametrize(("name", "peer"), [(n, p) for n, own in gpu.PEERS.items() for p in own])
def test_every_peer_trains(data, numpy_afterwards, name, peer):
    found = gpu.measured(peer, name, "cpu")
    assert found["ms"] > 0
    assert found["torch"] == torch.__version__


def test_a_step_by_hand_is_the_step_of_the_loop(data):
    job = jobs.GPU_JOBS["mlp128"]._replace(batch=5, steps=2)
    x, y = material.load(job)
    trained = []
    for kind in (Torch, Graphed):
        peer = kind(job, "default", "cpu")
        torch.manual_seed(0)
        peer.fit(x, y, 2, lambda: None)
        trained.append([p.detach().numpy() for p in peer.network.parameters()])
    for one, other in zip(*trained, strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_overlaps_is_counted_once():
    spans = [(4.0, 9.0), (0.0, 1.0), (0.5, 2.0), (0.6, 0.7)]
    assert gpu.covered(spans, 0.0, 5.0) == pytest.approx(3 / 5)
    assert gpu.covered([], 0.0, 5.0) == 0
    assert gpu.covered([(-1.0, 9.0)], 0.0, 5.0) == 1


def test_peers_take_turns_in_fresh_processes(monkeypatch):
    asked = []

    def started(peer, name, device):
        asked.append((name, peer))
        return {"ms": float(len(asked)), "torch": device}

    monkeypatch.setattr(gpu, "started", started)
    monkeypatch.setattr(gpu.bench, "say", lambda text: None)
    found = gpu.take_turns("cuda:0", 3)
    first = [("mlp128", peer) for peer in gpu.PEERS["mlp128"]]
    assert asked[:9] == first * 3
    assert found["mlp128"]["eager"]["ms"] == {"median": 5.0, "low": 2.0, "high": 8.0}
    assert list(found) == list(gpu.PEERS) == list(jobs.GPU_JOBS)


def test_what_was_found_is_judged():
    verdicts = targets.judge_gpu(figures(1.0, 4.0, 1.0, 0.96), LIMITS)
    assert [(v.measure, v.found, v.reached) for v in verdicts] == [
        ("time over eager PyTorch's", 0.25, False),
        ("time over graphed PyTorch's", 1.0, True),
        ("share of the time the GPU is busy", 0.96, True),
    ]
    nothing = targets.judge_gpu({}, LIMITS)
    assert [(v.found, v.reached) for v in nothing] == [(None, None)] * 3
    assert [v.reached for v in targets.judge_gpu(figures(1, 4, 1, 0.9), LIMITS)][-1] is False


def test_the_page_says_what_was_measured_or_that_nothing_was():
    text = "\n".join(report.gpu({}))
    assert "Unmeasured" in text
    assert "| mlp128 | time over eager PyTorch's | 0.2 | – | not known |" in text
    text = "\n".join(report.gpu({"gpu": figures(1.0, 6.0, 1.0, 0.96)}))
    assert "abacus, PyTorch 2.13.0" in text
    assert "| mlp128 | 1 ± 10 % | 6 ± 10 % | 1 ± 10 % |" in text
    assert "| mlp128 | time over eager PyTorch's | 0.2 | 0.167 | reached |" in text


def test_a_processors_figures_are_not_for_the_page(capsys):
    with pytest.raises(SystemExit):
        gpu.main(["--write", "--device", "cpu"])
    assert "--write goes with one" in capsys.readouterr().err


def test_the_tables_are_printed(monkeypatch, capsys):
    monkeypatch.setattr(gpu, "take_turns", lambda device, times: figures(1.0, 6.0, 1.0, 0.96))
    gpu.main([])
    text = capsys.readouterr().out
    assert "6 ± 10 %" in text
    assert "time over eager PyTorch's" in text
