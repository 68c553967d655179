"""Products and convolutions in bfloat16: off from float32's by no more than rounding allows.

The bound. u = 2^-8 is the largest relative error of rounding to bfloat16. A product of two rounded
factors is off by at most (2 u + u^2) |a b|, so a sum of products by (2 u + u^2) s, with s the sum
of |a b|. Adding up K of them in float32 costs at most K 2^-24 s more, in either type. The sum
itself is at most about s, and rounding it costs u s (1 + 2 u + ...). Together, below
(3 u + 4 u^2 + 3 K 2^-24) s. s is the same product of |a| and |b|, in float64.
"""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid.engines import find, numpy_engine
from pellucid.engines.torch_mixed import has_kernels, sums_in_float32

from .shapes import windows

torch.set_num_threads(1)
engine = find("torch")
u = 2.0**-8


@pytest.fixture(params=["kernels", "rounded"])
def mixed(request, monkeypatch):
    """The engine, with PyTorch's kernels of the type and without; the processor has to have none:
    PyTorch multiplies in bfloat16 on any, only slowly."""
    monkeypatch.setattr(engine.mixed, "is_native", request.param == "kernels")
    return engine.mixed


def within_rounding(found, exact, s, K):
    """Whether a result is float32, and as near to the exact one as the bound says; but not exact,
    for it must have been rounded."""
    assert found.dtype == torch.float32
    found, exact, s = (engine.to_numpy(array).astype("float64") for array in (found, exact, s))
    assert found.shape == exact.shape
    assert (np.abs(found - exact) <= (3 * u + 4 * u**2 + 3 * K * 2.0**-24) * s + 1e-30).all()
    return np.abs(found - exact).max(initial=0) > 0


def doubles(*arrays):
    return [array.double() for array in arrays]


def sizes(*arrays):
    return [array.double().abs() for array in arrays]


@pytest.mark.parametrize("shapes", [((5, 70), (70, 4)), ((2, 3, 40), (40, 7)), ((40,), (40, 3))])
def test_products(mixed, rng, shapes):
    a, b = (engine.asarray(rng.normal(size=shape).astype("float32")) for shape in shapes)
    exact, s = engine.matmul(*doubles(a, b)), engine.matmul(*sizes(a, b))
    assert within_rounding(mixed.matmul(a, b), exact, s, K=a.shape[-1])
    kept = mixed.matmul(mixed.as_factor(a), mixed.as_factor(b))
    assert torch.equal(kept, mixed.matmul(a, b))


@settings(max_examples=40)
@given(drawn=windows(), groups=st.sampled_from([1, 2]), native=st.booleans())
def test_convolutions_and_both_derivatives(drawn, groups, native):
    window, size = drawn
    rng = np.random.default_rng(0)
    places = window.output_size(*size)
    x, W, dz = (
        engine.asarray(rng.normal(size=shape).astype("float32"))
        for shape in (
            (2, *size, 3 * groups),
            (*window.kernel, 3, 2 * groups),
            (2, *places, 2 * groups),
        )
    )
    b = engine.asarray(rng.normal(size=2 * groups).astype("float32"))
    mixed, was = engine.mixed, engine.mixed.is_native
    mixed.is_native = native
    try:
        z = mixed.conv2d(x, W, window, groups)
        with_b = mixed.conv2d(x, W, window, groups, b)
        dx, dW = mixed.conv2d_back(x, dz, W, window, groups)
        alone = mixed.conv2d_dx(dz, W, size, window, groups), mixed.conv2d_dW(x, dz, window, groups)
    finally:
        mixed.is_native = was
    (ex, eW, edz), (sx, sW, sdz) = doubles(x, W, dz), sizes(x, W, dz)
    K = window.size * 3
    is_off = within_rounding(
        z, engine.conv2d(ex, eW, window, groups), engine.conv2d(sx, sW, window, groups), K
    )
    assert is_off or not z.any()
    assert torch.equal(with_b, z + b)  # b is added in float32
    for name, found, K in (("dx", dx, window.size * 2), ("dW", dW, 2 * places[0] * places[1])):
        kernel, given = (engine.conv2d_dx, ((edz, eW), (sdz, sW)))
        if name == "dW":
            kernel, given = engine.conv2d_dW, ((ex, edz), (sx, sdz))
        rest = (size, window, groups) if name == "dx" else (window, groups)
        exact, s = (kernel(*arrays, *rest) for arrays in given)
        within_rounding(found, exact, s, K)
    within_rounding(alone[0], dx, engine.conv2d_dx(sdz, sW, size, window, groups), window.size * 2)
    within_rounding(
        alone[1], dW, engine.conv2d_dW(sx, sdz, window, groups), 2 * places[0] * places[1]
    )


def test_rounded_factors_are_multiplied_exactly(mixed):
    """1 + 2^-9 is no bfloat16 and becomes 1; 1 + 2^-7 is one. 300 ones do not add up to 256,
    as they do where bfloat16 counts."""
    a = engine.asarray([[1 + 2.0**-9, 1 + 2.0**-7]], dtype="float32")
    one = engine.asarray([[1.0]], dtype="float32")
    assert mixed.matmul(a.T, one).T.tolist() == [[1.0, 1 + 2.0**-7]]
    ones = engine.asarray(np.ones((1, 300), "float32"))
    assert mixed.matmul(ones, ones.T).item() == 300


def test_another_type_is_multiplied_as_it_is(mixed, rng):
    a, b = (engine.asarray(rng.normal(size=(6, 6))) for _ in range(2))
    assert torch.equal(mixed.matmul(a, b), engine.matmul(a, b))
    assert mixed.as_factor(a) is a


def test_sums_moments_and_losses_are_the_engines_own(mixed, rng):
    x = engine.asarray(rng.normal(size=(50, 4)).astype("float32"))
    y = engine.asarray(rng.integers(0, 4, 50))
    assert torch.equal(mixed.sum_rows(x), engine.sum_rows(x))
    for found, own in (
        (mixed.moments(x), engine.moments(x)),
        (mixed.softmax_cross_entropy(x, y), engine.softmax_cross_entropy(x, y)),
    ):
        assert all(map(torch.equal, found, own))


def test_there_is_one_for_a_device():
    assert engine.mixed is engine.mixed.mixed is find("torch:cpu").mixed
    assert engine.mixed is not engine
    assert engine.mixed.is_mixed
    assert not engine.is_mixed
    assert engine.mixed.is_native == has_kernels(engine.device)


def test_numpy_has_none():
    assert numpy_engine.mixed is numpy_engine


def test_the_setting_for_a_gpus_sums_is_put_back():
    settings = torch.backends.cuda.matmul
    before = settings.allow_bf16_reduced_precision_reduction
    with sums_in_float32():
        assert settings.allow_bf16_reduced_precision_reduction is False
    assert settings.allow_bf16_reduced_precision_reduction == before
