"""A loss of ours beside one made of PyTorch's functions."""

import numpy as np
import pytest
import torch

from pellucid import Tensor

torch.set_num_threads(1)


def compare(loss, y, p, theirs, tolerance=1e-10):
    """Assert that value and gradient are PyTorch's."""
    ours, other = Tensor(p), torch.tensor(p, requires_grad=True)
    value, expected = loss(y, ours), theirs(other)
    value.backward()
    expected.backward()
    assert value.dtype == p.dtype
    assert float(value) == pytest.approx(expected.item(), rel=tolerance)
    largest = other.grad.abs().max().item()
    np.testing.assert_allclose(ours.grad, other.grad, rtol=tolerance, atol=tolerance * largest)
    assert float(loss(y, p)) == float(value)
