"""Which pixels an image shows at a place between them, or beyond its edges.

Letters: x (N, H, W, C) images; i, j the rows and columns of places, as real numbers; k, l those of
pixels. A *tap* is one of the pixels that are mixed at a place, with its weight.
"""

from numbers import Real
from typing import Any, NamedTuple

from pellucid.errors import SettingError, nearest

INTERPOLATIONS = ("bilinear", "nearest")
FILL_MODES = ("constant", "nearest", "reflect", "wrap")


class Sampling(NamedTuple):
    """How an image is read between its pixels, and how it goes on beyond its edges:

    constant  k k k k | a b c d | k k k k    k the fill value
    nearest   a a a a | a b c d | d d d d
    reflect   d c b a | a b c d | d c b a
    wrap      a b c d | a b c d | a b c d
    """

    interpolation: str = "bilinear"
    fill_mode: str = "constant"
    fill_value: float = 0.0

    def check(self, where: str) -> None:
        """Raise SettingError for a name that is not known, or a fill value that is no number."""
        for name, known in (("interpolation", INTERPOLATIONS), ("fill_mode", FILL_MODES)):
            given = getattr(self, name)
            if given not in known:
                expected = f"{name} to be one of {', '.join(known)}"
                raise SettingError(where, expected, repr(given), nearest(str(given), known))
        if isinstance(self.fill_value, bool) or not isinstance(self.fill_value, Real):
            given = repr(self.fill_value)
            raise SettingError(where, "fill_value to be a number", given, "Try 0.0.")

    def taps(self, x: Any, i: Any, j: Any, xp: Any) -> list[tuple[Any, Any]]:
        """The taps of the places (i, j), which are broadcast to (N, P, Q).

        For each tap, (N, P, Q) and (N, P, Q, 1): the numbers of its pixels, counted through all
        images, and their weights.
        """
        N, H, W, _ = x.shape
        first = xp.arange(N)[:, None, None] * (H * W)
        rows = [(first + k * W, u) for k, u in self.around(i, H, x.dtype, xp)]
        columns = self.around(j, W, x.dtype, xp)
        return [(k + l, (u * v)[..., None]) for k, u in rows for l, v in columns]

    def around(self, i: Any, n: int, dtype: Any, xp: Any) -> list[tuple[Any, Any]]:
        """The pixels around the places i along an axis of n, with their weights 1 - |i - k|."""
        if self.interpolation == "nearest":
            found = [(xp.floor(i + 0.5), xp.ones(i.shape, dtype=dtype))]
        else:
            k = xp.floor(i)
            after = xp.astype(i - k, dtype)
            found = [(k, 1 - after), (k + 1, after)]
        if self.fill_mode == "constant":
            found = [(k, weight * ((k >= 0) & (k < n))) for k, weight in found]
        return [(xp.astype(self.pixel(k, n, xp), xp.int64), weight) for k, weight in found]

    def pixel(self, k: Any, n: int, xp: Any) -> Any:
        """Which of the n pixels of an axis stands at k, before its first and after its last too."""
        if self.fill_mode == "reflect":
            k = k - 2 * n * xp.floor(k / (2 * n))
            return xp.minimum(k, 2 * n - 1 - k)
        if self.fill_mode == "wrap":
            return k - n * xp.floor(k / n)
        return xp.clip(k, 0, n - 1)
