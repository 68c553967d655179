"""Hinges: the right score has to lead by a margin of 1; what is missing is the loss.

Outputs are scores of any size, from a linear last layer.

Letters: y targets, z scores; N examples, U outputs, C classes.
"""

from typing import Any

from pellucid import nn
from pellucid.engines import engine_of
from pellucid.errors import DataError
from pellucid.losses.loss import Loss, OutputwiseLoss, registry
from pellucid.targets import check_same_shape, class_numbers, one_hot_rows


@registry.register
class MultiClassHinge(Loss):
    """Sum over j != y of max(0, z_j - z_y + 1), for class numbers y and scores z.

    The sum form (Weston and Watkins 1999). y_true (N,), y_pred (N, C). With all scores alike it is
    C - 1.
    """

    targets = "classes"
    from_logits = True

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """One number an example."""
        return nn.multi_class_hinge(y_pred, class_numbers(type(self).__name__, y_true, y_pred))


@registry.register
class MaxMultiClassHinge(Loss):
    """max(0, 1 + max over j != y of z_j - z_y), for class numbers y and scores z.

    The maximum form (Crammer and Singer 2001). y_true (N,), y_pred (N, C).
    """

    targets = "classes"
    from_logits = True

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """One number an example."""
        return nn.max_multi_class_hinge(y_pred, class_numbers(type(self).__name__, y_true, y_pred))


@registry.register
class CategoricalHinge(Loss):
    """max(0, 1 + max over j of (1 - y_j) z_j - sum of y z), for one-hot rows y and scores z.

    y_true and y_pred (N, C). As in Keras the right class takes part in the maximum with the score
    0: where all wrong scores are below 0, the right one has to reach 1 and no more.
    `MaxMultiClassHinge` asks for the lead alone.
    """

    targets = "one-hot"
    from_logits = True

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """One number an example."""
        y = one_hot_rows(type(self).__name__, y_true, y_pred)
        wrong = nn.max((1 - y) * y_pred, axis=-1)
        return nn.relu(1 + wrong - nn.sum(y * y_pred, axis=-1))


@registry.register
class Hinge(OutputwiseLoss):
    """max(0, 1 - y z), the mean over an example's outputs, for targets -1 or 1 and scores z.

    Targets 0 or 1 will do too: 0 stands for -1.
    """

    targets = "binary"
    from_logits = True

    def each(self, y: Any, p: Any) -> Any:
        """What is missing to the margin."""
        return nn.relu(1 - signs(y) * p)

    def check(self, y: Any, output_shape: tuple) -> None:
        """Targets of the outputs' shape, all 0 or 1, or all -1 or 1."""
        name = type(self).__name__
        classes = "Use MultiClassHinge for class numbers."
        check_same_shape(name, y, output_shape, classes)
        if not any(((y == wrong) | (y == 1)).all() for wrong in (0, -1)):
            xp = engine_of(y).xp
            found = xp.sort(xp.unique_values(y))
            raise DataError(
                f"targets for {name}",
                "all 0 or 1, or all -1 or 1",
                ", ".join(map(str, found[:3].tolist())) + (", ..." if found.size > 3 else ""),
                classes,
            )


@registry.register
class SquaredHinge(Hinge):
    """max(0, 1 - y z)^2, the mean over an example's outputs, for targets -1 or 1 and scores z.

    Targets 0 or 1 will do too: 0 stands for -1.
    """

    def each(self, y: Any, p: Any) -> Any:
        """What is missing to the margin, squared."""
        missing = nn.relu(1 - signs(y) * p)
        return missing * missing


def signs(y: Any) -> Any:
    """Targets 0 or 1 as -1 or 1; those that are -1 or 1 stay."""
    return y - engine_of(y).xp.astype(y == 0, y.dtype)
