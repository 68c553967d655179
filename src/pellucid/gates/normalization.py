"""Normalisation: values brought to mean 0 and variance 1, then scaled and moved by what is learned.

Letters: x input, mu and var its mean and variance, std = sqrt(var + eps), x_hat = (x - mu) / std,
gamma scale, beta shift, z = gamma x_hat + beta. The variance is the mean of (x - mu)^2, never
E[x^2] - E[x]^2, which loses all of its digits where the mean is large.
"""

import math

from pellucid.engines import Array, computed
from pellucid.gates.arithmetic import Axis
from pellucid.gates.gate import Gate, shared
from pellucid.gates.linear import as_rows


class ByChannel(Gate):
    """A gate z = gamma x_hat + beta with x_hat = (x - mu) / std: one mu and one std a channel."""

    x: Array
    gamma: Array
    mu: Array
    std: Array

    def __init__(self, epsilon: float = 1e-3) -> None:
        self.epsilon = epsilon

    @shared
    def dgamma(self, dz):
        along_x, _ = self.sums(dz)
        return along_x / self.std

    @shared
    def dbeta(self, dz):
        _, of_dz = self.sums(dz)
        return of_dz

    @shared
    def sums(self, dz):
        """The sums of dz (x - mu) and of dz, by channel."""
        return self.engine.sums_around(computed(dz), computed(self.x), self.mu)

    def dx_of(self, dz, dgamma, dbeta, M):
        """gamma / std (dz - (dbeta + x_hat dgamma) / M): mu and var are of M numbers."""
        scale = self.gamma / self.std
        slope = scale * dgamma / M / self.std
        shift = scale * dbeta / M - self.mu * slope
        return self.engine.map(
            lambda dz, x, scale, slope, shift: dz * scale - x * slope - shift,
            *(dz, self.x),
            along=(scale, slope, shift),
        )


class BatchNorm(ByChannel):
    """z = gamma (x - mu) / sqrt(var + eps) + beta, with mu and var of the batch, by channel.

    x (..., C), gamma (C,), beta (C,)  ->  z (..., C);  M = numbers in a channel

    dgamma = sum of dz x_hat,   dbeta = sum of dz   (over all axes but the channels)
    dx = gamma / std (dz - (dbeta + x_hat dgamma) / M)     (Ioffe and Szegedy 2015)
    """

    gives_new = takes_short = True

    def forward(self, x, gamma, beta):
        self.x, self.gamma = x, gamma
        whole = self.engine.batch_norm(x, gamma, beta, self.epsilon)
        if whole is not None:
            z, self.mu, self.var, self.std = whole
            return z
        self.mu, self.var = self.engine.moments(x)
        self.std = self.xp.sqrt(self.var + self.epsilon)
        scale = gamma / self.std
        return scaled(x, scale, beta - self.mu * scale, self.engine)

    def dx(self, dz):
        whole = self.engine.batch_norm_back(dz, self.x, self.gamma, self.mu, self.std)
        if whole is not None:
            dx, dgamma, dbeta = whole
            self._dgamma, self._dbeta = (dz, dgamma), (dz, dbeta)  # what `shared` remembers
            return dx
        return self.dx_of(dz, self.dgamma(dz), self.dbeta(dz), math.prod(dz.shape[:-1]))


class FixedBatchNorm(ByChannel):
    """z = gamma (x - mu) / sqrt(var + eps) + beta, with mu and var given: as after training.

    x (..., C), gamma, beta, mu, var (C,)  ->  z (..., C)

    dx = dz gamma / std,   dgamma = sum of dz x_hat,   dbeta = sum of dz.
    """

    takes_short = True

    def forward(self, x, gamma, beta, mu, var):
        self.x, self.gamma, self.mu = x, gamma, mu
        self.std = self.xp.sqrt(var + self.epsilon)
        z = self.engine.fixed_batch_norm(x, gamma, beta, mu, var, self.epsilon)
        if z is not None:
            return z
        scale = gamma / self.std
        return scaled(x, scale, beta - mu * scale, self.engine)

    def dx(self, dz):
        return self.engine.map(lambda dz, scale: dz * scale, dz, along=(self.gamma / self.std,))


class OverLastAxes(Gate):
    """A gate z = gamma x_hat + ... that normalises each example by itself over its last axes.

    x (N, ..., D); gamma has the shape of the axes over which x_hat is made.
    """

    x_hat: Array

    def __init__(self, epsilon: float) -> None:
        self.epsilon = epsilon

    def look_at(self, x, gamma):
        """Which axes are normalised, and which stand before them."""
        self.axes = tuple(range(x.ndim - gamma.ndim, x.ndim))
        self.before = tuple(range(x.ndim - gamma.ndim))
        self.gamma = gamma

    def mean(self, x):
        """The mean over the normalised axes, each kept with length 1."""
        return x.mean(axis=self.axes, keepdims=True)

    def dgamma(self, dz):
        return self.xp.sum(dz * self.x_hat, axis=self.before)


class LayerNorm(OverLastAxes):
    """z = gamma (x - mu) / sqrt(var + eps) + beta, with mu and var of each example by itself.

    x (N, ..., D), gamma and beta of the shape of x's last axes, over which mu and var are taken.

    dx = (g - mean of g - x_hat mean of g x_hat) / std  with g = dz gamma   (Ba, Kiros, Hinton 2016)
    dgamma = sum of dz x_hat,   dbeta = sum of dz   (over the axes before the last ones).
    """

    def __init__(self, epsilon: float = 1e-3) -> None:
        super().__init__(epsilon)

    def forward(self, x, gamma, beta):
        self.look_at(x, gamma)
        x_hat = x - self.mean(x)
        self.std = self.xp.sqrt(self.mean(x_hat * x_hat) + self.epsilon)
        x_hat /= self.std
        self.x_hat = x_hat
        return x_hat * gamma + beta

    def dx(self, dz):
        g = dz * self.gamma
        return (g - self.mean(g) - self.x_hat * self.mean(g * self.x_hat)) / self.std

    def dbeta(self, dz):
        return self.xp.sum(dz, axis=self.before)


class GroupNorm(Gate):
    """z = gamma (x - mu) / sqrt(var + eps) + beta, with mu and var of a group of channels.

    x (N, ..., C), whose channels are cut into groups of C / groups; gamma and beta (C,). Each
    example has mu and var of its own, over its places and the channels of a group.

    dx = (g - mean of g - x_hat mean of g x_hat) / std  with g = dz gamma   (Wu and He 2018)
    dgamma = sum of dz x_hat,   dbeta = sum of dz   (over all axes but the channels).
    """

    def __init__(self, groups: int, epsilon: float = 1e-3) -> None:
        self.groups, self.epsilon = groups, epsilon

    def forward(self, x, gamma, beta):
        x_hat = self.grouped(x)
        x_hat = x_hat - self.mean(x_hat)
        self.std = self.xp.sqrt(self.mean(x_hat * x_hat) + self.epsilon)
        x_hat /= self.std
        self.x_hat, self.gamma = x_hat.reshape(x.shape), gamma
        return self.x_hat * gamma + beta

    def dx(self, dz):
        g, x_hat = self.grouped(dz * self.gamma), self.grouped(self.x_hat)
        dx = (g - self.mean(g) - x_hat * self.mean(g * x_hat)) / self.std
        return dx.reshape(dz.shape)

    def dgamma(self, dz):
        return self.engine.sum_rows(as_rows(dz * self.x_hat))

    def dbeta(self, dz):
        return self.engine.sum_rows(as_rows(dz))

    def grouped(self, x):
        """x as (N, places, groups, channels of a group)."""
        N, *places, C = x.shape
        return x.reshape(N, math.prod(places), self.groups, C // self.groups)

    def mean(self, x):
        """The mean over places and the channels of a group, each kept with length 1."""
        return x.mean(axis=(1, 3), keepdims=True)


class RMSNorm(OverLastAxes):
    """z = gamma x_hat with x_hat = x / sqrt(mean of x^2 + eps), of each example by itself.

    x (N, ..., D), gamma of the shape of x's last axes, over which the mean is taken.

    dx = (g - x_hat mean of g x_hat) / rms  with g = dz gamma   (Zhang and Sennrich 2019)
    dgamma = sum of dz x_hat   (over the axes before the last ones).
    """

    def __init__(self, epsilon: float = 1e-6) -> None:
        super().__init__(epsilon)

    def forward(self, x, gamma):
        self.look_at(x, gamma)
        self.rms = self.xp.sqrt(self.mean(x * x) + self.epsilon)
        self.x_hat = x / self.rms
        return self.x_hat * gamma

    def dx(self, dz):
        g = dz * self.gamma
        return (g - self.x_hat * self.mean(g * self.x_hat)) / self.rms


class UnitNorm(Gate):
    """y = x / |x|, at unit length along some axes,   dx = (dy - y sum of dy y) / |x|.

    |x| = sqrt(sum of x^2) over the axes. It counts as epsilon where it is smaller: a vector of
    zeros stays one, and y is x / epsilon there.
    """

    def __init__(self, axis: Axis = -1, epsilon: float = 1e-12) -> None:
        self.axis, self.epsilon = axis, epsilon

    def forward(self, x):
        length = self.xp.sqrt(self.sum(x * x))
        self.length = self.xp.maximum(length, self.epsilon)
        self.y, self.kept = x / self.length, length > self.epsilon
        return self.y

    def dx(self, dy):
        along = self.y * self.sum(dy * self.y)
        return (dy - along * self.kept) / self.length

    def sum(self, x):
        """The sum over the axes, each kept with length 1."""
        return x.sum(axis=self.axis, keepdims=True)


def scaled(x, scale, shift, engine):
    """x scale + shift, channel by channel."""
    return engine.map_later(
        lambda x, scale, shift: x * scale + shift, x, along=(scale, shift), begins=True
    )
