"""Every function of `nn` with what it takes: (name, its gate, inputs, settings)."""

import numpy as np

from pellucid import gates as g

R = np.random.default_rng(0)
A, B, ROW = R.normal(size=(3, 4)), R.normal(size=(3, 4)), R.normal(size=4)
P = R.uniform(0.1, 0.9, (3, 4))
Y = np.array([2, 0, 3])
HOT = np.eye(4)[Y]
KEEP = np.array([[1, 0, 1, 1], [0, 1, 1, 0], [1, 1, 0, 1]])
IMAGES, FILTERS, BIAS = R.normal(size=(2, 5, 6, 2)), R.normal(size=(3, 2, 2, 4)), R.normal(size=4)
GROUPED = R.normal(size=(3, 2, 1, 4))
SEQUENCES, KERNEL = R.normal(size=(2, 6, 2)), R.normal(size=(3, 2, 4))
DEPTHWISE, DEPTHWISE_BIAS = R.normal(size=(3, 2, 2, 2)), R.normal(size=4)
BACKWARDS, BACK_BIAS = R.normal(size=(3, 2, 4, 2)), R.normal(size=4)
AROUND = ((1, 0), (0, 1))
VARIANCE = R.uniform(0.5, 2, 4)
PLACES = R.uniform(-3, 9, (2, 4, 3)), R.uniform(-3, 9, (2, 4, 3))


def cases():
    two = {
        "add": g.Add,
        "subtract": g.Subtract,
        "multiply": g.Multiply,
        "divide": g.Divide,
        "maximum": g.Maximum,
        "minimum": g.Minimum,
        "squared_error": g.SquaredError,
        "huber": g.Huber,
        "log_cosh": g.LogCosh,
    }
    one = {"exp": g.Exp, "sqrt": g.Sqrt, "log": g.Log, "abs": g.Abs}
    activations = {
        "linear": g.Linear,
        "sigmoid": g.Sigmoid,
        "tanh": g.Tanh,
        "relu": g.ReLU,
        "leaky_relu": g.LeakyReLU,
        "elu": g.ELU,
        "gelu": g.GELU,
        "silu": g.SiLU,
        "mish": g.Mish,
        "glu": g.GLU,
        "softplus": g.Softplus,
        "squareplus": g.Squareplus,
        "softsign": g.Softsign,
        "log_sigmoid": g.LogSigmoid,
        "selu": g.SELU,
        "celu": g.CELU,
        "hard_sigmoid": g.HardSigmoid,
        "hard_silu": g.HardSiLU,
        "hard_shrink": g.HardShrink,
        "sparse_plus": g.SparsePlus,
        "sparse_sigmoid": lambda: g.HardSigmoid(1 / 2),
        "hard_tanh": lambda: g.Clip(-1.0, 1.0),
        "softmax": g.Softmax,
        "log_softmax": g.LogSoftmax,
        "sparsemax": g.Sparsemax,
    }
    reductions = {"sum": g.Sum, "mean": g.Mean, "max": g.Max}
    for name, gate in two.items():
        yield name, gate, (A, B), {}
    yield "power", g.Power, (P, B), {}
    yield "where", g.Where, (A > 0, A, B), {}
    for name, gate in {**one, **activations}.items():
        yield name, gate, (P if name in one else A,), {}
    yield "clip", lambda: g.Clip(-0.5, 0.5), (A,), {"low": -0.5, "high": 0.5}
    yield "clip", lambda: g.Clip(None, 0.5), (A,), {"high": 0.5}
    yield "leaky_relu", lambda: g.LeakyReLU(0.01), (A,), {"negative_slope": 0.01}
    yield "elu", lambda: g.ELU(0.5), (A,), {"alpha": 0.5}
    yield "gelu", g.TanhGELU, (A,), {"approximate": True}
    yield "glu", lambda: g.GLU(1), (SEQUENCES,), {"axis": 1}
    yield "squareplus", lambda: g.Squareplus(0.5), (A,), {"b": 0.5}
    yield "celu", lambda: g.CELU(0.5), (A,), {"alpha": 0.5}
    yield "hard_shrink", lambda: g.HardShrink(1.0), (A,), {"threshold": 1.0}
    make = lambda: g.Threshold(0.5, 2.0)
    yield "threshold", make, (A,), {"threshold": 0.5, "default_value": 2.0}
    yield "prelu", g.PReLU, (A, ROW), {}
    yield "sparsemax", lambda: g.Sparsemax(0), (A,), {"axis": 0}
    yield "softmax", lambda: g.Softmax(0), (A,), {"axis": 0}
    yield "log_softmax", lambda: g.LogSoftmax(0), (A,), {"axis": 0}
    for name, gate in reductions.items():
        yield name, gate, (A,), {}
        make = lambda gate=gate: gate(0, True)
        yield name, make, (A,), {"axis": 0, "keepdims": True}

    yield "reshape", lambda: g.Reshape((2, -1)), (A,), {"shape": [2, -1]}
    yield "broadcast_to", lambda: g.BroadcastTo((2, 3, 4)), (A,), {"shape": [2, 3, 4]}
    yield "transpose", g.Transpose, (A,), {}
    yield "transpose", lambda: g.Transpose((2, 0, 1)), (SEQUENCES,), {"axes": [2, 0, 1]}
    yield "pad", lambda: g.Pad(AROUND, 2.0), (A,), {"widths": [[1, 0], [0, 1]], "value": 2.0}

    yield "repeat", lambda: g.Repeat(3, 1), (SEQUENCES,), {"repeats": 3, "axis": 1}

    yield "matmul", g.MatMul, (A, B.T), {}
    yield "dense", g.Dense, (A, B.T), {}
    yield "dense", g.Dense, (A, B.T, ROW[:3]), {}
    yield "embedding", g.Embedding, (Y, A.T), {}
    yield "conv2d", g.Conv2D, (IMAGES, FILTERS), {}
    settings = {"strides": 2, "padding": "same", "dilation": (1, 1), "groups": 2}
    make = lambda: g.Conv2D((2, 2), "same", (1, 1), 2)
    yield "conv2d", make, (IMAGES, GROUPED, BIAS), settings
    make = lambda: g.Conv2D((1, 2), AROUND, (2, 2))
    settings = {"strides": [1, 2], "padding": AROUND, "dilation": 2}
    yield "conv2d", make, (IMAGES, FILTERS, BIAS), settings
    yield "conv1d", g.Conv1D, (SEQUENCES, KERNEL), {}
    settings = {"stride": 2, "padding": (2, 0), "dilation": 2, "groups": 2}
    make = lambda: g.Conv1D(2, (2, 0), 2, 2)
    yield "conv1d", make, (SEQUENCES, KERNEL[:, :1], BIAS), settings
    yield "depthwise_conv2d", g.DepthwiseConv2D, (IMAGES, DEPTHWISE), {}
    make = lambda: g.DepthwiseConv2D((2, 2), "same", (1, 2))
    settings = {"strides": 2, "padding": "same", "dilation": (1, 2)}
    yield "depthwise_conv2d", make, (IMAGES, DEPTHWISE, DEPTHWISE_BIAS), settings
    yield "conv2d_transpose", g.Conv2DTranspose, (IMAGES, BACKWARDS), {}
    make = lambda: g.Conv2DTranspose((2, 3), "same", (2, 1))
    settings = {"strides": (2, 3), "padding": "same", "dilation": (2, 1)}
    yield "conv2d_transpose", make, (IMAGES, BACKWARDS, BACK_BIAS), settings
    make = lambda: g.Conv2DTranspose((2, 2), "valid", (1, 1), (1, 1))
    yield "conv2d_transpose", make, (IMAGES, BACKWARDS), {"strides": 2, "output_padding": 1}
    for name, gate in {"max_pool2d": g.MaxPool2D, "average_pool2d": g.AveragePool2D}.items():
        yield name, gate, (IMAGES,), {}
        make = lambda gate=gate: gate((3, 2), (1, 1), "same")
        yield name, make, (IMAGES,), {"pool": (3, 2), "strides": 1, "padding": "same"}
    yield "sample2d", g.Sample2D, (IMAGES, *PLACES), {}
    settings = {"interpolation": "nearest", "fill_mode": "constant", "fill_value": 0.5}
    make = lambda: g.Sample2D("nearest", "constant", 0.5)
    yield "sample2d", make, (IMAGES, *PLACES), settings
    for name, gate in {"max_pool1d": g.MaxPool1D, "average_pool1d": g.AveragePool1D}.items():
        yield name, gate, (SEQUENCES,), {}
        make = lambda gate=gate: gate(3, 1, (1, 0))
        yield name, make, (SEQUENCES,), {"pool": 3, "stride": 1, "padding": (1, 0)}

    yield "batch_norm", lambda: g.BatchNorm(0.1), (A, ROW, ROW), {"epsilon": 0.1}
    yield "layer_norm", lambda: g.LayerNorm(0.1), (A, ROW, ROW), {"epsilon": 0.1}
    make = lambda: g.FixedBatchNorm(0.1)
    yield "fixed_batch_norm", make, (A, ROW, ROW, ROW, VARIANCE), {"epsilon": 0.1}
    make = lambda: g.GroupNorm(2, 0.1)
    yield "group_norm", make, (A, ROW, ROW), {"groups": 2, "epsilon": 0.1}
    yield "group_norm", lambda: g.GroupNorm(4), (A, ROW, ROW), {"groups": 4}
    yield "rms_norm", lambda: g.RMSNorm(0.1), (A, ROW), {"epsilon": 0.1}
    yield "rms_norm", g.RMSNorm, (A, ROW), {}
    yield "unit_norm", lambda: g.UnitNorm((0, 1), 0.1), (A,), {"axis": (0, 1), "epsilon": 0.1}
    yield "unit_norm", g.UnitNorm, (A,), {}
    yield "batch_norm", g.BatchNorm, (A, ROW, ROW), {}
    yield "layer_norm", g.LayerNorm, (A, ROW, ROW), {}
    yield "fixed_batch_norm", g.FixedBatchNorm, (A, ROW, ROW, ROW, VARIANCE), {}

    yield "softmax_cross_entropy", g.SoftmaxCrossEntropy, (A, HOT), {}
    yield "sparse_softmax_cross_entropy", g.SparseSoftmaxCrossEntropy, (A, Y), {}
    yield "sigmoid_cross_entropy", g.SigmoidCrossEntropy, (A, HOT), {}
    yield "cross_entropy", g.CrossEntropy, (P, HOT), {}
    yield "cross_entropy", lambda: g.CrossEntropy(0.3), (P, HOT), {"epsilon": 0.3}
    yield "sparse_cross_entropy", g.SparseCrossEntropy, (P, Y), {}
    yield "sparse_cross_entropy", lambda: g.SparseCrossEntropy(0.3), (P, Y), {"epsilon": 0.3}
    yield "binary_cross_entropy", g.BinaryCrossEntropy, (P, HOT), {}
    yield "binary_cross_entropy", lambda: g.BinaryCrossEntropy(0.3), (P, HOT), {"epsilon": 0.3}
    yield "sigmoid_focal_cross_entropy", g.SigmoidFocalCrossEntropy, (A, HOT), {}
    make = lambda: g.SigmoidFocalCrossEntropy(0.5)
    yield "sigmoid_focal_cross_entropy", make, (A, HOT), {"gamma": 0.5}
    yield "softmax_focal_cross_entropy", g.SoftmaxFocalCrossEntropy, (A, HOT), {}
    make = lambda: g.SoftmaxFocalCrossEntropy(0.5)
    yield "softmax_focal_cross_entropy", make, (A, HOT), {"gamma": 0.5}
    yield "huber", lambda: g.Huber(0.3), (A, B), {"delta": 0.3}
    yield "multi_class_hinge", g.MultiClassHinge, (A, Y), {}
    yield "max_multi_class_hinge", g.MaxMultiClassHinge, (A, Y), {}


CASES = list(cases())
