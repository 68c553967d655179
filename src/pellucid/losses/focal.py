"""Focal losses: cross-entropies in which what is right already counts little (Lin et al. 2017).

The cross-entropy of a probability p of the right answer is multiplied by (1 - p)^gamma, so that
the many easy examples do not drown the few hard ones.

Letters: y targets, p probabilities; N examples, U outputs, C classes.
"""

from typing import Any

from pellucid import nn
from pellucid.engines import engine_of
from pellucid.errors import SettingError
from pellucid.losses.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    smooth,
    sum_to_one,
)
from pellucid.losses.loss import EPSILON, registry
from pellucid.settings import not_negative, share
from pellucid.targets import one_hot_rows


@registry.register
class BinaryFocalCrossentropy(BinaryCrossentropy):
    """q^gamma (-y ln p - (1 - y) ln(1 - p)), with q = y (1 - p) + (1 - y) p.

    The mean over an example's outputs. With `apply_class_balancing`, outputs of class 1 are
    weighted with alpha and those of class 0 with 1 - alpha. `from_logits`, `label_smoothing`: as in
    BinaryCrossentropy.
    """

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        **settings: Any,
    ) -> None:
        super().__init__(from_logits, label_smoothing, **settings)
        self.apply_class_balancing = apply_class_balancing
        self.alpha = share(self, "alpha", alpha, "Try 0.25.")
        self.gamma = not_negative(self, "gamma", gamma, "Try 2.0.")

    def each(self, y: Any, p: Any) -> Any:
        """One number an output."""
        y = smooth(y, self.label_smoothing, 2)
        if self.from_logits:
            losses = nn.sigmoid_focal_cross_entropy(p, y, self.gamma)
        else:
            p = nn.clip(p, EPSILON, 1 - EPSILON)
            q = y * (1 - p) + (1 - y) * p
            losses = q**self.gamma * nn.binary_cross_entropy(p, y)
        if self.apply_class_balancing:
            losses = losses * (y * self.alpha + (1 - y) * (1 - self.alpha))
        return losses


@registry.register
class CategoricalFocalCrossentropy(CategoricalCrossentropy):
    """-sum of alpha y (1 - p)^gamma ln p for one-hot (or soft) targets.

    y_true and y_pred (N, C). `alpha`: one factor, or one for each class. `from_logits`,
    `label_smoothing`: as in CategoricalCrossentropy.
    """

    def __init__(
        self,
        alpha: Any = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        **settings: Any,
    ) -> None:
        super().__init__(from_logits, label_smoothing, **settings)
        self.alpha = alpha.tolist() if hasattr(alpha, "tolist") else alpha
        for factor in self.alpha if isinstance(self.alpha, list | tuple) else [self.alpha]:
            not_negative(self, "alpha", factor, "Try 0.25.")
        self.gamma = not_negative(self, "gamma", gamma, "Try 2.0.")

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """One number an example."""
        y = one_hot_rows(type(self).__name__, y_true, y_pred)
        y = smooth(y, self.label_smoothing, y.shape[-1])
        y = y * engine_of(y).asarray(self.alpha, dtype=y.dtype)
        if self.from_logits:
            return nn.softmax_focal_cross_entropy(y_pred, y, self.gamma)
        p = nn.clip(sum_to_one(y_pred), EPSILON, 1 - EPSILON)
        return -nn.sum(y * (1 - p) ** self.gamma * nn.log(p), axis=-1)

    def check(self, y: Any, output_shape: tuple) -> None:
        """One-hot rows of the outputs' shape, and an alpha for each class."""
        super().check(y, output_shape)
        C = output_shape[-1]
        if isinstance(self.alpha, list | tuple) and len(self.alpha) != C:
            raise SettingError(
                type(self).__name__,
                f"alpha to be one number, or {C}: one for each class",
                f"{len(self.alpha)} of them",
                "Give each class its factor.",
            )
