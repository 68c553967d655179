"""A network, its weights, and one example on its way through.

It has learned XOR. A lighter circle is a larger value; blue weights are above 0, orange ones
below.
"""

import numpy as np

import pellucid as pl
from pellucid.layers import Dense, Input

pl.set_random_seed(1)
x, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
model = pl.Sequential([Input((2,)), Dense(3, "tanh"), Dense(1, "sigmoid")])
model.compile(pl.optimizers.Adam(0.1), "binary_crossentropy")
model.fit(x, y, epochs=200, verbose=0)
picture = pl.insight.network_diagram(model, x[1])
