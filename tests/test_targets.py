"""The shapes and types of targets, outputs and weights, and the checks before a run."""

import numpy as np
import pytest

from pellucid import Tensor, set_floatx
from pellucid.errors import DataError, ShapeError
from pellucid.targets import (
    aligned,
    as_array,
    as_output,
    check_binary,
    check_class_numbers,
    check_indicators,
    check_one_hot,
    check_range,
    check_same_shape,
    class_numbers,
    indicators,
    one_hot_rows,
    shown,
    spread_over,
)

from .saying import says


@pytest.mark.parametrize(
    ("y", "p", "shape"),
    [
        ((4,), (4, 1), (4, 1)),
        ((4, 1), (4,), (4, 1)),
        ((4,), (4,), (4, 1)),
        ((4, 1), (4, 1), (4, 1)),
        ((4, 3), (4, 3), (4, 3)),
        ((4, 3), (4, 3, 1), (4, 3, 1)),
    ],
)
def test_targets_and_outputs_are_brought_into_one_shape(y, p, shape):
    targets, outputs = np.arange(np.prod(y, dtype=int)).reshape(y), np.ones(p, "float32")
    for outputs_ in (outputs, Tensor(outputs)):
        found, same = aligned("a loss", targets, outputs_)
        assert found.shape == same.shape == shape
        assert found.dtype == "float32"
        assert found.ravel().tolist() == targets.ravel().tolist()


@pytest.mark.parametrize(("y", "p"), [((4,), (4, 3)), ((4, 3), (4, 1)), ((3,), (4, 1))])
def test_targets_of_another_shape_are_refused_and_never_repeated(y, p):
    text = (
        f"targets for a loss: expected the shape of the outputs, {p}; got shape {y}. "
        "Give one target for each output."
    )
    with says(ShapeError, text):
        aligned("a loss", np.zeros(y), np.zeros(p))


def test_one_hot_rows_have_the_outputs_shape():
    assert one_hot_rows("a loss", np.eye(3, dtype=int), np.ones((3, 3))).dtype == "float64"
    text = (
        "targets for a loss: expected one-hot rows (3, 3); got shape (3,). "
        "Give one target for each output."
    )
    with says(ShapeError, text):
        one_hot_rows("a loss", np.zeros(3), np.zeros((3, 3)))


@pytest.mark.parametrize("y", [[0, 2], [[0], [2]], [0.0, 2.0], np.array([0, 2], "uint8")])
def test_class_numbers_are_whole_numbers_without_a_last_axis(y):
    found = class_numbers("a loss", as_array(y), np.zeros((2, 3)))
    assert found.tolist() == [0, 2]
    assert found.dtype.kind in "iu"


def test_class_numbers_of_another_shape_are_refused():
    text = (
        "targets for a loss: expected class numbers (2,); got shape (2, 3). "
        "Give one target for each output."
    )
    with says(ShapeError, text):
        class_numbers("a loss", np.zeros((2, 3)), np.zeros((2, 3)))


def test_indicators_come_as_they_are_or_from_class_numbers():
    p = np.zeros((2, 3))
    for y in ([[0, 1, 0], [0, 0, 1]], [1, 2], [[1], [2]], [1.0, 2.0]):
        assert indicators("a metric", as_array(y), p).tolist() == [[0, 1, 0], [0, 0, 1]]
    assert indicators("a metric", np.array([0, 1]), np.zeros((2, 1))).tolist() == [[0], [1]]
    assert indicators("a metric", np.array([[0], [1]]), np.zeros(2)).tolist() == [0, 1]
    assert indicators("a metric", np.array([0, 1]), np.zeros(2)).tolist() == [0, 1]
    text = (
        "targets for a metric: expected 0 or 1 for each output (2, 3), or class numbers; "
        "got shape (2, 2). Give one target for each output."
    )
    with says(ShapeError, text):
        indicators("a metric", np.zeros((2, 2)), p)


def test_weights_are_spread_over_what_belongs_to_an_example():
    losses = np.zeros((2, 3), "float32")
    assert spread_over([1, 2], losses).tolist() == [[1, 1, 1], [2, 2, 2]]
    assert spread_over([[1], [2]], losses[:, 0]).tolist() == [1, 2]
    assert spread_over([[1], [2]], losses).tolist() == [[1, 1, 1], [2, 2, 2]]
    assert spread_over(2.0, losses).tolist() == [[2, 2, 2], [2, 2, 2]]
    assert spread_over(np.ones((2, 3)), losses).dtype == "float32"


@pytest.mark.parametrize("weight", [(3,), (1,), (2, 2), (2, 3, 2)])
def test_weights_that_are_not_one_for_each_are_refused(weight):
    text = (
        f"sample_weight: expected one weight for each of the losses (2, 3); got shape {weight}. "
        "Give one number an example; and let a loss of your own give one an example."
    )
    with says(ShapeError, text):
        spread_over(np.ones(weight), np.zeros((2, 3)))


def test_outputs_are_floating_point_numbers():
    tensor = Tensor([1.0])
    assert as_output(tensor) is tensor
    assert as_output([0.5, 1]).dtype == "float32"
    assert as_output(np.array([0, 1])).dtype == "float32"
    assert as_output(np.array([0.5])).dtype == "float64"
    set_floatx("float64")
    try:
        assert as_output([1]).dtype == "float64"
    finally:
        set_floatx("float32")


def test_a_tensor_as_target_gives_its_value():
    assert as_array(Tensor([1.0, 2.0])).tolist() == [1, 2]


def test_checks_that_pass():
    check_same_shape("a loss", np.zeros(4), (None, 1))
    check_same_shape("a loss", np.zeros((4, 1)), (None,))
    check_same_shape("a loss", np.zeros((4, 2, 3)), (None, 2, 3))
    check_one_hot("a loss", np.zeros((4, 3)), (None, 3))
    check_class_numbers("a loss", np.array([0, 2, 1]), (None, 3))
    check_class_numbers("a loss", np.array([[0.0], [2.0]]), (None, 3))
    check_class_numbers("a loss", np.zeros((4, 5, 6), int), (None, 5, 6, 3))
    check_class_numbers("a loss", np.zeros(0, int), (None, 3))
    check_binary("a loss", np.array([0.5, 1.0]), (None, 1))
    check_indicators("a metric", np.array([-1, 1]), (None, 1))
    check_indicators("a metric", np.array([0, 2]), (None, 3))
    check_indicators("a metric", np.eye(3), (None, 3))
    check_range("a loss", np.zeros(0), 0, 1, "")


def test_a_target_has_as_many_numbers_as_there_are_outputs():
    text = (
        "targets for a loss: expected the shape of the outputs, (N, 2); got shape (4, 3). "
        "Give the last layer as many units as each target has numbers."
    )
    with says(ShapeError, text):
        check_same_shape("a loss", np.zeros((4, 3)), (None, 2))


def test_targets_from_one_number_to_another():
    text = "targets for a loss: expected values from 0 to 1; got -0.5 to 0.5. Do so."
    with says(DataError, text):
        check_range("a loss", np.array([-0.5, 0.5]), 0, 1, "Do so.")
    text = "targets for a loss: expected values from 0; got nan to nan. Do so."
    with says(DataError, text):
        check_range("a loss", np.array([np.nan, 3.0]), 0, None, "Do so.")


@pytest.mark.parametrize("check", [check_one_hot, check_class_numbers])
def test_one_output_does_not_choose_between_classes(check):
    text = (
        "outputs for a loss: expected one for each class, 2 or more; got 1. "
        "Give the last layer a unit for each class; or use BinaryCrossentropy for one output."
    )
    with says(ShapeError, text):
        check("a loss", np.zeros((4, 1)), (None, 1))


def test_class_numbers_where_one_hot_rows_belong():
    text = (
        "targets for a loss: expected one-hot rows (N, 3); got shape (4,). "
        "Use SparseCategoricalCrossentropy for class numbers."
    )
    with says(ShapeError, text):
        check_one_hot("a loss", np.zeros(4), (None, 3))


@pytest.mark.parametrize(
    ("shape", "mend"),
    [
        ((4, 3), "Use CategoricalCrossentropy for one-hot rows."),
        ((4, 2), "Give one target for each output."),
    ],
)
def test_rows_where_class_numbers_belong(shape, mend):
    text = f"targets for a loss: expected class numbers (N,); got shape {shape}. {mend}"
    with says(ShapeError, text):
        check_class_numbers("a loss", np.zeros(shape), (None, 3))


@pytest.mark.parametrize("value", [0.5, float("nan")])
def test_class_numbers_are_whole(value):
    text = (
        f"targets for a loss: expected whole class numbers; got {value}. "
        "Use MeanSquaredError for numbers."
    )
    with says(DataError, text):
        check_class_numbers("a loss", np.array([0, value]), (None, 3))


@pytest.mark.parametrize(("y", "units"), [([0, 3], 4), ([-1, 2], 3)])
def test_class_numbers_are_in_range(y, units):
    text = (
        "targets for a loss: expected class numbers from 0 to 2, as the model has 3 outputs; "
        f"got {y[0]} to {y[1]}. "
        f"Number the classes from 0, or give the last layer {units} units."
    )
    with says(DataError, text):
        check_class_numbers("a loss", np.array(y), (None, 3))


def test_shapes_are_shown_with_n_for_the_batch():
    assert shown((None,)) == "(N,)"
    assert shown((None, 3)) == "(N, 3)"
