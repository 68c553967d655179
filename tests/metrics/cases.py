"""Targets and outputs for every registered metric that compares them."""

import numpy as np

from pellucid import metrics
from pellucid.metrics import FunctionMetric, LossMetric, Mean

from ..losses.cases import C, N, example, scores, softmax

KINDS = dict.fromkeys(metrics.registry.known.values())
NAMED = [kind for kind in KINDS if not issubclass(kind, FunctionMetric | Mean)]
OF_ROWS = (metrics.CategoricalAccuracy,)
OF_CLASSES = (metrics.SparseCategoricalAccuracy,)


def make(kind):
    """The metric as it stands; the mean of any loss that has no class of its own is Huber's."""
    return kind("huber") if kind is LossMetric else kind()


def rows(kind, rng):
    """Targets and outputs that a metric takes as it stands."""
    metric = make(kind)
    if isinstance(metric, LossMetric):
        return example(type(metric.loss), rng)
    if issubclass(kind, metrics.R2Score):
        return rng.normal(size=(N, C)), scores(rng)
    y, p = rng.integers(0, C, size=N), softmax(scores(rng))
    if issubclass(kind, OF_CLASSES):
        return y, p
    return np.eye(C)[y], p
