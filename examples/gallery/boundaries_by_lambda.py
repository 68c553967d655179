"""A large network with proper regularisation does no harm.

Noisy classes and 40 units a layer; the squared weights cost more and more, lambda / (2 m) each.
"""

import numpy as np

import pellucid as pl
from pellucid.layers import Dense, Input

rng = np.random.default_rng(1)
t, y = rng.uniform(0, np.pi, 160), np.arange(160) % 2
x = np.stack([np.cos(t) * (1 - 2 * y) + y, np.sin(t) * (1 - 2 * y) + y / 2], 1)
x += rng.normal(0, 0.28, x.shape)

models = {}
for lam in (0.0, 0.1, 1.0):
    pl.set_random_seed(0)
    penalty = {"kernel_regularizer": pl.regularizers.Frobenius(lam)}
    hidden = [Dense(40, "relu", kernel_initializer="he_normal", **penalty) for _ in range(2)]
    model = pl.Sequential([Input((2,)), *hidden, Dense(1, "sigmoid", **penalty)])
    model.compile(pl.optimizers.Adam(0.01), "binary_crossentropy")
    model.fit(x, y, batch_size=80, epochs=500, verbose=0)
    models[rf"$\lambda$ = {lam:g}"] = model
picture = pl.insight.decision_boundaries(models, x, y)
