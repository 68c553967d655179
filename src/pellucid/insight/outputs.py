"""What targets and a model's outputs say about classes. N examples, C classes."""

from typing import Any

import numpy as np

from pellucid import nn
from pellucid.errors import DataError


def class_probabilities(model: Any, outputs: Any) -> np.ndarray:
    """What a model gives for each class, (N, C), from its outputs, (N, C) or (N, 1).

    Scores become probabilities where the loss takes them as logits, or is a hinge, by softmax or
    sigmoid; other outputs stay as they are.
    """
    outputs = np.asarray(outputs)
    is_scores = getattr(model.loss, "from_logits", False)
    if outputs.shape[-1] == 1:
        p = nn.sigmoid(outputs) if is_scores else outputs
        return np.concatenate([1 - p, p], axis=-1)
    return nn.softmax(outputs) if is_scores else outputs


def class_numbers(y: Any, where: str, name: str = "y") -> np.ndarray:
    """Class numbers (N,): `y` is such, as one row or one column, or one-hot rows or scores (N, C).

    Of scores, the largest counts. Raises DataError, which says `where` and `name`, for others.
    """
    y = np.asarray(y)
    if y.ndim == 2 and y.shape[1] > 1:
        return y.argmax(axis=1)
    numbers = y.reshape(-1)
    if y.ndim > 2 or y.dtype.kind not in "biuf" or (numbers % 1 != 0).any():
        raise DataError(
            where,
            f"{name} as class numbers (N,), or as one-hot rows or scores (N, C)",
            f"shape {y.shape} of {y.dtype}",
            "For probabilities of one class, give (p > 0.5).",
        )
    return numbers.astype(np.int64)
