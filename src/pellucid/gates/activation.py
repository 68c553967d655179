"""Activations: what a unit makes of its pre-activation. Letters: z in, a = g(z) out.

Each derivative is written with whichever of z and a makes it shortest. All are stable for z of
any size: no exponential below is ever taken of a positive number.
"""

from math import pi, sqrt

from pellucid.errors import ShapeError
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


class Mish(Gate):
    """a = z t with t = tanh(ln(1 + e^z)),   dz = da (t + z (1 - t^2) sigmoid(z))   (Misra 2019)."""

    def forward(self, z):
        self.z, self.t = z, self.xp.tanh(softplus(z, self.xp))
        return z * self.t

    def dz(self, da):
        return da * (self.t + self.z * (1 - self.t * self.t) * sigmoid(self.z, self.xp))


class GLU(Gate):
    """a = b s with s = sigmoid(c), where b and c are the halves of z along an axis.

    z (..., 2 U)  ->  a (..., U);   db = da s,   dc = da a (1 - s)   (Dauphin et al. 2017).
    """

    def __init__(self, axis: int = -1) -> None:
        self.axis = axis

    def forward(self, z):
        length = z.shape[self.axis]
        if length % 2:
            raise ShapeError(
                "gate GLU",
                f"an even length along axis {self.axis}, to be halved",
                f"shape {tuple(z.shape)}",
                "Give the layer before it twice as many units as are to come out.",
            )
        first, second = [slice(None)] * z.ndim, [slice(None)] * z.ndim
        first[self.axis], second[self.axis] = slice(length // 2), slice(length // 2, None)
        self.s = sigmoid(z[tuple(second)], self.xp)
        self.a = z[tuple(first)] * self.s
        return self.a

    def dz(self, da):
        return self.xp.concat([da * self.s, da * self.a * (1 - self.s)], axis=self.axis)


class Softplus(Gate):
    """a = ln(1 + e^z),   dz = da sigmoid(z)."""

    def forward(self, z):
        self.z = z
        return softplus(z, self.xp)

    def dz(self, da):
        return da * sigmoid(self.z, self.xp)


class LogSigmoid(Gate):
    """a = ln sigmoid(z) = -ln(1 + e^-z),   dz = da sigmoid(-z)."""

    def forward(self, z):
        self.z = z
        return -softplus(-z, self.xp)

    def dz(self, da):
        return da * sigmoid(-self.z, self.xp)


class Squareplus(Gate):
    """a = (z + r) / 2 with r = sqrt(z^2 + b),   dz = da a / r   (Barron 2021).

    Where z < 0 the sum would lose its digits; a = b / (2 (r - z)) is the same number.
    """

    def __init__(self, b: float = 4.0) -> None:
        self.b = b

    def forward(self, z):
        self.r, xp = self.xp.sqrt(z * z + self.b), self.xp
        larger = self.r + xp.abs(z)
        self.a = xp.where(z < 0, self.b / (2 * larger), larger / 2)
        return self.a

    def dz(self, da):
        return da * self.a / self.r


class Softsign(Gate):
    """a = z / (1 + |z|),   dz = da / (1 + |z|)^2   (Bergstra et al. 2009)."""

    def forward(self, z):
        self.scale = 1 + self.xp.abs(z)
        return z / self.scale

    def dz(self, da):
        return da / (self.scale * self.scale)


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


def softplus(z, xp):
    """ln(1 + e^z)."""
    return xp.maximum(z, 0) + xp.log1p(xp.exp(-xp.abs(z)))
