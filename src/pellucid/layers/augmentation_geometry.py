"""Images moved, turned and zoomed by chance in training, each by its own draw.

Where a place of the output comes from is given by the inverse of the movement; what x shows there,
between its pixels and beyond its edges, is the gate `Sample2D`.

Letters: x (N, H, W, C) images; p (1, H, 1) and q (1, 1, W) the rows and columns of the output,
counted from the middle of the image; i and j those of x that they show, counted likewise.
"""

import math
from typing import Any

from pellucid import nn
from pellucid.engines import Array, Sampling, engine_of
from pellucid.layers.augmentation import Augmentation
from pellucid.layers.checking import interval
from pellucid.layers.layer import registry


class Movement(Augmentation):
    """The base: a subclass writes `source(x, p, q)`, from which i and j each place of y comes.

    `fill_mode`, how images go on beyond their edges: "reflect" (d c b a | a b c d | d c b a),
    "constant" (`fill_value` everywhere), "nearest" (a a a a | a b c d | d d d d) or "wrap"
    (a b c d | a b c d | a b c d). `interpolation`, what they show between pixels: "bilinear", or
    "nearest". Raises SettingError for others.
    """

    def __init__(
        self,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        **settings: Any,
    ) -> None:
        super().__init__(seed, **settings)
        self.fill_mode, self.interpolation, self.fill_value = fill_mode, interpolation, fill_value
        Sampling(interpolation, fill_mode, fill_value).check(type(self).__name__)

    def augment(self, x: Any) -> Any:
        """The images, each moved by its own draw."""
        xp, (_, H, W, _) = engine_of(x).xp, x.shape
        middle, center = (H - 1) / 2, (W - 1) / 2
        p, q = xp.arange(H)[None, :, None] - middle, xp.arange(W)[None, None] - center
        i, j = self.source(x, p, q)
        how = self.interpolation, self.fill_mode, self.fill_value
        return nn.sample2d(x, i + middle, j + center, *how)

    def source(self, x: Any, p: Array, q: Array) -> tuple[Array, Array]:
        """i and j: (N, H, W), or of length 1 along axes on which they do not depend."""
        raise TypeError(f"{type(self).__name__} needs a method source(self, x, p, q)")

    def draw(self, x: Any, low: float = 0.0, high: float = 1.0) -> Array:
        """One number for each image, uniform in low .. high: (N, 1, 1)."""
        return super().draw(x, low, high)[..., 0]


@registry.register
class RandomTranslation(Movement):
    """i = p - t H,   j = q - s W: each image t of its height down, s of its width to the right.

    t is drawn from `height_factor`, s from `width_factor`: two numbers from -1 to 1, or one f for
    -f .. f. Raises SettingError for others.
    """

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        **settings: Any,
    ) -> None:
        super().__init__(fill_mode, interpolation, seed, fill_value, **settings)
        self.height_factor, self.width_factor = height_factor, width_factor
        self.down = interval(self, "height_factor", height_factor, -1, 1)
        self.right = interval(self, "width_factor", width_factor, -1, 1)

    def source(self, x: Any, p: Array, q: Array) -> tuple[Array, Array]:
        """i = p - t H,   j = q - s W."""
        _, H, W, _ = x.shape
        return p - H * self.draw(x, *self.down), q - W * self.draw(x, *self.right)


@registry.register
class RandomRotation(Movement):
    """i = p cos t + q sin t,   j = q cos t - p sin t: each image turned by t about its middle.

    t / 2 pi is drawn from `factor`: two numbers from -1 to 1, or one f for -f .. f. Above 0 is
    counter-clockwise: factor=(0.25, 0.25) is np.rot90. Raises SettingError for others.
    """

    def __init__(
        self,
        factor: Any,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        **settings: Any,
    ) -> None:
        super().__init__(fill_mode, interpolation, seed, fill_value, **settings)
        self.factor = factor
        self.turns = interval(self, "factor", factor, -1, 1)

    def source(self, x: Any, p: Array, q: Array) -> tuple[Array, Array]:
        """i = p cos t + q sin t,   j = q cos t - p sin t."""
        t = 2 * math.pi * self.draw(x, *self.turns)
        cos, sin = engine_of(x).xp.cos(t), engine_of(x).xp.sin(t)
        return p * cos + q * sin, q * cos - p * sin


@registry.register
class RandomZoom(Movement):
    """i = (1 + t) p,   j = (1 + s) q: each image smaller for t above 0, larger for t below.

    t is drawn from `height_factor`, s from `width_factor`: two numbers from -1 to 1, or one f for
    -f .. f. Without a `width_factor`, s = t: the image keeps its proportions. Raises SettingError
    for others.
    """

    def __init__(
        self,
        height_factor: Any,
        width_factor: Any = None,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        **settings: Any,
    ) -> None:
        super().__init__(fill_mode, interpolation, seed, fill_value, **settings)
        self.height_factor, self.width_factor = height_factor, width_factor
        self.taller = interval(self, "height_factor", height_factor, -1, 1)
        if width_factor is not None:
            self.wider = interval(self, "width_factor", width_factor, -1, 1)

    def source(self, x: Any, p: Array, q: Array) -> tuple[Array, Array]:
        """i = (1 + t) p,   j = (1 + s) q."""
        t = self.draw(x, *self.taller)
        s = t if self.width_factor is None else self.draw(x, *self.wider)
        return (1 + t) * p, (1 + s) * q
