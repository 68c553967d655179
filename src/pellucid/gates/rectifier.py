"""Rectifiers: z itself where it is positive, something small where it is not.

Letters: z in, a out. No exponential below is ever taken of a positive number.
"""

from typing import ClassVar

from pellucid.gates.arithmetic import Elementwise
from pellucid.gates.gate import Gate


class ReLU(Gate):
    """a = max(0, z),   dz = da where z > 0, else 0."""

    takes_waiting = gives_way = gives_new = takes_short = True

    def forward(self, z):
        self.a = self.engine.rectified_later(z)
        return self.a

    def dz(self, da):
        return self.engine.kept_where_positive(da, self.a, over=self.takes_over)


class LeakyReLU(Gate):
    """a = z where z > 0, else slope z,   dz = da there, slope da elsewhere   (Maas et al. 2013)."""

    def __init__(self, negative_slope: float = 0.2) -> None:
        self.slope = negative_slope

    def forward(self, z):
        self.z = z
        return self.xp.where(z > 0, z, self.slope * z)

    def dz(self, da):
        return self.xp.where(self.z > 0, da, self.slope * da)


class PReLU(Elementwise):
    """a = z where z > 0, else alpha z, with alpha learned   (He, Zhang, Ren, Sun 2015).

    z (N, ...), alpha of the shape of an example, with 1 along the axes that share one alpha.

    dz = da where z > 0, else alpha da;   dalpha = da z where z <= 0, else 0, summed over the batch.
    """

    def forward(self, z, alpha):
        self.z, self.alpha = z, alpha
        return self.xp.where(z > 0, z, alpha * z)

    def dz(self, da):
        return self.xp.where(self.z > 0, da, self.alpha * da)

    def dalpha(self, da):
        return da * self.xp.minimum(self.z, 0)


class ELU(Gate):
    """a = z where z > 0, else alpha (e^z - 1),   dz = da there, da (a + alpha) elsewhere.

    Clevert, Unterthiner, Hochreiter 2016.
    """

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = alpha

    def forward(self, z):
        self.z, xp = z, self.xp
        self.a = xp.where(z > 0, z, self.alpha * xp.expm1(xp.minimum(z, 0)))
        return self.a

    def dz(self, da):
        return da * self.xp.where(self.z > 0, 1, self.a + self.alpha)


class SELU(Gate):
    """a = s elu(z) with its alpha,   dz = s da where z > 0, da (a + s alpha) elsewhere.

    s = 1.0507 and alpha = 1.6733 are the pair that keeps a mean of 0 and a variance of 1 from one
    layer to the next   (Klambauer, Unterthiner, Mayr, Hochreiter 2017).
    """

    SCALE: ClassVar[float] = 1.0507009873554805
    ALPHA: ClassVar[float] = 1.6732632423543772
    LOW: ClassVar[float] = -SCALE * ALPHA  # what a comes down to, for the most negative z

    def forward(self, z):
        self.z, xp = z, self.xp
        self.a = xp.where(z > 0, self.SCALE * z, -self.LOW * xp.expm1(xp.minimum(z, 0)))
        return self.a

    def dz(self, da):
        return da * self.xp.where(self.z > 0, self.SCALE, self.a - self.LOW)


class CELU(Gate):
    """a = z where z > 0, else alpha (e^(z / alpha) - 1),   dz = da, and da e^(z / alpha) there.

    An elu whose slope has no jump at 0, whatever alpha   (Barron 2017).
    """

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = alpha

    def forward(self, z):
        self.z, xp = z, self.xp
        self.below = xp.expm1(xp.minimum(z, 0) / self.alpha)
        return xp.where(z > 0, z, self.alpha * self.below)

    def dz(self, da):
        return da * self.xp.where(self.z > 0, 1, self.below + 1)
