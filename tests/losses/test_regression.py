"""Losses on numbers: by hand, against PyTorch, and at any size."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from pellucid import Tensor, losses
from pellucid.errors import DataError, SettingError, ShapeError
from pellucid.losses import (
    CosineSimilarity,
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    Poisson,
)

from ..saying import says
from .cases import C, N, scores
from .comparing import compare


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-10), ("float32", 1e-5)])
def test_losses_on_numbers_are_torchs(dtype, tolerance, rng):
    y, p = rng.normal(size=(N, C)).astype(dtype), scores(rng, dtype)
    counts, expected = rng.poisson(3.0, (N, C)).astype(dtype), np.exp(scores(rng, dtype))
    t, n = torch.tensor(y), torch.tensor(counts)
    for loss, targets, outputs, theirs in (
        (MeanSquaredError(), y, p, lambda p: F.mse_loss(p, t)),
        (MeanAbsoluteError(), y, p, lambda p: F.l1_loss(p, t)),
        (Huber(), y, p, lambda p: F.huber_loss(p, t)),
        (Huber(0.3), y, p, lambda p: F.huber_loss(p, t, delta=0.3)),
        (LogCosh(), y, p, lambda p: torch.log(torch.cosh(p - t)).mean()),
        (CosineSimilarity(), y, p, lambda p: -F.cosine_similarity(p, t).mean()),
        (MeanAbsolutePercentageError(), y, p, lambda p: 100 * ((p - t) / t).abs().mean()),
        (
            MeanSquaredLogarithmicError(),
            counts,
            expected,
            lambda p: F.mse_loss(torch.log1p(p), torch.log1p(n)),
        ),
        (
            Poisson(),
            counts,
            expected,
            lambda p: F.poisson_nll_loss(p, n, log_input=False, eps=1e-7),
        ),
    ):
        # Keras counts a target of 0 as 1e-7 inside the logarithm, and so the last digits differ
        looser = 1e-6 if isinstance(loss, MeanSquaredLogarithmicError) else 0
        compare(loss, targets, outputs, theirs, max(tolerance, looser))


def test_means_over_an_examples_outputs():
    y, p = np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([[1.0, 3.0], [1.0, 3.0]])
    assert MeanSquaredError(reduction=None)(y, p).tolist() == [5, 2]
    assert MeanAbsoluteError(reduction=None)(y, p).tolist() == [2, 1]
    assert Huber(reduction=None)(y, p).tolist() == [1.5, 0.75]  # 1/2 and 5/2; 0 and 3/2
    assert Huber(2.0, reduction=None)(y, p).tolist() == [2.25, 1]  # 1/2 and 4; 0 and 2
    assert MeanAbsolutePercentageError(reduction=None)(y + 1, p).tolist() == [100, 50]


# -- at any size ----------------------------------------------------------------------------------


def test_errors_of_1e4_are_exact_in_float32():
    y, p = np.float32([[0.0], [0.0]]), np.float32([[1e4], [-1e4]])
    for loss, expected in ((LogCosh, 1e4 - math.log(2)), (Huber, 1e4 - 0.5)):
        tensor = Tensor(p)
        value = loss()(y, tensor)
        value.backward()
        assert float(value) == pytest.approx(expected, rel=1e-7)
        assert value.dtype == "float32"
        assert tensor.grad.tolist() == [[0.5], [-0.5]]


def test_zeros_are_finite_in_float32():
    """As in Keras: 1e-7 stands in for 0 in logarithms, quotients and lengths."""
    zeros, ones = np.zeros((2, 3), "float32"), np.ones((2, 3), "float32")
    for loss, y, p, expected in (
        (Poisson(), zeros, zeros, 0.0),
        (Poisson(), ones, zeros, -math.log(1e-7)),
        (MeanSquaredLogarithmicError(), zeros, zeros, 0.0),
        (MeanSquaredLogarithmicError(), zeros, ones - 3, 0.0),
        (MeanAbsolutePercentageError(), zeros, ones, 1e9),
        (CosineSimilarity(), ones, zeros, 0.0),
        (CosineSimilarity(), zeros, zeros, 0.0),
    ):
        tensor = Tensor(p)
        value = loss(y, tensor)
        value.backward()
        assert float(value) == pytest.approx(expected, rel=1e-6)
        assert np.isfinite(tensor.grad).all()


def test_a_cosine_does_not_depend_on_lengths(rng):
    y, p = rng.normal(size=(N, C)), rng.normal(size=(N, C))
    close = CosineSimilarity(reduction=None)(y, p)
    np.testing.assert_allclose(CosineSimilarity(reduction=None)(y * 1e4, p / 1e3), close)
    np.testing.assert_allclose(CosineSimilarity(reduction=None)(y, 3 * y), -1)
    np.testing.assert_allclose(CosineSimilarity(reduction=None)(y, -y), 1)


# -- settings and targets -------------------------------------------------------------------------


@pytest.mark.parametrize("delta", [0, -1.0, math.nan, "1"])
def test_a_delta_is_positive(delta):
    with says(SettingError, f"Huber: expected delta above 0; got {delta!r}. Try 1.0."):
        Huber(delta)


def test_names_of_losses_on_numbers():
    for name, kind in {
        "mape": MeanAbsolutePercentageError,
        "MSLE": MeanSquaredLogarithmicError,
        "log_cosh": LogCosh,
        "logcosh": LogCosh,
        "huber": Huber,
        "poisson": Poisson,
        "cosine_similarity": CosineSimilarity,
    }.items():
        assert type(losses.get(name)) is kind
    assert losses.get("huber").name == "huber_loss"  # as in Keras


@pytest.mark.parametrize("kind", [Poisson, MeanSquaredLogarithmicError])
def test_amounts_are_not_negative(kind):
    text = (
        f"targets for {kind.__name__}: expected values from 0; got -2 to 3. "
        "Use MeanSquaredError for other numbers."
    )
    with says(DataError, text):
        kind().check(np.array([3, -2]), (None, 1))
    kind().check(np.array([0, 3]), (None, 1))


def test_as_many_outputs_as_numbers():
    text = (
        "targets for Huber: expected the shape of the outputs, (N, 2); got shape (4, 3). "
        "Give the last layer as many units as each target has numbers."
    )
    with says(ShapeError, text):
        Huber().check(np.zeros((4, 3)), (None, 2))
