"""What `fit` and its relatives are asked for, looked over before anything is done."""

from typing import Any

from pellucid.errors import SettingError
from pellucid.settings import kept_share, not_negative, whole


def check_batch_size(where: str, batch_size: Any) -> None:
    """Raise SettingError unless it is a whole number from 1, or None."""
    if batch_size is not None:
        whole(where, "batch_size", batch_size, 1, "Try 32.")


def check_run(
    where: str,
    *,
    batch_size: Any = None,
    epochs: Any = 1,
    initial_epoch: Any = 0,
    validation_split: Any = 0.0,
    class_weight: Any = None,
) -> None:
    """Raise SettingError, with `where` at its front, for a number that is out of range."""
    check_batch_size(where, batch_size)
    whole(where, "epochs", epochs, 1)
    whole(where, "initial_epoch", initial_epoch, 0)
    if validation_split is not None:
        kept_share(where, "validation_split", validation_split, "Try 0.2.")
    if class_weight is None:
        return
    if not isinstance(class_weight, dict):
        expected, mend = "class_weight to be a dictionary", "Try {0: 1.0, 1: 2.0}."
        raise SettingError(where, expected, type(class_weight).__name__, mend)
    for number, weight in class_weight.items():
        not_negative(where, f"class_weight[{number!r}]", weight)
