"""Every gate, with several settings and shapes: the table that the contract tests go through.

Inputs keep away from kinks (relu at 0, the tie of a maximum, the edge of a margin), where there is
no derivative to compare with; what a gate does at a tie is tested beside the gate's values.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from pellucid import gates as g


class Case(NamedTuple):
    """A gate with its settings, and inputs for it."""

    name: str
    make_gate: Callable[[], g.Gate]
    inputs: Callable[[np.random.Generator], tuple]

    @property
    def gate_class(self) -> type[g.Gate]:
        """The class of the gate."""
        return type(self.make_gate())


def apart(rng, *shape):
    """Numbers at least 0.2 away from 0."""
    return rng.choice([-1.0, 1.0], shape) * rng.uniform(0.2, 1.5, shape)


def distinct(rng, *shape):
    """Multiples of 0.3 about 0, each once: all differ, and none differ by 1."""
    n = int(np.prod(shape))
    return (rng.permutation(n).reshape(shape) - n // 2) * 0.3


def positive(rng, *shape):
    """Numbers from 0.3 to 2."""
    return rng.uniform(0.3, 2.0, shape)


def probabilities(rng, *shape):
    """Rows that sum to one, none near 0 or 1."""
    p = rng.uniform(0.2, 1.0, shape)
    return p / p.sum(axis=-1, keepdims=True)


def one_hot(rng, n, C):
    """Rows with a single 1."""
    return np.eye(C)[rng.integers(0, C, n)]


def normals(*shapes):
    """Normal random numbers in each of the shapes; None and other values as they are."""

    def draw(rng):
        return tuple(rng.normal(size=s) if isinstance(s, tuple) else s for s in shapes)

    return draw


def of(kind, *shapes):
    """Numbers of one kind in each of the shapes."""
    return lambda rng: tuple(kind(rng, *s) if isinstance(s, tuple) else s for s in shapes)


def _two_inputs():
    shapes = {
        "same shape": ((2, 3), (2, 3)),
        "row": ((2, 3), (3,)),
        "column and row": ((3, 1), (1, 4)),
        "one number": ((), (2, 3)),
        "longer": ((4,), (2, 1, 4)),
        "numbers": ((), ()),
    }
    kinds = {g.Add: apart, g.Subtract: apart, g.Multiply: apart, g.Divide: apart, g.Power: positive}
    for gate, kind in kinds.items():
        for name, pair in shapes.items():
            yield Case(f"{gate.__name__}, {name}", gate, of(kind, *pair))
    yield Case("Power, squared", g.Power, lambda r: (apart(r, 2, 3), 2))
    yield Case("Power, to the -3", g.Power, lambda r: (apart(r, 2, 3), -3))
    yield Case("Power, of 2", g.Power, lambda r: (2, apart(r, 2, 3)))
    yield Case("Subtract, from 1", g.Subtract, lambda r: (1, apart(r, 3)))
    yield Case("Divide, 1 by", g.Divide, lambda r: (1.0, apart(r, 3)))
    for gate in (g.Maximum, g.Minimum):
        for name, (a, b) in list(shapes.items())[:-1]:  # of two numbers, one has no gradient
            move = lambda r, a=a, b=b: (distinct(r, *a), 0.1 + distinct(r, *b))
            yield Case(f"{gate.__name__}, {name}", gate, move)
        yield Case(f"{gate.__name__}, 0 and", gate, lambda r: (0, apart(r, 2, 3)))
    whole = np.array([[True, False, True], [False, False, True]])
    column = np.array([[True], [False]])
    yield Case("Where", g.Where, lambda r: (whole, apart(r, 2, 3), apart(r, 2, 3)))
    yield Case("Where, rows", g.Where, lambda r: (column, apart(r, 2, 3), apart(r, 3)))
    yield Case("Where, repeated", g.Where, lambda r: (whole, apart(r, 1, 3), apart(r)))
    yield Case("Where, a number", g.Where, lambda r: (column, apart(r, 2, 3), 0.0))


def _one_input():
    for gate, kind in {g.Exp: apart, g.Log: positive, g.Sqrt: positive, g.Abs: apart}.items():
        yield Case(gate.__name__, gate, of(kind, (2, 3)))
        yield Case(f"{gate.__name__}, number", gate, of(kind, ()))
    for low, high in ((-0.5, 0.5), (-0.5, None), (None, 0.5), (None, None)):
        clip = lambda low=low, high=high: g.Clip(low, high)
        yield Case(f"Clip, {low} to {high}", clip, of(distinct, (2, 4)))
    axes = (None, 0, -1, (0, 2), (-1, 0), (2, 1, 0))
    for gate in (g.Sum, g.Mean, g.Max):
        for axis in axes:
            for keep in (False, True):
                make = lambda gate=gate, axis=axis, keep=keep: gate(axis, keep)
                yield Case(f"{gate.__name__}, {axis} {keep}", make, of(distinct, (2, 3, 4)))
        yield Case(f"{gate.__name__}, vector", gate, of(distinct, (5,)))


def _products():
    yield Case("Dense", g.Dense, normals((4, 3), (3, 2), (2,)))
    yield Case("Dense, no bias", g.Dense, normals((4, 3), (3, 2)))
    yield Case("Dense, bias None", g.Dense, normals((4, 3), (3, 2), None))
    yield Case("Dense, one example", g.Dense, normals((3,), (3, 2), (2,)))
    yield Case("Dense, sequences", g.Dense, normals((2, 4, 3), (3, 2), (2,)))
    yield Case("Dense, large", g.Dense, normals((3, 40), (40, 30), (30,)))
    shapes = {
        "matrices": ((2, 3), (3, 4)),
        "vectors": ((3,), (3,)),
        "vector and matrix": ((3,), (3, 4)),
        "matrix and vector": ((2, 3), (3,)),
        "batches": ((2, 3, 4), (2, 4, 2)),
        "batch and matrix": ((2, 3, 4), (4, 2)),
        "matrix and batch": ((3, 4), (2, 4, 2)),
        "batch and vector": ((2, 3, 4), (4,)),
        "vector and batch": ((4,), (2, 4, 3)),
        "broadcast batches": ((2, 1, 2, 3), (3, 3, 2)),
        "a batch of one": ((1, 2, 3), (3, 3, 2)),
    }
    for name, pair in shapes.items():
        yield Case(f"MatMul, {name}", g.MatMul, normals(*pair))
    rows = {
        "one row": np.array(2),
        "repeated": np.array([0, 2, 2, 3]),
        "sequences": np.array([[1, 1], [3, 0], [1, 2]]),
        "small integers": np.array([3, 1, 1], np.uint8),
    }
    for name, i in rows.items():
        yield Case(f"Embedding, {name}", g.Embedding, lambda r, i=i: (i, r.normal(size=(4, 3))))


def _convolutions():
    conv = {  # name: settings, image, filters
        "plain": ({}, (2, 4, 5, 2), (2, 3, 2, 3)),
        "strides": ({"strides": (2, 1)}, (2, 5, 4, 2), (3, 2, 2, 2)),
        "strides that leave a rest": ({"strides": (2, 3)}, (1, 6, 6, 1), (3, 2, 1, 2)),
        "strides beyond the kernel": ({"strides": (3, 3)}, (1, 7, 8, 1), (2, 1, 1, 2)),
        "same": ({"padding": "same"}, (1, 4, 3, 2), (3, 2, 2, 2)),
        "same, strides": ({"padding": "same", "strides": (2, 2)}, (1, 4, 5, 1), (3, 3, 1, 2)),
        "explicit": ({"padding": ((1, 0), (0, 2))}, (1, 3, 3, 1), (2, 2, 1, 2)),
        "dilation": ({"dilation": (2, 1)}, (1, 5, 4, 1), (2, 2, 1, 2)),
        "dilation across": ({"dilation": (1, 3)}, (1, 3, 6, 2), (2, 2, 2, 1)),
        "same, dilation": ({"padding": "same", "dilation": (2, 2)}, (1, 4, 4, 1), (3, 2, 1, 2)),
        "groups": ({"groups": 2}, (1, 3, 3, 4), (2, 2, 2, 4)),
        "depthwise": ({"groups": 3, "padding": "same"}, (1, 3, 3, 3), (2, 2, 1, 6)),
        "1 x 1": ({}, (2, 2, 3, 3), (1, 1, 3, 2)),
        "1 x 1, strides": ({"strides": (2, 2)}, (2, 3, 4, 2), (1, 1, 2, 2)),
        "whole image": ({}, (2, 3, 2, 2), (3, 2, 2, 2)),
        "all at once": (
            {"strides": (2, 1), "padding": ((1, 2), (2, 0)), "dilation": (1, 2), "groups": 2},
            (2, 4, 4, 2),
            (2, 2, 1, 4),
        ),
    }
    for name, (settings, x, W) in conv.items():
        make = lambda settings=settings: g.Conv2D(**settings)
        yield Case(f"Conv2D, {name}", make, normals(x, W, W[-1:]))
    yield Case("Conv2D, no bias", g.Conv2D, normals((1, 3, 3, 1), (2, 2, 1, 2)))
    yield Case("Conv2D, bias None", g.Conv2D, normals((1, 3, 3, 1), (2, 2, 1, 2), None))
    depthwise = {  # filters (kh, kw, C, m)
        "plain": ({}, (2, 3, 4, 3), (2, 3, 3, 1)),
        "two filters a channel": ({"padding": "same"}, (1, 3, 3, 2), (2, 2, 2, 2)),
        "strides": ({"strides": (2, 1)}, (2, 4, 3, 2), (3, 2, 2, 1)),
        "dilation": ({"dilation": (1, 2), "padding": ((1, 0), (0, 1))}, (1, 3, 4, 2), (2, 2, 2, 3)),
        "many channels": ({}, (1, 3, 3, 16), (2, 2, 16, 1)),
        "many channels, strides": ({"strides": (2, 2)}, (1, 5, 4, 16), (2, 2, 16, 1)),
    }
    for name, (settings, x, W) in depthwise.items():
        make = lambda settings=settings: g.DepthwiseConv2D(**settings)
        yield Case(f"DepthwiseConv2D, {name}", make, normals(x, W, (W[2] * W[3],)))
    yield Case("DepthwiseConv2D, no bias", g.DepthwiseConv2D, normals((1, 3, 3, 2), (2, 2, 2, 2)))
    conv1d = {
        "plain": ({}, (2, 5, 2), (3, 2, 2)),
        "stride": ({"stride": 2}, (2, 6, 2), (3, 2, 2)),
        "same, stride": ({"padding": "same", "stride": 2}, (1, 5, 2), (2, 2, 3)),
        "causal": ({"padding": (2, 0)}, (2, 5, 1), (3, 1, 2)),
        "dilation": ({"dilation": 2}, (2, 6, 2), (3, 2, 2)),
        "groups": ({"groups": 2}, (2, 4, 4), (2, 2, 4)),
    }
    for name, (settings, x, W) in conv1d.items():
        make = lambda settings=settings: g.Conv1D(**settings)
        yield Case(f"Conv1D, {name}", make, normals(x, W, W[-1:]))
    yield Case("Conv1D, no bias", g.Conv1D, normals((2, 4, 2), (2, 2, 3)))
    transposed = {  # filters (kh, kw, U, C)
        "plain": ({}, (2, 2, 3, 2), (2, 3, 3, 2)),
        "strides": ({"strides": (2, 2)}, (1, 2, 3, 2), (3, 2, 2, 2)),
        "strides beyond the kernel": ({"strides": (3, 2)}, (1, 2, 2, 1), (2, 1, 2, 1)),
        "same": ({"padding": "same"}, (1, 3, 3, 2), (3, 2, 2, 2)),
        "same, strides": ({"padding": "same", "strides": (2, 2)}, (1, 2, 3, 1), (3, 3, 2, 1)),
        "explicit": ({"padding": ((1, 1), (0, 1))}, (1, 3, 3, 1), (3, 3, 2, 1)),
        "dilation": ({"dilation": (2, 1)}, (1, 2, 2, 1), (2, 3, 2, 1)),
        "output padding": (
            {"strides": (2, 3), "output_padding": (1, 2)},
            (1, 2, 2, 1),
            (2, 2, 2, 1),
        ),
        "same, output padding": (
            {"strides": (2, 3), "padding": "same", "output_padding": (1, 0)},
            (1, 2, 2, 1),
            (3, 4, 2, 1),
        ),
    }
    for name, (settings, x, W) in transposed.items():
        make = lambda settings=settings: g.Conv2DTranspose(**settings)
        yield Case(f"Conv2DTranspose, {name}", make, normals(x, W, W[2:3]))
    yield Case("Conv2DTranspose, no bias", g.Conv2DTranspose, normals((1, 2, 2, 1), (2, 2, 1, 1)))
    pools = {
        "default": {},
        "overlapping": {"pool": (3, 2), "strides": (1, 1)},
        "strides that leave a rest": {"pool": (2, 2), "strides": (2, 3)},
        "same": {"pool": (2, 3), "padding": "same"},
        "same, overlapping": {"pool": (3, 3), "strides": (2, 2), "padding": "same"},
        "explicit": {"pool": (2, 2), "strides": (1, 2), "padding": ((1, 0), (0, 1))},
        "whole image": {"pool": (5, 4)},
    }
    for gate in (g.MaxPool2D, g.AveragePool2D):
        for name, settings in pools.items():
            make = lambda gate=gate, settings=settings: gate(**settings)
            yield Case(f"{gate.__name__}, {name}", make, of(distinct, (1, 5, 4, 2)))
    pools1d = {
        "default": {},
        "overlapping": {"pool": 3, "stride": 1},
        "same": {"pool": 3, "stride": 2, "padding": "same"},
        "explicit": {"pool": 2, "stride": 3, "padding": (1, 0)},
    }
    for gate in (g.MaxPool1D, g.AveragePool1D):
        for name, settings in pools1d.items():
            make = lambda gate=gate, settings=settings: gate(**settings)
            yield Case(f"{gate.__name__}, {name}", make, of(distinct, (2, 5, 2)))


def _activations():
    elementwise = {
        "Linear": g.Linear,
        "Sigmoid": g.Sigmoid,
        "Tanh": g.Tanh,
        "ReLU": g.ReLU,
        "LeakyReLU": g.LeakyReLU,
        "LeakyReLU, slope 0.01": lambda: g.LeakyReLU(0.01),
        "ELU": g.ELU,
        "ELU, alpha 1.5": lambda: g.ELU(1.5),
        "GELU": g.GELU,
        "TanhGELU": g.TanhGELU,
        "SiLU": g.SiLU,
        "Mish": g.Mish,
        "Softplus": g.Softplus,
        "Squareplus": g.Squareplus,
        "Squareplus, b 0.5": lambda: g.Squareplus(0.5),
        "Softsign": g.Softsign,
        "LogSigmoid": g.LogSigmoid,
        "SELU": g.SELU,
        "CELU": g.CELU,
        "CELU, alpha 0.5": lambda: g.CELU(0.5),
        "HardSigmoid": g.HardSigmoid,
        "HardSigmoid, slope 1/2": lambda: g.HardSigmoid(1 / 2),
        "HardSiLU": g.HardSiLU,
        "HardShrink": g.HardShrink,
        "HardShrink, threshold 0.3": lambda: g.HardShrink(0.3),
        "Threshold": lambda: g.Threshold(0.3, -2.0),
        "SparsePlus": g.SparsePlus,
    }
    for name, make in elementwise.items():
        yield Case(name, make, of(apart, (3, 4)))
        yield Case(f"{name}, far out", make, lambda r: (4 * apart(r, 3, 4),))
        yield Case(f"{name}, images", make, of(apart, (1, 2, 2, 3)))
        yield Case(f"{name}, number", make, of(apart, ()))
    for gate in (g.Softmax, g.LogSoftmax):
        for axis in (-1, 0, 1):
            make = lambda gate=gate, axis=axis: gate(axis)
            yield Case(f"{gate.__name__}, axis {axis}", make, of(apart, (2, 3, 4)))
        yield Case(f"{gate.__name__}, vector", gate, of(apart, (4,)))
    near = lambda *shape: lambda r: (0.4 * apart(r, *shape),)  # so that several stay above 0
    for axis in (-1, 0, 1):
        yield Case(f"Sparsemax, axis {axis}", lambda axis=axis: g.Sparsemax(axis), near(2, 3, 4))
    yield Case("Sparsemax, vector", g.Sparsemax, near(5))
    for axis, shape in {-1: (2, 4), 0: (4, 3), 1: (2, 6, 3)}.items():
        yield Case(f"GLU, axis {axis}", lambda axis=axis: g.GLU(axis), normals(shape))
    yield Case("GLU, vector", g.GLU, normals((4,)))
    prelu = {
        "dense": ((3, 4), (4,)),
        "images": ((2, 2, 3, 4), (2, 3, 4)),
        "channels": ((2, 2, 3, 4), (1, 1, 4)),
        "one for all": ((2, 3, 4), (1, 1)),
    }
    for name, pair in prelu.items():
        yield Case(f"PReLU, {name}", g.PReLU, of(apart, *pair))


def _normalization_and_dropout():
    for name, x in {"dense": (5, 3), "images": (2, 2, 3, 2), "one channel": (4, 1)}.items():
        C = x[-1:]
        yield Case(f"BatchNorm, {name}", g.BatchNorm, normals(x, C, C))
        yield Case(
            f"FixedBatchNorm, {name}",
            g.FixedBatchNorm,
            lambda r, x=x, C=C: (*normals(x, C, C, C)(r), positive(r, *C)),
        )
    yield Case("BatchNorm, epsilon", lambda: g.BatchNorm(0.5), normals((5, 3), (3,), (3,)))
    yield Case(
        "FixedBatchNorm, epsilon",
        lambda: g.FixedBatchNorm(0.5),
        lambda r: (*normals((5, 3), (3,), (3,), (3,))(r), positive(r, 3)),
    )
    yield Case("LayerNorm", g.LayerNorm, normals((3, 5), (5,), (5,)))
    yield Case("LayerNorm, epsilon", lambda: g.LayerNorm(0.5), normals((3, 5), (5,), (5,)))
    yield Case("LayerNorm, sequences", g.LayerNorm, normals((2, 3, 4), (4,), (4,)))
    yield Case("LayerNorm, two axes", g.LayerNorm, normals((2, 3, 4), (3, 4), (3, 4)))
    yield Case("LayerNorm, one example", g.LayerNorm, normals((4,), (4,), (4,)))
    for name, x, groups in (
        ("dense", (3, 4), 1),
        ("images", (2, 2, 3, 4), 2),
        ("sequences", (2, 3, 6), 3),
        ("each channel alone", (2, 4, 3), 3),
    ):
        make = lambda groups=groups: g.GroupNorm(groups)
        yield Case(f"GroupNorm, {name}", make, normals(x, x[-1:], x[-1:]))
    yield Case("GroupNorm, epsilon", lambda: g.GroupNorm(2, 0.5), normals((2, 3, 4), (4,), (4,)))
    yield Case("RMSNorm", g.RMSNorm, normals((3, 5), (5,)))
    yield Case("RMSNorm, epsilon", lambda: g.RMSNorm(0.5), normals((3, 5), (5,)))
    yield Case("RMSNorm, two axes", g.RMSNorm, normals((2, 3, 4), (3, 4)))
    yield Case("RMSNorm, one example", g.RMSNorm, normals((4,), (4,)))
    for axis in (-1, 0, (1, 2), (-1, 0), None):
        make = lambda axis=axis: g.UnitNorm(axis)
        yield Case(f"UnitNorm, axis {axis}", make, normals((2, 3, 4)))
    yield Case("UnitNorm, shorter than epsilon", lambda: g.UnitNorm(-1, 20.0), normals((3, 4)))
    keep = np.array([[1, 0, 1], [0, 1, 1]])
    for name, kept in {"": keep, ", booleans": keep == 1, ", columns": keep[:1] == 1}.items():
        drop = lambda r, kept=kept: (r.normal(size=(2, 3)), kept)
        yield Case(f"Dropout{name}", lambda: g.Dropout(0.4), drop)
    yield Case("Dropout, none", lambda: g.Dropout(0.0), lambda r: (r.normal(size=(2, 3)), keep))


def _shapes():
    yield Case("Reshape", lambda: g.Reshape((3, 4)), normals((2, 6)))
    yield Case("Reshape, -1", lambda: g.Reshape((2, -1)), normals((2, 3, 2)))
    yield Case("Reshape, to a number", lambda: g.Reshape(()), normals((1, 1)))
    for name, shape in {"new axes": (3,), "along an axis": (2, 1, 3), "a number": ()}.items():
        yield Case(f"BroadcastTo, {name}", lambda: g.BroadcastTo((2, 4, 3)), normals(shape))
    yield Case("BroadcastTo, its own shape", lambda: g.BroadcastTo((2, 3)), normals((2, 3)))
    yield Case("Transpose", g.Transpose, normals((2, 3, 4)))
    for axes in ((1, 0, 2), (2, 0, 1), (0, -1, 1), (-3, -2, -1)):
        yield Case(f"Transpose, {axes}", lambda axes=axes: g.Transpose(axes), normals((2, 3, 4)))
    yield Case("Transpose, number", g.Transpose, normals(()))
    index = {
        "row": 1,
        "last element": (-1, -1),
        "slice": (slice(None), slice(1, 3)),
        "every other, backwards": (slice(None, None, -1), slice(3, None, -2)),
        "ellipsis": (..., 0),
        "new axis": (slice(None), None, 2),
        "mask": np.arange(12).reshape(3, 4) % 3 == 0,
        "mask of rows": np.array([True, False, True]),
        "repeated rows": np.array([0, 2, 2, 0]),
        "repeated rows in a list": [0, 2, 2, 0],
        "repeated places": (np.array([0, 1, 1, 1]), np.array([3, 2, 2, 0])),
        "table of rows": np.array([[0, 1], [2, -1]]),
        "slice and rows": (slice(0, 2), np.array([3, 3, 1])),
        "everything": ...,
    }
    for name, i in index.items():
        yield Case(f"Slice, {name}", lambda i=i: g.Slice(i), normals((3, 4)))
    yield Case("Concatenate", g.Concatenate, normals((2, 3), (2, 1), (2, 2)))
    yield Case("Concatenate, axis 0", lambda: g.Concatenate(0), normals((2, 3), (1, 3)))
    yield Case("Concatenate, axis 1", lambda: g.Concatenate(1), normals((2, 1, 2), (2, 3, 2)))
    yield Case("Concatenate, one", g.Concatenate, normals((2, 3)))
    yield Case("Pad", lambda: g.Pad(((1, 0), (0, 2))), normals((2, 3)))
    for axis in (0, 1, -1):
        yield Case(f"Repeat, axis {axis}", lambda axis=axis: g.Repeat(3, axis), normals((2, 3, 2)))
    yield Case("Repeat, once", lambda: g.Repeat(1, 0), normals((3,)))
    yield Case("Pad, with 2", lambda: g.Pad(((0, 0), (1, 1), (2, 0)), 2.0), normals((2, 1, 3)))


def _losses():
    numbers = np.array([2, 0, 1, 2])
    yield Case(
        "SoftmaxCrossEntropy",
        g.SoftmaxCrossEntropy,
        lambda r: (r.normal(size=(4, 3)), one_hot(r, 4, 3)),
    )
    yield Case(
        "SoftmaxCrossEntropy, weights",
        g.SoftmaxCrossEntropy,
        lambda r: (r.normal(size=(2, 2, 3)), positive(r, 2, 2, 3)),
    )
    yield Case(
        "SoftmaxCrossEntropy, one",
        g.SoftmaxCrossEntropy,
        lambda r: (r.normal(size=3), np.array([0.0, 1.0, 0.0])),
    )
    for name, shape, y in (
        ("", (4, 3), numbers),
        (", places", (2, 2, 3), numbers.reshape(2, 2)),
        (", one", (3,), np.array(1)),
        (", small integers", (4, 3), numbers.astype(np.uint8)),
    ):
        yield Case(
            f"SparseSoftmaxCrossEntropy{name}",
            g.SparseSoftmaxCrossEntropy,
            lambda r, shape=shape, y=y: (r.normal(size=shape), y),
        )
        yield Case(
            f"SparseCrossEntropy{name}",
            g.SparseCrossEntropy,
            lambda r, shape=shape, y=y: (probabilities(r, *shape), y),
        )
    zero_one = np.array([[0.0, 1.0, 1.0], [1.0, 0.0, 1.0]])
    for name, y in {"": zero_one, ", between": zero_one * 0.7}.items():
        yield Case(
            f"SigmoidCrossEntropy{name}",
            g.SigmoidCrossEntropy,
            lambda r, y=y: (apart(r, 2, 3), y),
        )
        yield Case(
            f"BinaryCrossEntropy{name}",
            g.BinaryCrossEntropy,
            lambda r, y=y: (r.uniform(0.1, 0.9, (2, 3)), y),
        )
        for gamma in (2.0, 0.0, 0.5):
            yield Case(
                f"SigmoidFocalCrossEntropy{name}, {gamma}",
                lambda gamma=gamma: g.SigmoidFocalCrossEntropy(gamma),
                lambda r, y=y: (apart(r, 2, 3), y),
            )
    for gamma in (2.0, 0.0, 0.5):
        make = lambda gamma=gamma: g.SoftmaxFocalCrossEntropy(gamma)
        yield Case(
            f"SoftmaxFocalCrossEntropy, {gamma}",
            make,
            lambda r: (r.normal(size=(4, 3)), one_hot(r, 4, 3)),
        )
        yield Case(
            f"SoftmaxFocalCrossEntropy, weights, {gamma}",
            make,
            lambda r: (r.normal(size=(2, 2, 3)), positive(r, 2, 2, 3)),
        )
    yield Case("CrossEntropy", g.CrossEntropy, lambda r: (probabilities(r, 4, 3), one_hot(r, 4, 3)))
    yield Case(
        "CrossEntropy, soft",
        g.CrossEntropy,
        lambda r: (probabilities(r, 2, 2, 3), probabilities(r, 2, 2, 3)),
    )
    yield Case("SquaredError", g.SquaredError, normals((2, 3), (2, 3)))
    yield Case("LogCosh", g.LogCosh, normals((2, 3), (2, 3)))
    for delta in (1.0, 0.5):
        yield Case(
            f"Huber, delta {delta}",
            lambda delta=delta: g.Huber(delta),
            lambda r: (distinct(r, 3, 4), 0.07 * np.ones((3, 4))),
        )
    for gate in (g.MultiClassHinge, g.MaxMultiClassHinge):
        yield Case(gate.__name__, gate, lambda r: (distinct(r, 4, 3), numbers))
        yield Case(
            f"{gate.__name__}, small integers",
            gate,
            lambda r: (distinct(r, 4, 5), numbers.astype(np.uint8)),
        )


def _sampling():
    whole = lambda r, x: (
        r.normal(size=x),
        r.uniform(-5, 8, (2, 2, 4)),
        r.uniform(-5, 8, (2, 2, 4)),
    )
    for fill_mode in ("constant", "nearest", "reflect", "wrap"):
        for interpolation in ("bilinear", "nearest"):
            make = lambda how=(interpolation, fill_mode): g.Sample2D(*how)
            yield Case(
                f"Sample2D, {interpolation}, {fill_mode}", make, lambda r: whole(r, (2, 3, 4, 2))
            )
    filled = lambda: g.Sample2D("bilinear", "constant", 2.5)
    yield Case("Sample2D, filled", filled, lambda r: whole(r, (2, 3, 4, 1)))
    apart = lambda r: (
        r.normal(size=(3, 4, 3, 2)),
        r.uniform(0, 3, (3, 2, 1)),
        r.uniform(0, 2, (1, 1, 5)),
    )
    yield Case("Sample2D, rows and columns", g.Sample2D, apart)


CASES = [
    *_two_inputs(),
    *_one_input(),
    *_products(),
    *_convolutions(),
    *_activations(),
    *_normalization_and_dropout(),
    *_shapes(),
    *_losses(),
    *_sampling(),
]
