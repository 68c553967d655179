"""What targets must be, for losses and metrics: the right type, and a shape that fits the outputs.

The first functions bring targets, outputs and weights into the form that losses compute with, and
look at shapes only, so that they cost nothing in a training step. The checks also look at the
values: they are asked once, before a run. `loss` is the name that an error gives: that of the loss
or metric that the targets are for.

Letters: y targets, p outputs; N examples, U outputs or C classes of each.
"""

from typing import Any

from pellucid import nn
from pellucid.config import floatx
from pellucid.engines import engine_of
from pellucid.errors import DataError, ShapeError
from pellucid.graph.tensor import Tensor


def as_array(y: Any, beside: Any = None) -> Any:
    """Targets as an array, of the engine that computes on what they stand beside.

    A tensor gives its value: targets take no gradient.
    """
    return engine_of(y if beside is None else beside).asarray(y)


def as_output(p: Any) -> Any:
    """Outputs: a tensor as it is, anything else as an array of floating-point numbers."""
    if isinstance(p, Tensor):
        return p
    array, engine = as_array(p), engine_of(p)
    if not engine.holds_floats(array) or not hasattr(p, "dtype"):
        array = engine.asarray(array, dtype=floatx())
    return array


def aligned(loss: str, y: Any, p: Any) -> tuple[Any, Any]:
    """y and p as (N, ..., U) in the outputs' type; (N,) stands for (N, 1) in either.

    Raises ShapeError where their shapes differ.
    """
    if p.ndim < 2:
        p = nn.reshape(p, (-1, 1))
    y = of_type(p, y)
    if y.shape == p.shape:
        return y, p
    if not same_but_for_one(y.shape, p.shape):
        raise _misfit(loss, f"the shape of the outputs, {tuple(p.shape)}", y)
    return engine_of(y).xp.reshape(y, p.shape), p


def one_hot_rows(loss: str, y: Any, p: Any) -> Any:
    """y (N, ..., C) in the outputs' type. Raises ShapeError unless it has the outputs' shape."""
    if y.shape != p.shape:
        raise _misfit(loss, f"one-hot rows {tuple(p.shape)}", y)
    return of_type(p, y)


def class_numbers(loss: str, y: Any, p: Any) -> Any:
    """Class numbers as whole numbers (N, ...), for outputs (N, ..., C); (N, ..., 1) will do too.

    Raises ShapeError for another shape.
    """
    engine, shape = engine_of(y), p.shape[:-1]
    if y.shape == shape:
        return engine.as_index(y)
    if y.shape != (*shape, 1):
        raise _misfit(loss, f"class numbers {tuple(shape)}", y)
    return engine.xp.reshape(engine.as_index(y), shape)


def indicators(metric: str, y: Any, p: Any) -> Any:
    """What each output should be, 0 or 1, in the outputs' shape: y as it is, or from class numbers.

    y (N, ..., U) for p (N, ..., U), where (N,) goes with (N, 1); or class numbers (N, ...) for p
    (N, ..., C). Raises ShapeError for another shape.
    """
    if y.shape == p.shape:
        return y
    xp = engine_of(y).xp
    if same_but_for_one(y.shape, p.shape):
        return xp.reshape(y, p.shape)
    if y.shape not in (p.shape[:-1], (*p.shape[:-1], 1)):
        raise _misfit(metric, f"0 or 1 for each output {tuple(p.shape)}, or class numbers", y)
    return xp.reshape(y, (*p.shape[:-1], 1)) == xp.arange(p.shape[-1])


def spread_over(weight: Any, losses: Any) -> Any:
    """Weights (N,) or (N, 1), in the type of losses (N, ...) and repeated to their shape.

    Raises ShapeError where there are not as many weights as losses.
    """
    weight, xp = of_type(losses, as_array(weight, losses)), engine_of(losses).xp
    if weight.ndim > 1 and weight.shape[-1] == 1:
        weight = xp.reshape(weight, weight.shape[:-1])
    if weight.shape != losses.shape[: weight.ndim]:
        raise ShapeError(
            "sample_weight",
            f"one weight for each of the losses {tuple(losses.shape)}",
            f"shape {tuple(weight.shape)}",
            "Give one number an example; and let a loss of your own give one an example.",
        )
    weight = xp.reshape(weight, weight.shape + (1,) * (losses.ndim - weight.ndim))
    return xp.broadcast_to(weight, losses.shape)


def of_type(p: Any, y: Any) -> Any:
    """y in the number type of p."""
    return y if y.dtype == p.dtype else engine_of(y).xp.astype(y, p.dtype)


def same_but_for_one(given: tuple, wanted: tuple) -> bool:
    """Whether two shapes are the same, or would be with a last axis of length 1."""
    return given == wanted or (*given, 1) == wanted or given == (*wanted, 1)


# -- once before a run ----------------------------------------------------------------------------


def check_same_shape(loss: str, y: Any, output_shape: tuple, mend: str = "") -> None:
    """Raise ShapeError unless targets have the outputs' shape; (N,) goes with (N, 1)."""
    if not same_but_for_one(tuple(y.shape[1:]), tuple(output_shape[1:])):
        units = "Give the last layer as many units as each target has numbers."
        expected = f"the shape of the outputs, {shown(output_shape)}"
        raise _misfit(loss, expected, y, f"{units} {mend}".rstrip())


def check_range(loss: str, y: Any, low: float, high: float | None, mend: str) -> None:
    """Raise DataError unless all targets lie from low to high (None: without an end)."""
    if y.size and not (y.min() >= low and (high is None or y.max() <= high)):
        wanted = f"values from {low}" + ("" if high is None else f" to {high}")
        raise DataError(f"targets for {loss}", wanted, f"{y.min()} to {y.max()}", mend)


def check_binary(loss: str, y: Any, output_shape: tuple) -> None:
    """Raise unless targets have the outputs' shape and lie from 0 to 1."""
    classes = "Use SparseCategoricalCrossentropy for class numbers"
    check_same_shape(loss, y, output_shape, f"{classes}.")
    check_range(loss, y, 0, 1, f"{classes}, or scale the targets.")


def check_one_hot(loss: str, y: Any, output_shape: tuple) -> None:
    """Raise ShapeError unless targets are rows of the outputs' shape."""
    check_classes(loss, output_shape)
    if tuple(y.shape[1:]) != tuple(output_shape[1:]):
        mend = "Use SparseCategoricalCrossentropy for class numbers."
        raise _misfit(loss, f"one-hot rows {shown(output_shape)}", y, mend)


def check_class_numbers(loss: str, y: Any, output_shape: tuple) -> None:
    """Raise unless y holds class numbers 0 .. C - 1, one for each output of C scores."""
    check_classes(loss, output_shape)
    C = output_shape[-1]
    given, wanted = tuple(y.shape[1:]), tuple(output_shape[1:-1])
    if given not in (wanted, (*wanted, 1)):
        is_one_hot = given == (*wanted, C)
        mend = "Use CategoricalCrossentropy for one-hot rows." if is_one_hot else ""
        raise _misfit(loss, f"class numbers {shown((None, *wanted))}", y, mend)
    if y.dtype.kind == "f" and (y % 1 != 0).any():
        raise DataError(
            f"targets for {loss}",
            "whole class numbers",
            f"{y[y % 1 != 0][0]}",
            "Use MeanSquaredError for numbers.",
        )
    if y.size and not (y.min() >= 0 and y.max() < C):
        raise DataError(
            f"targets for {loss}",
            f"class numbers from 0 to {C - 1}, as the model has {C} outputs",
            f"{y.min()} to {y.max()}",
            f"Number the classes from 0, or give the last layer {int(y.max()) + 1} units.",
        )


def check_indicators(metric: str, y: Any, output_shape: tuple) -> None:
    """Raise unless y has what `indicators` takes: 0 or 1 (or -1) an output, or class numbers."""
    if same_but_for_one(tuple(y.shape[1:]), tuple(output_shape[1:])):
        check_range(metric, y, -1, 1, "Give the last layer a unit for each class.")
    else:
        check_class_numbers(metric, y, output_shape)


def check_classes(loss: str, output_shape: tuple) -> None:
    """Raise ShapeError where a model has one output, and so cannot choose between classes."""
    if output_shape[-1] == 1:
        raise ShapeError(
            f"outputs for {loss}",
            "one for each class, 2 or more",
            "1",
            "Give the last layer a unit for each class; or use BinaryCrossentropy for one output.",
        )


CHECKS = {  # by what a loss says that its targets are
    "numbers": check_same_shape,
    "binary": check_binary,
    "one-hot": check_one_hot,
    "classes": check_class_numbers,
}


def shown(shape: tuple) -> str:
    """A shape with N for the batch."""
    lengths = ", ".join("N" if n is None else str(n) for n in shape)
    return f"({lengths},)" if len(shape) == 1 else f"({lengths})"


def _misfit(loss: str, expected: str, y: Any, mend: str = "") -> ShapeError:
    """The error for targets of a shape that does not fit."""
    mend = mend or "Give one target for each output."
    return ShapeError(f"targets for {loss}", expected, f"shape {tuple(y.shape)}", mend)
