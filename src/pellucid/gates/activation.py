"""Activations: what a unit makes of its pre-activation. Letters: z in, a = g(z) out.

Each derivative is written with whichever of z and a makes it shortest. All are stable for z of
any size: no exponential below is ever taken of a positive number.
"""

from math import pi, sqrt

from pellucid.gates.gate import Gate


class Linear(Gate):
    """a = z,   dz = da."""

    def forward(self, z):
        return z

    def dz(self, da):
        return da


class Sigmoid(Gate):
    """a = 1 / (1 + e^-z),   dz = da a (1 - a)."""

    def forward(self, z):
        self.a = sigmoid(z, self.xp)
        return self.a

    def dz(self, da):
        return da * self.a * (1 - self.a)


class Tanh(Gate):
    """a = tanh z,   dz = da (1 - a^2)."""

    def forward(self, z):
        self.a = self.xp.tanh(z)
        return self.a

    def dz(self, da):
        return da * (1 - self.a * self.a)


class ReLU(Gate):
    """a = max(0, z),   dz = da where z > 0, else 0."""

    def forward(self, z):
        self.a = self.engine.map(lambda z: self.xp.maximum(z, 0), z)
        return self.a

    def dz(self, da):
        return self.engine.map(lambda da, a: da * (a > 0), da, self.a)


class LeakyReLU(Gate):
    """a = z where z > 0, else slope z,   dz = da there, slope da elsewhere   (Maas et al. 2013)."""

    def __init__(self, negative_slope: float = 0.2) -> None:
        self.slope = negative_slope

    def forward(self, z):
        self.z = z
        return self.xp.where(z > 0, z, self.slope * z)

    def dz(self, da):
        return self.xp.where(self.z > 0, da, self.slope * da)


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


class GELU(Gate):
    """a = z Phi(z),   dz = da (Phi(z) + z phi(z))   (Hendrycks and Gimpel 2016).

    Phi and phi are the standard normal's distribution and density:
    Phi(z) = (1 + erf(z / sqrt 2)) / 2,   phi(z) = e^(-z^2 / 2) / sqrt(2 pi).
    """

    def forward(self, z):
        self.z, self.Phi = z, (1 + self.engine.erf(z / sqrt(2))) / 2
        return z * self.Phi

    def dz(self, da):
        phi = self.xp.exp(-self.z * self.z / 2) / sqrt(2 * pi)
        return da * (self.Phi + self.z * phi)


class TanhGELU(Gate):
    """a = z (1 + t) / 2 with t = tanh(sqrt(2/pi) (z + 0.044715 z^3)): GELU's approximation.

    dz = da ((1 + t) / 2 + z (1 - t^2) sqrt(2/pi) (1 + 3 0.044715 z^2) / 2).
    """

    def forward(self, z):
        self.z = z
        self.t = self.xp.tanh(sqrt(2 / pi) * (z + 0.044715 * z * z * z))
        return z * (1 + self.t) / 2

    def dz(self, da):
        z, t = self.z, self.t
        slope = sqrt(2 / pi) * (1 + 3 * 0.044715 * z * z)
        return da * ((1 + t) + z * (1 - t * t) * slope) / 2


class SiLU(Gate):
    """a = z s with s = sigmoid(z),   dz = da (s + a (1 - s))   (Elfwing, Uchibe, Doya 2018)."""

    def forward(self, z):
        self.s = sigmoid(z, self.xp)
        self.a = z * self.s
        return self.a

    def dz(self, da):
        return da * (self.s + self.a * (1 - self.s))


class Softplus(Gate):
    """a = ln(1 + e^z),   dz = da sigmoid(z)."""

    def forward(self, z):
        self.z, xp = z, self.xp
        return xp.maximum(z, 0) + xp.log1p(xp.exp(-xp.abs(z)))

    def dz(self, da):
        return da * sigmoid(self.z, self.xp)


class Softmax(Gate):
    """a_i = e^z_i / sum over j of e^z_j, along an axis,   dz = a (da - sum of da a).

    The largest z is subtracted first: it cancels, and no exponential overflows.
    """

    def __init__(self, axis: int = -1) -> None:
        self.axis = axis

    def forward(self, z):
        xp = self.xp
        e = xp.exp(z - xp.max(z, axis=self.axis, keepdims=True))
        self.a = e / e.sum(axis=self.axis, keepdims=True)
        return self.a

    def dz(self, da):
        return self.a * (da - (da * self.a).sum(axis=self.axis, keepdims=True))


class LogSoftmax(Gate):
    """y_i = z_i - ln sum over j of e^z_j, along an axis,   dz = dy - e^y sum of dy."""

    def __init__(self, axis: int = -1) -> None:
        self.axis = axis

    def forward(self, z):
        xp = self.xp
        z = z - xp.max(z, axis=self.axis, keepdims=True)
        self.y = z - xp.log(xp.exp(z).sum(axis=self.axis, keepdims=True))
        return self.y

    def dz(self, dy):
        return dy - self.xp.exp(self.y) * dy.sum(axis=self.axis, keepdims=True)


def sigmoid(z, xp):
    """1 / (1 + e^-z), written for z < 0 as e^z / (1 + e^z) so that nothing overflows."""
    e = xp.exp(-xp.abs(z))
    return xp.where(z >= 0, 1, e) / (1 + e)
