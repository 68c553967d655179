"""Normalisation: values brought to mean 0 and variance 1, then scaled and moved by what is learned.

Letters: x input, mu and var its mean and variance, std = sqrt(var + eps), x_hat = (x - mu) / std,
gamma scale, beta shift, z = gamma x_hat + beta. The variance is the mean of (x - mu)^2, never
E[x^2] - E[x]^2, which loses all of its digits where the mean is large.
"""

from pellucid.gates.gate import Gate, shared


class BatchNorm(Gate):
    """z = gamma (x - mu) / sqrt(var + eps) + beta, with mu and var of the batch, by channel.

    x (..., C), gamma (C,), beta (C,)  ->  z (..., C);  M = numbers in a channel

    dgamma = sum of dz x_hat,   dbeta = sum of dz   (over all axes but the channels)
    dx = gamma / std (dz - (dbeta + x_hat dgamma) / M)     (Ioffe and Szegedy 2015)
    """

    def __init__(self, epsilon: float = 1e-3) -> None:
        self.epsilon = epsilon

    def forward(self, x, gamma, beta):
        xp, axes = self.xp, tuple(range(x.ndim - 1))
        self.mu = x.mean(axis=axes)
        x_hat = x - self.mu
        self.var = (x_hat * x_hat).mean(axis=axes)
        self.std = xp.sqrt(self.var + self.epsilon)
        x_hat /= self.std
        self.x_hat, self.gamma, self.axes = x_hat, gamma, axes
        return x_hat * gamma + beta

    @shared
    def dgamma(self, dz):
        return (dz * self.x_hat).sum(axis=self.axes)

    @shared
    def dbeta(self, dz):
        return dz.sum(axis=self.axes)

    def dx(self, dz):
        M = self.x_hat.size // self.gamma.size
        mean = (self.dbeta(dz) + self.x_hat * self.dgamma(dz)) / M
        return self.gamma / self.std * (dz - mean)


class FixedBatchNorm(Gate):
    """z = gamma (x - mu) / sqrt(var + eps) + beta, with mu and var given: as after training.

    x (..., C), gamma, beta, mu, var (C,)  ->  z (..., C)

    dx = dz gamma / std,   dgamma = sum of dz x_hat,   dbeta = sum of dz.
    """

    def __init__(self, epsilon: float = 1e-3) -> None:
        self.epsilon = epsilon

    def forward(self, x, gamma, beta, mu, var):
        self.x, self.gamma, self.mu = x, gamma, mu
        self.std, self.axes = self.xp.sqrt(var + self.epsilon), tuple(range(x.ndim - 1))
        scale = gamma / self.std
        return x * scale + (beta - mu * scale)

    def dx(self, dz):
        return dz * (self.gamma / self.std)

    def dgamma(self, dz):
        return (dz * ((self.x - self.mu) / self.std)).sum(axis=self.axes)

    def dbeta(self, dz):
        return dz.sum(axis=self.axes)


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
