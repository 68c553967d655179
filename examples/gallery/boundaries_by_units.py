"""More units fit better.

The same two spirals, and networks with 2, 6 and 24 units in each of two hidden layers.
"""

import numpy as np

import pellucid as pl
from pellucid.layers import Dense, Input

rng = np.random.default_rng(0)
t, y = rng.uniform(0.5, 2.6, 240) * 2, np.arange(240) % 2
x = np.stack([t * np.cos(t + np.pi * y), t * np.sin(t + np.pi * y)], 1)
x += rng.normal(0, 0.25, x.shape)

models = {}
for units in (2, 6, 24):
    pl.set_random_seed(0)
    layers = [Dense(units, "tanh"), Dense(units, "tanh"), Dense(1, "sigmoid")]
    models[f"{units} units a layer"] = model = pl.Sequential([Input((2,)), *layers])
    model.compile(pl.optimizers.Adam(0.03), "binary_crossentropy")
    model.fit(x, y, batch_size=60, epochs=250, verbose=0)
picture = pl.insight.decision_boundaries(models, x, y)
