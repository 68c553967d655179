"""Writing: all of a file or nothing, whatever happens. And no source runs what it reads."""

import ast
import errno
import os
import random
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import pellucid
from pellucid import Sequential
from pellucid.errors import ModelFileError
from pellucid.layers import Dense, Input
from pellucid.storage import write_bytes, write_text

EXPECTED = "expected a folder that can be written to, with room on its disk; got "


def network():
    return Sequential([Input((300,)), Dense(500), Dense(10)])


def test_content_replaces_what_was_there(tmp_path):
    path = tmp_path / "new" / "folder" / "file.txt"
    write_text(path, "old, ä")
    write_bytes(str(path), b"new")
    assert path.read_bytes() == b"new"
    write_text(path, "ä")
    assert path.read_bytes() == "ä".encode()
    assert [each.name for each in path.parent.iterdir()] == ["file.txt"]


@pytest.mark.parametrize("name", ["file/model", "file/folder/model"])
def test_a_path_below_a_file_is_refused(name, tmp_path):
    (tmp_path / "file").write_text("here")
    text = f"writing {tmp_path / name}: {EXPECTED}"
    with pytest.raises(ModelFileError, match=re.escape(text)):
        network().save(tmp_path / name)
    assert (tmp_path / "file").read_text() == "here"


def test_a_folder_is_not_replaced(tmp_path):
    (tmp_path / "model").mkdir()
    with pytest.raises(ModelFileError, match=re.escape(EXPECTED)):
        network().save(tmp_path / "model")
    assert os.listdir(tmp_path) == ["model"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("before", [b"the old file", None])
def test_a_full_disk_leaves_what_was_there(step, before, tmp_path, monkeypatch):
    def full(*arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "model"
    if before:
        path.write_bytes(before)
    monkeypatch.setattr(os, step, full)
    text = f"writing {path}: {EXPECTED}No space left on device. Choose another path; nothing was ch"
    with pytest.raises(ModelFileError, match=re.escape(text)):
        network().save(path)
    assert os.listdir(tmp_path) == (["model"] if before else [])
    assert not before or path.read_bytes() == before


def test_ctrl_c_while_writing_leaves_what_was_there(tmp_path, monkeypatch):
    def pressed(*arguments):
        raise KeyboardInterrupt

    path = tmp_path / "model"
    path.write_bytes(b"the old file")
    monkeypatch.setattr(os, "fsync", pressed)
    with pytest.raises(KeyboardInterrupt):
        network().save(path)
    assert os.listdir(tmp_path) == ["model"]
    assert path.read_bytes() == b"the old file"


SAVE_FOR_EVER = """
import sys
import numpy as np
import pellucid
model = pellucid.load(sys.argv[1])
version = model.notes["version"]
print("ready", flush=True)
while True:
    version += 1
    model.set_weights([np.full(w.shape, version) for w in model.get_weights()])
    model.notes = {"version": version}
    model.save(sys.argv[1])
"""


def test_a_process_killed_while_saving_leaves_a_whole_file(tmp_path):
    """Each version has its number in every weight and in the notes: a mixture would show."""
    path, chance, versions = tmp_path / "model", random.Random(0), [0]
    model = network()
    model.set_weights([0 * w for w in model.get_weights()])
    model.notes = {"version": 0}
    model.save(path)
    for _ in range(10):
        command = [sys.executable, "-c", SAVE_FOR_EVER, path]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout.readline() == "ready\n"
            time.sleep(chance.uniform(0, 0.05))
            process.kill()
        model = pellucid.load(path)
        versions.append(model.notes["version"])
        for w in model.get_weights():
            np.testing.assert_array_equal(w, versions[-1])
    assert versions == sorted(versions)
    assert versions[-1] > 10, "the processes did save"


FORBIDDEN_MODULES = {"pickle", "cPickle", "marshal", "shelve", "dill", "joblib", "cloudpickle"}
FORBIDDEN_NAMES = {"eval", "exec", "__import__"}


def findings(tree):
    """What in a source could run code that a file brings along."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from FORBIDDEN_MODULES & {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            yield from FORBIDDEN_MODULES & {(node.module or "").split(".")[0]}
        elif isinstance(node, ast.Name):
            yield from FORBIDDEN_NAMES & {node.id}
        elif isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            yield from set() if ast.unparse(node.value) == "False" else {"allow_pickle"}


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "import os, pickle as p",
        "from pickle import loads",
        "eval('1')",
        "run = exec",
        "np.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=trusted)",
    ],
)
def test_the_search_finds_what_it_is_for(source):
    assert list(findings(ast.parse(source)))


def test_no_source_unpickles_or_runs_what_it_reads():
    sources = list(Path(pellucid.__file__).parent.rglob("*.py"))
    assert len(sources) > 40
    found = {path.name: list(findings(ast.parse(path.read_text()))) for path in sources}
    assert not {name: what for name, what in found.items() if what}
