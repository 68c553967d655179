"""Cross-entropies: how surprising the targets are to the probabilities that a model gives.

Softmax and sigmoid outputs may be left to the loss (`from_logits=True`, with a linear last layer):
the fused gates are then exact for scores of any size, where a logarithm of probabilities is not.

Letters: y targets, p probabilities, s label smoothing; N examples, U outputs, C classes.
"""

import math
from collections.abc import Callable
from typing import Any

from pellucid import nn
from pellucid.engines import engine_of
from pellucid.errors import SettingError
from pellucid.losses.loss import EPSILON, Loss, OutputwiseLoss, registry
from pellucid.settings import share
from pellucid.targets import as_array, check_range, class_numbers, one_hot_rows


@registry.register
class BinaryCrossentropy(OutputwiseLoss):
    """-y ln p - (1 - y) ln(1 - p) for targets 0 or 1, the mean over an example's outputs.

    `from_logits`: y_pred are scores, not probabilities. `label_smoothing` s moves targets to
    y (1 - s) + s / 2.
    """

    targets = "binary"

    def __init__(
        self, from_logits: bool = False, label_smoothing: float = 0.0, **settings: Any
    ) -> None:
        super().__init__(**settings)
        self.from_logits = from_logits
        self.label_smoothing = share(self, "label_smoothing", label_smoothing, "Try 0.1.")

    def each(self, y: Any, p: Any) -> Any:
        """One number an output."""
        y = smooth(y, self.label_smoothing, 2)
        return nn.sigmoid_cross_entropy(p, y) if self.from_logits else nn.binary_cross_entropy(p, y)


@registry.register
class CategoricalCrossentropy(Loss):
    """-sum of y ln p for one-hot (or soft) targets.

    y_true and y_pred (N, C). `from_logits`: y_pred are scores, not probabilities; probabilities
    are divided by their sum first. `label_smoothing` s moves targets to y (1 - s) + s / C.
    """

    targets = "one-hot"

    def __init__(
        self, from_logits: bool = False, label_smoothing: float = 0.0, **settings: Any
    ) -> None:
        super().__init__(**settings)
        self.from_logits = from_logits
        self.label_smoothing = share(self, "label_smoothing", label_smoothing, "Try 0.1.")

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """One number an example."""
        y = one_hot_rows(type(self).__name__, y_true, y_pred)
        y = smooth(y, self.label_smoothing, y.shape[-1])
        if self.from_logits:
            return nn.softmax_cross_entropy(y_pred, y)
        return nn.cross_entropy(sum_to_one(y_pred), y)


@registry.register
class SparseCategoricalCrossentropy(Loss):
    """-ln p[y] for targets that are class numbers 0 .. C - 1.

    y_true (N,) or (N, 1) whole numbers, y_pred (N, C). `from_logits`: y_pred are scores, not
    probabilities; probabilities are divided by their sum first. Examples (or places of an image)
    of the class `ignore_class` have no loss, and the mean is over the others; with the reduction
    "mean_with_sample_weight" that is refused, as weights of 0 say the same.
    """

    targets = "classes"

    def __init__(
        self, from_logits: bool = False, ignore_class: int | None = None, **settings: Any
    ) -> None:
        super().__init__(**settings)
        self.from_logits, self.ignore_class = from_logits, ignore_class
        if ignore_class is not None and self.reduction == "mean_with_sample_weight":
            raise SettingError(
                type(self).__name__,
                "another reduction where there is an ignore_class",
                repr(self.reduction),
                "Give what is ignored the sample weight 0.",
            )

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """One number an example."""
        y = class_numbers(type(self).__name__, y_true, y_pred)
        if self.ignore_class is None:
            return self.of_classes(y, y_pred)
        counts = y != self.ignore_class
        return self.of_classes(y * counts, y_pred) * self.shares(counts, y_pred.dtype)

    def of_classes(self, y: Any, p: Any) -> Any:
        """The loss for class numbers that all count."""
        if self.from_logits:
            return nn.sparse_softmax_cross_entropy(p, y)
        return nn.sparse_cross_entropy(sum_to_one(p), y)

    def shares(self, counts: Any, dtype: Any) -> Any:
        """0 for what is ignored, else what makes the mean over all one over those that count."""
        weight = engine_of(counts).asarray(counts, dtype=dtype)
        if self.reduction in (None, "sum"):
            return weight
        return weight * (math.prod(counts.shape) / engine_of(counts).xp.maximum(weight.sum(), 1))

    def divisor(self, n: int, y: Callable[[], Any], sample_weight: Callable[[], Any]) -> Any:
        """How many examples, or places of images, count."""
        if self.ignore_class is None or self.reduction == "sum":
            return super().divisor(n, y, sample_weight)
        return float((as_array(y()) != self.ignore_class).sum())

    def check(self, y: Any, output_shape: tuple) -> None:
        """Whole numbers from 0 to C - 1, or `ignore_class`."""
        if self.ignore_class is not None:
            y = y * (y != self.ignore_class)
        super().check(y, output_shape)


@registry.register
class KLDivergence(Loss):
    """sum of y ln(y / p): how far the distribution p lies from y (Kullback and Leibler 1951).

    y_true and y_pred (N, C), rows of probabilities; both are clipped to 1e-7 .. 1.
    """

    targets = "one-hot"

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """One number an example."""
        y = nn.clip(one_hot_rows(type(self).__name__, y_true, y_pred), EPSILON, 1.0)
        return nn.sum(y * nn.log(y / nn.clip(y_pred, EPSILON, 1.0)), axis=-1)

    def check(self, y: Any, output_shape: tuple) -> None:
        """Rows of the outputs' shape, from 0 to 1."""
        super().check(y, output_shape)
        check_range(type(self).__name__, y, 0, 1, "Divide each row by its sum.")


def smooth(y: Any, s: float, outcomes: int) -> Any:
    """Targets moved towards 1 / outcomes: y (1 - s) + s / outcomes."""
    return y * (1 - s) + s / outcomes if s else y


def sum_to_one(p: Any) -> Any:
    """Probabilities divided by their sum."""
    return p / nn.sum(p, axis=-1, keepdims=True)


registry.register(BinaryCrossentropy, "bce")
registry.register(KLDivergence, "kld")
