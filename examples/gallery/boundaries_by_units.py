"""More units fit better.

The same two spirals, and networks with 2, 5 and 20 units in each of two hidden layers.
"""

import numpy as np

import pellucid as pl
from pellucid.layers import Dense, Input

rng = np.random.default_rng(0)
t, y = 6 * np.sqrt(rng.uniform(0.05, 1, 300)), np.arange(300) % 2
x = np.stack([t * np.cos(t + np.pi * y), t * np.sin(t + np.pi * y)], 1) / 3
x += rng.normal(0, 0.08, x.shape)

models = {}
for units in (2, 5, 20):
    pl.set_random_seed(0)
    layers = [Dense(units, "tanh"), Dense(units, "tanh"), Dense(1, "sigmoid")]
    models[f"{units} units a layer"] = model = pl.Sequential([Input((2,)), *layers])
    model.compile(pl.optimizers.Adam(0.03), "binary_crossentropy")
    model.fit(x, y, batch_size=60, epochs=400, verbose=0)
picture = pl.insight.decision_boundaries(models, x, y)
