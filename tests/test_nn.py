"""Every function of `nn` is its gate: arrays in, arrays out; lists too; tensors in, tensors out."""

import inspect

import numpy as np
import pytest

from pellucid import Tensor, apply, gradient_check, nn, no_graph, set_random_seed
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
# They take their inputs in another way, or are made of several gates: tested below.
ELSEWHERE = {"concatenate", "dropout", "alpha_dropout", "relu6", "soft_shrink", "tanh_shrink"}
every_case = pytest.mark.parametrize(
    ("name", "make_gate", "inputs", "settings"),
    CASES,
    ids=[f"{name} {settings or ''}" for name, _, _, settings in CASES],
)


def test_every_function_is_here_and_every_gate_has_a_function():
    functions = {
        name
        for name, function in vars(nn).items()
        if inspect.isfunction(function)
        and function.__module__ == nn.__name__
        and not name.startswith("_")
    }
    assert functions == {name for name, *_ in CASES} | ELSEWHERE
    used = {type(make_gate()) for _, make_gate, _, _ in CASES} | {g.Concatenate, g.Dropout}
    gates = {getattr(g, name) for name in g.__all__} - {g.Gate, g.shared}
    assert gates - used == {g.Slice}  # that one is x[index]


@every_case
def test_arrays_give_the_gates_array(name, make_gate, inputs, settings):
    found = getattr(nn, name)(*inputs, **settings)
    assert isinstance(found, np.ndarray | np.generic)
    assert np.array_equal(found, apply(make_gate(), *inputs))


@every_case
def test_tensors_give_a_tensor_and_the_gates_gradients(name, make_gate, inputs, settings):
    def as_tensors():
        known = make_gate().derivatives
        return [
            Tensor(v) if derivative else v for v, derivative in zip(inputs, known, strict=False)
        ]

    ours, gates = as_tensors(), as_tensors()
    found, expected = getattr(nn, name)(*ours, **settings), apply(make_gate(), *gates)
    assert isinstance(found, Tensor)
    assert type(found.gate) is type(make_gate())
    assert np.array_equal(found.value, expected.value)
    dy = np.random.default_rng(1).normal(size=found.shape)
    found.backward(dy)
    expected.backward(dy)
    for a, b in zip(ours, gates, strict=True):
        assert isinstance(a, Tensor) == isinstance(b, Tensor)
        if isinstance(a, Tensor):
            assert np.array_equal(a.grad, b.grad)
    with no_graph():
        assert isinstance(getattr(nn, name)(*ours, **settings), np.ndarray | np.generic)


@every_case
def test_lists_are_accepted_and_are_float32(name, make_gate, inputs, settings):
    lists = [v.tolist() for v in inputs]
    found = getattr(nn, name)(*lists, **settings)
    singles = [v.astype("float32") if v.dtype.kind == "f" else v for v in inputs]
    assert found.dtype == "float32"
    assert np.array_equal(found, getattr(nn, name)(*singles, **settings))


@pytest.mark.parametrize(
    ("function", "number", "value"),
    [
        (nn.exp, 0.0, 1.0),
        (nn.log, 1.0, 0.0),
        (nn.sqrt, 4.0, 2.0),
        (nn.abs, -3, 3),
        (nn.relu, -1.0, 0.0),
        (nn.sigmoid, 0.0, 0.5),
        (nn.tanh, 0, 0.0),
        (nn.gelu, 0.0, 0.0),
        (nn.softplus, 0.0, np.log(2)),
    ],
)
def test_a_number_gives_a_number(function, number, value):
    assert function(number) == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_concatenate(axis):
    expected = np.concatenate([A, B, A], axis)
    assert np.array_equal(nn.concatenate([A, B, A], axis), expected)
    found = nn.concatenate((A, Tensor(B), A), axis)
    assert isinstance(found, Tensor)
    assert np.array_equal(found.value, expected)
    lists = nn.concatenate([A.tolist(), B.tolist(), A.tolist()], axis)
    np.testing.assert_allclose(lists, expected, rtol=1e-7)
    assert np.array_equal(nn.concatenate([A, B]), np.concatenate([A, B], -1))


def test_dropout_with_a_mask():
    expected = A * KEEP / 0.6
    for keep in (KEEP, KEEP == 1, KEEP.tolist(), KEEP.astype("float32")):
        np.testing.assert_allclose(nn.dropout(A, 0.4, keep=keep), expected, rtol=1e-15)
    found = nn.dropout(Tensor(A), 0.4, keep=KEEP)
    assert isinstance(found.gate, g.Dropout)
    np.testing.assert_allclose(found.value, expected, rtol=1e-15)


@pytest.mark.parametrize(
    ("function", "composition"),
    [
        (nn.relu6, lambda z: np.clip(z, 0, 6)),
        (nn.soft_shrink, lambda z: np.sign(z) * np.maximum(np.abs(z) - 0.5, 0)),
        (lambda z: nn.soft_shrink(z, 1.0), lambda z: np.sign(z) * np.maximum(np.abs(z) - 1, 0)),
        (nn.tanh_shrink, lambda z: z - np.tanh(z)),
    ],
)
def test_activations_made_of_several_gates(function, composition):
    z = 4 * A
    np.testing.assert_allclose(function(z), composition(z), rtol=1e-14, atol=1e-14)
    assert isinstance(function(Tensor(z)), Tensor)
    assert function(z.tolist()).dtype == "float32"
    assert function(z.astype("float32")).dtype == "float32"
    assert gradient_check(lambda z: nn.sum(function(z) * z), z)


def test_alpha_dropout_with_a_mask():
    low = -1.0507009873554805 * 1.6732632423543772
    dropped = np.where(KEEP == 1, A, low)
    for rate in (0.1, 0.4):
        # of a value with mean 0 and variance 1: E = rate low, and E of the square below
        mean, square = rate * low, (1 - rate) + rate * low**2
        s = 1 / np.sqrt(square - mean**2)
        expected = s * (dropped - mean)
        np.testing.assert_allclose(nn.alpha_dropout(A, rate, keep=KEEP), expected, rtol=1e-12)
        x = Tensor(A)
        nn.alpha_dropout(x, rate, keep=KEEP).backward(B)
        np.testing.assert_allclose(x.grad, B * KEEP * s, rtol=1e-12)
    single = nn.alpha_dropout(A.astype("float32"), 0.4)
    assert single.dtype == nn.alpha_dropout(A.tolist(), 0.4).dtype == "float32"


@pytest.mark.parametrize("x", [np.ones((6, 50)), np.ones((6, 50), int), np.ones((6, 50)).tolist()])
def test_dropout_draws_its_own_mask(x):
    set_random_seed(3)
    first, second = nn.dropout(x, 0.5), nn.dropout(x, 0.5)
    assert {*np.unique(first)} == {0.0, 2.0}
    assert not np.array_equal(first, second)
    set_random_seed(3)
    assert np.array_equal(nn.dropout(x, 0.5), first)
    assert isinstance(nn.dropout(Tensor(x), 0.5), Tensor)


def test_the_calls_of_the_notes():
    """logits = model(X), then nn.softmax(logits) or nn.sigmoid(logits)."""
    logits = np.float32([[1e4, 0.0, -1e4], [0.0, 0.0, 0.0]])
    np.testing.assert_allclose(nn.softmax(logits), [[1, 0, 0], [1 / 3, 1 / 3, 1 / 3]], rtol=1e-6)
    assert nn.sigmoid(logits).tolist() == [[1.0, 0.5, 0.0], [0.5, 0.5, 0.5]]
