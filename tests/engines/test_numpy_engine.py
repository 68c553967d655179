"""Each fast kernel of the NumPy engine gives what the plain one gives."""

import importlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, basic_indices, integer_array_indices

from pellucid.engines import (
    Engine,
    NumpyEngine,
    Sampling,
    Window,
    blas,
    columns,
    convolution,
    numpy_engine,
    products,
)

from .plain import PlainEngine, plain_engine
from .shapes import windows

# By name: as an attribute of its package, `numpy_engine` is the engine itself.
module = importlib.import_module("pellucid.engines.numpy_engine")
BLOCKS = [1, 200, 1 << 20]  # bytes: one image a block, a few, all
TOLERANCE = {"float64": 1e-12, "float32": 2e-5}  # the sums are taken in another order


def close(found, expected, dtype):
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype == dtype
    largest = np.abs(expected).max(initial=0)
    tolerance = TOLERANCE[dtype]
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance * largest)


@pytest.fixture(params=BLOCKS, scope="module")
def blocks(request):
    """The size of a block, set for the tests of this file that ask for it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK_BYTES", request.param)
        patch.setattr(columns, "GOOD_BYTES", request.param)
        patch.setattr(convolution, "FEW", 0)
        yield request.param


@settings(max_examples=40)
@given(
    drawn=windows(),
    N=st.integers(0, 5),
    groups=st.sampled_from([1, 1, 2, 3]),
    C=st.integers(1, 3),
    U=st.integers(1, 3),
    dtype=st.sampled_from(["float64", "float32"]),
)
def test_convolutions(blocks, drawn, N, groups, C, U, dtype):
    window, size = drawn
    rng = np.random.default_rng(0)
    x = rng.normal(size=(N, *size, groups * C)).astype(dtype)
    W = rng.normal(size=(*window.kernel, C, groups * U)).astype(dtype)
    dz = rng.normal(size=(N, *window.output_size(*size), groups * U)).astype(dtype)
    for fast, plain in (
        (numpy_engine.conv2d, plain_engine.conv2d),
        (numpy_engine.conv2d_dW, plain_engine.conv2d_dW),
    ):
        other = W if fast == numpy_engine.conv2d else dz
        close(fast(x, other, window, groups), plain(x, other, window, groups), dtype)
    close(
        numpy_engine.conv2d_dx(dz, W, size, window, groups),
        plain_engine.conv2d_dx(dz, W, size, window, groups),
        dtype,
    )
    together = zip(
        numpy_engine.conv2d_back(x, dz, W, window, groups),
        plain_engine.conv2d_back(x, dz, W, window, groups),
        strict=True,
    )
    for found, expected in together:
        close(found, expected, dtype)
    b = rng.normal(size=groups * U).astype(dtype)
    close(
        numpy_engine.conv2d(x, W, window, groups, b),
        plain_engine.conv2d(x, W, window, groups, b),
        dtype,
    )


@settings(max_examples=60)
@given(drawn=windows(), N=st.integers(0, 3), C=st.integers(1, 4), U=st.integers(1, 3))
def test_a_few_images_go_at_once(drawn, N, C, U):
    window, size = drawn
    rng = np.random.default_rng(0)
    x, W = rng.normal(size=(N, *size, C)), rng.normal(size=(*window.kernel, C, U))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(convolution, "FEW", 10_000)
        patch.setattr(columns, "GOOD_BYTES", 1e6)
        patch.delattr(convolution, "conv2d_by_blocks")
        for b in (None, rng.normal(size=U)):
            z = numpy_engine.conv2d(x, W, window, b=b)
            close(z, plain_engine.conv2d(x, W, window, b=b), "float64")


@pytest.mark.parametrize(("width", "C", "by_taps"), [(9, 2, True), (8, 2, False)])
def test_the_longer_runs_are_copied(rng, width, C, by_taps):
    """Windows of 3 columns: 6 numbers of one, beside the 7 or 6 of a row of outputs."""
    found = columns.columns_at_once(rng.normal(size=(1, 4, width, C)), Window((2, 3)))
    assert found.shape == (3 * (width - 2), 2 * 3 * C)
    assert found.T.flags.c_contiguous == by_taps


@pytest.mark.parametrize("dilation", [(1, 1), (2, 1)])
def test_dx_and_dW_from_one_look_at_dz(blocks, rng, dilation):
    """Where the output has the image's size, dW comes from the columns of dz."""
    window = Window((3, 3), padding=((dilation[0],) * 2, (1, 1)), dilation=dilation)
    x, W, dz = (rng.normal(size=s) for s in ((5, 4, 6, 2), (3, 3, 2, 3), (5, 4, 6, 3)))
    dx, dW = numpy_engine.conv2d_back(x, dz, W, window)
    close(dx, plain_engine.conv2d_dx(dz, W, (4, 6), window), "float64")
    close(dW, plain_engine.conv2d_dW(x, dz, window), "float64")


@pytest.mark.parametrize(("kernel", "Q", "U", "r"), [(3, 8, 4, 2), (5, 12, 2, 4), (5, 9, 2, 3)])
def test_narrow_windows_are_taken_together(blocks, rng, kernel, Q, U, r):
    window = Window((2, kernel), padding=((1, 0), (kernel // 2, kernel // 2)))
    x, W, b = (rng.normal(size=s) for s in ((5, 3, Q, 2), (2, kernel, 2, U), (U,)))
    assert convolution.together(window, x, U) == r
    dz = rng.normal(size=(5, 3, Q, U))
    z = numpy_engine.conv2d(x, W, window, b=b)
    close(z, plain_engine.conv2d(x, W, window, b=b), "float64")
    close(numpy_engine.conv2d_dW(x, dz, window), plain_engine.conv2d_dW(x, dz, window), "float64")
    dx, dW = numpy_engine.conv2d_back(x, dz, W, window)
    close(dx, plain_engine.conv2d_dx(dz, W, (3, Q), window), "float64")
    close(dW, plain_engine.conv2d_dW(x, dz, window), "float64")


def test_more_images_than_one_block(monkeypatch, rng):
    """Blocks of 2 of 5 images: the last one is a block of its own."""
    window = Window((3, 3), padding=((1, 1), (1, 1)))
    x, W = rng.normal(size=(5, 4, 4, 2)), rng.normal(size=(3, 3, 2, 3))
    bytes_of_columns = 4 * 4 * 3 * 3 * 2 * 8
    monkeypatch.setattr(columns, "GOOD_BYTES", 2 * bytes_of_columns)
    assert columns.good_blocks(x, window, 3) == [slice(0, 2), slice(2, 4), slice(4, 5)]
    assert len(columns.good_blocks(x, window, 2 * 3 * 3 * 2)) == 5  # large outputs count as well
    z = numpy_engine.conv2d(x, W, window)
    close(z, plain_engine.conv2d(x, W, window), "float64")
    close(numpy_engine.conv2d_dW(x, z, window), plain_engine.conv2d_dW(x, z, window), "float64")
    found = numpy_engine.conv2d_dx(z, W, (4, 4), window)
    close(found, plain_engine.conv2d_dx(z, W, (4, 4), window), "float64")


def test_grey_images_whose_channel_was_added_by_indexing(rng):
    """NumPy gives an axis of length 1 any stride: 0 for x[..., None]."""
    x, W = rng.normal(size=(3, 5, 6))[..., None], rng.normal(size=(3, 2, 1, 2))
    x = np.broadcast_to(x, x.shape)
    for window in (Window((3, 2)), Window((3, 2), dilation=(1, 2)), Window((3, 2), (2, 2))):
        z = plain_engine.conv2d(x, W, window)
        close(numpy_engine.conv2d(x, W, window), z, "float64")
        close(numpy_engine.conv2d_dW(x, z, window), plain_engine.conv2d_dW(x, z, window), "float64")


def test_every_override_of_a_plain_kernel_is_tested_here():
    """A kernel that the NumPy engine makes faster must be in this file."""
    kernels = {name for name in vars(NumpyEngine) if hasattr(Engine, name)}
    tested = {
        "conv2d",
        "conv2d_dx",
        "conv2d_dW",
        "conv2d_back",
        "matmul",
        "rows",
        "landing",
        "blend",
        "for_each",
        "scatter_add",
        "map",
        "sum_map",
        "sums_around",
        "moments",
        "max_pool",
        "max_pool_dx",
        "sample",
        "softmax_cross_entropy",
    }
    arrays = set(Engine.__abstractmethods__) | {"__module__", "__doc__", "__abstractmethods__"}
    arrays |= {"at_work", "recorded"}  # tested with the workers, and with programs
    arrays |= {"joining", "map_later", "conv2d_later"}  # tested with what waits
    arrays |= {"chance_kept"}  # below
    assert {k for k in kernels - arrays if not k.startswith("_")} == tested | {
        "name",
        "label",
        "at_once",
        "xp",
    } & kernels
    for name in tested:
        assert getattr(PlainEngine, name) is getattr(Engine, name)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_softmax_cross_entropy(dtype, rng):
    z, y = rng.normal(scale=30, size=(50, 7)).astype(dtype), rng.integers(0, 7, 50)
    before = z.copy()
    found, expected = (e.softmax_cross_entropy(z, y) for e in (numpy_engine, plain_engine))
    for a, b in zip(found, expected, strict=True):
        assert a.dtype == b.dtype == dtype
        close(a, b, dtype)
    np.testing.assert_array_equal(z, before)


@given(drawn=windows(), blocks=st.integers(1, 400), ties=st.booleans())
def test_max_pool(drawn, blocks, ties):
    window, size = drawn
    rng = np.random.default_rng(0)
    x = rng.normal(size=(5, *size, 2))
    x = np.round(x) if ties else x
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK_BYTES", blocks)
        z, winner = numpy_engine.max_pool(x, window)
        dz = rng.normal(size=z.shape)
        dx = numpy_engine.max_pool_dx(dz, winner, size, window)
    expected, first = plain_engine.max_pool(x, window)
    np.testing.assert_array_equal(z, expected)
    np.testing.assert_array_equal(dx, plain_engine.max_pool_dx(dz, first, size, window))


@given(
    how=st.builds(
        Sampling,
        st.sampled_from(["bilinear", "nearest"]),
        st.sampled_from(["constant", "nearest", "reflect", "wrap"]),
        st.sampled_from([0.0, 2.5]),
    ),
    N=st.integers(0, 5),
    blocks=st.integers(1, 5000),
    shapes=st.sampled_from(
        [((5, 2, 3), (5, 2, 3)), ((5, 2, 1), (1, 1, 3)), ((1, 2, 3), (1, 1, 3))]
    ),
    dtype=st.sampled_from(["float64", "float32"]),
)
def test_sample(how, N, blocks, shapes, dtype):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(N, 4, 5, 2)).astype(dtype)
    i, j = (rng.uniform(-9, 9, (min(n, N) if n > 1 else n, P, Q)) for n, P, Q in shapes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK_BYTES", blocks)
        found = numpy_engine.sample(x, i, j, how)
    expected = plain_engine.sample(x, i, j, how)
    assert found.dtype == expected.dtype == dtype
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("shape", [(7, 3), (1, 4), (0, 2), (1000, 1)])
def test_sum_rows(shape, rng):
    x = rng.normal(size=shape)
    close(numpy_engine.sum_rows(x), plain_engine.sum_rows(x), "float64")
    assert numpy_engine.sum_rows(x.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize("shapes", [((5, 4), (4, 7)), ((9, 4), (4, 2)), ((2, 3, 4), (4, 5))])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_matmul(monkeypatch, rng, shapes, dtype):
    """Every product counts as large: cut along the longer side, a part in each of three threads."""
    monkeypatch.setattr(products, "LARGE", 0)
    monkeypatch.setattr(blas, "usual_threads", lambda: 3)
    a, b = (rng.normal(size=shape).astype(dtype) for shape in shapes)
    close(numpy_engine.matmul(a, b), plain_engine.matmul(a, b), dtype)
    close(numpy_engine.matmul(b.T, a.swapaxes(-1, -2)), b.T @ a.swapaxes(-1, -2), dtype)


@pytest.mark.parametrize("chosen", [slice(1, 4), np.array([4, 0, 4]), np.array([], np.int64)])
@pytest.mark.parametrize("shape", [(5,), (5, 3), (5, 2, 3)])
def test_rows(rng, chosen, shape):
    x = rng.normal(size=shape).astype(np.float32)
    close(numpy_engine.rows(x, chosen), plain_engine.rows(x, chosen), "float32")


@pytest.mark.parametrize("size", [3, 5000])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("lying", ["whole", "every other", "of another type", "a matrix"])
@pytest.mark.parametrize("share", [0.9, 1])
def test_blend(rng, size, dtype, lying, share):
    x, y = (rng.normal(size=2 * size).astype(dtype) for _ in range(2))
    if lying == "every other":
        x = x[::2].repeat(2)[::2]
        y = y[::2]
    elif lying == "of another type":
        x = x.astype("float32")
    elif lying == "a matrix":
        x, y = x.reshape(2, -1), y.reshape(2, -1)
    expected = y.copy()
    plain_engine.blend(expected, share, x, -0.25)
    assert numpy_engine.blend(y, share, x, -0.25) is None
    close(y, expected, dtype)


@pytest.mark.parametrize("large", [0, 1e9])
def test_a_product_lands_where_it_is_going(monkeypatch, rng, large):
    monkeypatch.setattr(products, "LARGE", large)
    a, place = rng.normal(size=(4, 3)), np.empty((4, 5))
    dy = rng.normal(size=(3, 5))
    found = numpy_engine.landing(place, lambda dy: numpy_engine.matmul(a, dy), dy)
    assert found is place
    close(found, plain_engine.landing(place.copy(), lambda dy: a @ dy, dy), "float64")
    elsewhere = numpy_engine.matmul(a, dy)
    assert elsewhere is not place


def test_only_a_product_that_fits_lands(rng):
    a, b, place = rng.normal(size=(4, 3)), rng.normal(size=(3, 5)), np.zeros((4, 5))
    for derivative in (
        lambda dy: numpy_engine.matmul(b.T, dy.T).T,  # of another shape
        lambda dy: numpy_engine.matmul(dy.astype("float32"), b.astype("float32")),
        lambda dy: numpy_engine.matmul(dy[None], b)[0],  # of more than two axes
    ):
        found = numpy_engine.landing(place, derivative, a)
        np.testing.assert_allclose(found, a @ b, rtol=1e-5)
        assert found is not place
        assert not place.any()


def test_what_is_made_of_two_products_is_right(rng):
    """The first lands, the second does not; the sum is neither."""
    a, b, place = rng.normal(size=(4, 3)), rng.normal(size=(3, 5)), np.zeros((4, 5))
    twice = lambda dy: numpy_engine.matmul(dy, b) + numpy_engine.matmul(2 * dy, b)
    np.testing.assert_allclose(numpy_engine.landing(place, twice, a), 3 * a @ b)


def test_for_each(monkeypatch):
    """Each piece comes once, in whichever thread."""
    monkeypatch.setattr(blas, "usual_threads", lambda: 3)
    for engine in (numpy_engine, plain_engine):
        seen = []
        with blas.one_thread():
            engine.for_each(seen.append, range(20))
        assert sorted(seen) == list(range(20))


@given(st.data())
def test_scatter_add(data):
    shape = data.draw(array_shapes(min_dims=1, max_dims=3, max_side=4))
    masks = st.integers(0, 9).map(lambda seed: np.random.default_rng(seed).random(shape) < 0.5)
    index = data.draw(basic_indices(shape) | integer_array_indices(shape) | masks)
    values = np.random.default_rng(0).normal(size=np.zeros(shape)[index].shape)
    found = numpy_engine.scatter_add(shape, index, values)
    close(found, plain_engine.scatter_add(shape, index, values), "float64")


@pytest.mark.parametrize("kind", [numpy_engine.uniform, numpy_engine.normal])
def test_the_same_key_gives_the_same_numbers(kind):
    draw = lambda *key: kind(numpy_engine.generator(*key), (3, 4), "float64")
    assert np.array_equal(draw(1, 2), draw(1, 2))
    for other in ((2, 1), (1,), (1, 3)):
        assert not np.array_equal(draw(1, 2), draw(*other)), other


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_uniform_numbers_lie_in_0_to_1(dtype):
    u = numpy_engine.uniform(numpy_engine.generator(0), (100, 100), dtype)
    assert u.shape == (100, 100)
    assert u.dtype == dtype
    assert u.min() >= 0
    assert u.max() < 1
    # 10,000 draws: their mean is 0.5 with a standard deviation of 0.003.
    assert abs(u.mean() - 0.5) < 0.012


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_normal_numbers_have_mean_0_and_variance_1(dtype):
    z = numpy_engine.normal(numpy_engine.generator(0), (100, 100), dtype)
    assert z.shape == (100, 100)
    assert z.dtype == dtype
    # 10,000 draws: mean and variance have standard deviations of 0.01 and 0.014.
    assert abs(z.mean()) < 0.04
    assert abs(z.var() - 1) < 0.06
    # Of a normal number 95.45 % lie within two standard deviations, give or take 0.2 %.
    assert abs((np.abs(z) < 2).mean() - 0.9545) < 0.008


def test_arrays_are_copied_only_where_they_must_be():
    x = np.ones(3, np.float32)
    assert numpy_engine.asarray(x) is x
    assert numpy_engine.asarray(x, dtype="float32") is x
    assert numpy_engine.to_numpy(x) is x
    assert numpy_engine.asarray(x, dtype="float64").dtype == "float64"
    assert numpy_engine.asarray([1, 2], dtype="float32").tolist() == [1.0, 2.0]
    assert numpy_engine.name == "numpy"


def test_chance_is_kept():
    np.random.seed(1)  # noqa: NPY002
    first = np.random.random()  # noqa: NPY002
    np.random.seed(1)  # noqa: NPY002
    with numpy_engine.chance_kept():
        np.random.random(5)  # noqa: NPY002
    assert np.random.random() == first  # noqa: NPY002
