"""The geometry that convolution and pooling share: a window that slides over an image.

Letters: H, W the image's height and width; kernel (kh, kw), strides (sh, sw), dilation (dh, dw);
padding ((top, bottom), (left, right)); P, Q the output's height and width. A *tap* is one place
(i, j) inside the window; over all positions of the window it sees one strided slice of the image.
"""

from collections.abc import Iterator
from typing import NamedTuple

Pair = tuple[int, int]


class Window(NamedTuple):
    """A kernel with its strides, its padding and its dilation."""

    kernel: Pair
    strides: Pair = (1, 1)
    padding: tuple[Pair, Pair] = ((0, 0), (0, 0))
    dilation: Pair = (1, 1)

    @property
    def size(self) -> int:
        """How many taps the window has."""
        return self.kernel[0] * self.kernel[1]

    @property
    def reach(self) -> Pair:
        """How many rows and columns of the image one window spans, dilation included."""
        (kh, kw), (dh, dw) = self.kernel, self.dilation
        return (kh - 1) * dh + 1, (kw - 1) * dw + 1

    def padded_size(self, height: int, width: int) -> Pair:
        """The height and width of the image once it is padded."""
        (top, bottom), (left, right) = self.padding
        return height + top + bottom, width + left + right

    def output_size(self, height: int, width: int) -> Pair:
        """P, Q of an image of `height` and `width`: how often the window fits in each direction."""
        (ph, pw), (rh, rw) = self.padded_size(height, width), self.reach
        sh, sw = self.strides
        return (ph - rh) // sh + 1, (pw - rw) // sw + 1

    def taps(self, height: int, width: int) -> Iterator[tuple[Pair, tuple]]:
        """Each tap (i, j) with the slice of the padded (N, H, W, C) image that it sees."""
        P, Q = self.output_size(height, width)
        (kh, kw), (sh, sw), (dh, dw) = self.kernel, self.strides, self.dilation
        for i in range(kh):
            for j in range(kw):
                rows = slice(i * dh, i * dh + sh * (P - 1) + 1, sh)
                columns = slice(j * dw, j * dw + sw * (Q - 1) + 1, sw)
                yield (i, j), (slice(None), rows, columns)

    def inside(self, height: int, width: int) -> tuple:
        """The slice of a padded (N, H, W, C) image that is the image itself."""
        (top, _), (left, _) = self.padding
        return slice(None), slice(top, top + height), slice(left, left + width)


def same_padding(size: int, kernel: int, stride: int, dilation: int) -> Pair:
    """The (before, after) padding with which an axis of `size` gives ceil(size / stride) outputs.

    An odd amount puts the extra row or column after, as Keras and TensorFlow do.
    """
    outputs = -(-size // stride)
    total = max((outputs - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return total // 2, total - total // 2
