"""Convolution tap by tap, one filter a channel, gives what the plain kernels give."""

import importlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid.engines import Window, depthwise, numpy_engine

from .plain import plain_engine
from .shapes import windows
from .test_numpy_engine import close

module = importlib.import_module("pellucid.engines.numpy_engine")


def in_blocks(N, step):
    return [slice(start, start + step) for start in range(0, N, step)]


@settings(max_examples=40)
@given(
    drawn=windows(),
    N=st.integers(0, 5),
    step=st.integers(1, 5),
    C=st.integers(1, 4),
    dtype=st.sampled_from(["float64", "float32"]),
)
def test_the_kernels_are_the_plain_ones(drawn, N, step, C, dtype):
    window, size = drawn
    rng, blocks = np.random.default_rng(0), in_blocks(N, step)
    x = rng.normal(size=(N, *size, C)).astype(dtype)
    W = rng.normal(size=(*window.kernel, 1, C)).astype(dtype)
    dz = rng.normal(size=(N, *window.output_size(*size), C)).astype(dtype)
    z = depthwise.conv2d(numpy_engine, x, W, window, blocks)
    close(z, plain_engine.conv2d(x, W, window, C), dtype)
    dx = depthwise.conv2d_dx(dz, W, size, window, blocks)
    close(dx, plain_engine.conv2d_dx(dz, W, size, window, C), dtype)
    dW = depthwise.conv2d_dW(numpy_engine, x, dz, window, blocks)
    close(dW, plain_engine.conv2d_dW(x, dz, window, C), dtype)


@pytest.mark.parametrize("strides", [(1, 1), (2, 1)])
@pytest.mark.parametrize("multiplier", [1, 2])
def test_the_engine_takes_them_where_each_of_many_channels_has_one_filter(
    strides, multiplier, rng, monkeypatch
):
    taken = []
    for name in ("conv2d", "conv2d_dx", "conv2d_dW"):
        kernel = getattr(depthwise, name)
        spy = lambda *given, name=name, kernel=kernel: taken.append(name) or kernel(*given)
        monkeypatch.setattr(depthwise, name, spy)
    window, C = Window((3, 2), strides, ((1, 0), (1, 1))), module.DEPTHWISE_FROM
    for channels in (C, C - 1):
        x = rng.normal(size=(3, 5, 6, channels))
        W = rng.normal(size=(3, 2, 1, multiplier * channels))
        z = numpy_engine.conv2d(x, W, window, channels)
        close(z, plain_engine.conv2d(x, W, window, channels), "float64")
        dx = numpy_engine.conv2d_dx(z, W, (5, 6), window, channels)
        close(dx, plain_engine.conv2d_dx(z, W, (5, 6), window, channels), "float64")
        dW = numpy_engine.conv2d_dW(x, z, window, channels)
        close(dW, plain_engine.conv2d_dW(x, z, window, channels), "float64")
    backwards = "conv2d" if strides == (1, 1) else "conv2d_dx"
    assert taken == (["conv2d", backwards, "conv2d_dW"] if multiplier == 1 else [])
