"""Some steps of an optimiser, or of one of PyTorch's, for gradients that are given."""

import numpy as np
import torch

torch.set_num_threads(1)

THETA, G = [1.0], [[2.0], [-1.0], [4.0]]  # what most tables by hand begin with


def steps(optimizer, start, gradients):
    """theta after each step, for gradients that are given."""
    theta, found = np.array(start, dtype="float64"), []
    for g in gradients:
        optimizer.apply(theta, np.array(g, dtype="float64"))
        found.append(theta.tolist())
    return found


def theirs(make, start, gradients):
    """theta after PyTorch's steps."""
    theta = torch.tensor(start, dtype=torch.float64)
    optimizer = make([theta])
    for g in gradients:
        theta.grad = torch.tensor(g, dtype=torch.float64)
        optimizer.step()
    return theta.tolist()


def agree(ours, make, rng, n=30, shape=(5,), rtol=1e-10):
    """Assert that our optimiser makes PyTorch's steps."""
    start, gradients = rng.normal(size=shape), rng.normal(size=(n, *shape))
    found = steps(ours, start, gradients)[-1]
    np.testing.assert_allclose(found, theirs(make, start, gradients), rtol=rtol)
