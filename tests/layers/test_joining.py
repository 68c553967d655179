"""Layers of several inputs: against PyTorch, and the errors for what does not go together."""

import numpy as np
import pytest
import torch

from pellucid import Input, Tensor
from pellucid.errors import SettingError, ShapeError
from pellucid.layers import (
    Add,
    Average,
    Concatenate,
    Dot,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
)

from ..saying import says
from .comparing import agree

MEND = "Call it as {}()([a, b]), with a and b of shapes that fit."


OF_THREE = {
    Add: lambda a, b, c: a + b + c,
    Multiply: lambda a, b, c: a * b * c,
    Average: lambda a, b, c: torch.stack([a, b, c]).mean(0),
    Maximum: lambda a, b, c: torch.stack([a, b, c]).amax(0),
    Minimum: lambda a, b, c: torch.stack([a, b, c]).amin(0),
}
OF_TWO = {
    Add: torch.add,
    Subtract: torch.sub,
    Multiply: torch.mul,
    Average: lambda a, b: (a + b) / 2,
    Maximum: torch.maximum,
    Minimum: torch.minimum,
}
MERGING = list(OF_TWO)


@pytest.mark.parametrize("kind", OF_THREE)
def test_three_inputs_number_by_number(kind, rng):
    agree(kind, OF_THREE[kind], *rng.normal(size=(3, 2, 4, 5)))


@pytest.mark.parametrize("kind", MERGING)
def test_a_length_of_one_is_repeated(kind, rng):
    agree(kind, OF_TWO[kind], rng.normal(size=(2, 4, 3)), rng.normal(size=(2, 1, 3)))
    agree(kind, OF_TWO[kind], rng.normal(size=(2, 1, 3)), rng.normal(size=(2, 4, 3)))


@pytest.mark.parametrize("kind", [Maximum, Minimum])
def test_the_first_of_equal_inputs_gets_the_gradient(kind):
    a, b, c = (Tensor(np.ones((1, 2))) for _ in range(3))
    kind()([a, b, c]).backward(np.ones((1, 2)))
    assert a.grad.tolist() == [[1, 1]]
    assert b.grad.tolist() == c.grad.tolist() == [[0, 0]]


@pytest.mark.parametrize("axis", [-1, 1, -2])
def test_concatenate_is_torchs(axis, rng):
    agree(
        lambda **kw: Concatenate(axis, **kw),
        lambda *x: torch.cat(x, axis),
        *rng.normal(size=(3, 2, 4, 5)),
    )


@pytest.mark.parametrize("kind", MERGING)
def test_lengths_that_are_not_known_are_those_that_are(kind):
    a, b = Input((None, 3)), Input((4, 3))
    assert kind()([a, b]).shape == (None, 4, 3)
    assert kind()([a, a]).shape == (None, None, 3)


def test_lengths_that_are_not_known_go_with_any():
    a, b = Input((None, 3)), Input((4, 3))
    assert Concatenate(1)([a, b]).shape == (None, None, 3)
    assert Concatenate()([a, b]).shape == (None, 4, 6)
    assert Concatenate(0)([b, b]).shape == (None, 4, 3)


@pytest.mark.parametrize("kind", [Add, Multiply, Average, Maximum, Minimum, Concatenate])
def test_one_input_alone_is_refused(kind):
    text = (
        f"layer {kind.__name__.lower()}: expected a list of inputs with equally many axes; "
        f"got (None, 3). {MEND.format(kind.__name__)}"
    )
    with says(ShapeError, text):
        kind()(np.zeros((2, 3)))


@pytest.mark.parametrize("kind", [*MERGING, Concatenate])
def test_unequal_numbers_of_axes_are_refused(kind):
    with pytest.raises(ShapeError, match="expected a list of inputs with equally many axes"):
        kind()([np.zeros((2, 3)), np.zeros((2, 3, 1))])


@pytest.mark.parametrize(("kind", "width"), [*((kind, 4) for kind in MERGING), (Concatenate, 1)])
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


@pytest.mark.parametrize("shape", [None, (3,), (3, 3, 3)])
@pytest.mark.parametrize(("kind", "name"), [(Subtract, "Subtract"), (lambda: Dot(1), "Dot")])
def test_a_layer_of_two_inputs_refuses_more_or_less(kind, name, shape):
    given = np.zeros((2, 3)) if shape is None else [np.zeros((2, n)) for n in shape]
    shown = (None, 3) if shape is None else [(None, n) for n in shape]
    text = f"layer {name.lower()}: expected a list of two inputs; got {shown}. {MEND.format(name)}"
    with says(ShapeError, text):
        kind()(given)


# -- Dot ------------------------------------------------------------------------------------------

PRODUCTS = {  # axes: the shapes of two inputs, the sum as einsum writes it
    "vectors": (1, (3, 4), (3, 4), "nd,nd->n"),
    "the last axis of vectors": (-1, (3, 4), (3, 4), "nd,nd->n"),
    "matrices": ((2, 1), (3, 5, 4), (3, 4, 6), "nad,ndb->nab"),
    "rows with rows": (2, (3, 5, 4), (3, 6, 4), "nad,nbd->nab"),
    "columns with columns": ([1, 1], (3, 4, 5), (3, 4, 6), "nda,ndb->nab"),
    "from the end": ((-1, -2), (3, 5, 4), (3, 4, 6), "nad,ndb->nab"),
    "an image and a vector": ((3, 1), (3, 5, 6, 4), (3, 4), "nhwd,nd->nhw"),
    "a vector and an image": ((1, 2), (3, 4), (3, 5, 4, 6), "nd,nhdw->nhw"),
    "images": ((1, 3), (2, 4, 5, 3), (2, 5, 6, 4), "ndab,nhwd->nabhw"),
}


@pytest.mark.parametrize("normalize", [False, True])
@pytest.mark.parametrize("name", PRODUCTS)
def test_dot_is_torchs_einsum(name, normalize, rng):
    axes, first, second, letters = PRODUCTS[name]
    a, b = rng.normal(size=first), rng.normal(size=second)
    i, j = axes if isinstance(axes, tuple | list) else (axes, axes)

    def theirs(a, b):
        if normalize:
            unit = torch.nn.functional.normalize
            a, b = unit(a, dim=i, eps=1e-12), unit(b, dim=j, eps=1e-12)
        y = torch.einsum(letters, a, b)
        return y[:, None] if y.ndim == 1 else y

    agree(lambda **kw: Dot(axes, normalize, **kw), theirs, a, b)


def test_the_example_of_keras():
    x, y = np.arange(10).reshape(1, 5, 2), np.arange(10, 20).reshape(1, 2, 5)
    assert Dot(axes=(1, 2))([x, y]).tolist() == [[[260, 360], [320, 445]]]


def test_the_cosine_of_an_angle():
    a, b = np.array([[3.0, 4.0], [1.0, 0.0]]), np.array([[6.0, 8.0], [0.0, 2.0]])
    np.testing.assert_allclose(Dot(1, normalize=True)([a, b]), [[1], [0]], rtol=1e-6)


def test_dot_leaves_open_what_is_not_known():
    a, b = Input((None, 4)), Input((4, None))
    assert Dot((2, 1))([a, b]).shape == (None, None, None)
    assert Dot(1)([a, b]).shape == (None, 4, None)


@pytest.mark.parametrize("axes", [0, (1, 0), (1,), (1, 2, 3), 1.5, "1", None])
def test_dot_refuses_what_are_no_axes(axes):
    text = (
        "Dot: expected axes to be one whole number or two, none of them 0, the batch; "
        f"got {axes!r}. Try axes=1 for vectors (N, D)."
    )
    with says(SettingError, text):
        Dot(axes)


@pytest.mark.parametrize("axes", [2, -2, (1, 2)])
def test_dot_refuses_axes_that_are_not_there(axes):
    text = (
        f"layer dot: expected inputs with axes {axes} besides the batch; "
        f"got [(None, 3), (None, 3)]. {MEND.format('Dot')}"
    )
    with says(ShapeError, text):
        Dot(axes)([Input((3,)), Input((3,))])


def test_dot_refuses_axes_of_unequal_lengths():
    text = (
        "layer dot: expected inputs of one length along axes (1, 1); "
        f"got [(None, 3), (None, 4)]. {MEND.format('Dot')}"
    )
    with says(ShapeError, text):
        Dot((1, 1))([Input((3,)), Input((4,))])
