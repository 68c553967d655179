"""Activations and gradients of a layer while it trains.

A callback looks at a small batch after each epoch, and leaves the run as it is.
"""

import pellucid as pl
from pellucid.layers import Dense, Flatten, Input, Rescaling

pl.set_random_seed(0)
digits = pl.data.load("digits")
layers = [Rescaling(1 / 255), Flatten(), Dense(64, "tanh"), Dense(10)]
model = pl.Sequential([Input((8, 8, 1)), *layers])
model.compile("adam", pl.losses.SparseCategoricalCrossentropy(from_logits=True))
recorder = pl.insight.HistogramRecorder(digits.x_test[:200], digits.y_test[:200])
model.fit(digits.x_train, digits.y_train, epochs=30, callbacks=[recorder], verbose=0)
picture = pl.insight.histograms_over_time(recorder, "dense")
