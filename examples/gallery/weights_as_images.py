"""A linear classifier's weights: one picture a class.

A bright pixel on blue raises the score of that digit, one on orange lowers it.
"""

import pellucid as pl
from pellucid.layers import Dense, Flatten, Input, Rescaling

pl.set_random_seed(0)
digits = pl.data.load("digits")
l2 = pl.regularizers.L2(0.003)
model = pl.Sequential(
    [Input((8, 8, 1)), Rescaling(1 / 255), Flatten(), Dense(10, kernel_regularizer=l2)]
)
model.compile("adam", pl.losses.SparseCategoricalCrossentropy(from_logits=True))
model.fit(digits.x_train, digits.y_train, epochs=40, verbose=0)
picture = pl.insight.weight_images(model)
