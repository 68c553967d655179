"""Layers that normalise each example by itself, beside `LayerNormalization`."""

from collections.abc import Sequence
from typing import Any

from pellucid import nn
from pellucid.errors import SettingError
from pellucid.layers.activation import Elementwise
from pellucid.layers.checking import at_least_one, channels, last_axes
from pellucid.layers.layer import registry
from pellucid.layers.normalization import gamma_and_beta
from pellucid.layers.recipe import keep_recipe
from pellucid.layers.symbol import Shape
from pellucid.settings import not_negative


@registry.register
class GroupNormalization(Elementwise):
    """Each example normalised by itself in groups of channels, then gamma x_hat + beta.

    Input (N, ..., C), whose channels are the last axis (Keras takes others). With `groups=1` all
    channels are taken together, with `groups=-1` each alone (instance normalisation). Without
    `scale` (`center`), gamma (beta) is kept as it began. Wu and He 2018. Raises SettingError where
    the channels cannot be cut into so many groups.
    """

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.groups = groups if groups == -1 else at_least_one(self, "groups", groups)
        self.axis, self.center, self.scale = axis, center, scale
        self.epsilon = not_negative(self, "epsilon", epsilon)
        keep_recipe(self, "beta", beta_initializer, beta_regularizer, beta_constraint)
        keep_recipe(self, "gamma", gamma_initializer, gamma_regularizer, gamma_constraint)

    def build(self, input_shape: Shape) -> None:
        """gamma and beta of one number a channel."""
        C = channels(self, self.axis, input_shape)
        self.parts = C if self.groups == -1 else self.groups
        if C % self.parts:
            raise SettingError(
                f"layer {self.label}",
                f"groups that divide the {C} channels of its input {input_shape}",
                f"groups={self.groups}",
                "Choose a divisor, or -1 for each channel alone.",
            )
        self.gamma, self.beta = gamma_and_beta(self, (C,))

    def call(self, x: Any) -> Any:
        """The normalised x."""
        return nn.group_norm(x, self.gamma, self.beta, self.parts, self.epsilon)


@registry.register
class RMSNormalization(Elementwise):
    """Each example divided by its root mean square over its last axes, then times `scale`.

    Layer normalisation without the mean, and without a shift. `axis`: the last axis (-1), or the
    list of the last ones (Keras takes any). Zhang and Sennrich 2019.
    """

    def __init__(
        self, axis: int | Sequence[int] = -1, epsilon: float = 1e-6, **settings: Any
    ) -> None:
        super().__init__(**settings)
        self.axis, self.epsilon = axis, not_negative(self, "epsilon", epsilon)

    def build(self, input_shape: Shape) -> None:
        """The scale, of the shape that is normalised."""
        self.scale = self.add_weight(last_axes(self, self.axis, input_shape), "ones", name="scale")

    def call(self, x: Any) -> Any:
        """The normalised x."""
        return nn.rms_norm(x, self.scale, self.epsilon)

    def takes(self) -> Shape:
        """Inputs whose last lengths are those of the scale."""
        return (*(None for _ in self.input_shape[self.scale.ndim :]), *self.scale.shape)


@registry.register
class UnitNormalization(Elementwise):
    """x / |x|: each example at length 1 along an axis, or along several together.

    |x| = sqrt(sum of x^2); a vector of zeros stays one. Raises SettingError for an axis that is not
    there, and for the batch's, which Keras allows: no example should depend on the others.
    """

    def __init__(self, axis: int | Sequence[int] = -1, **settings: Any) -> None:
        super().__init__(**settings)
        self.axis = axis

    def build(self, input_shape: Shape) -> None:
        """Check that the axes are there."""
        rank = len(input_shape)
        axes = [self.axis] if isinstance(self.axis, int) else self.axis
        if not axes or any(axis % rank == 0 or not -rank < axis < rank for axis in axes):
            raise SettingError(
                f"layer {self.label}",
                f"axes of its input {input_shape}, without the batch",
                f"axis={self.axis}",
                "Try -1, the features.",
            )

    def call(self, x: Any) -> Any:
        """x at length 1."""
        return nn.unit_norm(x, self.axis if isinstance(self.axis, int) else tuple(self.axis))
