"""Dropout, and its relative for networks of selu."""

from collections.abc import Sequence
from typing import Any

from pellucid import gates, random
from pellucid.engines import Array, engine_of
from pellucid.graph.tensor import Tensor, apply
from pellucid.nn.arithmetic import add, multiply, where
from pellucid.nn.values import Value


def dropout(
    x: Value,
    rate: float,
    noise_shape: Sequence[int | None] | None = None,
    keep: Array | None = None,
    source: Any = None,
) -> Any:
    """Each value dropped with probability `rate`, the others divided by 1 - rate.

    `keep` is the array of what stays (1) and what is dropped (0); without it, it is drawn from the
    generator `source`, or from a new one. `noise_shape` with a 1 in it drops along that axis
    together; None in it is the length that x has there.
    """
    if keep is None:
        keep = _drawn(x, rate, noise_shape, source)
    return apply(gates.Dropout(rate), x, keep)


def alpha_dropout(
    x: Value,
    rate: float,
    noise_shape: Sequence[int | None] | None = None,
    keep: Array | None = None,
    source: Any = None,
) -> Any:
    """Each value set to selu's lower end with probability `rate`, then all scaled and moved.

    y = s (x or low) + t, with s and t for which a mean of 0 and a variance of 1 stay what they are.
    The arguments are those of `dropout`   (Klambauer, Unterthiner, Mayr, Hochreiter 2017).
    """
    if keep is None:
        keep = _drawn(x, rate, noise_shape, source)
    low = gates.SELU.LOW
    s = ((1 - rate) * (1 + rate * low**2)) ** -0.5
    return add(multiply(where(keep, x, low), s), -s * rate * low)


def _drawn(x: Value, rate: float, noise_shape: Any, source: Any) -> Array:
    """What stays (1) and what is dropped (0), drawn with probability `rate` of the latter."""
    array = (x if isinstance(x, Tensor) else Tensor(x)).value
    shape = array.shape
    if noise_shape is not None:
        shape = tuple(n or own for n, own in zip(noise_shape, shape, strict=True))
    source = source or random.generator("dropout")
    return engine_of(array).uniform(source, shape, array.dtype) >= rate
