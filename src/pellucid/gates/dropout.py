"""Dropout: units that are left out at random in training. Letters: x in, keep 0 or 1, y out."""

from pellucid.gates.gate import Gate


class Dropout(Gate):
    """y = x keep / (1 - rate): inverted dropout   (Srivastava et al. 2014).

    x (...), keep (...) 1 where a unit stays and 0 where it is dropped; each stays with probability
    1 - rate, and the division keeps the expected value of y equal to x.

    dx = dy keep / (1 - rate).
    """

    def __init__(self, rate: float) -> None:
        self.rate = rate

    def forward(self, x, keep):
        self.scale = self.xp.astype(keep, x.dtype) / (1 - self.rate)
        return x * self.scale

    def dx(self, dy):
        return dy * self.scale
