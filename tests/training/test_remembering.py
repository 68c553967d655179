"""Files that remember: damaged ones, several writers, a folder that cannot be written to."""

import json
import os
import threading

import pytest

from pellucid.training import remembering
from pellucid.training.remembering import recall, remember

FACTS = {"model": {"units": 3}, "machine": "this one"}
FOUND = {"engine": "numpy", "milliseconds": {"numpy": 0.5}}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "pellucid" / "choices"


def the_file(folder):
    (file,) = folder.iterdir()
    return file


def test_what_was_remembered_is_there_for_the_same_facts_alone(folder):
    assert recall("engine", FACTS) is None
    assert remember("engine", FACTS, FOUND, {"who": "a reader"})
    assert recall("engine", json.loads(json.dumps(FACTS))) == FOUND
    assert recall("engine", FACTS | {"machine": "another"}) is None
    assert recall("precision", FACTS) is None
    assert json.loads(the_file(folder).read_text()) == {
        "found": FOUND,
        "about": {"who": "a reader"},
    }


def test_the_order_of_the_facts_does_not_matter():
    remember("engine", FACTS, FOUND, {})
    assert recall("engine", dict(reversed(FACTS.items()))) == FOUND


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b'{"found": 3}', b"\xff\xfe", b'{"about": {}}']
)
def test_a_damaged_file_is_as_none_and_is_written_anew(folder, content):
    remember("engine", FACTS, FOUND, {})
    the_file(folder).write_bytes(content)
    assert recall("engine", FACTS) is None
    assert remember("engine", FACTS, FOUND, {})
    assert recall("engine", FACTS) == FOUND


def test_a_folder_that_cannot_be_written_to_is_no_error(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    assert not remember("engine", FACTS, FOUND, {})
    assert recall("engine", FACTS) is None


def test_several_writers_at_once(folder):
    """Each has a file of its own; those of one file leave one that is whole."""

    def work(number):
        for _ in range(5):
            remember("engine", FACTS | {"number": number % 2}, FOUND | {"by": number}, {})

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(folder.glob("*.json"))) == 2
    for number in (0, 1):
        assert recall("engine", FACTS | {"number": number})["by"] % 2 == number


def test_the_older_files_go_where_there_are_too_many(folder, monkeypatch):
    monkeypatch.setattr(remembering, "MOST", 4)
    for number in range(5):
        remember("engine", {"number": number}, {"by": number}, {})
        for age, file in enumerate(sorted(folder.iterdir(), key=lambda f: f.stat().st_mtime_ns)):
            os.utime(file, (age, age))
    assert [bool(recall("engine", {"number": n})) for n in range(5)] == [False] * 2 + [True] * 3
