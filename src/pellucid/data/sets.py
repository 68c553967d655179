"""A data set in memory: what there is to learn from, what to test on, and what the labels mean.

N counts examples, H W C are an image's height, width and channels.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pellucid.errors import DataError, SettingError
from pellucid.settings import number

if TYPE_CHECKING:
    from pellucid.data.images import ImagePreparation

Array = NDArray[Any]


@dataclass(eq=False)
class DataSet:
    """Arrays to train on and, where there are, to test on, with the names of the classes.

    Shapes: images are uint8 (N, H, W, C) and class labels int64 (N,); a table keeps the shape and
    type that it came with. `preparation` is how one more image becomes a row of `x_train`; it is
    None where x is not images.
    """

    name: str
    x_train: Array
    y_train: Array
    x_test: Array | None = None
    y_test: Array | None = None
    class_names: list[str] | None = None
    preparation: "ImagePreparation | None" = None

    def describe(self) -> str:
        """What is in the set, in one line.

        >>> DataSet("points", np.zeros((90, 2)), np.arange(90) % 3).describe()
        'points: 90 training rows of shape (2,) and float64, 3 classes'
        """
        counts = f"{len(self.x_train):,} training"
        if self.x_test is not None:
            counts += f" and {len(self.x_test):,} test"
        shape = self.x_train.shape[1:]
        if self.preparation is not None:
            what = f"images of {' x '.join(map(str, shape))}"
        else:
            what = f"rows of shape {shape} and {self.x_train.dtype}"
        classes = self._class_count()
        return f"{self.name}: {counts} {what}" + (f", {classes} classes" if classes else "")

    def held_out(self, fraction: float, seed: int) -> Self:
        """The set with a test part: its own where it has one, else a fraction of the training rows.

        Raises what `split` raises.
        """
        if self.x_test is not None:
            return self
        names = ("x_train", "y_train", "x_test", "y_test")
        parts = split(self.x_train, self.y_train, fraction, seed)
        return replace(self, **dict(zip(names, parts, strict=True)))

    def _class_count(self) -> int:
        if self.class_names is not None:
            return len(self.class_names)
        is_label = self.y_train.dtype.kind in "iu" and self.y_train.ndim == 1
        return len(np.unique(self.y_train)) if is_label else 0


def split(
    x: ArrayLike, y: ArrayLike, fraction: float = 0.2, seed: int = 0
) -> tuple[Array, Array, Array, Array]:
    """Hold out a fraction of the rows: x_train, y_train, x_test, y_test, each in the old order.

    Of n rows round(n * fraction) are held out, at least one and not all. Whole-number labels (N,)
    are stratified: every class gives its share, rounded up or down. Anything else is drawn at
    random. The same seed holds out the same rows.

    Raises SettingError for a fraction outside (0, 1) and DataError for fewer than two rows or
    unequal lengths. The idea of systematic sampling: W. G. Cochran, Sampling Techniques (1977),
    chapter 8.
    """
    x, y = np.asarray(x), np.asarray(y)
    n = len(x)
    if not 0 < number(fraction) < 1:
        raise SettingError(
            "split", "a fraction between 0 and 1", repr(fraction), "0.2 holds out one row in five."
        )
    if n < 2 or n != len(y):
        raise DataError(
            "split",
            "at least two rows, as many in x as in y",
            f"{n} in x and {len(y)} in y",
            "Give one target a row.",
        )
    order = np.random.default_rng(seed).permutation(n)
    if y.ndim == 1 and y.dtype.kind in "iub":
        order = order[np.argsort(y[order], kind="stable")]
    # The shuffled rows stand class by class now: evenly spaced ones hit each in proportion.
    held = min(max(round(n * fraction), 1), n - 1)
    is_test = np.zeros(n, bool)
    is_test[order[((np.arange(held) + 0.5) * n / held).astype(np.intp)]] = True
    return x[~is_test], y[~is_test], x[is_test], y[is_test]
