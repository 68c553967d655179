"""ONNX's operations by Pellucid's gates and optimisers: the table, and all but those on images.

A function takes ONNX's inputs in their order and its attributes by their names, with ONNX's
defaults, and gives the outputs. Arrays of floating-point numbers come as tensors, so that operators
are gates too; all others as they are.
"""

import functools
import math

import numpy as np

from pellucid import Tensor, apply, gates, nn, optimizers

from . import images
from .images import last

# -- arithmetic and shape -------------------------------------------------------------------------


def of_all(function):
    """A function of two inputs, for any number of them."""
    return lambda *inputs: functools.reduce(function, inputs)


def mean(*inputs):
    return functools.reduce(nn.add, inputs) / len(inputs)


def power(x, y):
    return nn.power(x, y if isinstance(y, Tensor) else y.astype(x.dtype))


def clip(x, low=None, high=None):
    return nn.clip(x, *(bound if bound is None else bound.item() for bound in (low, high)))


def reduction(function):
    """A sum, mean or maximum whose axes are an input."""

    def reduce(x, axes=None, keepdims=1, noop_with_empty_axes=0):
        if axes is None or axes.size == 0:
            return x if noop_with_empty_axes else function(x, None, bool(keepdims))
        return function(x, tuple(axes.tolist()), bool(keepdims))

    return reduce


def reshape(x, shape, allowzero=0):
    if not allowzero:
        shape = [n or x.shape[i] for i, n in enumerate(shape)]
    return nn.reshape(x, shape)


def flatten(x, axis=1):
    return nn.reshape(x, (math.prod(x.shape[:axis]), math.prod(x.shape[axis:])))


def expand(x, shape):
    return nn.broadcast_to(x, np.broadcast_shapes(x.shape, tuple(shape)))


def cut(x, starts, ends, axes=None, steps=None):
    index = [slice(None)] * x.ndim
    for i, axis in enumerate(range(len(starts)) if axes is None else axes):
        index[axis] = slice(starts[i], ends[i], 1 if steps is None else steps[i])
    return apply(gates.Slice(tuple(index)), x)


def pad(x, pads, value=None, axes=None, mode="constant"):
    widths = [(0, 0)] * x.ndim
    for i, axis in enumerate(range(x.ndim) if axes is None else axes):
        widths[axis] = pads[i], pads[i + len(pads) // 2]
    return nn.pad(x, widths, 0.0 if value is None else value.item())


def gather(x, indices, axis=0):
    if axis == 0:
        return nn.embedding(indices, x)
    return apply(gates.Slice((slice(None),) * axis + (indices,)), x)


def gemm(a, b, c=None, alpha=1.0, beta=1.0, transA=0, transB=0):
    z = nn.dense(nn.transpose(a) if transA else a, nn.transpose(b) if transB else b) * alpha
    return z if c is None else z + c * beta


# -- activations ----------------------------------------------------------------------------------


def selu(z, alpha=None, gamma=None):
    return nn.selu(z) if alpha is None else nn.elu(z, alpha) * gamma


def hard_sigmoid(z, alpha=0.2, beta=0.5):
    """Pellucid's is clip(z / 6 + 1 / 2, 0, 1), ONNX's clip(alpha z + beta, 0, 1)."""
    return nn.hard_sigmoid((z * alpha + (beta - 0.5)) * 6)


def dropout(x, rate=None, training_mode=False, seed=0, ratio=0.5):
    """With the numbers that ONNX's own cases draw."""
    rate = (ratio if rate is None else rate.item()) if training_mode else 0.0
    keep = np.random.RandomState(seed).uniform(size=x.shape) >= rate
    return nn.dropout(x, rate, keep=keep), keep


# -- losses and training --------------------------------------------------------------------------


def softmax_cross_entropy_loss(z, y, weight=None, **settings):
    per_example = lambda y: nn.sparse_softmax_cross_entropy(last(z), y)
    return weighted(per_example, z, y, weight, **settings), nn.log_softmax(z, axis=1)


def negative_log_likelihood_loss(z, y, weight=None, **settings):
    def per_example(y):
        rows = nn.reshape(last(z), (-1, z.shape[1]))
        return nn.reshape(-rows[np.arange(y.size), y.reshape(-1)], y.shape)

    return weighted(per_example, z, y, weight, **settings)


def weighted(per_example, z, y, weight, reduction="mean", ignore_index=None):
    """The losses of examples of classes y, each times its class's weight, summed up as asked."""
    counts = np.asarray(y != ignore_index)
    y = np.where(counts, y, 0)
    w = np.ones(z.shape[1], z.dtype) if weight is None else weight
    w = nn.embedding(y, w) * counts.astype(z.dtype)
    L = per_example(y) * w
    return {"none": L, "sum": nn.sum(L), "mean": nn.sum(L) / nn.sum(w)}[reduction]


def adam(rate, t, *inputs, alpha=0.9, beta=0.999, epsilon=0.0, norm_coefficient=0.0):
    """ONNX's t = 0 is an update without bias correction, as Pellucid's is after very many."""
    optimizer = optimizers.Adam(rate.item(), alpha, beta, epsilon)
    return updated(optimizer, t.item() or math.inf, inputs, norm_coefficient)


def adagrad(rate, t, *inputs, decay_factor=0.0, epsilon=0.0, norm_coefficient=0.0):
    alpha = rate.item() / (1 + t.item() * decay_factor)
    optimizer = optimizers.Adagrad(alpha, epsilon=epsilon)
    return updated(optimizer, t.item(), inputs, norm_coefficient)


def momentum(rate, t, *inputs, alpha, beta, mode, norm_coefficient):
    """Pellucid's velocity is -rate times ONNX's. ONNX's beta is for updates after the first."""
    assert t == 0
    optimizer, n = optimizers.SGD(rate.item(), alpha, mode == "nesterov"), len(inputs) // 3
    inputs = [*inputs[: 2 * n], *(v * -rate for v in inputs[2 * n :])]
    outputs = updated(optimizer, 1, inputs, norm_coefficient)
    return [*outputs[:n], *(v / -rate.value for v in outputs[n:])]


def updated(optimizer, t, inputs, norm_coefficient):
    """The new weights and slots, from n vectors of weights, n gradients, and n of each slot."""
    values = [v.value.copy() for v in inputs]
    n = len(values) // (2 + len(optimizer.slots))
    for i in range(n):
        theta, g, *slots = values[i::n]
        g += norm_coefficient * theta
        slots = dict(zip(optimizer.slots, slots, strict=True))
        optimizer.update(theta, g, optimizer.learning_rate, t, **slots)
    return values[:n] + values[2 * n :]


# -- the table ------------------------------------------------------------------------------------

OPERATIONS = {  # ONNX's name: the function
    "Abs": nn.abs,
    "Adagrad": adagrad,
    "Adam": adam,
    "Add": nn.add,
    "AveragePool": images.average_pool,
    "BatchNormalization": images.batch_normalization,
    "Celu": lambda z, alpha=1.0: nn.celu(z, alpha),
    "Clip": clip,
    "Concat": lambda *x, axis: nn.concatenate(x, axis),
    "Conv": images.conv,
    "ConvTranspose": images.conv_transpose,
    "Div": nn.divide,
    "Dropout": dropout,
    "Elu": lambda z, alpha=1.0: nn.elu(z, alpha),
    "Exp": nn.exp,
    "Expand": expand,
    "Flatten": flatten,
    "Gather": gather,
    "Gelu": lambda z, approximate="none": nn.gelu(z, approximate == "tanh"),
    "Gemm": gemm,
    "GlobalAveragePool": images.global_average_pool,
    "GlobalMaxPool": images.global_max_pool,
    "GroupNormalization": images.group_normalization,
    "HardSigmoid": hard_sigmoid,
    "HardSwish": lambda z: nn.hard_silu(z),
    "InstanceNormalization": images.instance_normalization,
    "LayerNormalization": images.layer_normalization,
    "LeakyRelu": lambda z, alpha=0.01: nn.leaky_relu(z, alpha),
    "Log": nn.log,
    "LogSoftmax": nn.log_softmax,
    "MatMul": nn.matmul,
    "Max": of_all(nn.maximum),
    "MaxPool": images.max_pool,
    "Mean": mean,
    "Min": of_all(nn.minimum),
    "Mish": lambda z: nn.mish(z),
    "Momentum": momentum,
    "Mul": nn.multiply,
    "Neg": lambda x: -x,
    "NegativeLogLikelihoodLoss": negative_log_likelihood_loss,
    "PRelu": lambda z, slope: nn.prelu(z, slope),
    "Pad": pad,
    "Pow": power,
    "Reciprocal": lambda x: 1 / x,
    "RMSNormalization": images.rms_normalization,
    "ReduceMax": reduction(nn.max),
    "ReduceMean": reduction(nn.mean),
    "ReduceSum": reduction(nn.sum),
    "Relu": nn.relu,
    "Reshape": reshape,
    "Selu": selu,
    "Sigmoid": nn.sigmoid,
    "Slice": cut,
    "Softmax": nn.softmax,
    "SoftmaxCrossEntropyLoss": softmax_cross_entropy_loss,
    "Softplus": nn.softplus,
    "Softsign": lambda z: nn.softsign(z),
    "Sqrt": nn.sqrt,
    "Sub": nn.subtract,
    "Sum": of_all(nn.add),
    "Swish": lambda z, alpha=1.0: nn.silu(z * alpha) / alpha,
    "Tanh": nn.tanh,
    "ThresholdedRelu": lambda z, alpha=1.0: nn.threshold(z, alpha, 0.0),
    "Transpose": lambda x, perm=None: nn.transpose(x, perm),
    "Where": nn.where,
}
