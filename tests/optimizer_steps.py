"""Some steps of an optimiser, for gradients that are given."""

import numpy as np


def steps(optimizer, start, gradients):
    """theta after each step, for gradients that are given."""
    theta, found = np.array(start, dtype="float64"), []
    for g in gradients:
        optimizer.apply(theta, np.array(g, dtype="float64"))
        found.append(theta.tolist())
    return found
