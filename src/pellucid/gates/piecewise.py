"""Activations made of pieces: straight or square, with parts that are flat. Letters: z in, a out.

They cost no exponential, and their flat parts are exactly 0 or 1.
"""

from pellucid.gates.gate import Gate


class HardSigmoid(Gate):
    """a = slope z + 1/2, but at least 0 and at most 1,   dz = slope da where 0 < a < 1, else 0.

    With a slope of 1/6 it stands in for the sigmoid   (Courbariaux, Bengio, David 2015).
    """

    def __init__(self, slope: float = 1 / 6) -> None:
        self.slope = slope

    def forward(self, z):
        self.a = hard_sigmoid(z, self.slope, self.xp)
        return self.a

    def dz(self, da):
        return da * self.slope * between(self.a)


class HardSiLU(Gate):
    """a = z h with h = hard sigmoid of z,   dz = da (h + z / 6 where 0 < h < 1).

    Howard et al. 2019, who call it hard swish.
    """

    def forward(self, z):
        self.z, self.h = z, hard_sigmoid(z, 1 / 6, self.xp)
        return z * self.h

    def dz(self, da):
        return da * (self.h + self.z / 6 * between(self.h))


class HardShrink(Gate):
    """a = z where |z| > threshold, else 0,   dz = da there, else 0."""

    def __init__(self, threshold: float = 0.5) -> None:
        self.threshold = threshold

    def forward(self, z):
        self.kept = self.xp.abs(z) > self.threshold
        return z * self.kept

    def dz(self, da):
        return da * self.kept


class Threshold(Gate):
    """a = z where z > threshold, else a given value,   dz = da there, else 0."""

    def __init__(self, threshold: float, value: float) -> None:
        self.threshold, self.value = threshold, value

    def forward(self, z):
        self.kept = z > self.threshold
        return self.xp.where(self.kept, z, self.value)

    def dz(self, da):
        return da * self.kept


class SparsePlus(Gate):
    """a = 0 up to -1, (z + 1)^2 / 4 from there to 1, z beyond,   dz = da s.

    s = (z + 1) / 2, at least 0 and at most 1, is the slope; a is its integral.
    """

    def forward(self, z):
        self.s = hard_sigmoid(z, 1 / 2, self.xp)
        return self.xp.where(z < 1, self.s * self.s, z)

    def dz(self, da):
        return da * self.s


class Sparsemax(Gate):
    """a = max(0, z - tau) along an axis, with the tau for which a sums to 1: many a are exactly 0.

    With z sorted, largest first: tau = max over k of (z_1 + ... + z_k - 1) / k.
    dz = da - mean of da over the places where a > 0, and there alone   (Martins, Astudillo 2016).
    """

    def __init__(self, axis: int = -1) -> None:
        self.axis = axis

    def forward(self, z):
        xp, axis = self.xp, self.axis
        z = z - xp.max(z, axis=axis, keepdims=True)
        sums = xp.cumulative_sum(-xp.sort(-z, axis=axis), axis=axis)
        counts = xp.cumulative_sum(xp.ones_like(z), axis=axis)
        tau = xp.max((sums - 1) / counts, axis=axis, keepdims=True)
        a = xp.maximum(z - tau, 0)
        self.chosen = xp.astype(a > 0, z.dtype)
        return a

    def dz(self, da):
        da = da * self.chosen
        sum_of = {"axis": self.axis, "keepdims": True}
        return self.chosen * (da - da.sum(**sum_of) / self.chosen.sum(**sum_of))


def hard_sigmoid(z, slope, xp):
    """slope z + 1/2, but at least 0 and at most 1."""
    return xp.clip(slope * z + 0.5, 0, 1)


def between(a):
    """Where a lies between 0 and 1, and is neither."""
    return (a > 0) & (a < 1)
