"""From what `compile(metrics=...)` is given to the metrics, and the names of their figures."""

from collections.abc import Iterable
from itertools import chain, count
from typing import Any

from pellucid import losses
from pellucid.errors import SettingError
from pellucid.metrics.accuracy import (
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
)
from pellucid.metrics.from_losses import LossMetric
from pellucid.metrics.metric import ACCURACY, FunctionMetric, Metric, registry


def asked_for(given: Any) -> list[Any]:
    """What `compile` was given as metrics, as a list; an object that is a loss as a metric.

    Raises SettingError for a name that is not known, and for what is no metric.
    """
    several = given if isinstance(given, list | tuple) else [] if given is None else [given]
    for each in several:
        if each not in ACCURACY and not isinstance(each, Metric):
            registry.get(each)
    return [LossMetric(each) if isinstance(each, losses.Loss) else each for each in several]


def is_name(identifier: Any) -> bool:
    """Whether this is a name of Pellucid's own, whose metric is made when the loss is known."""
    return isinstance(identifier, str) and (identifier in ACCURACY or identifier in registry)


def get(identifier: Any, loss: Any, output_shape: tuple) -> Metric:
    """The metric that a name, a function, settings or a metric stands for.

    One that is asked for by its name suits the loss: with scores (`from_logits=True`) an accuracy
    of 0 or 1 asks on which side of 0 a score lies, not of 0.5. "accuracy" is that on class numbers,
    one-hot rows, or 0 and 1.
    """
    if isinstance(identifier, str) and identifier in ACCURACY:
        return accuracy_for(loss, output_shape, identifier)
    metric = make(identifier)
    if isinstance(identifier, str):
        metric.suit(loss, output_shape)
    return metric


def make(identifier: Any) -> Metric:
    """A metric that does not depend on the loss. Asked for by a name, it goes by that name."""
    found = registry.get(identifier)
    if isinstance(found, losses.Loss):
        found = LossMetric(found)
    metric = found if isinstance(found, Metric) else FunctionMetric(found)
    if isinstance(identifier, str):
        metric.name = identifier
    return metric


def accuracy_for(loss: Any, output_shape: tuple, name: str = "accuracy") -> Metric:
    """The accuracy that fits a loss. Raises SettingError where none does."""
    kind = loss.targets
    if isinstance(loss, losses.FunctionLoss):
        kind = "classes" if output_shape[-1] > 1 else "binary"
    if kind == "binary":
        return BinaryAccuracy(name, threshold=0.0 if loss.from_logits else 0.5)
    if kind == "one-hot":
        return CategoricalAccuracy(name)
    if kind == "classes":
        return SparseCategoricalAccuracy(name)
    raise SettingError(
        "metric 'accuracy'",
        "a loss on classes",
        type(loss).__name__,
        "Use the metric 'mae' for numbers, or name an accuracy: 'binary_accuracy'.",
    )


def by_name(plain: Iterable[Metric], weighted: Iterable[Metric]) -> dict[str, Metric]:
    """Metrics by names that differ, as in Keras: a second `auc` is `auc_1`, a weighted one
    `weighted_auc` where there is a plain one."""
    named: dict[str, Metric] = {}
    for metrics, prefix in ((plain, ""), (weighted, "weighted_")):
        for metric in metrics:
            other = f"{prefix}{metric.name}"
            numbered = (f"{other}_{n}" for n in count(1))
            free = (name for name in chain([metric.name, other], numbered) if name not in named)
            named[next(free)] = metric
    return named
