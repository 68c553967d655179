"""Pooling: one number for what a window sees, channel by channel.

Letters: x (N, H, W, C) images, z (N, P, Q, C) output. Padding takes no part in either gate: it is
never the largest, and a mean is over the places inside the image.
"""

from pellucid.gates.convolution import Padding, Pair, along, window_over
from pellucid.gates.gate import Gate
from pellucid.gates.rectifier import ReLU


class Pool2D(Gate):
    """A window of `pool` (height, width) that moves by `strides` (default: its own size)."""

    def __init__(
        self, pool: Pair = (2, 2), strides: Pair | None = None, padding: Padding = "valid"
    ) -> None:
        self.pool, self.strides, self.padding = pool, strides or pool, padding

    def look(self, x):
        """Remember the images' size and the window that slides over them."""
        self.size = x.shape[1:3]
        self.window = window_over(self.size, self.pool, self.strides, self.padding, (1, 1))


class MaxPool2D(Pool2D):
    """z = the largest x in each window,   dx = dz at the first place that is the largest, else 0.

    x (N, H, W, C)  ->  z (N, P, Q, C)

    The largest of rectified values is the largest value, rectified: see `goes_before`.
    """

    takes_waiting = gives_new = takes_short = True
    goes_before = (ReLU,)

    def forward(self, x):
        self.look(x)
        self.x = None if self.will_need("x") else x
        z, self.winner = self.engine.max_pool(x, self.window, places=self.x is None)
        return z

    def dx(self, dz):
        if self.winner is None:
            _, self.winner = self.engine.max_pool(self.x, self.window)
        return self.engine.max_pool_dx(dz, self.winner, self.size, self.window)


class AveragePool2D(Pool2D):
    """z = the mean of x in each window, n places of the image,   dx = dz / n at each of them.

    x (N, H, W, C)  ->  z (N, P, Q, C)
    """

    def forward(self, x):
        self.look(x)
        inside = self.xp.ones((1, *self.size, 1), dtype=x.dtype)
        self.n = self.engine.sum_pool(inside, self.window)
        return self.engine.sum_pool(x, self.window) / self.n

    def dx(self, dz):
        return self.engine.sum_pool_dx(dz / self.n, self.size, self.window)


class MaxPool1D(MaxPool2D):
    """z = the largest x in each window of a sequence: images one row high.

    x (N, L, C)  ->  z (N, P, C)
    """

    def __init__(
        self, pool: int = 2, stride: int | None = None, padding: str | Pair = "valid"
    ) -> None:
        super().__init__((1, pool), (1, stride or pool), along(padding))

    def forward(self, x):
        return super().forward(x[:, None])[:, 0]

    def dx(self, dz):
        return super().dx(dz[:, None])[:, 0]


class AveragePool1D(AveragePool2D):
    """z = the mean of x in each window of a sequence: images one row high.

    x (N, L, C)  ->  z (N, P, C)
    """

    def __init__(
        self, pool: int = 2, stride: int | None = None, padding: str | Pair = "valid"
    ) -> None:
        super().__init__((1, pool), (1, stride or pool), along(padding))

    def forward(self, x):
        return super().forward(x[:, None])[:, 0]

    def dx(self, dz):
        return super().dx(dz[:, None])[:, 0]
