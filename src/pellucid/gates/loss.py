"""Losses: how far the output is from the target, one number for each example (or each value).

The mean over the batch is taken outside, so that examples can be weighted. The two fused
cross-entropies take scores, not probabilities: they never form log(softmax) or log(sigmoid), and so
stay exact for scores of any size.

Letters: z scores (logits), p probabilities or outputs, y targets, d = p - y, L loss; N examples,
C classes. Targets have no derivative, but where they are numbers like the outputs.
"""

from pellucid.gates.activation import sigmoid
from pellucid.gates.gate import Gate, shared
from pellucid.gates.linear import as_rows

TINY = 1e-30  # what keeps 0 / 0 at 0, below any probability that matters


class SoftmaxCrossEntropy(Gate):
    """L = ln sum of e^z - sum of y z         z (..., C) scores, y (..., C) probabilities -> L (...)

    This is -sum of y ln softmax(z), for y that sum to one.   dz = dL (softmax(z) - y).
    """

    def forward(self, z, y):
        xp = self.xp
        z = z - xp.max(z, axis=-1, keepdims=True)
        e = xp.exp(z)
        total = e.sum(axis=-1, keepdims=True)
        weight = y.sum(axis=-1, keepdims=True)
        self.difference = e / total * weight - y
        return (xp.log(total) * weight)[..., 0] - (y * z).sum(axis=-1)

    def dz(self, dL):
        return dL[..., None] * self.difference


class SparseSoftmaxCrossEntropy(Gate):
    """L = ln sum of e^z - z[y]          z (..., C) scores, y (...) class numbers  ->  L (...)

    This is -ln softmax(z)[y].   dz = dL (softmax(z) - 1 at y).
    """

    def forward(self, z, y):
        L, slope = self.engine.softmax_cross_entropy(as_rows(z), y.reshape(-1))
        self.slope = slope.reshape(z.shape)
        return L.reshape(y.shape)

    def dz(self, dL):
        return dL[..., None] * self.slope


class SigmoidCrossEntropy(Gate):
    """L = max(z, 0) - z y + ln(1 + e^-|z|)          z (...) scores, y (...) in 0..1  ->  L (...)

    This is -y ln sigmoid(z) - (1 - y) ln(1 - sigmoid(z)).   dz = dL (sigmoid(z) - y).
    """

    def forward(self, z, y):
        self.z, self.y, xp = z, y, self.xp
        return xp.maximum(z, 0) - z * y + xp.log1p(xp.exp(-xp.abs(z)))

    def dz(self, dL):
        return dL * (sigmoid(self.z, self.xp) - self.y)


class CrossEntropy(Gate):
    """L = -sum of y ln p          p (..., C) and y (..., C) probabilities  ->  L (...)

    dp = -dL y / p. p is first clipped to epsilon .. 1 - epsilon; where it was, dp = 0.
    """

    def __init__(self, epsilon: float = 1e-7) -> None:
        self.epsilon = epsilon

    def forward(self, p, y):
        xp = self.xp
        self.p, self.y = xp.clip(p, self.epsilon, 1 - self.epsilon), y
        self.kept = self.p == p
        return -(y * xp.log(self.p)).sum(axis=-1)

    def dp(self, dL):
        return -dL[..., None] * self.y / self.p * self.kept


class SparseCrossEntropy(Gate):
    """L = -ln p[y]          p (..., C) probabilities, y (...) class numbers  ->  L (...)

    dp = -dL / p at y, else 0. p is first clipped to epsilon .. 1 - epsilon; where it was, dp = 0.
    """

    def __init__(self, epsilon: float = 1e-7) -> None:
        self.epsilon = epsilon

    def forward(self, p, y):
        xp, rows = self.xp, as_rows(p)
        at_y = self.engine.as_index(y.reshape(-1))
        self.at_y, self.shape = (xp.arange(rows.shape[0]), at_y), p.shape
        right = rows[self.at_y]
        self.right = xp.clip(right, self.epsilon, 1 - self.epsilon)
        self.kept = self.right == right
        return -xp.log(self.right).reshape(y.shape)

    def dp(self, dL):
        dp = self.xp.zeros((self.right.shape[0], self.shape[-1]), dtype=dL.dtype)
        dp[self.at_y] = -dL.reshape(-1) / self.right * self.kept
        return dp.reshape(self.shape)


class BinaryCrossEntropy(Gate):
    """L = -y ln p - (1 - y) ln(1 - p)          p (...) and y (...) in 0..1  ->  L (...)

    dp = dL (p - y) / (p (1 - p)). p is first clipped to epsilon .. 1 - epsilon; there, dp = 0.
    """

    def __init__(self, epsilon: float = 1e-7) -> None:
        self.epsilon = epsilon

    def forward(self, p, y):
        xp = self.xp
        self.p, self.y = xp.clip(p, self.epsilon, 1 - self.epsilon), y
        self.kept = self.p == p
        return -y * xp.log(self.p) - (1 - y) * xp.log1p(-self.p)

    def dp(self, dL):
        return dL * (self.p - self.y) / (self.p * (1 - self.p)) * self.kept


class SigmoidFocalCrossEntropy(Gate):
    """L = q^gamma C          z (...) scores, y (...) in 0..1  ->  L (...)

    C is the cross-entropy of p = sigmoid(z), and q = y (1 - p) + (1 - y) p how far p is from its
    target: what is right already counts little (Lin et al. 2017).
    dz = dL q^gamma (gamma (1 - 2 y) C p (1 - p) / q + p - y).
    """

    def __init__(self, gamma: float = 2.0) -> None:
        self.gamma = gamma

    def forward(self, z, y):
        xp = self.xp
        p, not_p = sigmoid(z, xp), sigmoid(-z, xp)  # 1 - p has no digits left where p is near 1
        q = y * not_p + (1 - y) * p
        C = xp.maximum(z, 0) - z * y + xp.log1p(xp.exp(-xp.abs(z)))
        self.factor = q**self.gamma
        ratio = p * not_p / xp.maximum(q, TINY)
        self.slope = self.gamma * (1 - 2 * y) * C * ratio + (1 - y) * p - y * not_p
        return self.factor * C

    def dz(self, dL):
        return dL * self.factor * self.slope


class SoftmaxFocalCrossEntropy(Gate):
    """L = -sum of y (1 - p)^gamma ln p,   p = softmax(z)          z, y (..., C)  ->  L (...)

    What is right already counts little (Lin et al. 2017). With g = p dL/dp, that is
    g = y (1 - p)^gamma (gamma p ln p / (1 - p) - 1):   dz = dL (g - p sum of g).
    """

    def __init__(self, gamma: float = 2.0) -> None:
        self.gamma = gamma

    def forward(self, z, y):
        xp = self.xp
        z = z - xp.max(z, axis=-1, keepdims=True)
        ln_p = z - xp.log(xp.exp(z).sum(axis=-1, keepdims=True))
        p, not_p = xp.exp(ln_p), -xp.expm1(ln_p)
        factor = y * not_p**self.gamma
        g = factor * (self.gamma * p * ln_p / xp.maximum(not_p, TINY) - 1)
        self.difference = g - p * g.sum(axis=-1, keepdims=True)
        return -(factor * ln_p).sum(axis=-1)

    def dz(self, dL):
        return dL[..., None] * self.difference


class SquaredError(Gate):
    """L = (p - y)^2,   dp = 2 dL (p - y),   dy = -dp.     p and y of the same shape"""

    def forward(self, p, y):
        self.difference = p - y
        return self.difference * self.difference

    @shared
    def dp(self, dL):
        return 2 * dL * self.difference

    def dy(self, dL):
        return -self.dp(dL)


class Huber(Gate):
    """L = c (d - c / 2),   c = d clipped to -delta .. delta,   d = p - y of the same shape

    That is d^2 / 2 up to delta and a straight line beyond (Huber 1964).   dp = dL c,   dy = -dp.
    """

    def __init__(self, delta: float = 1.0) -> None:
        self.delta = delta

    def forward(self, p, y):
        d = p - y
        self.c = self.xp.clip(d, -self.delta, self.delta)
        return self.c * (d - self.c / 2)

    @shared
    def dp(self, dL):
        return dL * self.c

    def dy(self, dL):
        return -self.dp(dL)


class LogCosh(Gate):
    """L = ln cosh d = |d| + ln((1 + e^(-2 |d|)) / 2),   d = p - y of the same shape

    dp = dL tanh d,   dy = -dp.
    """

    def forward(self, p, y):
        self.d, xp = p - y, self.xp
        size = xp.abs(self.d)
        return size + xp.log1p(xp.expm1(-2 * size) / 2)

    @shared
    def dp(self, dL):
        return dL * self.xp.tanh(self.d)

    def dy(self, dL):
        return -self.dp(dL)


class MultiClassHinge(Gate):
    """L = sum over j != y of max(0, z_j - z_y + 1)         z (N, C), y (N,) class numbers -> L (N,)

    The sum form (Weston and Watkins 1999). With v_j = 1 where class j violates the margin, else 0:
    dz_j = dL v_j for j != y,   dz_y = -dL sum of v.
    """

    def forward(self, z, y):
        xp = self.xp
        self.at_y = xp.arange(z.shape[0]), self.engine.as_index(y)
        margin = xp.maximum(z - z[self.at_y][:, None] + 1, 0)
        margin[self.at_y] = 0
        self.violated = xp.astype(margin > 0, z.dtype)
        return margin.sum(axis=-1)

    def dz(self, dL):
        dz = dL[:, None] * self.violated
        dz[self.at_y] = -dz.sum(axis=-1)
        return dz


class MaxMultiClassHinge(Gate):
    """L = max(0, 1 + max over j != y of z_j - z_y)         z (N, C), y (N,) class numbers -> L (N,)

    The maximum form (Crammer and Singer 2001). Where L > 0, the largest wrong class j gets
    dz_j = dL and the right one dz_y = -dL; all else 0.
    """

    def forward(self, z, y):
        xp = self.xp
        rows, y = xp.arange(z.shape[0]), self.engine.as_index(y)
        wrong = xp.asarray(z, copy=True)
        wrong[rows, y] = -xp.inf
        self.at_j, self.at_y = (rows, xp.argmax(wrong, axis=-1)), (rows, y)
        self.shape, L = z.shape, xp.maximum(1 + wrong[self.at_j] - z[self.at_y], 0)
        self.violated = L > 0
        return L

    def dz(self, dL):
        dz = self.xp.zeros(self.shape, dtype=dL.dtype)
        dz[self.at_j] = dL * self.violated
        dz[self.at_y] = -dL * self.violated
        return dz
