"""Each of PyTorch's kernels gives what the plain one gives, on the same memory where it can be."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, basic_indices, integer_array_indices

from pellucid.engines import Engine, Window, find, numpy_engine
from pellucid.engines.torch_arrays import as_dtype
from pellucid.engines.torch_engine import TorchEngine
from pellucid.optimizers import SGD, Adam

from .far import Reads
from .plain import plain_engine
from .shapes import windows

torch.set_num_threads(1)
engine = find("torch")
TOLERANCE = {"float64": 1e-10, "float32": 1e-5}
every_dtype = st.sampled_from(list(TOLERANCE))


def close(found, expected, dtype):
    found = engine.to_numpy(found)
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype == dtype
    largest, tolerance = np.abs(expected).max(initial=0), TOLERANCE[dtype]
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance * largest)


@settings(max_examples=100)
@given(
    drawn=windows(),
    N=st.integers(1, 4),
    groups=st.sampled_from([1, 1, 2, 3]),
    C=st.integers(1, 3),
    U=st.integers(1, 3),
    dtype=every_dtype,
)
def test_convolutions(drawn, N, groups, C, U, dtype):
    window, size = drawn
    rng = np.random.default_rng(0)
    x = rng.normal(size=(N, *size, groups * C)).astype(dtype)
    W = rng.normal(size=(*window.kernel, C, groups * U)).astype(dtype)
    b = rng.normal(size=groups * U).astype(dtype)
    dz = rng.normal(size=(N, *window.output_size(*size), groups * U)).astype(dtype)
    ours = [engine.asarray(a) for a in (x, W, b, dz)]
    tx, tW, tb, tdz = ours
    z = plain_engine.conv2d(x, W, window, groups)
    dx = plain_engine.conv2d_dx(dz, W, size, window, groups)
    dW = plain_engine.conv2d_dW(x, dz, window, groups)
    close(engine.conv2d(tx, tW, window, groups), z, dtype)
    close(engine.conv2d(tx, tW, window, groups, tb), z + b, dtype)
    close(engine.conv2d_dx(tdz, tW, size, window, groups), dx, dtype)
    close(engine.conv2d_dW(tx, tdz, window, groups), dW, dtype)
    for W in (tW, engine.as_filters(tW)):
        both = engine.conv2d_back(tx, tdz, W, window, groups)
        close(both[0], dx, dtype)
        close(both[1], dW, dtype)


def test_filters_are_brought_into_pytorchs_order_once(rng):
    from pellucid.engines.torch_windows import filters

    W = engine.asarray(rng.normal(size=(3, 2, 4, 5)))
    found = engine.as_filters(W)
    assert torch.equal(found, W)
    assert filters(W).data_ptr() != W.data_ptr()
    assert filters(found).data_ptr() == found.data_ptr()


@settings(max_examples=100)
@given(drawn=windows(), ties=st.booleans(), dtype=every_dtype)
def test_pooling(drawn, ties, dtype):
    """The first of equal values wins. A window in the padding alone has no winner to compare."""
    window, size = drawn
    rng = np.random.default_rng(0)
    x = rng.integers(-2, 3, (2, *size, 3)) if ties else rng.normal(size=(2, *size, 3))
    x = x.astype(dtype)
    dz = rng.normal(size=(2, *window.output_size(*size), 3)).astype(dtype)
    z, winner = plain_engine.max_pool(x, window)
    dz[np.isinf(z)] = 0
    found, places = engine.max_pool(engine.asarray(x), window)
    assert np.array_equal(found, z)
    alone, nothing = engine.max_pool(engine.asarray(x), window, places=False)
    assert np.array_equal(alone, z)
    assert nothing is None
    tdz = engine.asarray(dz)
    dx = plain_engine.max_pool_dx(dz, winner, size, window)
    close(engine.max_pool_dx(tdz, places, size, window), dx, dtype)
    close(engine.sum_pool(engine.asarray(x), window), plain_engine.sum_pool(x, window), dtype)
    dx = plain_engine.sum_pool_dx(dz, size, window)
    close(engine.sum_pool_dx(tdz, size, window), dx, dtype)


def test_pooling_of_whole_numbers(rng):
    x, window = rng.integers(0, 256, (2, 5, 4, 3)), Window((2, 2), (2, 1))
    found = engine.max_pool(engine.asarray(x), window)[0]
    assert np.array_equal(found, plain_engine.max_pool(x, window)[0])
    assert np.array_equal(
        engine.sum_pool(engine.asarray(x), window), plain_engine.sum_pool(x, window)
    )


@pytest.mark.parametrize("C", [1, 3, 8])
def test_images_are_channels_last_without_a_copy(C, rng):
    """PyTorch's (N, C, H, W) is another look at our (N, H, W, C), before a kernel and after it."""
    from pellucid.engines.torch_windows import nchw, nhwc

    x = engine.asarray(rng.normal(size=(2, 6, 5, C)).astype("float32"))
    seen = nchw(x)
    assert seen.shape == (2, C, 6, 5)
    assert seen.data_ptr() == x.data_ptr() == nhwc(seen).data_ptr()
    assert seen.is_contiguous(memory_format=torch.channels_last)
    window = Window((3, 3), padding=((1, 1), (1, 1)))
    W = engine.asarray(rng.normal(size=(3, 3, C, 4)).astype("float32"))
    z = engine.conv2d(x, W, window)
    dx, _ = engine.conv2d_back(x, z, W, window)
    pooled, places = engine.max_pool(z, Window((2, 2), (2, 2)))
    back = engine.max_pool_dx(pooled, places, (6, 5), Window((2, 2), (2, 2)))
    gamma = engine.xp.ones(4, "float32")
    normed = engine.batch_norm(z, gamma, gamma, 1e-3)
    dnormed = engine.batch_norm_back(z, z, gamma, *(normed[i] for i in (1, 3)))
    mean = engine.sum_pool(z, Window((2, 2), (2, 2)))
    for image in (z, dx, pooled, back, normed[0], dnormed[0], mean):
        assert image.is_contiguous()


@settings(max_examples=40)
@given(shape=array_shapes(min_dims=2, max_dims=4, max_side=5), dtype=every_dtype)
def test_batch_norm_by_one_kernel(shape, dtype):
    rng = np.random.default_rng(0)
    shape = (shape[0] + 1, *shape[1:])
    x, dz = (rng.normal(2.0, 3.0, size=shape).astype(dtype) for _ in range(2))
    gamma, beta = (rng.normal(size=shape[-1]).astype(dtype) for _ in range(2))
    mu, var = plain_engine.moments(x)
    std = np.sqrt(var + 1e-3)
    x_hat = (x - mu) / std
    M = dz[..., 0].size
    dbeta = dz.reshape(M, -1).sum(axis=0)
    dgamma = (dz * x_hat).reshape(M, -1).sum(axis=0)
    dx = gamma / std * (dz - (dbeta + x_hat * dgamma) / M)
    tx, tdz, tgamma, tbeta = map(engine.asarray, (x, dz, gamma, beta))
    found = engine.batch_norm(tx, tgamma, tbeta, 1e-3)
    for one, expected in zip(found, (gamma * x_hat + beta, mu, var, std), strict=True):
        close(one, expected.astype(dtype), dtype)
    fixed = engine.fixed_batch_norm(tx, tgamma, tbeta, tbeta, tgamma**2, 1e-3)
    by_hand = gamma * (x - beta) / np.sqrt(gamma**2 + 1e-3) + beta
    close(fixed, by_hand.astype(dtype), dtype)
    back = engine.batch_norm_back(tdz, tx, tgamma, found[1], found[3])
    scale = np.abs(gamma / std).max() * np.abs(dz).max()
    rtol = TOLERANCE[dtype]
    np.testing.assert_allclose(back[0], dx, rtol=rtol, atol=10 * rtol * scale)
    for one, expected in zip(back[1:], (dgamma, dbeta), strict=True):
        np.testing.assert_allclose(one, expected, rtol=rtol, atol=rtol * np.abs(dz).sum())


def test_the_variance_keeps_its_digits_far_from_0(rng):
    x = (1e4 + rng.normal(size=(512, 3))).astype("float32")
    exact = x.astype("float64").var(axis=0)
    one = engine.xp.ones(3, "float32")
    for var in (
        engine.moments(engine.asarray(x))[1],
        engine.batch_norm(engine.asarray(x), one, one, 0.0)[2],
    ):
        np.testing.assert_allclose(var, exact, rtol=1e-3)


def test_sums_and_moments(rng):
    x = rng.normal(size=(3, 4, 5))
    tx = engine.asarray(x)
    close(engine.sum_rows(tx), x.sum(axis=(0, 1)), "float64")
    close(engine.sum_rows(tx[0, 0]), x[0, 0], "float64")
    for found, expected in zip(engine.moments(tx), plain_engine.moments(x), strict=True):
        close(found, expected, "float64")
    y, z = engine.asarray(x.copy()), engine.asarray(x[::-1].copy())
    engine.blend(y, 0.5, z, -2.0)
    close(y, 0.5 * x - 2.0 * x[::-1], "float64")


@given(st.data(), array_shapes(min_dims=1, max_dims=3, max_side=5))
def test_indices_and_scatter(data, shape):
    rng = np.random.default_rng(0)
    kinds = basic_indices(shape) | integer_array_indices(shape)
    index, x = data.draw(kinds), rng.normal(size=shape)
    seen = np.asarray(x[index])
    values = rng.normal(size=seen.shape)
    assert np.array_equal(engine.at(engine.asarray(x), index), seen)
    found = engine.scatter_add(shape, index, engine.asarray(values))
    close(found, plain_engine.scatter_add(shape, index, values), "float64")


def test_a_mask_and_bytes_as_an_index(rng):
    x = rng.normal(size=(4, 3))
    mask, tx = x > 0, engine.asarray(x)
    assert np.array_equal(engine.at(tx, mask), x[mask])
    values = engine.asarray(np.ones(mask.sum()))
    assert np.array_equal(engine.scatter_add((4, 3), mask, values), mask * 1.0)
    assert np.array_equal(engine.scatter_add((4, 3), engine.asarray(mask), values), mask * 1.0)
    rows = np.uint8([1, 0, 1])
    assert engine.as_index(engine.asarray(rows)).dtype == torch.int64
    assert engine.hold_targets(rows).tolist() == [1, 0, 1]
    assert engine.hold_targets(rows).dtype == torch.int64
    assert engine.hold_targets(x).dtype == torch.float64
    last = engine.scatter_add((3, 2), np.array([-1, 0, -1]), engine.asarray(np.ones((3, 2))))
    assert last.tolist() == [[1, 1], [0, 0], [2, 2]]


def test_rows_of_data(rng):
    x = engine.asarray(rng.normal(size=(5, 2)))
    assert engine.rows(x, slice(1, 3)).data_ptr() == x[1].data_ptr()
    assert np.array_equal(engine.rows(x, np.array([4, 0, 4])), x.numpy()[[4, 0, 4]])


def test_numpys_arrays_keep_their_memory_where_that_can_be(rng):
    x = rng.normal(size=(4, 3)).astype("float32")
    assert engine.asarray(x).data_ptr() == x.ctypes.data
    assert engine.asarray(x, "float32").data_ptr() == x.ctypes.data
    assert engine.to_numpy(engine.asarray(x)).ctypes.data == x.ctypes.data
    same = engine.asarray(x)
    assert engine.asarray(same) is same
    assert engine.xp.asarray(x, copy=True).data_ptr() != x.ctypes.data
    assert engine.xp.asarray(same, copy=True).data_ptr() != x.ctypes.data
    x.flags.writeable = False
    copied = engine.asarray(x)
    assert np.array_equal(copied, x)
    assert copied.data_ptr() != x.ctypes.data
    assert np.array_equal(engine.asarray(x[::-1]), x[::-1])
    assert engine.asarray(np.array([1, 2], ">i4")).tolist() == [1, 2]
    assert engine.asarray(np.array([7], "uint32")).dtype == torch.int64
    learned = torch.ones(2, requires_grad=True)
    assert not engine.asarray(learned).requires_grad
    assert engine.to_numpy(learned).tolist() == [1, 1]
    assert engine.to_numpy(torch.ones(2, dtype=torch.bfloat16)).dtype == "float32"
    assert as_dtype("bfloat16") is torch.bfloat16
    assert as_dtype(np.float32) is as_dtype("float32") is torch.float32


def test_data_of_a_run_are_held_as_they_lie(rng):
    x = rng.normal(size=(4, 3))
    assert engine.hold(x, None).data_ptr() == x.ctypes.data
    assert engine.hold(x, "float32").dtype == torch.float32
    assert engine.hold(engine.asarray(x), "float32").dtype == torch.float32
    images = np.zeros((2, 3), "uint8")
    assert engine.hold(images, "float32").dtype == torch.uint8
    images.flags.writeable = False
    assert engine.hold(images, "float32") is images


def test_chance_is_numpys_on_a_processor():
    for draw in ("uniform", "normal"):
        for dtype in ("float32", "float64"):
            streams = [numpy_engine.generator(3, 4), engine.generator(3, 4)]
            numbers = getattr(numpy_engine, draw)(streams[0], (3, 2), dtype)
            found = getattr(engine, draw)(streams[1], (3, 2), as_dtype(dtype))
            assert np.array_equal(found, numbers)


def test_chance_of_another_device_hangs_on_the_stream_alone(monkeypatch):
    """A GPU draws by itself, from a seed of the stream: here the processor stands for it."""
    other = TorchEngine(torch.device("cpu"))
    monkeypatch.setattr(other, "on_host", False)
    for draw in (other.uniform, other.normal):
        first, second = (draw(other.generator(5), (50,), "float32") for _ in range(2))
        assert torch.equal(first, second)
        stream = other.generator(5)
        assert not torch.equal(draw(stream, (50,), torch.float32), draw(stream, (50,), "float32"))
        assert first.dtype == torch.float32
    assert 0 <= float(other.uniform(other.generator(1), (99,), "float64").min()) < 0.2


def test_a_gradient_is_shortened_without_a_look_at_its_norm(rng):
    for dtype in ("float64", "float32"):
        for limit in (0.5, 100.0):
            g = rng.normal(size=9).astype(dtype)
            ours = engine.asarray(g.copy())
            with Reads() as reads:
                engine.shorten(ours, limit)
            assert reads.count == 0
            numpy_engine.shorten(g, limit)
            close(ours, g, dtype)


def test_an_average_with_a_share_that_is_an_array(rng):
    y, x = (engine.asarray(rng.normal(size=5)) for _ in range(2))
    expected = y.numpy() * 0.9 - x.numpy() * 0.1
    engine.blend(y, 0.9, x, torch.tensor(-0.1, dtype=torch.float64))
    close(y, expected, "float64")


def test_a_gradient_through_a_rectifier(rng):
    for dtype in TOLERANCE:
        da, a = (rng.normal(size=(3, 4)).astype(dtype) for _ in range(2))
        a[0] = 0
        expected = plain_engine.kept_where_positive(da, a)
        assert not expected[0].any()
        close(engine.kept_where_positive(engine.asarray(da), engine.asarray(a)), expected, dtype)
        given = engine.asarray(da.copy())
        assert engine.kept_where_positive(given, engine.asarray(a), over=True) is given
        close(given, expected, dtype)


def three_updates(ours, plain, theta, expected, rng):
    """Update theta by one optimiser and `expected`, NumPy's, by the other; gives the last gradient.

    Gradients are left as they are.
    """
    for _ in range(3):
        g = rng.normal(size=9).astype(expected.dtype)
        kept = g.copy()
        ours.apply(theta, engine.asarray(g))
        plain.apply(expected, g)
        np.testing.assert_array_equal(g, kept)
    return g


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_adam_by_one_kernel(dtype, rng):
    """Three updates are those of the formula; with alpha in an array, there is no kernel."""
    ours, plain = (Adam(0.1, beta_1=0.8, beta_2=0.9, epsilon=0.01) for _ in range(2))
    start = rng.normal(size=9).astype(dtype)
    theta, expected = engine.asarray(start.copy()), start.copy()
    three_updates(ours, plain, theta, expected, rng)
    close(theta, expected, dtype)
    for slot in ("m", "s"):
        close(ours.state[slot], plain.state[slot], dtype)
    alone = {"betas": (0.9, 0.9), "epsilon": 0.1, "t": torch.tensor(1.0)}
    slots = [engine.asarray(start.copy()) for _ in range(3)]
    assert not engine.adam(theta, *slots, alpha=torch.tensor(0.1), **alone)
    close(slots[1], start, dtype)


@pytest.mark.parametrize("alpha", [0.5, 0.02, 2e-6, 1e-7])
@pytest.mark.parametrize("dtype", TOLERANCE)
def test_momentum_by_one_kernel(dtype, alpha, rng):
    """Three updates are those of the formula; there is no kernel for the rest."""
    ours, plain = (SGD(alpha, momentum=0.9) for _ in range(2))
    theta, expected = engine.asarray(np.zeros(9, dtype)), np.zeros(9, dtype)
    g = three_updates(ours, plain, theta, expected, rng)
    for found, of in ((theta, expected), (ours.state["v"], plain.state["v"])):
        np.testing.assert_allclose(found, of, rtol=TOLERANCE[dtype], atol=1e-7 * alpha)
    kernels = dtype == "float32" and alpha > 1e-6
    given = engine.asarray(np.zeros(9, dtype)), engine.asarray(g), ours.state["v"]
    assert engine.momentum(*given, alpha=alpha, beta=0.9) == kernels
    before = given[0].clone()
    assert not engine.momentum(*given, alpha=torch.tensor(0.1), beta=0.9)
    assert torch.equal(given[0], before)


def test_a_copy_has_memory_of_its_own():
    array = engine.asarray([1.0, 2.0])
    copy = engine.copied(array)
    copy += 1
    assert array.tolist() == [1.0, 2.0]
    assert copy.tolist() == [2.0, 3.0]


@pytest.mark.parametrize("shapes", [((4, 3), (3, 5)), ((2, 4, 3), (3, 5)), ((3,), (3, 5))])
def test_products(shapes, rng):
    a, b = (rng.normal(size=shape) for shape in shapes)
    close(engine.matmul(engine.asarray(a), engine.asarray(b)), a @ b, "float64")


def test_a_product_lands_where_it_is_going(rng):
    a, b = (engine.asarray(rng.normal(size=shape)) for shape in ((4, 3), (3, 5)))
    place = engine.xp.zeros((4, 5))
    expected = a @ b
    found = engine.landing(place, lambda dy: engine.matmul(dy, b), a)
    assert found is place
    assert torch.allclose(place, expected)
    other = engine.landing(place, lambda dy: engine.matmul(b.T, dy.T).T, a)  # of another shape
    assert other is not place
    twice = lambda dy: engine.matmul(dy, b) + engine.matmul(2 * dy, b)
    assert torch.allclose(engine.landing(place, twice, a), 3 * expected)
    assert engine.matmul(a, b) is not place
    total = engine.xp.zeros((3,))
    assert engine.landing(total, engine.sum_rows, a) is total
    assert torch.allclose(total, a.sum(dim=0))


def test_chance_is_kept():
    torch.manual_seed(1)
    first = torch.rand(3)
    torch.manual_seed(1)
    with engine.chance_kept():
        torch.rand(5)
    assert torch.equal(torch.rand(3), first)


def test_cross_entropy_by_one_kernel(rng):
    z, y = rng.normal(size=(4, 3)), np.uint8([0, 2, 1, 2])
    L, slope = engine.softmax_cross_entropy(engine.asarray(z), engine.asarray(y))
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    close(L, -np.log(p[np.arange(4), y]), "float64")
    close(slope, p - np.eye(3)[y], "float64")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("maximum", (0.5,)), ("minimum", (0.5,)), ("clip", (-0.5, 0.5)), ("clip", (None, 0.1)),
        ("max", ()), ("sum", ()), ("argmax", ()), ("sort", ()), ("argsort", ()),
        ("cumulative_sum", ()), ("flip", ()), ("matrix_transpose", ()),
    ],
)  # fmt: skip
def test_functions_are_the_standards(name, arguments, rng):
    x, xp = rng.normal(size=(3, 4)), numpy_engine.xp
    named = {"cumulative_sum": {"axis": 1}, "argsort": {"axis": 0}}.get(name, {})
    ours = getattr(engine.xp, name)(engine.asarray(x), *arguments, **named)
    np.testing.assert_allclose(ours, getattr(xp, name)(x, *arguments, **named), rtol=1e-12)


def test_functions_of_numbers_and_axes(rng):
    xp, x = engine.xp, engine.asarray(rng.normal(size=(3, 4)))
    assert torch.equal(xp.maximum(0, x), xp.maximum(x, 0))
    assert torch.equal(xp.minimum(0, x), -xp.maximum(-x, 0))
    assert torch.equal(xp.maximum(x, -x), x.abs())
    assert torch.equal(xp.minimum(x, -x), -x.abs())
    assert xp.clip(x) is x
    assert xp.sum(x, axis=()) is x
    assert xp.where(True, x, 0) is x
    assert torch.equal(xp.where(x, 1, 0), xp.where(x != 0, 1, 0))
    assert xp.max(x, axis=(0, 1), keepdims=True).shape == (1, 1)
    assert torch.equal(xp.flip(x, axis=1), x.flip(1))
    assert [xp.isdtype(t, "real floating") for t in (torch.float32, torch.int64)] == [True, False]
    assert [xp.isdtype(t, "integral") for t in (torch.uint8, torch.bool)] == [True, False]
    assert xp.isdtype(torch.bool, "bool")
    assert xp.finfo("float32").eps == xp.finfo(torch.float32).eps < 1e-6
    assert xp.iinfo("uint8").max == 255
    for made in (xp.zeros((2,)), xp.ones(2), xp.full((2,), 3), xp.empty(2), xp.full(2, x[0, 0])):
        assert made.dtype == torch.float64
    assert xp.arange(3, dtype="float64").tolist() == [0, 1, 2]
    assert xp.linalg.vector_norm(x, axis=0, keepdims=True).shape == (1, 4)


def test_every_kernel_of_its_own_is_tested_here():
    own = {name for name in vars(TorchEngine) if hasattr(Engine, name) and name[0] != "_"}
    with open(__file__, encoding="utf-8") as file:
        text = file.read()
    contracts = {"at_work", "erf", "holds_floats", "map", "name"}  # where these are tried
    interop = {"from_dlpack"}
    contracts |= {"mixed", "recorded"}  # in files of their own
    contracts |= {"conv2d_later", "joining", "map_later", "rectified_later"}  # in one for them all
    by_name = {"normal", "uniform"}
    untested = {name for name in own if f"engine.{name}(" not in text}
    assert untested - contracts - interop == by_name
