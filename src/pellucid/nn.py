"""Every gate as a plain function: arrays in, array out; tensors in, a tensor and its graph out.

>>> from pellucid import Tensor, nn
>>> nn.relu([-1.0, 2.0]).tolist()
[0.0, 2.0]
>>> z = Tensor([-1.0, 2.0])
>>> nn.relu(z).sum().backward()
>>> z.grad.tolist()
[0.0, 1.0]

What each computes, and its derivatives, stands in its gate's docstring in `pellucid.gates`.
Images are (N, H, W, C). Settings of windows are one number for both directions, or a pair.
"""

from collections.abc import Sequence
from typing import Any

from pellucid import gates, random
from pellucid.config import floatx
from pellucid.engines import Array, engine_of
from pellucid.gates.convolution import Padding, pair
from pellucid.graph.tensor import Tensor, apply

Value = Any  # a tensor, an array, a number, or a list of numbers
Axis = int | tuple[int, ...] | None
Pairlike = int | tuple[int, int] | list[int]

# -- arithmetic -----------------------------------------------------------------------------------


def add(a: Value, b: Value) -> Any:
    """a + b."""
    return apply(gates.Add(), a, b)


def subtract(a: Value, b: Value) -> Any:
    """a - b."""
    return apply(gates.Subtract(), a, b)


def multiply(a: Value, b: Value) -> Any:
    """a times b, element by element."""
    return apply(gates.Multiply(), a, b)


def divide(a: Value, b: Value) -> Any:
    """a / b."""
    return apply(gates.Divide(), a, b)


def power(a: Value, b: Value) -> Any:
    """a to the power of b."""
    return apply(gates.Power(), a, b)


def maximum(a: Value, b: Value) -> Any:
    """The larger of a and b, element by element."""
    return apply(gates.Maximum(), a, b)


def minimum(a: Value, b: Value) -> Any:
    """The smaller of a and b, element by element."""
    return apply(gates.Minimum(), a, b)


def where(condition: Value, a: Value, b: Value) -> Any:
    """a where the condition holds, b elsewhere."""
    return apply(gates.Where(), condition, a, b)


def exp(x: Value) -> Any:
    """e to the power of x."""
    return apply(gates.Exp(), x)


def log(x: Value) -> Any:
    """The natural logarithm of x."""
    return apply(gates.Log(), x)


def sqrt(x: Value) -> Any:
    """The square root of x."""
    return apply(gates.Sqrt(), x)


def abs(x: Value) -> Any:
    """The absolute value of x."""
    return apply(gates.Abs(), x)


def clip(x: Value, low: float | None = None, high: float | None = None) -> Any:
    """x, but at least low and at most high."""
    return apply(gates.Clip(low, high), x)


def sum(x: Value, axis: Axis = None, keepdims: bool = False) -> Any:
    """The sum over some axes, or over all."""
    return apply(gates.Sum(axis, keepdims), x)


def mean(x: Value, axis: Axis = None, keepdims: bool = False) -> Any:
    """The mean over some axes, or over all."""
    return apply(gates.Mean(axis, keepdims), x)


def max(x: Value, axis: Axis = None, keepdims: bool = False) -> Any:
    """The largest over some axes, or over all."""
    return apply(gates.Max(axis, keepdims), x)


# -- shape ----------------------------------------------------------------------------------------


def reshape(x: Value, shape: Sequence[int]) -> Any:
    """The same numbers in another shape; one length may be -1."""
    return apply(gates.Reshape(tuple(shape)), x)


def broadcast_to(x: Value, shape: Sequence[int]) -> Any:
    """x repeated to a shape, as NumPy broadcasts it."""
    return apply(gates.BroadcastTo(tuple(shape)), x)


def transpose(x: Value, axes: Sequence[int] | None = None) -> Any:
    """The axes in another order; in reverse where none is given."""
    return apply(gates.Transpose(tuple(axes) if axes is not None else None), x)


def concatenate(x: Sequence[Value], axis: int = -1) -> Any:
    """The inputs side by side along an axis."""
    return apply(gates.Concatenate(axis), *x)


def pad(x: Value, widths: Sequence[tuple[int, int]], value: float = 0.0) -> Any:
    """x with (before, after) places of a constant around each axis."""
    return apply(gates.Pad(tuple((a, b) for a, b in widths), value), x)


def repeat(x: Value, repeats: int, axis: int) -> Any:
    """Each place of x along an axis, so many times in a row."""
    return apply(gates.Repeat(repeats, axis), x)


# -- products -------------------------------------------------------------------------------------


def matmul(a: Value, b: Value) -> Any:
    """The matrix product."""
    return apply(gates.MatMul(), a, b)


def dense(x: Value, W: Value, b: Value = None) -> Any:
    """x W + b: x (..., D), W (D, U), b (U,) -> (..., U)."""
    return apply(gates.Dense(), x, W, b)


def embedding(i: Value, W: Value) -> Any:
    """The rows i of the table W: i (...), W (V, U) -> (..., U)."""
    return apply(gates.Embedding(), _whole(i), W)


def conv2d(
    x: Value,
    W: Value,
    b: Value = None,
    strides: Pairlike = 1,
    padding: Padding = "valid",
    dilation: Pairlike = 1,
    groups: int = 1,
) -> Any:
    """The convolution of images: x (N, H, W, C), W (kh, kw, C / groups, U) -> (N, P, Q, U)."""
    return apply(gates.Conv2D(pair(strides), padding, pair(dilation), groups), x, W, b)


def conv1d(
    x: Value,
    W: Value,
    b: Value = None,
    stride: int = 1,
    padding: str | tuple[int, int] = "valid",
    dilation: int = 1,
    groups: int = 1,
) -> Any:
    """The convolution of sequences: x (N, L, C), W (k, C / groups, U) -> (N, P, U)."""
    return apply(gates.Conv1D(stride, padding, dilation, groups), x, W, b)


def depthwise_conv2d(
    x: Value,
    W: Value,
    b: Value = None,
    strides: Pairlike = 1,
    padding: Padding = "valid",
    dilation: Pairlike = 1,
) -> Any:
    """m filters for each channel: x (N, H, W, C), W (kh, kw, C, m) -> (N, P, Q, C m)."""
    return apply(gates.DepthwiseConv2D(pair(strides), padding, pair(dilation)), x, W, b)


def conv2d_transpose(
    x: Value,
    W: Value,
    b: Value = None,
    strides: Pairlike = 1,
    padding: Padding = "valid",
    dilation: Pairlike = 1,
    output_padding: Pairlike | None = None,
) -> Any:
    """The transposed convolution: x (N, P, Q, C), W (kh, kw, U, C) -> (N, H, W, U)."""
    more = None if output_padding is None else pair(output_padding)
    return apply(gates.Conv2DTranspose(pair(strides), padding, pair(dilation), more), x, W, b)


def max_pool2d(
    x: Value, pool: Pairlike = 2, strides: Pairlike | None = None, padding: Padding = "valid"
) -> Any:
    """The largest value in each window: (N, H, W, C) -> (N, P, Q, C)."""
    steps = pair(strides) if strides is not None else None
    return apply(gates.MaxPool2D(pair(pool), steps, padding), x)


def average_pool2d(
    x: Value, pool: Pairlike = 2, strides: Pairlike | None = None, padding: Padding = "valid"
) -> Any:
    """The mean of each window: (N, H, W, C) -> (N, P, Q, C)."""
    steps = pair(strides) if strides is not None else None
    return apply(gates.AveragePool2D(pair(pool), steps, padding), x)


def sample2d(
    x: Value,
    i: Value,
    j: Value,
    interpolation: str = "bilinear",
    fill_mode: str = "constant",
    fill_value: float = 0.0,
) -> Any:
    """Images at rows i and columns j, also between pixels: (N, H, W, C) -> (N, P, Q, C)."""
    return apply(gates.Sample2D(interpolation, fill_mode, fill_value), x, i, j)


def max_pool1d(
    x: Value, pool: int = 2, stride: int | None = None, padding: str | tuple[int, int] = "valid"
) -> Any:
    """The largest value in each window of a sequence: (N, L, C) -> (N, P, C)."""
    return apply(gates.MaxPool1D(pool, stride, padding), x)


def average_pool1d(
    x: Value, pool: int = 2, stride: int | None = None, padding: str | tuple[int, int] = "valid"
) -> Any:
    """The mean of each window of a sequence: (N, L, C) -> (N, P, C)."""
    return apply(gates.AveragePool1D(pool, stride, padding), x)


# -- activations ----------------------------------------------------------------------------------


def linear(z: Value) -> Any:
    """z itself."""
    return apply(gates.Linear(), z)


def sigmoid(z: Value) -> Any:
    """1 / (1 + e^-z)."""
    return apply(gates.Sigmoid(), z)


def tanh(z: Value) -> Any:
    """The hyperbolic tangent."""
    return apply(gates.Tanh(), z)


def relu(z: Value) -> Any:
    """max(0, z)."""
    return apply(gates.ReLU(), z)


def leaky_relu(z: Value, negative_slope: float = 0.2) -> Any:
    """z where positive, else negative_slope times z."""
    return apply(gates.LeakyReLU(negative_slope), z)


def relu6(z: Value) -> Any:
    """max(0, z), and of that at most 6."""
    return minimum(relu(z), 6.0)


def prelu(z: Value, alpha: Value) -> Any:
    """z where positive, else alpha z: z (N, ...), alpha of the shape of an example, or with 1s."""
    return apply(gates.PReLU(), z, alpha)


def elu(z: Value, alpha: float = 1.0) -> Any:
    """z where positive, else alpha (e^z - 1)."""
    return apply(gates.ELU(alpha), z)


def selu(z: Value) -> Any:
    """elu, scaled so that it keeps a mean of 0 and a variance of 1."""
    return apply(gates.SELU(), z)


def celu(z: Value, alpha: float = 1.0) -> Any:
    """z where positive, else alpha (e^(z / alpha) - 1)."""
    return apply(gates.CELU(alpha), z)


def gelu(z: Value, approximate: bool = False) -> Any:
    """z times the standard normal's distribution function at z."""
    return apply(gates.TanhGELU() if approximate else gates.GELU(), z)


def silu(z: Value) -> Any:
    """z times sigmoid(z)."""
    return apply(gates.SiLU(), z)


def mish(z: Value) -> Any:
    """z times tanh(softplus(z))."""
    return apply(gates.Mish(), z)


def glu(z: Value, axis: int = -1) -> Any:
    """The first half of z along an axis, times the sigmoid of the second."""
    return apply(gates.GLU(axis), z)


def softplus(z: Value) -> Any:
    """ln(1 + e^z)."""
    return apply(gates.Softplus(), z)


def squareplus(z: Value, b: float = 4.0) -> Any:
    """(z + sqrt(z^2 + b)) / 2: like softplus, without an exponential."""
    return apply(gates.Squareplus(b), z)


def softsign(z: Value) -> Any:
    """z / (1 + |z|)."""
    return apply(gates.Softsign(), z)


def log_sigmoid(z: Value) -> Any:
    """The logarithm of sigmoid, without ever forming sigmoid."""
    return apply(gates.LogSigmoid(), z)


def tanh_shrink(z: Value) -> Any:
    """z - tanh(z)."""
    return subtract(z, tanh(z))


def hard_tanh(z: Value) -> Any:
    """z, but at least -1 and at most 1."""
    return clip(z, -1.0, 1.0)


def hard_sigmoid(z: Value) -> Any:
    """z / 6 + 1/2, but at least 0 and at most 1."""
    return apply(gates.HardSigmoid(), z)


def hard_silu(z: Value) -> Any:
    """z times hard_sigmoid(z)."""
    return apply(gates.HardSiLU(), z)


def hard_shrink(z: Value, threshold: float = 0.5) -> Any:
    """z where |z| is above the threshold, else 0."""
    return apply(gates.HardShrink(threshold), z)


def soft_shrink(z: Value, threshold: float = 0.5) -> Any:
    """z moved towards 0 by the threshold, and no further than to 0."""
    return subtract(z, clip(z, -threshold, threshold))


def threshold(z: Value, threshold: float, default_value: float) -> Any:
    """z where it is above the threshold, else the default value."""
    return apply(gates.Threshold(threshold, default_value), z)


def sparse_plus(z: Value) -> Any:
    """0 up to -1, (z + 1)^2 / 4 from there to 1, z beyond."""
    return apply(gates.SparsePlus(), z)


def sparse_sigmoid(z: Value) -> Any:
    """z / 2 + 1/2, but at least 0 and at most 1."""
    return apply(gates.HardSigmoid(1 / 2), z)


def softmax(z: Value, axis: int = -1) -> Any:
    """Scores as probabilities that sum to one along an axis."""
    return apply(gates.Softmax(axis), z)


def log_softmax(z: Value, axis: int = -1) -> Any:
    """The logarithm of softmax, without ever forming softmax."""
    return apply(gates.LogSoftmax(axis), z)


def sparsemax(z: Value, axis: int = -1) -> Any:
    """Scores as probabilities that sum to one along an axis, many of them exactly 0."""
    return apply(gates.Sparsemax(axis), z)


# -- normalisation and dropout --------------------------------------------------------------------


def batch_norm(x: Value, gamma: Value, beta: Value, epsilon: float = 1e-3) -> Any:
    """Each channel at mean 0 and variance 1 over the batch, times gamma, plus beta."""
    return apply(gates.BatchNorm(epsilon), x, gamma, beta)


def fixed_batch_norm(
    x: Value, gamma: Value, beta: Value, mu: Array, var: Array, epsilon: float = 1e-3
) -> Any:
    """Each channel normalised with a given mean and variance, times gamma, plus beta."""
    return apply(gates.FixedBatchNorm(epsilon), x, gamma, beta, mu, var)


def layer_norm(x: Value, gamma: Value, beta: Value, epsilon: float = 1e-3) -> Any:
    """Each example at mean 0 and variance 1 over its last axes, times gamma, plus beta."""
    return apply(gates.LayerNorm(epsilon), x, gamma, beta)


def group_norm(x: Value, gamma: Value, beta: Value, groups: int, epsilon: float = 1e-3) -> Any:
    """Each group of channels of each example at mean 0 and variance 1, times gamma, plus beta."""
    return apply(gates.GroupNorm(groups, epsilon), x, gamma, beta)


def rms_norm(x: Value, gamma: Value, epsilon: float = 1e-6) -> Any:
    """Each example divided by its root mean square over its last axes, times gamma."""
    return apply(gates.RMSNorm(epsilon), x, gamma)


def unit_norm(x: Value, axis: Axis = -1, epsilon: float = 1e-12) -> Any:
    """x divided by its length along some axes, or by epsilon where it is shorter."""
    return apply(gates.UnitNorm(axis, epsilon), x)


def dropout(
    x: Value,
    rate: float,
    noise_shape: Sequence[int | None] | None = None,
    keep: Array | None = None,
    source: Any = None,
) -> Any:
    """Each value dropped with probability `rate`, the others divided by 1 - rate.

    `keep` is the array of what stays (1) and what is dropped (0); without it, it is drawn from the
    generator `source`, or from a new one. `noise_shape` with a 1 in it drops along that axis
    together; None in it is the length that x has there.
    """
    if keep is None:
        keep = _drawn(x, rate, noise_shape, source)
    return apply(gates.Dropout(rate), x, keep)


def alpha_dropout(
    x: Value,
    rate: float,
    noise_shape: Sequence[int | None] | None = None,
    keep: Array | None = None,
    source: Any = None,
) -> Any:
    """Each value set to selu's lower end with probability `rate`, then all scaled and moved.

    y = s (x or low) + t, with s and t for which a mean of 0 and a variance of 1 stay what they are.
    The arguments are those of `dropout`   (Klambauer, Unterthiner, Mayr, Hochreiter 2017).
    """
    if keep is None:
        keep = _drawn(x, rate, noise_shape, source)
    low = gates.SELU.LOW
    s = ((1 - rate) * (1 + rate * low**2)) ** -0.5
    return add(multiply(where(keep, x, low), s), -s * rate * low)


# -- losses: one number an example ----------------------------------------------------------------


def softmax_cross_entropy(z: Value, y: Value) -> Any:
    """-sum of y ln softmax(z): scores z (..., C), probabilities y (..., C) -> (...)."""
    return apply(gates.SoftmaxCrossEntropy(), z, _like(z, y))


def sparse_softmax_cross_entropy(z: Value, y: Value) -> Any:
    """-ln softmax(z)[y]: scores z (..., C), class numbers y (...) -> (...)."""
    return apply(gates.SparseSoftmaxCrossEntropy(), z, _whole(y))


def sigmoid_cross_entropy(z: Value, y: Value) -> Any:
    """-y ln sigmoid(z) - (1 - y) ln(1 - sigmoid(z)), element by element."""
    return apply(gates.SigmoidCrossEntropy(), z, _like(z, y))


def cross_entropy(p: Value, y: Value, epsilon: float = 1e-7) -> Any:
    """-sum of y ln p: probabilities p and y (..., C) -> (...)."""
    return apply(gates.CrossEntropy(epsilon), p, _like(p, y))


def sparse_cross_entropy(p: Value, y: Value, epsilon: float = 1e-7) -> Any:
    """-ln p[y]: probabilities p (..., C), class numbers y (...) -> (...)."""
    return apply(gates.SparseCrossEntropy(epsilon), p, _whole(y))


def binary_cross_entropy(p: Value, y: Value, epsilon: float = 1e-7) -> Any:
    """-y ln p - (1 - y) ln(1 - p), element by element."""
    return apply(gates.BinaryCrossEntropy(epsilon), p, _like(p, y))


def sigmoid_focal_cross_entropy(z: Value, y: Value, gamma: float = 2.0) -> Any:
    """q^gamma times sigmoid_cross_entropy(z, y), q how far sigmoid(z) is from y."""
    return apply(gates.SigmoidFocalCrossEntropy(gamma), z, _like(z, y))


def softmax_focal_cross_entropy(z: Value, y: Value, gamma: float = 2.0) -> Any:
    """-sum of y (1 - p)^gamma ln p, p = softmax(z): z and y (..., C) -> (...)."""
    return apply(gates.SoftmaxFocalCrossEntropy(gamma), z, _like(z, y))


def squared_error(p: Value, y: Value) -> Any:
    """(p - y)^2, element by element."""
    return apply(gates.SquaredError(), p, _like(p, y))


def huber(p: Value, y: Value, delta: float = 1.0) -> Any:
    """d^2 / 2 up to |d| = delta, a straight line beyond, with d = p - y, element by element."""
    return apply(gates.Huber(delta), p, _like(p, y))


def log_cosh(p: Value, y: Value) -> Any:
    """ln cosh(p - y), element by element."""
    return apply(gates.LogCosh(), p, _like(p, y))


def multi_class_hinge(z: Value, y: Value) -> Any:
    """Sum over j != y of max(0, z_j - z_y + 1): scores z (N, C), class numbers y (N,) -> (N,)."""
    return apply(gates.MultiClassHinge(), z, _whole(y))


def max_multi_class_hinge(z: Value, y: Value) -> Any:
    """max(0, 1 + max over j != y of z_j - z_y): scores z (N, C), class numbers y (N,) -> (N,)."""
    return apply(gates.MaxMultiClassHinge(), z, _whole(y))


def _drawn(x: Value, rate: float, noise_shape: Any, source: Any) -> Array:
    """What stays (1) and what is dropped (0), drawn with probability `rate` of the latter."""
    array = (x if isinstance(x, Tensor) else Tensor(x)).value
    shape = array.shape
    if noise_shape is not None:
        shape = tuple(n or own for n, own in zip(noise_shape, shape, strict=True))
    source = source or random.generator("dropout")
    return engine_of(array).uniform(source, shape, array.dtype) >= rate


def _like(outputs: Value, y: Value) -> Any:
    """Targets in the number type of the outputs, so that a loss keeps that type."""
    if isinstance(y, Tensor):
        return y
    dtype = outputs.dtype if hasattr(outputs, "dtype") else floatx()
    return engine_of(y).asarray(y, dtype=dtype)


def _whole(y: Value) -> Array:
    """Class numbers, or rows of a table, as whole numbers."""
    y = y.value if isinstance(y, Tensor) else y
    return engine_of(y).asarray(y, dtype="int64")
