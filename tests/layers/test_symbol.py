"""Symbols: shapes before there is data."""

import numpy as np

from pellucid import Input, set_floatx
from pellucid.layers import Add, Dense
from pellucid.layers.symbol import each_of, fits, shapes_of


def test_an_input_has_a_batch_axis_a_name_and_a_number_type():
    x = Input((28, 28, 1), name="image", dtype="float64")
    assert (x.shape, x.name, x.dtype) == ((None, 28, 28, 1), "image", "float64")
    assert Input([3]).dtype == "float32"
    set_floatx("float64")
    try:
        assert Input([3]).dtype == "float64"
    finally:
        set_floatx("float32")


def test_a_symbol_says_what_made_it():
    x = Input((3,))
    assert repr(x) == "Symbol(shape=(None, 3))"
    assert repr(Dense(2, name="out")(x)) == "Symbol(shape=(None, 2), made by out)"


def test_a_symbol_knows_its_layer_and_inputs():
    a, b = Input((3,)), Input((3,))
    layer = Add()
    c = layer([a, b])
    assert c.layer is layer
    assert c.inputs == [a, b]


def test_each_of_tells_several_inputs_from_a_list_of_numbers():
    x = np.zeros((2, 3))
    assert each_of(x)[0] is x
    assert len(each_of([x, x])) == 2
    assert each_of([[1.0, 2.0]]) == [[[1.0, 2.0]]]
    assert each_of([]) == [[]]


def test_shapes_leave_the_batch_open():
    x = np.zeros((2, 3))
    assert shapes_of(x) == (None, 3)
    assert shapes_of([x, x]) == [(None, 3), (None, 3)]


def test_fits_compares_what_is_known():
    assert fits((None, 3), (None, 3))
    assert fits((None, None, 3), (None, 7, 3))
    assert not fits((None, 3), (None, 4))
    assert not fits((None, 3), (None, 3, 1))
    assert fits([(None, 3), (None, 2)], [(None, 3), (None, 2)])
    assert not fits([(None, 3)], [(None, 3), (None, 2)])
    assert not fits((None, 3), [(None, 3)])
