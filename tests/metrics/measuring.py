"""What a metric gives for a batch, or for the same rows in several batches."""

import numpy as np


def measured(metric, *batch):
    metric.update_state(*batch)
    return metric.result()


def in_batches(metric, sizes, *arrays):
    """The result of rows that come in batches of these sizes."""
    start = 0
    for n in sizes:
        metric.update_state(*(np.asarray(array)[start : start + n] for array in arrays))
        start += n
    return metric.result()
