"""Constraints: what weights are brought back to after each update. Letters: W weights, n a norm.

A constraint takes the array of a parameter and gives the one that takes its place. The norms are
Euclidean, one for each unit: `axis` says along which axes they are taken, those of a unit's inputs.
That is 0 for a kernel (D, U), and (0, 1, 2) for filters (kh, kw, C, U). A constraint may also be a
plain function of W.

Keras adds 1e-7 to a norm before it divides by it, so that weights which obey shrink a little with
every step; here they stay as they are, to the bit. Weights that are all 0 stay 0.
"""

from collections.abc import Callable

from pellucid.engines import Array, engine_of
from pellucid.errors import SettingError, ShapeError
from pellucid.registry import Configurable, Registry
from pellucid.settings import not_negative, positive

registry = Registry("constraint")
get = registry.get

Axes = int | tuple[int, ...] | list[int]


class Constraint(Configurable):
    """What weights have to be. Subclasses write `__call__(W)`."""

    def __call__(self, W: Array) -> Array:
        """The weights nearest to W, or nearly so, that obey."""
        raise TypeError(f"{type(self).__name__} needs a method __call__(self, W)")

    def with_norms(self, W: Array, axis: Axes, wanted: Callable[[Array], Array]) -> Array:
        """W with its norms n changed to wanted(n). Raises ShapeError where W has no such axes."""
        axes = axis if isinstance(axis, int) else tuple(axis)
        if not all(
            -W.ndim <= each < W.ndim for each in ([axes] if isinstance(axes, int) else axes)
        ):
            raise ShapeError(
                type(self).__name__,
                f"weights that have axis {axis}",
                f"shape {tuple(W.shape)}",
                "Give the axes of a unit's inputs: 0 for (D, U), (0, 1, 2) for (kh, kw, C, U).",
            )
        xp = engine_of(W).xp
        n = xp.linalg.vector_norm(W, axis=axes, keepdims=True)
        return W * (wanted(n) / xp.where(n > 0, n, 1))


@registry.register
class MaxNorm(Constraint):
    """W min(1, max_value / n): no norm above max_value (Srebro, Rennie, Jaakkola 2005).

    Raises SettingError for a max_value that is not above 0.
    """

    def __init__(self, max_value: float = 2.0, axis: Axes = 0) -> None:
        self.max_value, self.axis = positive(self, "max_value", max_value), axis

    def __call__(self, W: Array) -> Array:
        """W with norms up to max_value."""
        return self.with_norms(W, self.axis, lambda n: engine_of(n).xp.clip(n, 0, self.max_value))


@registry.register
class MinMaxNorm(Constraint):
    """W with norms n' = rate clip(n, min_value, max_value) + (1 - rate) n.

    With a `rate` below 1, norms go only that share of the way at each step. Raises SettingError
    unless 0 <= min_value <= max_value and 0 <= rate <= 1.
    """

    def __init__(
        self,
        min_value: float = 0.0,
        max_value: float = 1.0,
        rate: float = 1.0,
        axis: Axes = 0,
    ) -> None:
        self.min_value = not_negative(self, "min_value", min_value)
        self.max_value = not_negative(self, "max_value", max_value)
        self.rate, self.axis = not_negative(self, "rate", rate), axis
        if not min_value <= max_value:
            received = f"min_value={min_value}, max_value={max_value}"
            raise SettingError("MinMaxNorm", "min_value up to max_value", received, "Swap them.")
        if rate > 1:
            raise SettingError("MinMaxNorm", "a rate from 0 to 1", repr(rate), "Try 1.0.")

    def __call__(self, W: Array) -> Array:
        """W with norms in or nearer to their range."""

        def wanted(n: Array) -> Array:
            nearest = engine_of(n).xp.clip(n, self.min_value, self.max_value)
            return self.rate * nearest + (1 - self.rate) * n

        return self.with_norms(W, self.axis, wanted)


@registry.register
class UnitNorm(Constraint):
    """W / n: every norm is 1."""

    def __init__(self, axis: Axes = 0) -> None:
        self.axis = axis

    def __call__(self, W: Array) -> Array:
        """W with norms of 1."""
        return self.with_norms(W, self.axis, engine_of(W).xp.ones_like)


@registry.register
class NonNeg(Constraint):
    """max(0, W): no weight below 0."""

    def __call__(self, W: Array) -> Array:
        """W, or 0 where it is negative."""
        return engine_of(W).xp.clip(W, 0, None)
