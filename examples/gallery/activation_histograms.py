"""What each layer makes of a batch: activations shrink from layer to layer.

The classic start, 0.01 x normal, in six tanh layers.
"""

import numpy as np

import pellucid as pl
from pellucid.initializers import RandomNormal
from pellucid.layers import Dense, Input

pl.set_random_seed(0)
start = {"kernel_initializer": RandomNormal(stddev=0.05)}
model = pl.Sequential([Input((100,)), *(Dense(100, "tanh", **start) for _ in range(6))])
x = np.random.default_rng(0).normal(size=(200, 100))
picture = pl.insight.activation_histograms(model, x)
