"""The house as docs/architecture.md draws it: a floor uses the floors below it, never one above.

The floors are read from the table of that page, so the page and the imports cannot drift apart. An
import counts wherever it stands: at the top of a file, inside a function, or for types alone.
"""

import ast
import re
import sys

import numpy as np
import pytest

from pellucid import Tensor
from pellucid.graph import walk

from .reading import ROOT, run

PAGE = (ROOT / "docs" / "architecture.md").read_text()
HOUSE = ROOT / "src" / "pellucid"
FILES = sorted(HOUSE.rglob("*.py"))
OUTSIDE = {  # which rooms may use which library from outside; all but NumPy inside functions only
    "numpy": {"engines", "distributed", "data", "insight", "cli"},
    "PIL": {"data", "insight", "cli"},
    "urllib3": {"data"},
    "safetensors": {"storage", "interop"},
    "matplotlib": {"insight"},
    "igraph": {"insight"},
    "torch": {"engines", "distributed", "interop", "cli"},
}
AT_START = "torch_"  # files that begin so import PyTorch at once; they are imported when needed
DOORS = {"models/seen.py": {"insight"}}  # the one way upwards, taken inside functions only


def name_of(file):
    return str(file.relative_to(HOUSE))


def room_of(file):
    """The first part of a file's path: "layers" for layers/core.py, "errors" for errors.py."""
    first = file.relative_to(HOUSE).parts[0].removesuffix(".py")
    return "pellucid" if first == "__init__" else first


def floors():
    """The number of each room's floor, counted by the rows of the table from the ground up."""
    table = PAGE.split("| floor |")[1].split("\n\n")[0].splitlines()[2:]
    rooms = [re.findall(r"`(\w+)`", row.split("|")[2]) for row in table]
    return {room: floor for floor, names in enumerate(rooms) for room in names}


FLOORS = floors()


def imports(file):
    """Every (module, is_at_start_up) that a file imports."""

    def walk(node, at_start):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                yield from ((alias.name, at_start) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"{name_of(file)}: say `from pellucid...` in full"
                yield from ((f"{child.module}.{alias.name}", at_start) for alias in child.names)
            elif isinstance(child, ast.Call) and "import_module" in ast.unparse(child.func):
                yield from ((n.value, False) for n in child.args if isinstance(n, ast.Constant))
            later = isinstance(child, ast.FunctionDef | ast.Lambda)
            types = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
            yield from walk(child, at_start and not later and not types)

    yield from walk(ast.parse(file.read_text()), True)


def room_imported(module):
    """The room that an import of `module` leads to; "pellucid" is the front door."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in FLOORS else "pellucid"


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_no_floor_uses_one_above(file):
    own = FLOORS[room_of(file)]
    used = {(room_imported(m), at) for m, at in imports(file) if m.split(".")[0] == "pellucid"}
    doors = {(room, False) for room in DOORS.get(name_of(file), set())}
    assert [room for room, at in sorted(used - doors) if FLOORS[room] > own] == []


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_libraries_from_outside_are_used_where_the_page_says(file):
    own, known = room_of(file), {*sys.stdlib_module_names, "pellucid"}
    outside = {(m.split(".")[0], start) for m, start in imports(file)}
    outside = {(library, start) for library, start in outside if library not in known}
    assert [library for library, _ in outside if own not in OUTSIDE.get(library, set())] == []
    own = {"numpy", "torch"} if file.name.startswith(AT_START) else {"numpy"}
    assert [library for library, start in outside if start and library not in own] == []


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_pytorchs_files_are_imported_when_they_are_needed(file):
    at_start = [module for module, start in imports(file) if start]
    assert file.name.startswith(AT_START) or not any(f".{AT_START}" in m for m in at_start)


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_every_file_opens_with_what_is_in_the_room(file):
    opening = ast.get_docstring(ast.parse(file.read_text())) or ""
    assert len(opening.split()) >= 5, "open the file with a plain sentence"


def test_every_file_and_room_is_on_the_page():
    rooms = {room_of(file) for file in FILES}
    assert rooms - FLOORS.keys() == set(), "give the room a floor in docs/architecture.md"
    on_page = set(re.findall(r"\]\(\.\./src/pellucid/([\w/]+\.py)\)", PAGE))
    files = {name_of(file) for file in FILES if file.name != "__init__.py"}
    assert files - on_page == set(), "say in docs/architecture.md what the file is for"


def test_the_rules_are_strict_enough_to_catch_what_they_forbid(tmp_path):
    file = tmp_path / "bad.py"
    file.write_text("import PIL\ndef f():\n    from pellucid.layers import Dense\n")
    assert list(imports(file)) == [("PIL", True), ("pellucid.layers.Dense", False)]
    assert FLOORS[room_imported("pellucid.layers.Dense")] > FLOORS["gates"]
    assert FLOORS["errors"] < FLOORS["engines"] < FLOORS["gates"] < FLOORS["graph"] < FLOORS["nn"]
    assert FLOORS["nn"] < FLOORS["layers"] < FLOORS["models"] < FLOORS["pellucid"]


def test_the_life_of_a_step_is_as_told():
    model = run(ROOT / "docs" / "architecture.md")["model"]
    assert f"{model.parameters.theta.size:,} numbers" in PAGE
    x, y = Tensor(np.zeros((32, 784), "float32"), requires_grad=False), np.arange(32) % 10
    tensors = [t for t in walk(model.total_loss(y, model.run(x, training=True))) if t.gate]
    table = PAGE.split("| number | gate |")[1].split("\n\n")[0].splitlines()[2:]
    rows = [row.strip("| ").split(" | ") for row in table]
    assert [row[1].strip("`") for row in rows] == [type(t.gate).__name__ for t in tensors]
    for row, tensor in zip(rows, tensors, strict=True):
        shapes = [str(v.shape) for v in tensor.gate.inputs if hasattr(v, "shape")]
        assert re.findall(r"\([\d, ]*\)", row[3]) == shapes
        assert row[4].endswith(str(tensor.shape))
