"""Vanishing gradients: with each sigmoid layer on the way back they lose a part.

The slope of a sigmoid is at most 1/4, so the first layers hardly learn.
"""

import pellucid as pl
from pellucid.layers import Dense, Flatten, Input, Rescaling

pl.set_random_seed(0)
digits = pl.data.load("digits")
layers = [Rescaling(1 / 255), Flatten(), *(Dense(32, "sigmoid") for _ in range(6)), Dense(10)]
model = pl.Sequential([Input((8, 8, 1)), *layers])
model.compile("adam", pl.losses.SparseCategoricalCrossentropy(from_logits=True))
picture = pl.insight.gradient_histograms(model, digits.x_train[:200], digits.y_train[:200])
