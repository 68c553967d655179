"""Normalisation: values brought to mean 0 and variance 1, then scaled and moved by what is learned.

Letters: x input, mu and var its mean and variance, std = sqrt(var + eps), x_hat = (x - mu) / std,
gamma scale, beta shift, z = gamma x_hat + beta. The variance is the mean of (x - mu)^2, never
E[x^2] - E[x]^2, which loses all of its digits where the mean is large.
"""

from pellucid.gates.gate import Gate, shared
from pellucid.gates.linear import as_rows


class BatchNorm(Gate):
    """z = gamma (x - mu) / sqrt(var + eps) + beta, with mu and var of the batch, by channel.

    x (..., C), gamma (C,), beta (C,)  ->  z (..., C);  M = numbers in a channel

    dgamma = sum of dz x_hat,   dbeta = sum of dz   (over all axes but the channels)
    dx = gamma / std (dz - (dbeta + x_hat dgamma) / M)     (Ioffe and Szegedy 2015)
    """

    def __init__(self, epsilon: float = 1e-3) -> None:
        self.epsilon = epsilon

    def forward(self, x, gamma, beta):
        mu = self.mean(x)
        x_hat = x - mu
        rest = self.mean(x_hat)  # what rounding left out of the mean of so many numbers
        x_hat -= rest
        self.mu, self.var = mu + rest, self.mean(x_hat * x_hat)
        self.std = self.xp.sqrt(self.var + self.epsilon)
        x_hat /= self.std
        self.x_hat, self.gamma = x_hat, gamma
        return x_hat * gamma + beta

    @shared
    def dgamma(self, dz):
        return self.sum(dz * self.x_hat)

    @shared
    def dbeta(self, dz):
        return self.sum(dz)

    def dx(self, dz):
        M = dz.size // dz.shape[-1]
        return self.gamma / self.std * (dz - (self.dbeta(dz) + self.x_hat * self.dgamma(dz)) / M)

    def sum(self, x):
        """The sum over all axes but the channels."""
        return self.engine.sum_rows(as_rows(x))

    def mean(self, x):
        """The mean over all axes but the channels."""
        return self.sum(x) / (x.size // x.shape[-1])


class FixedBatchNorm(Gate):
    """z = gamma (x - mu) / sqrt(var + eps) + beta, with mu and var given: as after training.

    x (..., C), gamma, beta, mu, var (C,)  ->  z (..., C)

    dx = dz gamma / std,   dgamma = sum of dz x_hat,   dbeta = sum of dz.
    """

    def __init__(self, epsilon: float = 1e-3) -> None:
        self.epsilon = epsilon

    def forward(self, x, gamma, beta, mu, var):
        self.x, self.gamma, self.mu = x, gamma, mu
        self.std = self.xp.sqrt(var + self.epsilon)
        scale = gamma / self.std
        return x * scale + (beta - mu * scale)

    def dx(self, dz):
        return dz * (self.gamma / self.std)

    def dgamma(self, dz):
        return self.engine.sum_rows(as_rows(dz * ((self.x - self.mu) / self.std)))

    def dbeta(self, dz):
        return self.engine.sum_rows(as_rows(dz))


class LayerNorm(Gate):
    """z = gamma (x - mu) / sqrt(var + eps) + beta, with mu and var of each example by itself.

    x (N, ..., D), gamma and beta of the shape of x's last axes, over which mu and var are taken.

    dx = (g - mean of g - x_hat mean of g x_hat) / std  with g = dz gamma   (Ba, Kiros, Hinton 2016)
    dgamma = sum of dz x_hat,   dbeta = sum of dz   (over the axes before the last ones).
    """

    def __init__(self, epsilon: float = 1e-3) -> None:
        self.epsilon = epsilon

    def forward(self, x, gamma, beta):
        xp = self.xp
        self.axes = tuple(range(x.ndim - gamma.ndim, x.ndim))
        self.before = tuple(range(x.ndim - gamma.ndim))
        x_hat = x - self.mean(x)
        self.std = xp.sqrt(self.mean(x_hat * x_hat) + self.epsilon)
        x_hat /= self.std
        self.x_hat, self.gamma = x_hat, gamma
        return x_hat * gamma + beta

    def dx(self, dz):
        g = dz * self.gamma
        return (g - self.mean(g) - self.x_hat * self.mean(g * self.x_hat)) / self.std

    def dgamma(self, dz):
        return (dz * self.x_hat).sum(axis=self.before)

    def dbeta(self, dz):
        return dz.sum(axis=self.before)

    def mean(self, x):
        """The mean over the normalised axes, each kept with length 1."""
        return x.mean(axis=self.axes, keepdims=True)
