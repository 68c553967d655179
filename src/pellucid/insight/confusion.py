"""Which class is taken for which. C counts classes, N examples."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import DataError, ShapeError
from pellucid.insight.outputs import class_numbers


def confusion_counts(y_true: Any, y_pred: Any, classes: int | None = None) -> NDArray[np.int64]:
    """The confusion matrix (C, C): entry [i, j] counts the examples of class i taken for class j.

    `y_true` (N,) or (N, 1) class numbers, or (N, C) one-hot rows; `y_pred` class numbers too, or
    scores (N, C), as `model.predict` gives them, whose largest counts. C is `classes`, else what
    the two arrays show. Raises ShapeError for unequal lengths and DataError for what is no class
    number below C.

    >>> confusion_counts([0, 0, 1, 2], [0, 1, 1, 2]).tolist()
    [[1, 1, 0], [0, 1, 0], [0, 0, 1]]
    """
    given = [np.asarray(y_true), np.asarray(y_pred)]
    widths = [y.shape[1] for y in given if y.ndim == 2 and y.shape[1] > 1]
    truth, taken = (
        class_numbers(y, "confusion_counts", name)
        for y, name in zip(given, ("y_true", "y_pred"), strict=True)
    )
    if truth.shape != taken.shape:
        raise ShapeError(
            "confusion_counts",
            "as many predictions as targets",
            f"{len(taken)} and {len(truth)}",
            "Predict on the rows that the targets belong to.",
        )
    largest = int(max(truth.max(initial=-1), taken.max(initial=-1)))
    C = max([largest + 1, *widths]) if classes is None else classes
    if largest >= C or min(truth.min(initial=0), taken.min(initial=0)) < 0:
        raise DataError(
            "confusion_counts",
            f"class numbers from 0 to {C - 1}",
            f"{min(truth.min(), taken.min())} to {largest}",
            "Give the number of classes, and number them from 0.",
        )
    return np.bincount(truth * C + taken, minlength=C * C).reshape(C, C)
