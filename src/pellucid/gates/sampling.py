"""Sampling: images seen at other places, between their pixels and beyond their edges.

Letters: x (N, H, W, C) images, y (N, P, Q, C) output; i, j (N, P, Q) the row and the column of x
that each place of y shows, as real numbers; k, l the row and the column of a pixel.
"""

from pellucid.engines import Sampling
from pellucid.gates.gate import Gate


class Sample2D(Gate):
    """y[n, p, q] = sum over k, l of w(i - k) w(j - l) x[n, k, l],   w(t) = max(0, 1 - |t|)

    x (N, H, W, C), i and j (N, P, Q)  ->  y (N, P, Q, C)

    with the i and j of n, p, q (arrays of length 1 along axes on which they do not depend will do).
    So each place of y is mixed of the four pixels around the place of x that it shows: bilinear
    interpolation. With "nearest" it is the one pixel nearest to it. How x goes on beyond its edges,
    `fill_mode` says: see `Sampling`.

    dx = dy w w at each of these pixels, added up.
    """

    def __init__(
        self,
        interpolation: str = "bilinear",
        fill_mode: str = "constant",
        fill_value: float = 0.0,
    ) -> None:
        self.how = Sampling(interpolation, fill_mode, fill_value)
        self.how.check("Sample2D")

    def forward(self, x, i, j):
        self.x, self.i, self.j = x, i, j
        return self.engine.sample(x, i, j, self.how)

    def dx(self, dy):
        return self.engine.sample_dx(dy, self.x, self.i, self.j, self.how)
