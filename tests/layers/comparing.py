"""A layer and a function of PyTorch's tensors, compared: values and all gradients."""

import numpy as np
import torch
from torch.nn import functional as F

from pellucid import Tensor

torch.set_num_threads(1)


def agree(make_layer, theirs, *inputs, training=True):
    """Assert that both give the same output and gradients, in float64 and in float32.

    `make_layer(dtype=...)` gives the layer. `theirs(*inputs, *weights)` takes what the layer takes,
    then the layer's trainable weights, all as PyTorch's tensors in Pellucid's order of axes. In
    float32 sums of some hundred numbers are taken in another order: 1e-5 of the largest number.
    """
    for dtype, tolerance in (("float64", 1e-12), ("float32", 1e-5)):
        rng = np.random.default_rng(1)
        layer = make_layer(dtype=dtype)
        arrays = [x.astype(dtype) for x in inputs]
        layer(arrays if len(arrays) > 1 else arrays[0])
        for p in layer.trainable_weights:
            p.assign(rng.uniform(-1, 1, p.shape))
        ours = [Tensor(x) for x in arrays]
        output = layer(ours if len(ours) > 1 else ours[0], training=training)
        leaves = [*ours, *layer.trainable_weights]
        others = [torch.tensor(leaf.value, requires_grad=True) for leaf in leaves]
        expected = theirs(*others)
        close(output.value, expected, tolerance)
        dz = rng.normal(size=output.shape).astype(dtype)
        output.backward(dz)
        expected.backward(torch.tensor(dz))
        assert len(leaves) >= len(inputs)
        for leaf, other in zip(leaves, others, strict=True):
            close(leaf.grad, other.grad, tolerance)


def close(found, expected, tolerance):
    """Assert that both have one shape and, relative to the largest number, the same numbers."""
    found, expected = np.asarray(found), expected.detach().numpy()
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(
        found, expected, rtol=tolerance, atol=tolerance * np.abs(expected).max()
    )


def channels_first(x):
    """(N, ..., C) as PyTorch has it: (N, C, ...)."""
    return x.movedim(-1, 1)


def channels_last(z):
    """(N, C, ...) as Pellucid has it: (N, ..., C)."""
    return z.movedim(1, -1)


def padded(x, kernel, strides, dilation, fill=0.0):
    """(N, C, ...) with the padding "same" put around it by the rule of its definition."""
    sides = []
    for size, k, s, d in reversed([*zip(x.shape[2:], kernel, strides, dilation, strict=True)]):
        total = max((-(-size // s) - 1) * s + (k - 1) * d + 1 - size, 0)
        sides += [total // 2, total - total // 2]
    return F.pad(x, sides, value=fill)
