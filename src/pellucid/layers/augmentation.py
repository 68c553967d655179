"""Augmentation: images changed by chance in training, so that a network meets each in many forms.

These layers stand first in a model, behind `Input`. In inference they do nothing (`RandomCrop` cuts
out the middle). Each image of a batch is changed by its own draw, from a stream of random numbers
that a model's file keeps: a run that goes on makes the same changes. Images of bytes are numbers of
floating point by the time they come here, as in Keras; a gradient travels through to them.

Here are the base, and what leaves pixels where they are or takes some out; moves and turns are in
`augmentation_geometry`, mixtures of images in `augmentation_mixing`.

Letters: x (N, H, W, C) images, all drawn numbers (N, 1, 1, 1).
"""

from typing import Any, ClassVar

from pellucid import nn
from pellucid.engines import Array, engine_of
from pellucid.errors import SettingError
from pellucid.gates import Slice
from pellucid.graph import apply
from pellucid.layers.checking import (
    at_least_one,
    channels_last,
    interval,
    range_of_values,
)
from pellucid.layers.layer import registry
from pellucid.layers.noise import Random
from pellucid.layers.symbol import Shape
from pellucid.settings import is_number, one_of
from pellucid.targets import of_type

MODES = ("horizontal", "vertical", "horizontal_and_vertical")


class Augmentation(Random):
    """The base: a subclass writes `augment(x)`, which is asked in training alone.

    `seed`: a whole number from 0, for a stream of random numbers of the layer's own. Raises
    ShapeError unless the inputs are images (N, H, W, C); a single one is x[None].
    """

    purpose: ClassVar[str] = "augmentation"

    def __init__(
        self, seed: int | None = None, data_format: str | None = None, **settings: Any
    ) -> None:
        super().__init__(seed, **settings)
        self.data_format = channels_last(self, data_format)

    def build(self, input_shape: Shape) -> None:
        """Its own stream of random numbers."""
        self.expect_rank(input_shape, 4, "images (N, H, W, C)")
        super().build(input_shape)

    def call(self, x: Any, training: bool = False) -> Any:
        """x, changed in training."""
        return self.augment(x) if training else x

    def augment(self, x: Any) -> Any:
        """The images, each changed by its own draw."""
        raise TypeError(f"{type(self).__name__} needs a method augment(self, x)")

    def draw(self, x: Any, low: float = 0.0, high: float = 1.0) -> Array:
        """One number for each image, uniform in low .. high, in float64: (N, 1, 1, 1)."""
        u = engine_of(x).uniform(self.generator, (x.shape[0], 1, 1, 1), "float64")
        return low + (high - low) * u


@registry.register
class RandomFlip(Augmentation):
    """Each image is mirrored with probability 1/2.

    `mode`: "horizontal" (left and right change places), "vertical" (top and bottom), or
    "horizontal_and_vertical": each of both with probability 1/2 of its own (in Keras, both or
    none). Raises SettingError for another.
    """

    def __init__(
        self, mode: str = "horizontal_and_vertical", seed: int | None = None, **settings: Any
    ) -> None:
        super().__init__(seed, **settings)
        self.mode = one_of(self, "mode", mode, MODES)

    def augment(self, x: Any) -> Any:
        """x, some of it mirrored."""
        if "horizontal" in self.mode:
            x = nn.where(self.draw(x) < 0.5, mirrored(x, 2), x)
        if "vertical" in self.mode:
            x = nn.where(self.draw(x) < 0.5, mirrored(x, 1), x)
        return x


def mirrored(x: Any, axis: int) -> Any:
    """x the other way round along an axis."""
    return apply(Slice((*(slice(None) for _ in range(axis)), slice(None, None, -1))), x)


@registry.register
class RandomCrop(Augmentation):
    """A window of `height` and `width` at a random place of each image: (N, height, width, C).

    In Keras all images of a batch are cut at the same place. In inference, and where the images are
    smaller than the window, it is the largest window of this shape in the middle, resized by
    bilinear interpolation, as Keras' text says.

    To move images by some pixels and keep them whole in inference (the "pad by 4 and crop" of
    CIFAR), take `RandomTranslation(4 / 32, 4 / 32, "constant", "nearest")`.
    """

    def __init__(self, height: int, width: int, seed: int | None = None, **settings: Any) -> None:
        super().__init__(seed, **settings)
        self.height = at_least_one(self, "height", height)
        self.width = at_least_one(self, "width", width)

    def call(self, x: Any, training: bool = False) -> Any:
        """The windows."""
        _, H, W, _ = x.shape
        fits = self.height <= H and self.width <= W
        return self.augment(x) if training and fits else self.middle(x)

    def augment(self, x: Any) -> Any:
        """A window of each image, at its own place."""
        xp, (N, H, W, _) = engine_of(x).xp, x.shape
        top = xp.floor(self.draw(x, 0, H - self.height + 1))
        left = xp.floor(self.draw(x, 0, W - self.width + 1))
        rows = xp.astype(top, xp.int64)[..., 0] + xp.arange(self.height)[:, None]
        columns = xp.astype(left, xp.int64)[..., 0] + xp.arange(self.width)
        return x[xp.arange(N)[:, None, None], rows, columns]

    def middle(self, x: Any) -> Any:
        """The largest window of this shape in the middle, (h, w), resized.

        Row p shows i = (p + 1/2) h / height - 1/2, and so for columns: edges stay edges.
        """
        xp, (_, H, W, _) = engine_of(x).xp, x.shape
        h = max(1, min(H, W * self.height // self.width))
        w = max(1, min(W, H * self.width // self.height))
        top, left = (H - h) // 2, (W - w) // 2
        x = x[:, top : top + h, left : left + w]
        if (h, w) == (self.height, self.width):
            return x
        i = (xp.arange(self.height, dtype="float64") + 0.5) * (h / self.height) - 0.5
        j = (xp.arange(self.width, dtype="float64") + 0.5) * (w / self.width) - 0.5
        return nn.sample2d(x, i[None, :, None], j[None, None], fill_mode="nearest")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(N, height, width, C)."""
        return (None, self.height, self.width, input_shape[-1])


@registry.register
class RandomBrightness(Augmentation):
    """x + d (high - low), cut off at low and high: the `value_range` of the images.

    d is drawn from `factor`: two numbers from -1 (black) to 1 (white), or one f for -f .. f.
    Raises SettingError for others.
    """

    def __init__(
        self,
        factor: Any,
        value_range: tuple[float, float] = (0, 255),
        seed: int | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(seed, **settings)
        self.factor, self.value_range = factor, value_range
        self.lighter = interval(self, "factor", factor, -1, 1)
        self.low, self.high = range_of_values(self, value_range)

    def augment(self, x: Any) -> Any:
        """x, lighter or darker."""
        d = self.draw(x, *self.lighter) * (self.high - self.low)
        return nn.clip(x + of_type(x, d), self.low, self.high)


@registry.register
class RandomContrast(Augmentation):
    """(x - mean) c + mean, cut off at the ends of `value_range`; mean is each channel's own.

    c is drawn from 1 - lower .. 1 + upper, where `factor` is (lower, upper), both from 0 to 1; one
    number stands for both, as Keras' text says (its code draws from 1 up alone then). Raises
    SettingError for others.
    """

    def __init__(
        self,
        factor: Any,
        value_range: tuple[float, float] = (0, 255),
        seed: int | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(seed, **settings)
        self.factor, self.value_range = factor, value_range
        interval(self, "factor", factor, 0, 1)
        lower, upper = factor if isinstance(factor, tuple | list) else (factor, factor)
        self.contrast = 1 - lower, 1 + upper
        self.low, self.high = range_of_values(self, value_range)

    def augment(self, x: Any) -> Any:
        """x, its differences larger or smaller."""
        mean = nn.mean(x, axis=(1, 2), keepdims=True)
        c = of_type(x, self.draw(x, *self.contrast))
        return nn.clip((x - mean) * c + mean, self.low, self.high)


@registry.register
class RandomErasing(Augmentation):
    """A rectangle of each image is painted over (Zhong et al. 2020).

    Its height and its width are sqrt(s) of the image's, with an s for each drawn from `scale`, two
    numbers from 0 to 1 (or one, for 0 .. s): so it covers about s of the image. It lies anywhere
    inside; pixels whose middle it covers are painted. `fill_value` is a number, or one a channel;
    with None every pixel is noise: normal, with the end of `value_range` for its standard
    deviation, and cut off at both ends, as all fills are.

    `factor` is the probability that an image is painted on, or two, between which it is drawn.
    (Keras draws it from 0 .. factor where it is one number, though its text says that 1 means
    always.)

    `RandomErasing(scale=(0.25, 0.25), fill_value=0)` is cutout (DeVries and Taylor 2017) with
    a square of half the side, except that cutout's squares may reach beyond the edges. Raises
    SettingError for settings out of range.
    """

    def __init__(
        self,
        factor: Any = 1.0,
        scale: Any = (0.02, 0.33),
        fill_value: float | list[float] | tuple[float, ...] | None = None,
        value_range: tuple[float, float] = (0, 255),
        seed: int | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(seed, **settings)
        self.factor, self.scale = factor, scale
        self.fill_value, self.value_range = fill_value, value_range
        ends = interval(self, "factor", factor, 0, 1)
        self.probability = ends if isinstance(factor, tuple | list) else (factor, factor)
        self.share = interval(self, "scale", scale, 0, 1)
        self.low, self.high = range_of_values(self, value_range)
        fills = fill_value if isinstance(fill_value, tuple | list) else [fill_value]
        if fill_value is not None and not (fills and all(map(is_number, fills))):
            expected = "fill_value to be a number, one a channel, or None"
            raise SettingError("RandomErasing", expected, repr(fill_value), "Try 0.")

    def build(self, input_shape: Shape) -> None:
        """Check that the fill goes with the channels."""
        super().build(input_shape)
        fill, C = self.fill_value, input_shape[-1]
        if isinstance(fill, tuple | list) and len(fill) not in (1, C):
            raise SettingError(
                f"layer {self.label}",
                f"a fill_value of one number, or of {C}, as its input {input_shape} has channels",
                f"{len(fill)} numbers",
                "Give one for all channels, or one for each.",
            )

    def augment(self, x: Any) -> Any:
        """x, some of it painted over."""
        _, H, W, _ = x.shape
        erased = self.span(x, H)[..., None, None] & self.span(x, W)[:, None, :, None]
        erased = erased & (self.draw(x) < self.draw(x, *self.probability))
        return nn.where(erased, self.fill(x), x)

    def span(self, x: Any, n: int) -> Array:
        """Which of n rows, or columns, of each image are inside its rectangle: (N, n)."""
        xp = engine_of(x).xp
        length = n * xp.sqrt(self.draw(x, *self.share))
        start = self.draw(x) * (n - length)
        k = xp.arange(n) + 0.5
        return ((k >= start) & (k < start + length))[:, 0, 0]

    def fill(self, x: Any) -> Array:
        """What is painted: the fill value, or noise."""
        values = self.fill_value
        if values is None:
            values = self.high * self.generator.standard_normal(tuple(x.shape))
        values = engine_of(x).asarray(values, dtype=x.dtype)
        return engine_of(x).xp.clip(values, self.low, self.high)
