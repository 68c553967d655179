"""Why weights must not start alike: all units of the layer stay the same for ever.

After 200 epochs that began with equal weights, the hidden units still have the same value and the
same weights.
"""

import numpy as np

import pellucid as pl
from pellucid.layers import Dense, Input

x, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 1])
alike = {"kernel_initializer": pl.initializers.Constant(0.5)}
model = pl.Sequential([Input((2,)), Dense(4, "tanh", **alike), Dense(1, "sigmoid", **alike)])
model.compile(pl.optimizers.Adam(0.05), "binary_crossentropy")
model.fit(x, y, epochs=200, verbose=0)
picture = pl.insight.network_diagram(model, x[1])
