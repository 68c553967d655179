"""The package's surface: what it offers, and what it costs to import."""

import importlib
import pkgutil
import re
import subprocess
import sys
import typing
from pathlib import Path

import pytest

import pellucid

ROOMS = [
    room.name
    for room in pkgutil.walk_packages(pellucid.__path__, "pellucid.")
    if not room.name.endswith("__main__")
]


def test_every_name_in_every_all_is_there():
    checked = 0
    for name in ["pellucid", *ROOMS]:
        room = importlib.import_module(name)
        names = getattr(room, "__all__", [])
        assert [n for n in names if not hasattr(room, n)] == [], name
        checked += len(names)
    assert checked > 100


def test_every_room_says_what_is_in_it():
    for name in ["pellucid", *ROOMS]:
        assert len(importlib.import_module(name).__doc__ or "") > 20, name


def test_every_public_name_can_be_had():
    for name in dir(pellucid):
        assert getattr(pellucid, name) is not None or name in ("__path__", "__file__")
    assert set(pellucid.__all__) <= set(dir(pellucid))
    assert {"Sequential", "losses", "schedules", "initializers"} <= set(dir(pellucid))


def test_type_checkers_see_every_public_name():
    text = Path(pellucid.__file__).read_text()
    block = re.search(r"if TYPE_CHECKING:\n((?:    .*\n)+)", text)
    assert block is not None
    lines = [line.split(" import ")[1] for line in block.group(1).splitlines()]
    assert sorted(name for line in lines for name in line.split(", ")) == pellucid.__all__


def test_the_usual_imports():
    from pellucid import Sequential, load, nn
    from pellucid.layers import Dense, Input
    from pellucid.losses import BinaryCrossentropy
    from pellucid.optimizers import Adam

    for thing in (Sequential, load, nn, Dense, Input, BinaryCrossentropy, Adam):
        assert thing is not None
    assert pellucid.Sequential is Sequential
    assert pellucid.nn is sys.modules["pellucid.nn"]
    assert pellucid.Input is Input


def test_every_gate_has_a_function():
    names = {n.lower().replace("_", "") for n in vars(pellucid.nn)}
    short = {"maxpool2d", "averagepool2d"}
    without = {"gate", "shared", "slice", "tanhgelu"}  # x[...], and nn.gelu(approximate=True)
    gates = {name.lower() for name in pellucid.gates.__all__} - without
    assert gates <= names | short


def test_an_unknown_name_is_an_attribute_error_that_python_can_mend():
    with pytest.raises(
        AttributeError, match=r"^module 'pellucid' has no attribute 'Sequental'$"
    ) as found:
        _ = pellucid.Sequental
    assert found.value.name == "Sequental"
    assert found.value.obj is pellucid
    with pytest.raises(ImportError):
        importlib.import_module("pellucid.Sequental")


def test_python_suggests_the_nearest_name():
    code = "import pellucid; pellucid.Sequental"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "Did you mean: 'Sequential'?" in run.stderr


def test_the_import_loads_neither_numpy_nor_any_room():
    code = (
        "import sys; before = set(sys.modules); import pellucid; "
        "print(*sorted(set(sys.modules) - before))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = run.stdout.split()
    assert "pellucid" in loaded
    assert [name for name in loaded if name.startswith(("numpy", "pellucid."))] == []


def test_the_version_is_a_version():
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*", pellucid.__version__)


def test_public_functions_have_hints():
    for name in ("gradient_check", "check_gate", "set_floatx", "floatx", "set_random_seed"):
        assert "return" in typing.get_type_hints(getattr(pellucid, name))
