"""What a metric gives for a batch, or for the same rows in several batches."""

import numpy as np

from pellucid.engines import in_use

from ..bringing import brought


def take_in(metric, *batch):
    """A batch, brought to the engine in use."""
    metric.update_state(*brought(in_use(), batch))


def measured(metric, *batch):
    take_in(metric, *batch)
    return metric.result()


def in_batches(metric, sizes, *arrays):
    """The result of rows that come in batches of these sizes."""
    start = 0
    for n in sizes:
        take_in(metric, *(np.asarray(array)[start : start + n] for array in arrays))
        start += n
    return metric.result()
