"""Products in a number type of their own: each factor is rounded once, and results are float32."""

import pytest

from pellucid import Gate, Tensor, apply, gates
from pellucid.engines import find, numpy_engine
from pellucid.graph.products import PRODUCTS, forward_of
from pellucid.graph.tensor import mixed_precision

engine = find("torch")


class Half(Gate):
    """y = a b W / 2: a product inside a gate that is none of ours."""

    def forward(self, a, b):
        return self.engine.matmul(a, b) / 2


class Times(Gate):
    """y = a b, element by element."""

    def forward(self, a, b):
        return a * b


CASES = [
    (gates.Dense, (5, 4), (4, 3), (3,)),
    (gates.Dense, (5, 4), (4, 3), None),
    (gates.MatMul, (2, 5, 4), (4, 3)),
    (gates.Conv2D, (2, 5, 5, 2), (3, 3, 2, 4), (4,)),
    (gates.Conv1D, (2, 5, 2), (3, 2, 4), (4,)),
    (gates.DepthwiseConv2D, (2, 5, 5, 2), (3, 3, 2, 1), (2,)),
    (gates.Conv2DTranspose, (2, 5, 5, 2), (3, 3, 4, 2), (4,)),
]


def tensors(rng, *shapes):
    arrays = [None if shape is None else rng.normal(size=shape) for shape in shapes]
    return [None if a is None else Tensor(engine.asarray(a, dtype="float32")) for a in arrays]


@pytest.fixture
def rounded(monkeypatch):
    """How many numbers each array had that was rounded, one after another."""
    found, own = [], type(engine.mixed).as_factor

    def as_factor(self, x):
        short = own(self, x)
        if short is not x:
            found.append(x.numel())
        return short

    monkeypatch.setattr(type(engine.mixed), "as_factor", as_factor)
    return found


def test_every_product_is_a_case():
    assert {case[0] for case in CASES} == PRODUCTS


@pytest.mark.parametrize("case", CASES)
def test_factors_are_rounded_once_for_forward_and_derivatives(rng, rounded, case):
    make, *shapes = case
    a, b, *more = given = tensors(rng, *shapes)
    with mixed_precision():
        z = apply(make(), *given)
    assert rounded == [a.size, b.size]
    z.backward(z.value)  # outside: a gate keeps to its engine
    assert set(rounded[2:]) == {z.size}
    for tensor in (z, a, b, *(t for t in more if t is not None)):
        assert str(tensor.value.dtype) == str(tensor.grad.dtype) == "torch.float32"
        assert tensor.grad.shape == tensor.value.shape


def test_other_gates_round_in_their_products_alone(rng, rounded):
    a, b = tensors(rng, (2, 3), (3, 4))
    with mixed_precision():
        assert str(apply(Half(), a, b).value.dtype) == "torch.float32"
    assert rounded == [a.size, b.size]
    fine = Tensor(engine.asarray([1.0 + 2.0**-20], dtype="float32"))
    with mixed_precision():
        assert apply(Times(), fine, fine.value).value.item() == 1 + 2.0**-19


def test_elsewhere_it_is_the_gates_own_forward():
    gate = gates.Dense()
    for plain in (numpy_engine, engine):
        gate.engine = plain
        assert forward_of(gate) == gate.forward


def test_numpy_goes_on_in_its_own_type(rng):
    x, W = rng.normal(size=(3, 4)).astype("float32"), rng.normal(size=(4, 2)).astype("float32")
    with mixed_precision():
        z = apply(gates.Dense(), x, W)
    assert (z == x @ W).all()
