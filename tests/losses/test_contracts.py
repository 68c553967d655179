"""What holds for every loss: its slopes are right, and there at any size."""

import inspect

import numpy as np
import pytest

from pellucid import Tensor, gradient_check
from pellucid.engines import find, numpy_engine
from pellucid.losses import Poisson

from ..bringing import as_numpy, brought, type_of
from .cases import NAMED, example


@pytest.mark.parametrize("kind", NAMED, ids=lambda kind: kind.__name__)
def test_gradients_agree_with_central_differences(kind, engine, rng):
    y, p = brought(engine, example(kind, rng))
    check = gradient_check(lambda p: kind()(y, p), p)
    assert check, str(check)


EXTREMES = np.float32([[1e4, -1e4, 0], [0, 0, 1e4], [-1e4, -1e4, 1e4], [1, 0, 0]])


@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize("kind", NAMED, ids=lambda kind: kind.__name__)
def test_outputs_of_any_size_have_finite_losses_and_slopes_in_float32(kind, from_logits, engine):
    """Scores and numbers of 1e4, probabilities of 0 and 1, against each target in turn."""
    if "from_logits" in inspect.signature(kind).parameters:
        loss = kind(from_logits=from_logits, reduction=None)
    else:
        loss = kind(reduction=None)
    z = EXTREMES
    if kind is Poisson:
        z = np.abs(z)
    elif kind.targets != "numbers" and not loss.from_logits:
        z = np.clip(z, 0, 1)
    for target in range(3):
        y = np.full(4, target)
        tensor = Tensor(brought(engine, z))
        each = loss(y if kind.targets == "classes" else np.eye(3)[y], tensor)
        each.backward(np.ones(4, "float32"))
        assert type_of(each) == type_of(tensor.grad) == "float32"
        assert np.isfinite(as_numpy(each)).all()
        assert np.isfinite(as_numpy(tensor.grad)).all()


@pytest.mark.parametrize("weight", [None, [2, 0, 1, 3, 1, 0]])
@pytest.mark.parametrize("kind", NAMED, ids=lambda kind: kind.__name__)
def test_the_engines_agree(kind, weight, rng):
    """Targets and weights may be NumPy's: they go where the outputs are."""
    y, p = example(kind, rng)
    found = []
    for each in (numpy_engine, find("torch")):
        tensor = Tensor(brought(each, p))
        loss = kind()(y, tensor, weight)
        loss.backward()
        found.append([as_numpy(loss), as_numpy(tensor.grad)])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-10, atol=1e-12)
