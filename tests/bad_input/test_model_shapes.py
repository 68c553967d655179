"""Data of a shape that does not fit a model, which is left as it was."""

import numpy as np

from pellucid import Input, Model, Sequential
from pellucid.errors import DataError, ShapeError
from pellucid.layers import Concatenate, Conv2D, Dense

from ..saying import says

X, IMAGES = np.zeros((8, 4)), np.zeros((8, 6, 6, 3))
A, B = Input((4,)), Input((3,))


def trained():
    model = Sequential([Dense(1)])
    model.compile("sgd", "mse")
    model.fit(X, np.zeros(8), verbose=0)
    return model


def of_two_inputs():
    return Model([A, B], Dense(1)(Concatenate()([A, B])))


def test_one_of_two_inputs_alone():
    text = (
        "model model: expected inputs of shape (N, 4), (N, 3); got shape (N, 4). Give the "
        "data this shape; a single example is x[None]."
    )
    with says(ShapeError, text):
        of_two_inputs().predict(X)


def test_two_inputs_in_the_wrong_order():
    text = (
        "model model: expected inputs of shape (N, 4), (N, 3); got shape (N, 3), (N, 4). "
        "Give the data this shape; a single example is x[None]."
    )
    with says(ShapeError, text):
        of_two_inputs().predict([X[:, :3], X])


def test_inputs_by_name():
    text = (
        "predict: expected x as an array, or a list of arrays for several inputs; got a "
        "dictionary of 'a', 'b'. List the arrays in the order of the model's inputs: "
        "[x['a'], x['b']]."
    )
    with says(DataError, text):
        of_two_inputs().predict({"a": X, "b": X[:, :3]})


def test_two_inputs_for_a_model_of_one():
    text = (
        "model sequential: expected inputs of shape (N, 4); got shape (N, 4), (N, 4). Give "
        "the data this shape; a single example is x[None]."
    )
    with says(ShapeError, text):
        Sequential([Input((4,)), Dense(2)]).predict([X, X])


def test_predicting_with_another_shape_than_in_training():
    text = (
        "model sequential: expected inputs of shape (N, 4); got shape (N, 2). Give the "
        "data this shape; a single example is x[None]."
    )
    with says(ShapeError, text):
        trained().predict(X[:, :2])


def test_predicting_for_one_row():
    text = (
        "model sequential: expected inputs of shape (N, 4); got shape (N,). Give the data "
        "this shape; a single example is x[None]."
    )
    with says(ShapeError, text):
        trained().predict(X[0])


def test_evaluating_with_another_shape_than_in_training():
    text = (
        "model sequential: expected inputs of shape (N, 4); got shape (N, 6, 6, 3). Give "
        "the data this shape; a single example is x[None]."
    )
    with says(ShapeError, text):
        trained().evaluate(IMAGES, np.zeros(8))


def test_training_on_with_another_shape():
    text = (
        "model sequential: expected inputs of shape (N, 4); got shape (N, 2). Give the "
        "data this shape; a single example is x[None]."
    )
    with says(ShapeError, text):
        trained().fit(X[:, :2], np.zeros(8))


def test_weights_of_another_shape():
    model = trained()
    text = (
        "set_weights of sequential: expected arrays of shapes [(4, 1), (1,)]; got shapes "
        "[(3, 1), (1,)]. Take them from get_weights() of an equal layer, once both are "
        "built."
    )
    with says(ShapeError, text):
        model.set_weights([np.zeros((3, 1)), np.zeros(1)])


def test_a_model_that_could_not_be_built_is_as_it_was():
    model = Sequential([Dense(6), Dense(4), Conv2D(2, 3)])
    with says(
        ShapeError,
        "layer 2 (conv2d): expected images (N, H, W, C): 4 axes with the batch; got shape "
        "(None, 4). Reshape the data, or put a Reshape or Flatten layer before this one.",
    ):
        model.predict(X)
    assert model.weights == []
    assert model.predict(IMAGES).shape == (8, 4, 4, 2)  # with other widths than X has


def test_a_layer_that_does_not_fit_is_not_added():
    model = Sequential([Input((4,)), Dense(2)])
    before = model.get_weights()
    with says(
        ShapeError,
        "layer 1 (conv2d): expected images (N, H, W, C): 4 axes with the batch; got shape "
        "(None, 2). Reshape the data, or put a Reshape or Flatten layer before this one.",
    ):
        model.add(Conv2D(2, 3))
    assert [layer.name for layer in model.layers] == ["dense"]
    assert all((a == b).all() for a, b in zip(before, model.get_weights(), strict=True))
    assert model.predict(X).shape == (8, 2)
