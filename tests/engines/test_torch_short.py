"""Images held in bfloat16: read in float32, and passed on rounded once more at most."""

import pytest
import torch

from pellucid.engines import Window, find, torch_waiting
from pellucid.engines.torch_waiting import Fresh, Rectified, Short, as_held, held, is_short
from pellucid.engines.waiting import computed

plain = find("torch")
engine = plain.mixed
WINDOW, POOLED = Window((3, 3), padding=((1, 1), (1, 1))), Window((2, 2), (2, 2))
u = 2.0**-8  # the largest relative error of rounding to bfloat16


@pytest.fixture(autouse=True)
def small_arrays_are_held(monkeypatch):
    """Small arrays too, and whether the processor has the type or not."""
    monkeypatch.setattr(torch_waiting, "LARGE", 0)
    monkeypatch.setattr(engine, "is_native", True)


@pytest.fixture
def x(rng):
    """Images in bfloat16, held; their numbers are of both signs."""
    return Short(engine.asarray(rng.normal(size=(3, 6, 4, 2)), "float32").bfloat16())


@pytest.fixture
def W(rng):
    return engine.asarray(rng.normal(size=(3, 3, 2, 2)), "float32").bfloat16()


def rounded(array):
    return array.bfloat16().float()


def held_as(found, expected):
    """Whether an array is held in bfloat16, and read as these numbers."""
    assert isinstance(found, torch_waiting.Held)
    assert found.is_short
    assert held(found).dtype == torch.bfloat16
    assert computed(found).dtype == found.dtype == torch.float32
    assert found.shape == tuple(expected.shape)
    assert torch.equal(computed(found), expected)


def test_it_is_read_in_float32_by_whoever_does_not_know_it(x):
    wide = held(x).float()
    held_as(x, wide)
    assert computed(x) is computed(x)
    assert torch.equal(x[0], wide[0])
    assert torch.equal(torch.exp(x), wide.exp())
    assert torch.equal(2 + x, 2 + wide)
    assert engine.map(lambda x: x * 3, x).dtype == torch.float32


def test_only_bfloat16_is_held_so(x):
    wide = computed(x)
    assert as_held(wide) is wide
    assert not is_short(wide)
    assert is_short(held(x))


def test_a_convolution_gives_one_while_formulas_may_wait(x, W, rng):
    x, b = held(x), engine.asarray(rng.normal(size=2), "float32")
    z, with_b = engine.conv2d(x, W, WINDOW), engine.conv2d(x, W, WINDOW, 1, b)
    assert torch.equal(engine.conv2d_later(x, W, WINDOW), z)
    with engine.joining():
        held_as(engine.conv2d_later(x, W, WINDOW), z)
        held_as(engine.conv2d_later(x, W, WINDOW, 1, b), rounded(with_b))
        assert torch.is_tensor(engine.conv2d_later(x.double(), W.double(), WINDOW))


def test_a_small_one_is_widened_at_once(x, W, rng, monkeypatch):
    x, b = held(x), engine.asarray(rng.normal(size=2), "float32")
    with engine.joining():
        monkeypatch.setattr(torch_waiting, "LARGE", 1 << 20)
        z = engine.conv2d_later(x, W, WINDOW, 1, b)
    assert torch.equal(z, engine.conv2d(x, W, WINDOW, 1, b))


def test_without_kernels_of_the_type_nothing_is_held(x, W, monkeypatch):
    monkeypatch.setattr(engine, "is_native", False)
    with engine.joining():
        assert torch.is_tensor(engine.conv2d_later(held(x), W, WINDOW))
    assert all(map(torch.is_tensor, engine.conv2d_back(held(x), x, W, WINDOW)))
    assert torch.is_tensor(engine.conv2d_dx(x, W, (6, 4), WINDOW))


def test_a_gradient_that_is_held_gives_one_that_is(x, W):
    dz = Short(held(x).flip(0))
    dx, dW = engine.conv2d_back(held(x), dz, W, WINDOW)
    wide_dx, wide_dW = engine.conv2d_back(held(x), computed(dz), W, WINDOW)
    held_as(dx, wide_dx)
    held_as(engine.conv2d_dx(dz, W, (6, 4), WINDOW), wide_dx)
    assert dW.dtype == torch.float32
    assert torch.equal(dW, wide_dW)
    assert torch.equal(engine.conv2d_dW(held(x), dz, WINDOW), wide_dW)


def test_batch_normalisation_rounds_its_result_alone(x, rng):
    gamma, beta = (engine.asarray(rng.normal(size=2), "float32") for _ in range(2))
    wide, dz = computed(x), Short(held(x).flip(0))
    z, mu, var, std = engine.batch_norm(x, gamma, beta, 1e-3)
    expected = plain.batch_norm(wide, gamma, beta, 1e-3)
    for found, exact in zip((mu, var, std), expected[1:], strict=True):
        assert found.dtype == torch.float32
        torch.testing.assert_close(found, exact, rtol=1e-5, atol=1e-6)
    assert is_short(z)
    torch.testing.assert_close(computed(z), expected[0], rtol=1.01 * u, atol=1e-6)
    dx, dgamma, dbeta = engine.batch_norm_back(dz, x, gamma, mu, std)
    back = plain.batch_norm_back(computed(dz), wide, gamma, mu, std)
    assert is_short(dx)
    torch.testing.assert_close(computed(dx), back[0], rtol=1.01 * u, atol=1e-6)
    for found, exact in zip((dgamma, dbeta), back[1:], strict=True):
        assert found.dtype == torch.float32
        torch.testing.assert_close(found, exact, rtol=1e-5, atol=1e-5)
    fixed = engine.fixed_batch_norm(x, gamma, beta, mu, var, 1e-3)
    exact = plain.fixed_batch_norm(wide, gamma, beta, mu, var, 1e-3)
    assert is_short(fixed)
    torch.testing.assert_close(computed(fixed), exact, rtol=1.01 * u, atol=1e-6)


def test_a_gradient_is_held_as_the_value_is(x, rng):
    da = engine.asarray(rng.normal(size=x.shape), "float32")
    held_as(engine.kept_where_positive(da, x), rounded(da * (computed(x) > 0)))
    ones, zeros = torch.ones(2), torch.zeros(2)
    assert is_short(engine.batch_norm_back(da, x, ones, zeros, ones)[0])
    wide = engine.kept_where_positive(x, da)
    assert torch.equal(wide, computed(x) * (da > 0))


def test_a_rectifier_takes_it_and_writes_over_a_fresh_one(x):
    a = computed(x).clamp(min=0)
    held_as(engine.rectified_later(x), a)
    with engine.joining():
        z = torch_waiting.fresh(held(x).clone(), held(x).clone, by=torch.ones(1))
    assert isinstance(z, Fresh)
    memory = z._array.data_ptr()
    y = engine.rectified_later(z)
    assert isinstance(y, Rectified)
    assert (y.is_short, y.dtype) == (True, torch.float32)
    held_as(y, a)
    assert held(y).data_ptr() == memory
    dz = Short(held(x).flip(0))
    expected, memory = computed(dz) * (a > 0), held(dz).data_ptr()
    over = engine.kept_where_positive(dz, y, over=True)
    held_as(over, expected)
    assert held(over).data_ptr() == memory


def test_pooling_and_its_way_back(x):
    z, places = engine.max_pool(x, POOLED)
    wide, same = plain.max_pool(computed(x), POOLED)
    held_as(z, wide)
    assert torch.equal(places, same)
    held_as(
        engine.max_pool_dx(z, places, (6, 4), POOLED),
        plain.max_pool_dx(wide, places, (6, 4), POOLED),
    )


def test_sums_are_added_up_in_float32(x):
    found = engine.sum_rows(x)
    torch.testing.assert_close(found, computed(x).sum(dim=(0, 1, 2)))
    many = Short(torch.ones(1, 300, 1, 1).bfloat16())
    assert engine.sum_rows(many).item() == 300  # in bfloat16 256 + 1 = 256


def test_additions_round_where_both_are_held_so(x):
    y = Short(held(x).flip(0))
    exact = computed(x) + computed(y)
    held_as(x + y, rounded(exact))
    wide = computed(y).clone()
    assert torch.equal(x + wide, exact)
    assert torch.equal(wide + x, exact)
    with engine.joining():
        fresh = torch_waiting.fresh(held(x).clone(), held(x).clone, by=torch.ones(1))
    both = fresh + y
    assert isinstance(both, Fresh)
    held_as(both, rounded(exact))
    held_as(fresh, computed(x))  # made again
    with engine.joining():
        fresh = torch_waiting.fresh(held(x).clone(), held(x).clone, by=torch.ones(1))
    assert torch.equal(fresh + wide, exact)


def test_what_is_added_in_place_is_read_anew(x):
    before, y = computed(x).clone(), Short(held(x).flip(0))
    kept = x
    kept += y
    assert kept is x
    held_as(kept, rounded(before + computed(y)))
    before = computed(x).clone()
    kept += torch.ones_like(before)
    assert torch.is_tensor(kept)
    assert torch.equal(kept, before + 1)
    held_as(x, before)
