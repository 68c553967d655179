"""Add and Concatenate: against PyTorch, and the errors for inputs that do not go together."""

import numpy as np
import pytest
import torch

from pellucid import Input
from pellucid.errors import ShapeError
from pellucid.layers import Add, Concatenate

from ..saying import says
from .comparing import agree

MEND = "Call it as {}()([a, b]), with a and b of shapes that fit."


def test_add_is_the_sum(rng):
    x = rng.normal(size=(3, 2, 4, 5))
    agree(Add, lambda a, b, c: a + b + c, *x)


def test_add_repeats_a_length_of_one(rng):
    agree(Add, torch.add, rng.normal(size=(2, 4, 3)), rng.normal(size=(2, 1, 3)))


@pytest.mark.parametrize("axis", [-1, 1, -2])
def test_concatenate_is_torchs(axis, rng):
    agree(
        lambda **kw: Concatenate(axis, **kw),
        lambda *x: torch.cat(x, axis),
        *rng.normal(size=(3, 2, 4, 5)),
    )


def test_lengths_that_are_not_known_go_with_any():
    a, b = Input((None, 3)), Input((4, 3))
    assert Add()([a, b]).shape == (None, 4, 3)
    assert Add()([a, a]).shape == (None, None, 3)
    assert Concatenate(1)([a, b]).shape == (None, None, 3)
    assert Concatenate()([a, b]).shape == (None, 4, 6)
    assert Concatenate(0)([b, b]).shape == (None, 4, 3)


@pytest.mark.parametrize("kind", [Add, Concatenate])
def test_one_input_alone_is_refused(kind):
    text = (
        f"layer {kind.__name__.lower()}: expected a list of inputs with equally many axes; "
        f"got (None, 3). {MEND.format(kind.__name__)}"
    )
    with says(ShapeError, text):
        kind()(np.zeros((2, 3)))


@pytest.mark.parametrize("kind", [Add, Concatenate])
def test_unequal_numbers_of_axes_are_refused(kind):
    with pytest.raises(ShapeError, match="expected a list of inputs with equally many axes"):
        kind()([np.zeros((2, 3)), np.zeros((2, 3, 1))])


@pytest.mark.parametrize(("kind", "width"), [(Add, 4), (Concatenate, 1)])
def test_shapes_that_do_not_fit_are_refused(kind, width):
    given = [np.zeros((2, 3, 5)), np.zeros((2, width, 5))]
    text = (
        f"layer {kind.__name__.lower()}: expected inputs whose shapes fit together; "
        f"got [(None, 3, 5), (None, {width}, 5)]. {MEND.format(kind.__name__)}"
    )
    with says(ShapeError, text):
        kind()(given)


def test_an_axis_that_is_not_there_is_refused():
    text = (
        "layer concatenate: expected inputs that have an axis 2; got [(None, 3), (None, 3)]. "
        + MEND.format("Concatenate")
    )
    with says(ShapeError, text):
        Concatenate(2)([Input((3,)), Input((3,))])
