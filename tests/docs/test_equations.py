"""docs/equations.md against the code: its names are where its links say, and its formulas hold.

Formulas that a test elsewhere does not compute are computed here, in plain NumPy, from the page.
"""

import ast
import re

import numpy as np
import pytest

import pellucid
from pellucid import Input, Sequential, constraints, gates, optimizers, regularizers, schedules
from pellucid import initializers as first
from pellucid.layers import Dense

from .reading import ROOT, run

PAGE = ROOT / "docs" / "equations.md"
LINKS = sorted(set(re.findall(r"\[`([\w.]+)`\]\(([^)]+\.py)\)", PAGE.read_text())))
SECTIONS = re.split(r"^## (\d+)\. .*$", PAGE.read_text(), flags=re.M)[1:]


# -- the page -------------------------------------------------------------------------------------


def definitions(body, prefix=""):
    """The names that a file defines: functions, classes with their methods, and assignments."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield prefix + node.name
            if isinstance(node, ast.ClassDef):
                yield from definitions(node.body, f"{prefix}{node.name}.")
        elif isinstance(node, ast.Assign):
            yield from (prefix + t.id for t in node.targets if isinstance(t, ast.Name))


@pytest.mark.parametrize(("name", "link"), LINKS)
def test_every_name_is_where_its_link_says(name, link):
    file = (PAGE.parent / link).resolve()
    known = set(definitions(ast.parse(file.read_text()).body))
    for room in (file.stem, file.parent.name):  # which a name may have in front
        name = name.removeprefix(f"{room}.")
    assert name in known


def test_every_row_is_there_with_a_test_or_a_word_on_why_not():
    numbers, texts = SECTIONS[::2], SECTIONS[1::2]
    assert numbers == [str(n) for n in range(1, 28)]
    for number, text in zip(numbers, texts, strict=True):
        has_formula = "```math" in text or "| gate |" in text
        assert ("[`test_" in text) if has_formula else ("No formula" in text), number


def test_every_gate_loss_optimiser_and_their_like_is_on_the_page():
    named = {name.rsplit(".", 1)[-1] for name, _ in LINKS}
    built = set(gates.__all__) - {"shared"}
    for room in (pellucid.losses, optimizers, first, regularizers, constraints, schedules):
        registry = room.registry
        built |= {thing.__name__ for thing in registry.known.values()}
    assert built - named - {"FunctionLoss"} == set()


def test_the_python_of_this_page_runs():
    assert {"dz", "L"} <= run(PAGE).keys()


# -- its formulas ---------------------------------------------------------------------------------


def test_a_stack_is_the_formula(rng):
    model = Sequential([Input((4,)), Dense(5, "relu"), Dense(3, "relu"), Dense(2)], dtype="float32")
    x = rng.normal(size=(6, 4)).astype("float32")
    W1, _, W2, _, W3, _ = model.get_weights()
    f = np.maximum(0, np.maximum(0, x @ W1) @ W2) @ W3
    np.testing.assert_allclose(model(x), f, rtol=1e-5, atol=1e-6)


def test_a_stack_of_linear_layers_is_one_linear_layer(rng):
    model = Sequential([Input((4,)), Dense(5), Dense(3)])
    W1, _, W2, b2 = model.get_weights()
    b1 = rng.normal(size=5).astype("float32")
    model.set_weights([W1, b1, W2, b2])
    x = rng.normal(size=(6, 4)).astype("float32")
    np.testing.assert_allclose(model(x), x @ (W1 @ W2) + (b1 @ W2 + b2), rtol=1e-4, atol=1e-5)
