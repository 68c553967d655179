"""Inputs of a shape that does not fit a layer: which one it is, what it takes, and the mend."""

import numpy as np

from pellucid import Input, Sequential, layers
from pellucid.errors import DataError, SettingError, ShapeError
from pellucid.layers import BatchNormalization, Concatenate, Conv2D, Dense, Embedding, Flatten

from ..saying import says

X, IMAGES = np.zeros((8, 4)), np.zeros((8, 6, 6, 3))
A, B = Input((4,)), Input((3,))


def test_a_row_where_rows_are_meant():
    text = (
        "layer 0 (dense): expected one input (N, ..., D) whose D is known; got shape "
        "(None,). Give each example its features, or channels, along the last axis."
    )
    with says(ShapeError, text):
        Sequential([Dense(2)]).predict(np.zeros(5))


def test_a_dense_layer_that_knows_another_width():
    layer = Dense(2)
    layer(X)
    text = (
        "layer dense: expected inputs of shape (None, 4); got shape (None, 2). Reshape the "
        "data to it, or make a new layer for this shape."
    )
    with says(ShapeError, text):
        layer(X[:, :2])


def test_a_table_for_a_convolution():
    text = (
        "layer 0 (conv2d): expected images (N, H, W, C): 4 axes with the batch; got shape "
        "(None, 4). Reshape the data, or put a Reshape or Flatten layer before this one."
    )
    with says(ShapeError, text):
        Sequential([Conv2D(2, 3)]).predict(X)


def test_images_smaller_than_the_kernel():
    text = (
        "layer 0 (conv2d): expected an image of at least (9, 9); got one of (6, 6). Use a "
        "smaller kernel, or padding='same'."
    )
    with says(ShapeError, text):
        Sequential([Conv2D(2, 9)]).predict(IMAGES)


def test_images_with_other_channels():
    layer = Conv2D(2, 3)
    layer(IMAGES)
    text = (
        "layer conv2d: expected inputs of shape (None, None, None, 3); got shape (None, 6, "
        "6, 1). Reshape the data to it, or make a new layer for this shape."
    )
    with says(ShapeError, text):
        layer(IMAGES[..., :1])


def test_images_for_a_convolution_of_sequences():
    text = (
        "layer 0 (conv1d): expected sequences (N, L, C): 3 axes with the batch; got shape "
        "(None, 6, 6, 3). Reshape the data, or put a Reshape or Flatten layer before this "
        "one."
    )
    with says(ShapeError, text):
        Sequential([layers.Conv1D(2, 3)]).predict(IMAGES)


def test_groups_that_do_not_divide_the_channels():
    text = (
        "layer 0 (conv2d): expected groups that divide 3 channels and 4 filters; got "
        "groups=2. Choose a common divisor."
    )
    with says(SettingError, text):
        Sequential([Conv2D(4, 3, groups=2)]).predict(IMAGES)


def test_a_table_for_a_pooling():
    text = (
        "layer 0 (max_pooling2d): expected images (N, H, W, C): 4 axes with the batch; got "
        "shape (None, 4). Reshape the data, or put a Reshape or Flatten layer before this "
        "one."
    )
    with says(ShapeError, text):
        Sequential([layers.MaxPooling2D()]).predict(X)


def test_images_smaller_than_the_pool():
    text = (
        "layer 0 (average_pooling2d): expected an image of at least (9, 9); got one of (6, "
        "6). Use a smaller kernel, or padding='same'."
    )
    with says(ShapeError, text):
        Sequential([layers.AveragePooling2D(9)]).predict(IMAGES)


def test_a_table_for_a_global_pooling():
    text = (
        "layer 0 (global_average_pooling2d): expected images (N, H, W, C): 4 axes with the "
        "batch; got shape (None, 4). Reshape the data, or put a Reshape or Flatten layer "
        "before this one."
    )
    with says(ShapeError, text):
        Sequential([layers.GlobalAveragePooling2D()]).predict(X)


def test_a_normalisation_that_knows_another_width():
    layer = BatchNormalization()
    layer(X)
    text = (
        "layer batch_normalization: expected inputs of shape (None, 4); got shape (None, "
        "2). Reshape the data to it, or make a new layer for this shape."
    )
    with says(ShapeError, text):
        layer(X[:, :2])


def test_an_axis_that_cannot_be_normalised():
    text = (
        "layer 0 (batch_normalization): expected axis=-1, the channels; got axis=1. Move "
        "the channels last."
    )
    with says(SettingError, text):
        Sequential([BatchNormalization(axis=1)]).predict(IMAGES)


def test_numbers_that_are_no_rows_of_an_embedding():
    text = (
        "layer 0 (embedding): expected numbers from 0 to 4, as input_dim is 5; got 1.0 to "
        "7.0. Number the rows from 0, or make input_dim the largest number plus 1."
    )
    with says(DataError, text):
        Sequential([Embedding(5, 2)]).predict(np.array([[1, 7]]))


def test_fractions_for_an_embedding():
    text = (
        "layer 0 (embedding): expected whole numbers; got 0.5. Number what the rows stand "
        "for: 0, 1, 2, ..."
    )
    with says(DataError, text):
        Sequential([Embedding(5, 2)]).predict(np.array([[0.5]]))


def test_two_widths_to_add():
    text = (
        "layer add: expected inputs whose shapes fit together; got [(None, 4), (None, 3)]. "
        "Call it as Add()([a, b]), with a and b of shapes that fit."
    )
    with says(ShapeError, text):
        layers.Add()([A, B])


def test_one_input_to_add():
    text = (
        "layer add: expected a list of inputs with equally many axes; got (None, 4). Call "
        "it as Add()([a, b]), with a and b of shapes that fit."
    )
    with says(ShapeError, text):
        layers.Add()(A)


def test_three_inputs_to_subtract():
    text = (
        "layer subtract: expected a list of two inputs; got [(None, 4), (None, 4), (None, "
        "4)]. Call it as Subtract()([a, b]), with a and b of shapes that fit."
    )
    with says(ShapeError, text):
        layers.Subtract()([A, A, A])


def test_inputs_that_differ_beside_the_axis_of_joining():
    text = (
        "layer concatenate: expected inputs whose shapes fit together; got [(None, 4, 2), "
        "(None, 4, 3)]. Call it as Concatenate()([a, b]), with a and b of shapes that fit."
    )
    with says(ShapeError, text):
        Concatenate(axis=1)([Input((4, 2)), Input((4, 3))])


def test_a_dot_product_of_two_widths():
    text = (
        "layer dot: expected inputs of one length along axes 1; got [(None, 4), (None, "
        "3)]. Call it as Dot()([a, b]), with a and b of shapes that fit."
    )
    with says(ShapeError, text):
        layers.Dot(1)([A, B])


def test_a_table_for_a_softmax_over_a_third_axis():
    text = (
        "layer 0 (softmax): expected an axis of its input (None, 4); got axis=2. Try -1, "
        "the last one."
    )
    with says(SettingError, text):
        Sequential([layers.Softmax(axis=2)]).predict(X)


def test_a_shape_that_the_numbers_do_not_fill():
    text = (
        "layer 0 (reshape): expected 4 numbers an example, as its input (None, 4) has; got "
        "target_shape (3,). Make the product of target_shape equal, or let one length be "
        "-1."
    )
    with says(ShapeError, text):
        Sequential([layers.Reshape((3,))]).predict(X)


def test_a_gated_activation_with_an_odd_width():
    text = (
        "gate GLU: expected an even length along axis -1, to be halved; got shape (8, 3). "
        "Give the layer before it twice as many units as are to come out."
    )
    with says(ShapeError, text):
        Sequential([Dense(3, activation="glu")]).predict(X)


def test_layers_that_do_not_follow_each_other():
    text = (
        "layer 1 (conv2d): expected images (N, H, W, C): 4 axes with the batch; got shape "
        "(None, 48). Reshape the data, or put a Reshape or Flatten layer before this one."
    )
    with says(ShapeError, text):
        Sequential([Input((4, 4, 3)), Flatten(), Conv2D(2, 3)])


def test_features_whose_number_is_open():
    text = (
        "layer 0 (dense): expected one input (N, ..., D) whose D is known; got shape "
        "(None, None). Give each example its features, or channels, along the last axis."
    )
    with says(ShapeError, text):
        Sequential([Input((None,)), Dense(2)])
