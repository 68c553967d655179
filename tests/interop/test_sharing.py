"""A Tensor and one of PyTorch's pass into each other by DLPack, in one memory."""

import numpy as np
import torch

from pellucid import Tensor
from pellucid.engines import engine_of
from pellucid.interop import from_dlpack

from ..bringing import as_numpy


def test_a_tensor_goes_to_torch_without_a_copy(engine, rng):
    t = Tensor(engine.asarray(rng.normal(size=(3, 4))))
    other = torch.from_dlpack(t)
    assert other.data_ptr() == as_numpy(t).ctypes.data
    other[1, 2] = 7.0
    assert t.value[1, 2] == 7.0
    assert t.__dlpack_device__() == other.__dlpack_device__()


def test_torchs_tensor_comes_here_without_a_copy(engine, rng):
    theirs = torch.tensor(rng.normal(size=(3, 4)))
    for given in (theirs, theirs.requires_grad_()):
        t = from_dlpack(given)
        assert engine_of(t) is engine
        assert as_numpy(t).ctypes.data == theirs.data_ptr()
        (t * t).sum().backward()
        np.testing.assert_array_equal(as_numpy(t.grad), 2 * theirs.detach().numpy())
    assert theirs.grad is None
    assert not from_dlpack(theirs, requires_grad=False).requires_grad


def test_numpys_array_too(engine, rng):
    x = rng.normal(size=3)
    assert as_numpy(from_dlpack(x)).ctypes.data == x.ctypes.data
