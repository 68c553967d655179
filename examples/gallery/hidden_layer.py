"""What a hidden layer does: z = x W + b, then a = g(z), for one example.

Four lengths of a flower go in, five activations come out; relu makes 0 of what is negative.
"""

import pellucid as pl
from pellucid.layers import Dense, Input

pl.set_random_seed(7)
model = pl.Sequential([Input((4,)), Dense(5, "relu", bias_initializer="normal"), Dense(3)])
picture = pl.insight.layer_work(model, [5.1, 3.5, 1.4, 0.2])
