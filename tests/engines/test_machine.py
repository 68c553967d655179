"""The machine's facts, as far as a system tells them."""

import json

from pellucid.engines import machine


def test_a_processor_without_a_name_is_called_by_its_kind(monkeypatch):
    monkeypatch.setattr(machine.Path, "read_text", lambda self: "flags: none\n")
    monkeypatch.setattr(machine.platform, "processor", lambda: "")
    monkeypatch.setattr(machine.platform, "machine", lambda: "riscv64")
    assert machine.processor() == "riscv64"

    def missing(self):
        raise OSError

    monkeypatch.setattr(machine.Path, "read_text", missing)
    assert machine.processor() == "riscv64"


def test_cores_are_counted_where_affinity_is_unknown(monkeypatch):
    monkeypatch.delattr(machine.os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(machine.os, "cpu_count", lambda: 5)
    assert machine.cores() == 5


def test_nvidias_gpus_are_those_that_the_driver_lists(tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    monkeypatch.setattr(machine, "GPUS", str(tmp_path / "none"))
    assert machine.facts()["gpus"] == ["1"]
    for number in range(2):
        folder = tmp_path / "gpus" / str(number)
        folder.mkdir(parents=True)
        (folder / "information").write_text(f"Model:  \t H{number}00\nIRQ: 12\n")
    monkeypatch.setattr(machine, "GPUS", str(tmp_path / "gpus"))
    assert machine.facts()["gpus"] == ["H000", "H100", "1"]


def test_the_facts_are_the_same_again_and_change_with_the_threads(monkeypatch):
    before = machine.facts()
    assert json.loads(json.dumps(before)) == machine.facts()
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert machine.facts() != before
