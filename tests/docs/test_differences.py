"""docs/differences.md: every name of Pellucid that it mentions is there, with its argument."""

import inspect
import re

import pytest

import pellucid
from pellucid import callbacks, layers, losses, metrics, optimizers, schedules
from pellucid.registry import arguments

from .reading import ROOT

PAGE = (ROOT / "docs" / "differences.md").read_text()
ROWS = [row.strip("| ").split(" | ") for row in PAGE.splitlines() if row.startswith("| ")]
OURS = [row for row in ROWS if row[0] != "what" and row[1] != "none"]
NAMED = sorted({name for row in OURS for cell in row[:2] for name in re.findall("`([^`]+)`", cell)})
MODEL = pellucid.Sequential()
ROOMS = (pellucid, MODEL, layers, losses, metrics, optimizers, optimizers.Optimizer, schedules)
ROOMS += (
    callbacks,
    callbacks.Callback,
    pellucid.constraints,
    pellucid.regularizers,
    pellucid.activations,
)
ARGUMENTS = set(inspect.signature(MODEL.fit).parameters) | {
    argument
    for registry in (layers.registry, losses.registry, optimizers.registry, metrics.registry)
    for thing in registry.known.values()
    if isinstance(thing, type)
    for argument in arguments(thing)
}


def things(name):
    """What is called so: in a room, or by a name that stands for it."""
    pattern = re.compile(name.replace("*", r"\w+") + "$")
    return [getattr(room, n) for room in ROOMS for n in dir(room) if pattern.match(n)]


def test_the_page_has_names():
    assert len(NAMED) > 40
    assert all(len(row) == 4 and all(row) for row in ROWS)


@pytest.mark.parametrize("text", NAMED)
def test_every_name_is_there(text):
    name, argument = re.fullmatch(r"([^(=]*)(?:\((\w*).*\))?(?:=.*)?", text).groups()
    if name.startswith('"') or name in ("True", "False"):
        return
    found = things(name)
    assert found or name in ARGUMENTS, text
    if argument and found and argument != "f":  # which stands for a value
        assert argument in inspect.signature(found[0]).parameters
