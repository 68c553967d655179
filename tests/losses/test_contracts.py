"""What holds for every loss: its slopes are right, and there at any size."""

import inspect

import numpy as np
import pytest

from pellucid import Tensor, gradient_check
from pellucid.losses import Poisson

from .cases import NAMED, example


@pytest.mark.parametrize("kind", NAMED, ids=lambda kind: kind.__name__)
def test_gradients_agree_with_central_differences(kind, rng):
    y, p = example(kind, rng)
    check = gradient_check(lambda p: kind()(y, p), p)
    assert check, str(check)


EXTREMES = np.float32([[1e4, -1e4, 0], [0, 0, 1e4], [-1e4, -1e4, 1e4], [1, 0, 0]])


@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize("kind", NAMED, ids=lambda kind: kind.__name__)
def test_outputs_of_any_size_have_finite_losses_and_slopes_in_float32(kind, from_logits):
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
        tensor = Tensor(z)
        each = loss(y if kind.targets == "classes" else np.eye(3)[y], tensor)
        each.backward(np.ones(4, "float32"))
        assert each.dtype == tensor.grad.dtype == "float32"
        assert np.isfinite(each.value).all()
        assert np.isfinite(tensor.grad).all()
