"""Batch normalisation with the mean and variance of a batch that several processes share.

Letters: r a process, R how many there are; x its rows, M_r the numbers in a channel of them, mu_r
and var_r their moments; M, mu, var those of all rows together; std = sqrt(var + eps).
"""

import math

from pellucid.distributed import Group
from pellucid.gates.gate import shared
from pellucid.gates.normalization import ByChannel, scaled


class GroupBatchNorm(ByChannel):
    """z = gamma (x - mu) / sqrt(var + eps) + beta, with mu and var of all processes' rows.

    x (..., C) the rows of this process, gamma (C,), beta (C,)  ->  z (..., C)

    M = sum of M_r,   mu = sum of M_r mu_r / M,   var = sum of M_r (var_r + (mu_r - mu)^2) / M
    (Chan, Golub, LeVeque 1979): so no digits are lost where the mean is large.

    L depends on a number x both directly and, on every process, by mu and var. With dbeta_r = sum
    of dz and dgamma_r = sum of dz x_hat over the rows of process r, the chain rule gives

    dx = gamma / std (dz - (sum of dbeta_r + x_hat sum of dgamma_r) / M)

    which is dx of `BatchNorm` with sums over all rows (Ioffe and Szegedy 2015). dz is the slope of
    one loss, that of the whole batch. dgamma and dbeta are this process's: `fit` adds them up with
    all other gradients. Where `counts` is False, the rows stand for none: they add nothing, and mu
    and var do not depend on them, so dx = 0.
    """

    def __init__(self, group: Group, counts: bool = True, epsilon: float = 1e-3) -> None:
        super().__init__(epsilon)
        self.group, self.counts = group, counts

    def forward(self, x, gamma, beta):
        self.x, self.gamma = x, gamma
        xp, C = self.xp, x.shape[-1]
        M_r = math.prod(x.shape[:-1]) if self.counts else 0
        moments = [xp.astype(v, xp.float64) for v in self.engine.moments(x)]
        own = xp.concat([xp.full((1,), float(M_r)), *moments])
        parts = [(each[0], each[1 : C + 1], each[C + 1 :]) for each in self.group.gathered(own)]
        M = sum(M_r for M_r, _, _ in parts)
        mu = sum(M_r * mu_r for M_r, mu_r, _ in parts) / M
        var = sum(M_r * (var_r + (mu_r - mu) ** 2) for M_r, mu_r, var_r in parts) / M
        self.M, self.mu, self.var = float(M), xp.astype(mu, x.dtype), xp.astype(var, x.dtype)
        self.std = xp.sqrt(self.var + self.epsilon)
        scale = gamma / self.std
        return scaled(x, scale, beta - self.mu * scale, self.engine)

    @shared
    def joint_sums(self, dz):
        """The sums of dz x_hat and of dz over all processes' rows: (C,) each."""
        own = self.xp.concat([self.dgamma(dz), self.dbeta(dz)])
        self.group.sum(own)
        C = dz.shape[-1]
        return own[:C], own[C:]

    def dgamma(self, dz):
        return super().dgamma(dz) * float(self.counts)

    def dbeta(self, dz):
        return super().dbeta(dz) * float(self.counts)

    def dx(self, dz):
        dgamma, dbeta = self.joint_sums(dz)
        return self.dx_of(dz, dgamma, dbeta, self.M) if self.counts else self.xp.zeros_like(dz)
