"""Convolutions, against PyTorch over drawn shapes, and against their taps.

PyTorch's images are channels first and its filters (U, C / groups, kh, kw). "same" padding follows
TensorFlow's rule: ceil(size / stride) outputs, and the odd row or column of padding comes after.
"""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from pellucid import gates as g
from pellucid import nn
from pellucid.errors import ShapeError
from pellucid.gates.convolution import painted, pair

from .comparing import agree, same

PAIR = st.tuples(st.integers(1, 3), st.integers(1, 3))
SIDES = st.tuples(st.integers(0, 2), st.integers(0, 2))
PADDING = st.one_of(st.just("valid"), st.just("same"), st.tuples(SIDES, SIDES))


def tensorflow_same(size, kernel, stride, dilation):
    """(before, after) by TensorFlow's rule, written as in its documentation."""
    reach = (kernel - 1) * dilation + 1
    rest = size % stride
    total = max(reach - stride, 0) if rest == 0 else max(reach - rest, 0)
    return total // 2, total - total // 2


def explicit(padding, size, kernel, strides, dilation):
    """The padding as ((top, bottom), (left, right))."""
    if padding == "valid":
        return (0, 0), (0, 0)
    if padding == "same":
        rows, columns = map(tensorflow_same, size, kernel, strides, dilation)
        return rows, columns
    return padding


def torch_conv2d(strides, padding, dilation, groups):
    """PyTorch's convolution with Pellucid's layout and paddings."""

    def conv2d(x, W, b=None):
        sides = explicit(padding, x.shape[1:3], W.shape[:2], strides, dilation)
        (top, bottom), (left, right) = sides
        x = F.pad(x.permute(0, 3, 1, 2), (left, right, top, bottom))
        W = W.permute(3, 2, 0, 1)
        z = F.conv2d(x, W, b, strides, 0, dilation, groups)
        return z.permute(0, 2, 3, 1)

    return conv2d


@st.composite
def convolutions(draw):
    """Settings, and the shapes of images and filters that they fit."""
    kernel, dilation, padding = draw(PAIR), draw(PAIR), draw(PADDING)
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    more = draw(st.tuples(st.integers(0, 4), st.integers(0, 4)))
    least = reach if padding == "valid" else [1, 1]
    sides = ((0, 0), (0, 0)) if isinstance(padding, str) else padding
    if padding not in ("valid", "same"):
        least = [max(1, r - sum(p)) for r, p in zip(reach, sides, strict=True)]
    size = [a + b for a, b in zip(least, more, strict=True)]
    groups, N = draw(st.sampled_from([1, 1, 2, 3])), draw(st.integers(1, 3))
    C, U = draw(st.integers(1, 2)), groups * draw(st.integers(1, 2))
    settings = {"strides": draw(PAIR), "padding": padding, "dilation": dilation, "groups": groups}
    return settings, (N, *size, C * groups), (*kernel, C, U)


@settings(max_examples=60)
@given(convolutions(), st.booleans())
def test_conv2d_as_pytorch(drawn, bias):
    options, x, W = drawn
    rng = np.random.default_rng(0)
    inputs = [rng.normal(size=shape) for shape in (x, W, W[-1:])[: 2 + bias]]
    agree(lambda: g.Conv2D(**options), torch_conv2d(**options), *inputs)


@given(convolutions())
def test_conv1d_as_pytorch(drawn):
    options, (N, _, L, C), (_, k, part, U) = drawn
    padding, (_, stride), (_, dilation) = (options[k] for k in ("padding", "strides", "dilation"))
    groups = options["groups"]
    along = padding if isinstance(padding, str) else padding[1]
    rng = np.random.default_rng(0)

    def conv1d(x, W, b):
        sides = (0, 0) if along == "valid" else along
        if along == "same":
            sides = tensorflow_same(L, k, stride, dilation)
        x, W = F.pad(x.permute(0, 2, 1), sides), W.permute(2, 1, 0)
        return F.conv1d(x, W, b, stride, 0, dilation, groups).permute(0, 2, 1)

    agree(
        lambda: g.Conv1D(stride, along, dilation, groups),
        conv1d,
        *(rng.normal(size=shape) for shape in ((N, L, C), (k, part, U), (U,))),
    )


@given(convolutions(), st.integers(1, 3), st.booleans())
def test_depthwise_conv2d_as_pytorch(drawn, m, bias):
    """PyTorch's filters (C m, 1, kh, kw), those of channel c from c m on."""
    options, x, W = drawn
    C, options = x[-1], {key: value for key, value in options.items() if key != "groups"}

    def depthwise(x, W, b=None):
        W = W.flatten(2)[:, :, None]
        return torch_conv2d(**options, groups=C)(x, W, b)

    rng = np.random.default_rng(0)
    shapes = (x, (*W[:2], C, m), (C * m,))[: 2 + bias]
    inputs = [rng.normal(size=shape) for shape in shapes]
    agree(lambda: g.DepthwiseConv2D(**options), depthwise, *inputs)


def test_a_depthwise_convolution_is_its_direct_formula(rng):
    """z[p, q, c m + k] = sum over i, j of x[p + i, q + j, c] W[i, j, c, k]."""
    x, W = rng.normal(size=(1, 4, 5, 3)), rng.normal(size=(2, 3, 3, 2))
    z = nn.depthwise_conv2d(x, W)
    assert z.shape == (1, 3, 3, 6)
    for p, q, c, k in np.ndindex(3, 3, 3, 2):
        seen = x[0, p : p + 2, q : q + 3, c] * W[:, :, c, k]
        np.testing.assert_allclose(z[0, p, q, 2 * c + k], seen.sum(), rtol=1e-12)


def test_a_depthwise_convolution_is_one_convolution_a_channel(rng):
    x, W, b = rng.normal(size=(2, 5, 4, 3)), rng.normal(size=(2, 2, 3, 2)), rng.normal(size=6)

    def channel_by_channel(x, W, b):
        each = [
            nn.conv2d(x[..., c : c + 1], W[:, :, c : c + 1], b[2 * c : 2 * c + 2], 2, "same")
            for c in range(3)
        ]
        return nn.concatenate(each)

    same(lambda x, W, b: nn.depthwise_conv2d(x, W, b, 2, "same"), channel_by_channel, x, W, b)


@settings(max_examples=40)
@given(
    size=PAIR,
    kernel=PAIR,
    strides=PAIR,
    dilation=PAIR,
    padding=st.sampled_from(["valid", "same", ((1, 0), (0, 1)), ((1, 1), (1, 1))]),
    channels=PAIR,
)
def test_conv2d_transpose_as_pytorch(size, kernel, strides, dilation, padding, channels):
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    full = [n * s + max(r - s, 0) for n, s, r in zip(size, strides, reach, strict=True)]
    if padding == "same":
        wanted = [n * s for n, s in zip(size, strides, strict=True)]
        sides = explicit("same", wanted, kernel, strides, dilation)
    else:
        sides = ((0, 0), (0, 0)) if padding == "valid" else padding
        wanted = [n - sum(p) for n, p in zip(full, sides, strict=True)]
    if min(wanted) < 1:
        sides = padding = ((0, 0), (0, 0))
        wanted = full

    def transposed(x, W, b):
        z = F.conv_transpose2d(
            x.permute(0, 3, 1, 2),
            W.permute(3, 2, 0, 1).contiguous(),  # its backward pass asks for that
            stride=strides,
            dilation=dilation,
        )
        (top, _), (left, _) = sides
        z = F.pad(z, (0, strides[1], 0, strides[0]))  # places that no window reached
        z = z[:, :, top : top + wanted[0], left : left + wanted[1]]
        return z.permute(0, 2, 3, 1) + b

    rng = np.random.default_rng(0)
    C, U = channels
    inputs = [rng.normal(size=s) for s in ((2, *size, C), (*kernel, U, C), (U,))]
    agree(lambda: g.Conv2DTranspose(strides, padding, dilation), transposed, *inputs)


@given(
    size=PAIR,
    kernel=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    strides=PAIR,
    dilation=PAIR,
    symmetric=st.booleans(),
    data=st.data(),
)
def test_output_padding_as_pytorch(size, kernel, strides, dilation, symmetric, data):
    """PyTorch adds output_padding places at the end, after a padding that is even on both sides."""
    more = data.draw(st.tuples(*(st.integers(0, s - 1) for s in strides)))
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    p = [
        data.draw(st.integers(0, min(2, ((n - 1) * s + r + o - 1) // 2))) if symmetric else 0
        for n, s, r, o in zip(size, strides, reach, more, strict=True)
    ]
    # PyTorch wants output_padding below the strides or the dilation; the strides suffice here.
    padding = ((p[0], p[0]), (p[1], p[1])) if symmetric else "valid"

    def transposed(x, W):
        x, W = x.permute(0, 3, 1, 2), W.permute(3, 2, 0, 1).contiguous()
        z = F.conv_transpose2d(x, W, None, strides, p, more, 1, dilation)
        return z.permute(0, 2, 3, 1)

    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(2, *size, 2)), rng.normal(size=(*kernel, 3, 2))
    agree(lambda: g.Conv2DTranspose(strides, padding, dilation, more), transposed, *inputs)


@pytest.mark.parametrize(
    ("P", "reach", "stride", "padding", "more", "kept", "cut"),
    [
        (5, 3, 1, "valid", None, 7, (0, 0)),
        (5, 3, 2, "valid", None, 11, (0, 0)),
        (5, 2, 3, "valid", None, 15, (0, 0)),  # a place in three that no window reaches
        (5, 3, 2, "valid", 1, 12, (0, 0)),
        (5, 2, 3, "valid", 0, 14, (0, 0)),
        (5, 3, 2, "same", None, 10, (0, 1)),
        (5, 3, 2, "same", 0, 9, (1, 1)),
        (5, 3, 2, "same", 1, 10, (0, 1)),
        (5, 4, 2, "same", 1, 9, (1, 2)),
        (5, 1, 2, "same", 1, 10, (0, 0)),
        (5, 3, 1, (1, 1), None, 5, (1, 1)),
        (5, 3, 2, (0, 1), 1, 11, (0, 1)),
    ],
)
def test_the_axis_onto_which_windows_are_painted(P, reach, stride, padding, more, kept, cut):
    assert painted(P, reach, stride, padding, more) == (kept, cut)


@pytest.mark.parametrize(
    ("settings", "got"),
    [
        ({"output_padding": 2}, "output_padding (2, 2) and an output of (4, 6)"),
        ({"output_padding": (0, -1)}, "output_padding (0, -1) and an output of (2, 3)"),
        ({"padding": ((1, 1), (0, 0))}, "output_padding None and an output of (0, 4)"),
    ],
)
def test_an_output_that_does_not_lead_back_is_refused(settings, got):
    with pytest.raises(ShapeError) as error:
        nn.conv2d_transpose(np.ones((1, 1, 2, 1)), np.ones((2, 2, 1, 1)), strides=2, **settings)
    assert str(error.value) == (
        "a transposed convolution: expected an output_padding from 0 and below the strides "
        f"(2, 2), and an output of at least (1, 1); got {got}. "
        "Leave output_padding out, or use less padding."
    )


def by_taps(strides=(1, 1), dilation=(1, 1)):
    """A convolution without padding as a sum over the taps of the window, of small gates."""

    def conv2d(x, W, b):
        (kh, kw), (sh, sw), (dh, dw) = W.shape[:2], strides, dilation
        P = (x.shape[1] - (kh - 1) * dh - 1) // sh + 1
        Q = (x.shape[2] - (kw - 1) * dw - 1) // sw + 1
        z = b
        for i in range(kh):
            for j in range(kw):
                rows = slice(i * dh, i * dh + sh * (P - 1) + 1, sh)
                columns = slice(j * dw, j * dw + sw * (Q - 1) + 1, sw)
                z = z + x[:, rows, columns] @ W[i, j]
        return z

    return conv2d


@pytest.mark.parametrize(
    "options", [{}, {"strides": (2, 1)}, {"dilation": (1, 2)}, {"strides": (2, 2)}]
)
def test_conv2d_is_the_sum_of_its_taps(options, rng):
    x, W, b = rng.normal(size=(2, 6, 7, 3)), rng.normal(size=(3, 2, 3, 4)), rng.normal(size=4)
    same(lambda x, W, b: nn.conv2d(x, W, b, **options), by_taps(**options), x, W, b)


def test_padding_and_groups_are_their_compositions(rng):
    x, W, b = rng.normal(size=(2, 4, 5, 4)), rng.normal(size=(3, 2, 4, 4)), rng.normal(size=4)
    around = ((0, 0), (1, 1), (0, 1), (0, 0))
    same(
        lambda x, W, b: nn.conv2d(x, W, b, padding="same"),
        lambda x, W, b: nn.conv2d(nn.pad(x, around), W, b),
        x,
        W,
        b,
    )
    W = W[:, :, :2]

    def halves(x, W, b):
        first = nn.conv2d(x[..., :2], W[..., :2], b[:2])
        return nn.concatenate([first, nn.conv2d(x[..., 2:], W[..., 2:], b[2:])])

    same(lambda x, W, b: nn.conv2d(x, W, b, groups=2), halves, x, W, b)


def test_conv1d_is_conv2d_on_images_one_row_high(rng):
    x, W, b = rng.normal(size=(2, 6, 3)), rng.normal(size=(3, 3, 2)), rng.normal(size=2)
    one_row = lambda x, W, b: nn.conv2d(x[:, None], W[None], b, (1, 2))[:, 0]
    same(lambda x, W, b: nn.conv1d(x, W, b, 2), one_row, x, W, b)


def test_a_1_x_1_convolution_is_a_dense_layer_at_every_place(rng):
    x, W, b = rng.normal(size=(2, 4, 5, 3)), rng.normal(size=(3, 2)), rng.normal(size=2)
    same(lambda x, W, b: nn.conv2d(x, W[None, None], b), nn.dense, x, W, b)


def test_a_transposed_convolution_is_the_adjoint_of_the_convolution(rng):
    """sum of conv(x) y = sum of x conv_transpose(y): the one's matrix is the other's transposed."""
    W = rng.normal(size=(3, 2, 2, 4))
    x, y = rng.normal(size=(1, 8, 6, 2)), rng.normal(size=(1, 4, 3, 4))
    forward = nn.conv2d(x, W, strides=2, padding="same")
    backward = nn.conv2d_transpose(y, W, strides=2, padding="same")
    assert backward.shape == x.shape
    np.testing.assert_allclose((forward * y).sum(), (x * backward).sum(), rtol=1e-12)


def test_no_images_give_no_outputs():
    W = np.ones((2, 2, 3, 4))
    x = np.ones((0, 5, 5, 3))
    assert nn.conv2d(x, W).shape == (0, 4, 4, 4)
    gate = g.Conv2D()
    dz = gate.forward(x, W)
    assert gate.dx(dz).shape == x.shape
    assert gate.dW(dz).tolist() == np.zeros(W.shape).tolist()


@pytest.mark.parametrize("padding", ["full", 1, None])
def test_an_unknown_padding_is_refused(padding):
    for function in (nn.conv2d, nn.conv2d_transpose):
        with pytest.raises(ShapeError) as error:
            function(np.ones((1, 4, 4, 1)), np.ones((2, 2, 1, 1)), padding=padding)
        assert str(error.value) == (
            "padding: expected 'valid', 'same' or ((top, bottom), (left, right)); "
            f"got {padding!r}. Choose one of them."
        )


def test_a_window_larger_than_the_image_is_refused():
    with pytest.raises(ShapeError) as error:
        nn.conv2d(np.ones((1, 4, 2, 1)), np.ones((2, 2, 1, 1)), dilation=2)
    assert str(error.value) == (
        "a window over an image: expected an image of at least (3, 3); got one of (4, 2). "
        "Use a smaller kernel, or padding='same'."
    )


def test_one_number_stands_for_both_directions():
    assert pair(3) == (3, 3)
    assert pair((1, 2)) == (1, 2)
    assert pair([1, 2]) == (1, 2)


def test_torch_and_tensorflow_same_paddings_are_told_apart():
    """PyTorch refuses padding="same" with strides; ours is TensorFlow's, with the rest after."""
    x = torch.arange(4.0)[None, :, None].numpy()
    W = np.ones((2, 1, 1), np.float32)
    assert nn.conv1d(x, W, padding="same").ravel().tolist() == [1.0, 3.0, 5.0, 3.0]
    assert nn.conv1d(x[:, :3], W, stride=2, padding="same").ravel().tolist() == [1.0, 2.0]
