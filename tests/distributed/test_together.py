"""Two and four processes make what one process makes, and each does its part of it."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from pellucid import load

from .conftest import BY_FOUR
from .launching import HERE, LONGEST, settings, torchrun
from .scenarios import EQUAL, chance_model, classes


def agree(one, several, float32):
    """The same numbers, up to rounding: 1e-12 in float64, 1e-5 in float32; by the largest."""
    assert one.keys() == several.keys()
    for name, value in one.items():
        apart = np.abs(several[name] - value).max(initial=0)
        assert apart <= (1e-5 if float32 else 1e-12) * max(np.abs(value).max(initial=0), 1), name


@pytest.mark.parametrize("name", EQUAL)
def test_two_processes_make_what_one_makes(name, two):
    one = EQUAL[name](None)
    for found in two(name):
        agree(one, found, name.endswith("32"))


@pytest.mark.parametrize("name", [name for name in BY_FOUR if name in EQUAL])
def test_four_processes_make_what_one_makes(name, four):
    one = EQUAL[name](None)
    for found in four(name):
        agree(one, found, False)


@pytest.mark.parametrize("name", EQUAL)
def test_the_processes_have_the_same_to_the_bit(name, two):
    first, second = two(name)
    assert all((first[key] == second[key]).all() for key in first)


@pytest.mark.parametrize("size", ["two", "four"])
def test_each_row_is_seen_once_an_epoch_by_one_process(size, request):
    processes = request.getfixturevalue(size)("rows")
    for epoch in ("first", "second"):
        seen = np.concatenate([found[epoch] for found in processes])
        assert sorted(seen.tolist()) == list(range(29))
    assert processes[0]["first"].tolist() != processes[0]["second"].tolist()


@pytest.mark.parametrize("size", ["two", "four"])
def test_chance_is_each_ones_own_and_all_else_is_the_same(size, request):
    first, *others = request.getfixturevalue(size)("chance")
    for other in others:
        assert not (first.pop("drawn", None) == other.pop("drawn")).any()
        assert all((first[key] == other[key]).all() for key in first)


def test_the_first_process_alone_writes_and_prints(two):
    folder = two.folder / "files"
    names = {path.name for path in folder.iterdir() if path.suffix != ".npz"}
    saved = {f"at-{batch:02d}.safetensors" for batch in (2, 4, 6)}
    saved |= {f"again-{batch:02d}.safetensors" for batch in (4, 6)}
    assert names == {"again.csv", "log.csv", *saved}
    rows = (folder / "log.csv").read_text().split()
    assert [row.split(",")[0] for row in rows] == ["epoch", "0", "1", "2"]
    assert two.done.stdout.count("epoch 1/3") == 2  # of this run, and of the command's
    assert two.done.stdout.count("epoch 1, batch 4: saved") == 1


def test_a_run_goes_on_from_the_middle_as_if_it_had_not_been_stopped(two):
    for found in two("files"):
        assert found["progress"].tolist() == [1, 2]
        for key in [key for key in found if f"a/{key}" in found]:
            rounding = 1e-6 if key.startswith("h/") else 0  # figures are added up in another order
            np.testing.assert_allclose(found[f"a/{key}"], found[key], rtol=rounding)


def test_a_loss_that_is_not_finite_on_one_process_stops_all_before_the_update(two):
    first, second = two("not_finite")
    assert str(first["said"]) == str(second["said"])
    where = (
        "fit, epoch 1, batch 2, process 0, the loss: expected a finite number; got inf; first, gate"
    )
    assert str(first["said"]).startswith(where)
    assert first["steps"] == second["steps"] == 1
    assert (first["weights"] == second["weights"]).all()
    assert first["epochs"].tolist() == second["epochs"].tolist() == [0]
    assert two.done.stdout.count("training ends") == 1


def test_different_data_are_refused(two):
    for found in two("different"):
        assert str(found["said"]) == (
            "fit: expected the same rows, batch size and steps on every process; got [[20, 8, 3]] "
            "on process 0 and [[21, 8, 3]] on 1. Let every process run the same program on the "
            "same data; each takes its own rows of every batch."
        )


@pytest.mark.parametrize("size", ["two", "four"])
def test_what_one_process_is_asked_all_do(size, request):
    first, *others = request.getfixturevalue(size)("stopped")
    assert first["batches"].tolist() == [3, 5]
    for other in others:
        assert all((first[key] == other[key]).all() for key in first)


def test_a_process_may_work_by_itself(two):
    first, second = two("alone")
    assert not (first["w/dense/kernel"] == second["w/dense/kernel"]).all()
    assert (two.folder / "alone" / "own-0.safetensors").exists()
    assert (two.folder / "alone" / "own-1.safetensors").exists()


def test_the_command_makes_one_run(two):
    run = two.folder / "command" / "run"
    names = {path.name for path in run.iterdir()}
    assert names == {"model.safetensors", "settings.toml", "history.csv", "log.txt", ".torchrun"}
    assert two.done.stdout.count("saved in") == 1
    assert load(run / "model.safetensors").progress["epoch"] == 3


def test_a_run_that_lost_a_process_is_started_again_and_goes_on(two, tmp_path):
    done = torchrun(2, "dying.py", tmp_path / "run", restarts=1)
    assert done.stdout.count("going on with") == 1
    assert "at epoch 2" in done.stdout
    again = load(tmp_path / "run" / "model.safetensors")
    whole = load(two.folder / "command" / "run" / "model.safetensors")
    for one, other in zip(again.get_weights(), whole.get_weights(), strict=True):
        assert (one == other).all()
    assert again.history.history == whole.history.history


def test_a_process_that_dies_ends_the_others_with_one_clear_line(tmp_path):
    words = [sys.executable, "waiting.py", str(tmp_path)]
    port = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29431", "WORLD_SIZE": "2"}
    both = [
        subprocess.Popen(
            words,
            env=settings(RANK=str(rank), LOCAL_RANK=str(rank), **port),
            cwd=HERE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    try:
        limit = time.monotonic() + LONGEST
        while not (tmp_path / "begun").exists() and time.monotonic() < limit:
            time.sleep(0.05)
        os.kill(both[1].pid, signal.SIGKILL)
        text = both[0].communicate(timeout=LONGEST)[1]
    finally:
        for each in both:
            each.kill()
            each.communicate()
    assert both[0].returncode == 1
    last = text.strip().splitlines()[-1]
    assert last.removeprefix("[rank0]: ").startswith(
        "pellucid.errors.DistributedError: process 0 of 2: expected all to go on together; got the "
        "end of another: its connection was closed."
    )
    assert last.endswith("they go on from the last checkpoint.")


def test_one_process_alone_has_no_group(monkeypatch):
    from pellucid import distributed

    monkeypatch.delenv("WORLD_SIZE", raising=False)
    assert (distributed.group(), distributed.rank(), distributed.size()) == (None, 0, 1)
    assert distributed.is_first()
    model = chance_model()
    x, y = classes(10)
    model.fit(x, y, verbose=0)
    assert model.team is None
