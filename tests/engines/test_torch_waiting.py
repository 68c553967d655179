"""Arrays that are written over give, to the bit, what new ones give."""

import pytest
import torch

from pellucid.engines import Window, find, torch_waiting, waiting
from pellucid.engines.torch_waiting import Fresh, Rectified, fresh
from pellucid.engines.waiting import computed

ENGINE = find("torch")
BY = torch.ones(1)  # stands for the weights that made an array


@pytest.fixture(autouse=True)
def small_arrays_are_fresh(monkeypatch):
    """Small arrays too."""
    monkeypatch.setattr(torch_waiting, "LARGE", 0)


@pytest.fixture
def z(rng):
    """Numbers, of which some are negative."""
    return torch.from_numpy(rng.normal(size=(6, 5)))


def made_fresh(z, by=BY):
    """A fresh copy of z, and how often it was made again."""
    made = []

    def again():
        made.append(1)
        return z.clone()

    with ENGINE.joining():
        return fresh(z.clone(), again, by), made


def test_nothing_is_fresh_outside_or_where_it_is_small_or_has_gaps(monkeypatch, z):
    assert fresh(z, z.clone, BY) is z
    with ENGINE.joining() as joined:
        assert fresh(z[:, ::2], z.clone, BY).shape == (6, 3)
        monkeypatch.setattr(torch_waiting, "LARGE", z.nbytes + 1)
        assert fresh(z, z.clone, BY) is z
        assert not joined.used
        monkeypatch.setattr(torch_waiting, "LARGE", z.nbytes)
        assert isinstance(fresh(z, z.clone, BY), Fresh)
    assert joined.used


def test_a_rectifier_writes_over_what_nobody_has_read(z):
    y, made = made_fresh(z)
    memory = y._array.data_ptr()
    a = ENGINE.rectified_later(y)
    assert isinstance(a, Rectified)
    assert (a.shape, a.ndim, a.dtype, a.waits) == ((6, 5), 2, torch.float64, True)
    assert torch.equal(a.computed(), z.clamp(min=0))
    assert a.computed().data_ptr() == memory
    assert not a.waits
    assert not made


def test_what_was_read_stays(z):
    y, made = made_fresh(z)
    array = y.computed()
    assert torch.equal(computed(ENGINE.rectified_later(y)), z.clamp(min=0))
    assert torch.equal(array, z)
    assert not made


def test_what_was_written_over_is_made_again_and_then_no_more(z):
    by = torch.ones(1)
    y, made = made_fresh(z, by)
    ENGINE.rectified_later(y).computed()
    assert torch.equal(y.computed(), z)
    assert made == [1]
    y.computed()
    assert made == [1]
    assert waiting.was_read_again(by)
    assert torch.is_tensor(made_fresh(z, by)[0])
    assert isinstance(made_fresh(z, by.clone())[0], Fresh)


def test_sums_are_written_over_one_of_two(z):
    w = z.flip(0)
    for a, b in ((made_fresh(z)[0], w), (w, made_fresh(z)[0])):
        y = a + b
        assert isinstance(y, Fresh)
        assert torch.equal(y.computed(), z + w)
    assert torch.equal(w, z.flip(0))
    both = made_fresh(z)[0] + made_fresh(w)[0]
    assert torch.equal(computed(ENGINE.rectified_later(both)), (z + w).clamp(min=0))
    assert torch.equal(both.computed(), z + w)  # made again, from both


def test_sums_that_cannot_be_written_over(z):
    y, made = made_fresh(z)
    assert torch.equal(computed(y + y), z + z)
    assert torch.equal(y + z[0], z + z[0])
    assert torch.equal(2 + y, 2 + z)
    assert (made_fresh(z.float())[0] + z).dtype == torch.float64
    assert not made


def test_a_function_of_pytorch_reads_it(z):
    y, made = made_fresh(z)
    assert torch.equal(torch.exp(y), torch.exp(z))
    assert torch.equal(torch.maximum(torch.zeros_like(z), y), z.clamp(min=0))
    assert not made


def test_kernels_whose_results_are_fresh(rng):
    x, W = torch.from_numpy(rng.normal(size=(4, 6, 6, 3))), torch.ones(3, 3, 3, 2).double()
    ones, zeros, window = torch.ones(3).double(), torch.zeros(3).double(), Window((3, 3))
    twos = ones * 2

    def normed():
        return ENGINE.batch_norm(x, ones, zeros, 1e-3)

    def scaled():
        return ENGINE.map_later(lambda x, a: x * a, x, along=(twos,), begins=True)

    for kernel in (lambda: ENGINE.conv2d_later(x, W, window), lambda: normed()[0], scaled):
        expected = kernel()
        assert torch.is_tensor(expected)
        with ENGINE.joining():
            y = kernel()
        assert isinstance(y, Fresh)
        assert torch.equal(ENGINE.rectified_later(y).computed(), expected.clamp(min=0))
        assert torch.equal(y.computed(), expected)
    assert all(map(torch.is_tensor, normed()[1:]))


def test_pooling_takes_it(rng):
    x, window = torch.from_numpy(rng.normal(size=(4, 6, 6, 3))), Window((2, 2), (2, 2))
    with ENGINE.joining():
        y = fresh(x.clone(), x.clone, BY)
    for one, other in zip(ENGINE.max_pool(y, window), ENGINE.max_pool(x, window), strict=True):
        assert torch.equal(one, other)
