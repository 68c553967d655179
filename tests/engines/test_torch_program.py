"""Programs of PyTorch's calls: a step made again with other arrays; what cannot be has none."""

import weakref

import pytest
import torch

from pellucid.engines import find, torch_program
from pellucid.engines.torch_program import record

aten = torch.ops.aten


@pytest.fixture
def x(rng):
    return torch.from_numpy(rng.normal(size=(4, 3)))


def again(step, given, lasting=(), change=None):
    """What the program gives for other arrays, and what the step itself gives for them."""
    made = record(step, given, lasting)
    assert made is not None
    others = [array.flip(0) for array in given]
    if change is not None:
        change(*lasting)
    found = [result.clone() for result in made(*others)]
    return found, step(*others, *lasting)


def test_a_program_gives_what_the_step_gives(x):
    def step(x, y):
        z = x - torch.amax(x, dim=1, keepdim=True)
        z *= 2
        ln_p = torch.log_softmax(z, dim=1)
        p = ln_p.exp()
        p.scatter_add_(1, y[:, None], -torch.ones(len(y), 1, dtype=p.dtype))
        p[0] = 5
        sums = torch.zeros(4, dtype=p.dtype).index_add_(0, y, p[:, 0])
        copied = p.T.reshape(-1)  # no view: other memory
        loss = torch.nn.functional.nll_loss(ln_p, y, reduction="none")
        return [p, sums, copied, loss, 2 - p, aten.threshold_backward(p, z + 1, 0), z.argmax(1)]

    found, expected = again(step, [x, torch.tensor([0, 2, 1, 1])])
    for a, b in zip(found, expected, strict=True):
        assert torch.equal(a, b)
        assert a.dtype == b.dtype


def test_views_of_what_is_given_follow_it(x):
    def step(x, y):
        return [x.T @ y, x.permute(1, 0) + 1, x[1:, None].reshape(3, 3).mT * 2, y.to(y.dtype) + 1]

    found, expected = again(step, [x, torch.arange(4.0, dtype=torch.float64)])
    assert all(map(torch.equal, found, expected))


def test_lasting_arrays_are_read_anew(x):
    W = torch.ones(3, 2, dtype=torch.float64)
    found, expected = again(lambda x, W: [x @ (W * W)], [x], [W], change=lambda W: W.mul_(5))
    assert torch.equal(found[0], expected[0])
    assert (expected[0].abs() > 9 * (x @ torch.ones_like(W)).abs().min()).all()


def test_a_result_may_be_written_where_it_has_to_go(x):
    place, other = torch.zeros(3, 3, dtype=x.dtype), torch.zeros(4, 3, dtype=x.dtype)

    def step(x):
        other.copy_(x + 1)
        return [torch.mm(x.T, x, out=place), other]

    made = record(step, [x], [])
    assert made(2 * x)[0] is place
    assert torch.equal(place, 4 * (x.T @ x))
    assert torch.equal(other, 2 * x + 1)


def test_results_keep_their_memory(x):
    made = record(lambda x: [torch.exp(x) + 1], [x], [])
    (first,) = made(x)
    assert made(2 * x)[0] is first
    assert torch.equal(first, torch.exp(2 * x) + 1)


def test_a_batch_is_not_kept_after_its_step(x):
    made = record(lambda x: [x.T @ x], [x], [])
    given = 2 * x
    expected, gone = given.T @ given, weakref.ref(given)
    assert torch.equal(made(given)[0], expected)
    del given
    assert gone() is None


def test_a_view_of_what_is_given_is_made_once_a_step(x):
    made = record(lambda x: [x.T @ x, *(lambda v: [v @ v.T, v + 1])(x[:, :2])], [x], [])
    assert len(made.places) == 4  # x, its transpose, the part, and its transpose
    for each in (x, x + 1):
        found = made(each)
        expected = each.T @ each, each[:, :2] @ each[:, :2].T, each[:, :2] + 1
        assert all(map(torch.equal, found, expected))


UNKNOWN = {
    "a choice": lambda x: [x * 1 if x.sum() > 0 else -x],
    "a number": lambda x: [x.sum().item() * x],
    "a loop": lambda x: [sum(row for row in x)],
    "an array": lambda x: [torch.from_numpy(x.numpy() + 1)],
    "two results": lambda x: list(torch.var_mean(x, dim=0)),
    "a list of what is given": lambda x: [torch.cat([x, x])],
    "what is given by a name": lambda x: [torch.add(torch.ones(3), other=x)],
    "a list of it by a name": lambda x: [torch.cat(tensors=[x, x])],
    "written to what is given": lambda x: [x.add_(0)],
    "written to a part of it": lambda x: [x[1:].mul_(1)],
    "what is given": lambda x: [x],
    "a part of what is given": lambda x: [x[1:]],
}


@pytest.mark.parametrize("step", UNKNOWN.values(), ids=UNKNOWN)
def test_a_step_that_asks_for_more_has_no_program(step, x):
    before = x.clone()
    assert record(step, [x], []) is None
    assert torch.equal(x, before)


def test_a_step_with_large_results_has_no_program(x, monkeypatch):
    assert record(lambda x: [x + 1, x + 2], [x], []) is not None
    monkeypatch.setattr(torch_program, "MOST_BYTES", 2 * x.nbytes - 1)
    assert record(lambda x: [x + 1, x + 2], [x], []) is None


def test_no_large_result_is_copied(x, monkeypatch):
    assert record(lambda x: [torch.nn.functional.softplus(x)], [x], []) is not None
    monkeypatch.setattr(torch_program, "MOST_COPIED", x.nbytes - 1)
    assert record(lambda x: [torch.nn.functional.softplus(x)], [x], []) is None


def test_errors_of_the_step_itself_are_not_hidden(x):
    def step(x):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        record(step, [x], [])


def test_the_engine_of_a_processor_records(x):
    assert find("torch").recorded(lambda x: [x + 1], [x], []) is not None
